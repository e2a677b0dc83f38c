/*
 * What the files of the back-end share. A batch becomes a job; the job's operations are grouped
 * into pieces, each of which travels as one command to one node; all pieces of a job are written
 * together, so that a batch is one round trip. What a reply says must be done again (another node,
 * a script that is not there, a connection that broke) is one more.
 */
#ifndef STORE_REDIS_REDIS_H
#define STORE_REDIS_REDIS_H

#include <sys/queue.h>

#include "store/backend.h"
#include "store/record.h"
#include "store/redis/conn.h"
#include "store/redis/errors.h"

#define REDIS_BATCH_OCTETS (8u << 20) /* of the answers to one batch; the rest fails */
#define REDIS_TRIES_MAX 3u	      /* a piece is sent at most so often */
#define REDIS_NODES_MAX 128u	      /* of a cluster */
#define REDIS_SLOTS 16384u	      /* of a cluster, by its specification */
#define REDIS_WORDS_MAX (8u + 2u * STORE_BATCH_MAX)

#define NODE_BACKOFF_MS 100u	   /* x 2^n, +- 50 % */
#define NODE_BACKOFF_MAX_MS 30000u /* where nobody asks */
#define NODE_BACKOFF_BUSY_MS 500u  /* while calls come in, and for NODE_BUSY_MS after */
#define NODE_BUSY_MS 60000u
#define SENTINEL_POLL_MS 1000u
#define CLUSTER_REFRESH_MS 1000u /* the map of slots is asked for at most so often */

struct redis;

TAILQ_HEAD(pieces, piece);

/* ---- node.c: one server we send to ---- */

struct node {
	struct redis *r;
	struct redis_addr addr; /* where it was last dialled */
	struct conn *conn;
	struct pieces waiting; /* for it to be up, or to be refused */
	struct loop_timer *dial_timer, *fail_timer;
	uint64_t tried_ms, up_ms, down_ms;
	unsigned fails;	 /* attempts in a row */
	bool asking_way; /* the sentinels are asked where it is */
	bool wanted;	 /* owns slots, or is what we speak to */
	char why[160];
};

struct node *node_new(struct redis *r);
void node_free(struct node *n);
bool node_up(const struct node *n);
bool node_idle(const struct node *n); /* nobody waits for it, or for an answer of it */
/* A piece is for this node: sent now, or when it is up, or ended in the next turn of the loop. */
void node_take(struct node *n, struct piece *p);
/* Somebody waits: dials unless that was tried just now. */
void node_want(struct node *n);
/* The address to dial is known (sentinel.c); or why not. */
void node_dial_at(struct node *n, const struct redis_addr *a);
void node_refused(struct node *n, const char *why);
/* It is not what we need (a replica, no longer let in): closes and finds it again. */
void node_leave(struct node *n, const char *why);

/* ---- job.c: a batch under way ---- */

struct piece {
	struct conn_cmd cmd, asking_cmd;
	TAILQ_ENTRY(piece) link; /* while it waits */
	struct pieces *queue;	 /* where; NULL: nowhere */
	struct piece *next;	 /* of the job */
	struct job *job;
	struct node *node;
	unsigned tries;
	bool asking; /* ASK: may be asked once where its slot moves to */
	bool whole;  /* the script travels in full */
	bool walks;  /* STORE_WALK: no command, but a walk of many */
	struct walk *walk;
	unsigned n;
	uint16_t *op; /* numbers of its operations; all of one form */
};

struct job {
	LIST_ENTRY(job) link;
	struct redis *r; /* NULL: the store is closed */
	struct arena *arena;
	struct store_batch *batch;   /* NULL: dropped */
	struct store_answer *answer; /* in the batch's arena */
	struct piece *first, *last;
	size_t open;   /* pieces and walks that have not ended, and begin itself */
	size_t octets; /* of the answers */
	size_t good, faults;
	bool retried;
	struct loop_timer *end_timer;
	char why[128]; /* the first fault */
};

/* One more thing to wait for; job_close when it is done. May end the job: not from begin. */
void job_close(struct job *j);
void job_fault(struct job *j, const char *why);
/* The job is sent (once more) to whom it concerns: counted once per try. */
void job_trip(struct job *j);
/* Room for n octets of answers: false, it would be over the limit. */
bool job_room(struct job *j, size_t n);
struct str job_keep(struct job *j, struct str s);

struct piece *piece_new(struct job *j, const uint16_t *op, unsigned n);
void piece_route(struct piece *p);		    /* to the node that has it */
void piece_send(struct piece *p);		    /* its node is up */
void piece_fault(struct piece *p, const char *why); /* nobody answers it */
void piece_wait(struct piece *p, struct pieces *queue);
void piece_unwait(struct piece *p);

/* ---- command.c: operations as words, replies as answers ---- */

struct words {
	struct arena *arena;
	int n;
	const char *p[REDIS_WORDS_MAX];
	size_t len[REDIS_WORDS_MAX];
};

void words_begin(struct words *w);
void words_add(struct words *w, struct str s);
void words_addf(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void words_key(struct words *w, const struct redis *r, struct str key);
void words_script(struct words *w, const struct redis *r, enum script_id id, bool whole, size_t n);

/* Operations of one form may travel in one command. */
enum form { FORM_GET, FORM_PUT, FORM_DEL, FORM_APPEND, FORM_READ, FORM_OPS, FORM_WALK };
/* False: op cannot be asked, *a says what it is answered. */
bool command_form(const struct store_op *op, enum form *f, struct store_answer *a);
/* The key whose slot says where op goes: that of its raw record for RESTORE. */
struct str command_key(const struct store_op *op);
void command_build(struct words *w, const struct redis *r, const struct piece *p);
/* What the reply, which is no error of the whole command, makes of the operation p->op[i]. An error
 * of this operation alone: its text, or NULL. False: no reply to such a command. */
bool command_read(struct piece *p, unsigned i, const redisReply *reply, struct str *error);

/* ids of logs: a stream's "ms-seq" as one number that rises. */
#define LOG_SEQ_BITS 20u
bool log_id_parse(struct str s, uint64_t *id);

/* ---- walk.c ---- */

struct walk;
/* The piece of a STORE_WALK operation goes on: its server is up, or is to be chosen. */
void walk_go(struct piece *p);

/* ---- sentinel.c ---- */

struct sentinel;
struct sentinel *sentinel_new(struct redis *r);
void sentinel_free(struct sentinel *s);
/* Asks where the master is and calls node_dial_at or node_refused; never from inside. */
void sentinel_ask(struct sentinel *s);
/* The master we were told is none, or not there: the next sentinel may know better. */
void sentinel_doubt(struct sentinel *s);

/* ---- cluster.c ---- */

struct cluster;
struct cluster *cluster_new(struct redis *r);
void cluster_free(struct cluster *c);
unsigned cluster_slot(struct str key);
/* The piece goes to the node of its slot, or waits for the map. */
void cluster_route(struct cluster *c, struct piece *p, struct str key);
/* The node at addr; NULL: there are too many. */
struct node *cluster_node(struct cluster *c, const struct redis_addr *addr);
/* MOVED: the slot is at n now; the map is asked for again. */
void cluster_moved(struct cluster *c, unsigned slot, struct node *n);
void cluster_refresh(struct cluster *c);
void cluster_node_changed(struct cluster *c, struct node *n, bool up);
/* The masters in the order of their addresses: the first after text ("": the first of all). */
struct node *cluster_master_after(struct cluster *c, struct arena *a, struct str text);
/* Whether any node is up. */
bool cluster_any_up(const struct cluster *c);

/* ---- redis.c ---- */

struct redis {
	struct loop *loop;
	struct store *store;
	struct arena *arena; /* of the configuration */
	int mode;
	struct redis_addr addr[REDIS_ADDRS_MAX]; /* as configured */
	size_t naddr, addr_at;
	struct str prefix, master;
	struct conn_config config, sentinel_config;
	struct scripts scripts;
	struct node *node;	   /* single, Sentinel: the master */
	struct sentinel *sentinel; /* or NULL */
	struct cluster *cluster;   /* or NULL */
	LIST_HEAD(, job) jobs;
	struct words words; /* scratch */
	uint64_t called_ms; /* the last batch came */
	uint64_t dice;
	bool told, up; /* store_report: so it was */
};

/* ms +- 50 %. */
uint64_t redis_jitter(struct redis *r, uint64_t ms);
/* A node went up or down, or could not be reached. */
void redis_node_changed(struct redis *r, struct node *n, bool up);

#endif
