/*
 * Who says what of one message: the record "m:l:DIGEST". The last vote is what the message is
 * learnt as; each user's vote is what his own counts have learnt of it. What an event changes
 * follows from the record alone, so that all machines that see the same events in the same order
 * change the same.
 */
#ifndef CONTROL_VOTES_H
#define CONTROL_VOTES_H

#include "control/trainer.h"

#define VOTES_MAX 8u  /* of one message; the oldest leaves */
#define USER_MAX 320u /* octets of a user's name */
#define VOTES_OCTETS_MAX (2u + VOTES_MAX * (14u + USER_MAX))
#define ERASED_MAX 256u /* users remembered as erased; the oldest leaves */
#define MOVES_MAX (VOTES_MAX + 2u)

struct vote {
	enum learn_class class;
	enum learn_source source;
	int64_t when_ms;
	struct str user; /* "": the site */
};

struct votes {
	size_t n;
	struct vote v[VOTES_MAX + 1];
};

/* Slices point into s. False: not such a record. */
bool votes_parse(struct str s, struct votes *v);
struct str votes_format(struct arena *a, const struct votes *v);
enum learn_class votes_class(const struct votes *v);

/* What changes: user "" is everybody's counts, and stands first where it is there. */
struct move {
	enum learn_class from, to;
	struct str user;
};

struct moves {
	size_t n;
	struct move m[MOVES_MAX];
	int64_t since_ms; /* when the message was learnt as what it is moved from; 0: it was not */
};

/* Users whose own counts were deleted, and when: votes before that move nothing of theirs. */
struct erased {
	size_t n;
	struct {
		char user[USER_MAX];
		size_t len;
		int64_t when_ms;
	} e[ERASED_MAX];
};
void erased_add(struct erased *l, struct str user, int64_t when_ms);

/* What the event makes of the votes. Anything but TRAINED: nothing changes. */
enum trainer_result votes_decide(struct votes *v, const struct learn_event *e,
				 const struct erased *gone, struct moves *out);

/* An event that deletes a user's counts has no message. */
bool event_erases(const struct learn_event *e);

#endif
