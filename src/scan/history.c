/* Sender history: a table of fixed size, addressed by a keyed hash; a collision replaces. */
#include "scan/history.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"

#define NAME_MAX_OCTETS 254u

struct sender {
	uint64_t tag; /* hash of the domain; 0: free */
	char *name[HISTORY_NAMES];
};

struct history {
	struct hash_key key;
	struct sender slot[HISTORY_SENDERS];
};

struct history *history_new(void)
{
	struct history *h = calloc(1, sizeof *h);

	if (!h)
		bug("out of memory");
	h->key = hash_key_random();
	return h;
}

static void sender_clear(struct sender *s)
{
	for (size_t i = 0; i < HISTORY_NAMES; i++) {
		free(s->name[i]);
		s->name[i] = NULL;
	}
	s->tag = 0;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < HISTORY_SENDERS; i++)
		sender_clear(&h->slot[i]);
	free(h);
}

static uint64_t tag_of(const struct history *h, struct str sender)
{
	uint64_t tag = hash_sip13(h->key, sender);

	return tag ? tag : 1;
}

void history_note(struct history *h, struct str sender, struct str name)
{
	uint64_t tag = tag_of(h, sender);
	struct sender *s = &h->slot[tag % HISTORY_SENDERS];
	size_t at = 0;

	if (name.n == 0 || name.n >= NAME_MAX_OCTETS || memchr(name.p, 0, name.n))
		return;
	if (s->tag != tag)
		sender_clear(s);
	s->tag = tag;
	while (at < HISTORY_NAMES && s->name[at] && !str_eq(str_c(s->name[at]), name))
		at++;
	if (at == 0 && s->name[0])
		return;
	char *keep = at < HISTORY_NAMES ? s->name[at] : NULL;
	if (!keep) {
		if (at == HISTORY_NAMES)
			free(s->name[--at]);
		keep = strndup(name.p, name.n);
		if (!keep)
			bug("out of memory");
	}
	memmove(&s->name[1], &s->name[0], at * sizeof s->name[0]);
	s->name[0] = keep;
}

const char *history_name(const struct history *h, struct str sender, size_t i)
{
	uint64_t tag = tag_of(h, sender);
	const struct sender *s = &h->slot[tag % HISTORY_SENDERS];

	return s->tag == tag && i < HISTORY_NAMES ? s->name[i] : NULL;
}
