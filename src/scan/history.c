/*
 * Sender history: a table of fixed size in shared memory, addressed by a keyed hash; a collision
 * replaces. Each slot has a version that is odd while somebody writes it: a reader that saw it odd,
 * or saw it change, has read nothing. A writer that dies in between leaves one slot unused.
 */
#include "scan/history.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "base/err.h"
#include "base/hash.h"

struct sender {
	uint64_t tag; /* hash of the domain; 0: free */
	char name[HISTORY_NAMES][HISTORY_NAME_SIZE];
};

struct slot {
	_Atomic uint32_t version;
	struct sender sender;
};

struct history {
	struct hash_key key;
	struct slot slot[HISTORY_SENDERS];
};

struct history *history_new(void)
{
	struct history *h =
		mmap(NULL, sizeof *h, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (h == MAP_FAILED)
		bug("out of memory");
	h->key = hash_key_random();
	return h;
}

void history_free(struct history *h)
{
	if (h)
		munmap(h, sizeof *h);
}

static uint64_t tag_of(const struct history *h, struct str sender)
{
	uint64_t tag = hash_sip13(h->key, sender);

	return tag ? tag : 1;
}

/* Copies a slot that nobody is writing; false: somebody is. */
static bool slot_read(const struct slot *s, struct sender *out)
{
	uint32_t before = atomic_load_explicit(&s->version, memory_order_acquire);

	if (before & 1)
		return false;
	*out = s->sender;
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&s->version, memory_order_relaxed) == before;
}

static void slot_write(struct slot *s, const struct sender *in)
{
	uint32_t before = atomic_load_explicit(&s->version, memory_order_relaxed);

	if ((before & 1) ||
	    !atomic_compare_exchange_strong_explicit(&s->version, &before, before + 1,
						     memory_order_acquire, memory_order_relaxed))
		return;
	atomic_thread_fence(memory_order_release);
	s->sender = *in;
	atomic_store_explicit(&s->version, before + 2, memory_order_release);
}

/* Where name stands; HISTORY_NAMES: nowhere. */
static size_t find(const struct sender *s, struct str name)
{
	size_t i = 0;

	while (i < HISTORY_NAMES && !str_eq(str_c(s->name[i]), name))
		i++;
	return i;
}

void history_note(struct history *h, struct str sender, struct str name)
{
	uint64_t tag = tag_of(h, sender);
	struct slot *slot = &h->slot[tag % HISTORY_SENDERS];
	struct sender s;
	size_t at;

	if (name.n == 0 || name.n >= HISTORY_NAME_SIZE || memchr(name.p, 0, name.n) ||
	    !slot_read(slot, &s))
		return;
	if (s.tag != tag)
		s = (struct sender){ .tag = tag };
	at = find(&s, name);
	if (at == 0)
		return;
	memmove(s.name[1], s.name[0],
		(at < HISTORY_NAMES ? at : HISTORY_NAMES - 1) * sizeof s.name[0]);
	memset(s.name[0], 0, sizeof s.name[0]);
	memcpy(s.name[0], name.p, name.n);
	slot_write(slot, &s);
}

bool history_name(const struct history *h, struct str sender, size_t i, char out[HISTORY_NAME_SIZE])
{
	uint64_t tag = tag_of(h, sender);
	struct sender s;

	if (i >= HISTORY_NAMES || h->slot[tag % HISTORY_SENDERS].sender.tag != tag ||
	    !slot_read(&h->slot[tag % HISTORY_SENDERS], &s) || s.tag != tag || !s.name[i][0])
		return false;
	memcpy(out, s.name[i], HISTORY_NAME_SIZE);
	out[HISTORY_NAME_SIZE - 1] = '\0';
	return true;
}
