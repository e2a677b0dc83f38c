/* What the files of the scan room share about a scan, and nobody else sees. */
#ifndef SCAN_PRIV_H
#define SCAN_PRIV_H

#include "base/buf.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "scan/board.h"
#include "scan/cache.h"
#include "scan/setup.h"

struct slot {
	void *state;
	const void *result;
	bool done;
	bool dirty; /* something it may have waited for has come */
};

/* One DNS question of a scan. */
struct ask {
	struct scan *scan;
	struct ask *next;
	struct str name; /* NUL-terminated, as asked first, no dot at the end */
	int type;
	uint64_t waiting;	      /* bit i: check i returned CHECK_WAIT after asking it */
	struct resolver_query *query; /* under way */
	const struct dns_answer *answer;
	bool optional; /* whoever asks says it himself where there is no answer (scan_dns_within) */
	bool own;      /* answer is the resolver's, to be given back */
};

/* What late checks are about (late.c). */
struct late {
	bool open;	    /* they may run */
	bool judged, found; /* pre is there; one of them has found something */
	bool may_accept;
	struct verdict
		pre; /* its symbols are those of the scan's verdict until it is judged again */
	double lo, hi;
};

struct scan_priv {
	struct slot *slot;
	size_t running; /* index of the check being run; SCAN_MAX_CHECKS: none */
	bool busy, again, finished;
	uint64_t digest; /* of the header block; 0 before SCAN_HEADERS */
	scan_done_fn *done;
	void *done_arg;
	struct loop_timer *deadline;

	struct scan_face {	/* handed out as scan->dns */
		struct dns dns; /* first */
		struct scan *scan;
	} face;
	bool closed; /* no more questions: what is not answered is DNS_TEMPFAIL */
	struct ask *asks;
	unsigned nasks;
	unsigned ask_limit; /* of nasks, for the check being run */
	unsigned reserved;  /* questions kept back for the check of this index until it is done */
	size_t reserver;    /* SCAN_MAX_CHECKS: none */

	struct store_ask *stores; /* questions to the store, in the order of asking (ask_store.c) */
	struct store_ask *store_last, *store_next;
	unsigned nstores, unsent;
	struct store_trip *trips;
	struct loop_timer *hold; /* until unsent ones go although the DNS is waited for */
	VEC(struct store_op) notes;
	struct udp_wait *udps; /* datagrams (ask_udp.c) */
	unsigned nudps;
	struct http_ask *https; /* ask_http.c */
	unsigned nhttps;
	struct stream_ask *streams; /* ask_stream.c */
	unsigned nstreams;
	struct sign_wait *signs; /* ask_sign.c */
	unsigned nsigns;
	struct pause *pauses; /* ask_pause.c */
	unsigned npauses;
	struct scan_cache cache;
	struct late late;
	VEC(struct str) degraded; /* scan_degraded */
	uint64_t dns_within_ms;	  /* of questions of the check being run; 0: as configured */

	uint64_t mono_from;	   /* the clock at cpu_from */
	uint64_t cpu_us, cpu_from; /* CPU time of the steps behind us; when this one began, or 0 */
	uint64_t began_us, eom_us, dns_us, rules_us, total_us;
	VEC(struct edit) deletes, inserts;
};

/* engine.c */
void scan_kick(struct scan *s); /* runs what is runnable; may finish the scan */
void scan_stage_reached(struct scan *s, enum scan_stage stage);
/* On: what happens now happens to this message, should it crash us. Nothing before its headers. */
void scan_announce(const struct scan *s, bool on);
void scan_running(const struct scan *s, bool on); /* without a look at the clock */

/* ask.c */
void scan_asks_init(struct scan *s);
void scan_asks_close(struct scan *s);	     /* what is not answered is TEMPFAIL from now on */
void scan_asks_free(struct scan *s);	     /* gives every answer back */
bool scan_asks_waited(const struct scan *s); /* a check that is not done waits for an answer */
void scan_asks_names(const struct scan *s, struct buf *out); /* what is waited for, for the log */
void scan_asks_wake(struct scan *s, uint64_t waiting); /* an answer for the checks of these bits */
/* Counts it; one log line says when whoever is asked is left alone from now on. */
void scan_asks_failed(struct board_cell *cell, const char *why);

/* ask_store.c, ask_udp.c */
void scan_stores_flush(struct scan *s); /* sends what is asked if nothing else is waited for */
void scan_stores_close(struct scan *s); /* what is not answered has failed */
void scan_stores_names(const struct scan *s, struct buf *out);
void scan_notes_send(struct scan *s);
void scan_udps_close(struct scan *s);

/* ask_sign.c */
void scan_signs_close(struct scan *s);
void scan_signs_names(const struct scan *s, struct buf *out);

/* ask_http.c, ask_stream.c, ask_pause.c */
void scan_https_close(struct scan *s);
void scan_https_names(const struct scan *s, struct buf *out);
void scan_streams_close(struct scan *s);
void scan_streams_names(const struct scan *s, struct buf *out);
void scan_pauses_close(struct scan *s);

/* late.c */
/* All others are done: late checks may run. True: something has changed. */
bool scan_late_go(struct scan *s);
/* The message is judged already, late checks included; false: it is not. */
bool scan_late_judged(struct scan *s);

/* finish.c */
void scan_conclude(struct scan *s); /* judge, action, edits */
/* What a score asks for by itself. */
enum action scan_action_at(const struct scan_setup *c, double score);
/* What the message was judged without: "deadline, dns, clamd"; "" if all answered. */
struct str scan_without(const struct scan *s);

/* message.c */
void scan_log_message(const struct scan *s); /* the line of a message that is judged */

#endif
