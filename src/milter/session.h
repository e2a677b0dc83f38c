/*
 * One connection of an MTA as a sequence of scans: what both engines do with the events of the
 * milter protocol. Not their bytes, and not the answers.
 */
#ifndef MILTER_SESSION_H
#define MILTER_SESSION_H

#include "scan/scan.h"

#define SESSION_MAX_TEXT                                                                           \
	4096u /* of a HELO name or macro value kept between commands; the rest is cut */

struct session;

/* env lives longer; profile is copied. */
struct session *session_new(const struct scan_env *env, struct str profile, struct str listener);
/* At any time; frees the scan with all that it waits for. NULL is fine. */
void session_free(struct session *s);

enum session_answer {
	SESSION_GO,	/* hand the event on, and answer it if it wants an answer */
	SESSION_IGNORE, /* out of order: no event, no answer */
	SESSION_CLOSE,	/* nothing was negotiated before it */
};

/*
 * The order of commands (SMFIC_*), as libmilter has it: a command that cannot follow the one
 * before it aborts the message, and is then ignored unless it could follow HELO.
 */
enum session_answer session_enter(struct session *s, char cmd);

void session_connect(struct session *s, struct str host, const struct ip *ip);
void session_helo(struct session *s, struct str name);
/* Macros come before the command they belong to. A new set for MAIL forgets those of the message
 * before. */
void session_macros(struct session *s, char cmd);
/* name without or with braces ("i", "{auth_authen}"). An empty value is as none. */
void session_macro(struct session *s, char cmd, struct str name, struct str value);
void session_mail(struct session *s, struct str path);
void session_rcpt(struct session *s, struct str path);
/* value after the colon; leadspc: with its leading white space (else one blank is put there). */
void session_header(struct session *s, struct str name, struct str value, bool leadspc);
void session_eoh(struct session *s);
void session_body(struct session *s, struct str octets);

/* done(arg, verdict) once, from inside or from the loop, unless the message is aborted before. The
 * verdict lives until session_end. */
typedef void session_done_fn(void *arg, const struct verdict *v);
void session_eom(struct session *s, session_done_fn *done, void *arg);

/* What an engine answers when it can take no more messages. */
extern const struct verdict session_busy;

/* The message is over, judged or not; connection and HELO are kept for the next one. */
void session_end(struct session *s);
/* A new SMTP client on the same connection (SMFIC_QUIT_NC). */
void session_reset(struct session *s);

bool session_in_mail(const struct session *s);
/* Between MAIL and the verdict headers or body have begun. */
bool session_in_content(const struct session *s);
struct str session_queue_id(const struct session *s);

#endif
