/*
 * Taking over from OpenDKIM, OpenDMARC and OpenARC: what each of their directives becomes here (a
 * table for each program), and the configuration that comes out of it. Nothing is lost without a
 * word: every line of theirs ends as taken, already so, or not taken, with a reason.
 */
#ifndef CMD_PEER_H
#define CMD_PEER_H

#include "cmd/peer_conf.h"
#include "conf/conf.h"

struct peer_part;

/* Decides what becomes of a line; NULL in a row: the program's finish does. */
typedef void peer_take_fn(struct peer_part *p, struct peer_line *l);

/* A directive of theirs. */
struct peer_directive {
	const char *name;
	peer_take_fn *take;
	const char *option; /* ours: "section.name"; NULL */
	const char *same;   /* the value with which theirs does what Merlon does anyway; NULL */
	const char *reason; /* why it is already so, or why it is not taken */
	bool matters;	    /* if it is not taken, the site would notice */
};

struct peer {
	const char *word, *title; /* "opendkim", "OpenDKIM" */
	const char *path;	  /* of its configuration */
	const struct peer_directive *table, *common;
	void (*finish)(struct peer_part *p); /* directives that only make sense together */
};
extern const struct peer peer_opendkim, peer_opendmarc, peer_openarc;
extern const struct peer *const peers_all[]; /* ends in NULL */

/* One option of ours, as it will be written. */
struct peer_setting {
	struct str section, title, name; /* title absent: none */
	struct str text;		 /* as it stands in a configuration, with its quotes */
	VEC(struct peer_line *) from;	 /* whose lines it comes from; none: a default of theirs */
	struct peer_part *part;
	const char *why; /* behind it, if it comes from a default */
	int head, line;	 /* where its section begins in the text, and where it stands */
	bool dropped;	 /* the option's table does not take it */
};

struct peer_import {
	struct arena *arena;
	VEC(struct peer_part *) parts;
	VEC(struct peer_setting) settings;
	struct str text; /* of peer_write */
};

struct peer_part {
	const struct peer *peer;
	struct peer_import *m;
	const char *path;
	struct peer_conf conf;
	VEC(struct str) remarks; /* what differs though no line says so */
};

/* Reads a program's configuration and decides about every line. Programs that come first have
 * precedence. -1 and *e. */
int peer_import_add(struct peer_import *m, const struct peer *peer, const char *path,
		    struct err *e);

/* The configuration in m->text: what the option tables do not take is left out, and its line says
 * so. */
void peer_write(struct peer_import *m, const struct conf_opt *const *tables);

/* Lines that were not taken and matter. */
size_t peer_lost(const struct peer_import *m);
const char *peer_status_word(enum peer_status s);

/* ---- for tables ---- */

/* peer_take.c: the usual ways. */
peer_take_fn peer_take_already, peer_take_not, peer_take_if_same, peer_take_text, peer_take_bool,
	peer_take_seconds, peer_take_list, peer_take_dataset, peer_take_file, peer_take_authserv_id,
	peer_take_syslog, peer_take_include;

void peer_taken(struct peer_line *l, const char *option);
void peer_already(struct peer_line *l, const char *reason);
void peer_not(struct peer_line *l, bool matters, const char *reason);
void peer_remark(struct peer_part *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The last line of that name that has a value, which is the one that counts; NULL: none. */
struct peer_line *peer_line(const struct peer_part *p, const char *name);
bool peer_yes(struct str value); /* as they read a Boolean */
bool peer_says(const struct peer_part *p, const char *name, bool otherwise);

/* Sets an option of ours and says so of the line (NULL: a default of theirs, and why). False: a
 * program that came before says otherwise, and the line that it is not taken. */
bool peer_set(struct peer_part *p, struct peer_line *l, const char *option, struct str text,
	      const char *why);
bool peer_set_in(struct peer_part *p, struct peer_line *l, const char *section, struct str title,
		 const char *name, struct str text);

/* As it stands in a configuration: quoted; a list of such. */
struct str peer_quoted(struct arena *a, struct str s);
struct str peer_listed(struct arena *a, const struct str *item, size_t n);
/* The items of a value with commas or blanks between. */
size_t peer_items(struct arena *a, struct str value, struct str **out);

/* A path of theirs, which is relative to BaseDirectory or else to the file's directory. */
const char *peer_path(const struct peer_part *p, struct str path);
/* A data set in a form that we read too, its path absolute; absent: of a kind that we do not read.
 */
struct str peer_dataset(const struct peer_part *p, struct str spec);
/* NULL, or why a key file cannot be used by Merlon. */
const char *peer_key_fault(const struct peer_part *p, const char *path);
/* Whether Merlon signs (oversigns) every field of a list of names; else *missing is the first that
 * it does not. */
bool peer_signs(const struct peer_line *l, bool oversigned, struct str *missing);

/* peer_socket.c: Socket, UMask and UserID as the first inbound listener. */
void peer_take_socket(struct peer_part *p);
/* Whose account reads the keys (UserID): sign.user. */
void peer_take_user(struct peer_part *p, bool keys);

#endif
