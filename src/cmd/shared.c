/* The page that supervisor and workers share. */
#include "cmd/shared.h"

#include <sys/mman.h>

struct shared *shared_new(void)
{
	struct shared *s =
		mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return NULL;
	s->digest_key = hash_key_random();
	return s;
}

void shared_free(struct shared *s)
{
	if (s)
		munmap(s, sizeof *s);
}

unsigned shared_crashed(struct shared *s, uint64_t digest)
{
	struct shared_poison *p;

	for (size_t i = 0; i < SHARED_POISON; i++)
		if (s->poison[i].digest == digest)
			return ++s->poison[i].crashes;
	p = &s->poison[s->next_poison++ % SHARED_POISON];
	p->crashes = 0; /* so that no reader sees the old count with the new digest */
	p->digest = digest;
	p->crashes = 1;
	return 1;
}

bool shared_poisoned(const struct shared *s, uint64_t digest)
{
	for (size_t i = 0; i < SHARED_POISON; i++)
		if (s->poison[i].digest == digest)
			return s->poison[i].crashes >= SHARED_CRASHES;
	return false;
}
