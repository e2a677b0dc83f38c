/*
 * Arenas. A chunk list; the newest chunk is cut from the front. A piece that is larger than a
 * quarter of the next chunk's size gets a chunk of its own, linked behind the newest one so that
 * what is left of that one stays in use. The arena itself lives at the start of its first chunk.
 */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

/*
 * Under ASan what was not handed out is poisoned and each piece is followed by a gap, so that a
 * read or write past a piece is found as it would be with malloc.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define GAP 16u
#else
#define GAP 0u
#endif

#define ALIGN 16u
#define CHUNK_FIRST 4096u
#define CHUNK_MAX (256u * 1024u)

struct chunk {
	struct chunk *next;
	size_t size; /* octets after this header */
};

struct cleanup {
	struct cleanup *next;
	void (*fn)(void *);
	void *arg;
};

struct arena {
	struct chunk *chunks; /* newest first; the last one holds this struct */
	char *at, *end;
	char *first_at, *first_end;
	size_t next_size;
	size_t used;
	struct cleanup *cleanups;
};

static void hide(char *p, size_t n)
{
#ifdef ARENA_ASAN
	__asm__("" : "+r"(p)); /* or GCC takes it for a read of what malloc gave */
	__asan_poison_memory_region(p, n);
#endif
	(void)p, (void)n;
}

static void show(char *p, size_t n)
{
#ifdef ARENA_ASAN
	__asan_unpoison_memory_region(p, n);
#endif
	(void)p, (void)n;
}

static size_t round_up(size_t n)
{
	size_t r;

	if (__builtin_add_overflow(n, ALIGN - 1, &r))
		bug("arena: size overflow");
	return r & ~(size_t)(ALIGN - 1);
}

size_t arena_mul(size_t n, size_t size)
{
	size_t r;

	if (__builtin_mul_overflow(n, size, &r))
		bug("arena: size overflow");
	return r;
}

static struct chunk *chunk_new(size_t size)
{
	struct chunk *c;
	size_t total;

	if (__builtin_add_overflow(size, round_up(sizeof *c), &total))
		bug("arena: size overflow");
	c = malloc(total);
	if (!c)
		bug("out of memory");
	c->next = NULL;
	c->size = size;
	return c;
}

static char *chunk_data(struct chunk *c)
{
	return (char *)c + round_up(sizeof *c);
}

struct arena *arena_new(size_t chunk)
{
	size_t head = round_up(sizeof(struct chunk)) + round_up(sizeof(struct arena));
	size_t size = chunk ? chunk : CHUNK_FIRST;
	struct chunk *c;
	struct arena *a;

	size = size > head + 64 ? size : head + 64;
	c = chunk_new(size - round_up(sizeof(struct chunk)));
	a = (struct arena *)(void *)chunk_data(c);
	*a = (struct arena){ .chunks = c, .next_size = size };
	a->first_at = chunk_data(c) + round_up(sizeof *a);
	a->first_end = chunk_data(c) + c->size;
	a->at = a->first_at;
	a->end = a->first_end;
	hide(a->at, (size_t)(a->end - a->at));
	return a;
}

static void run_cleanups(struct arena *a)
{
	while (a->cleanups) {
		struct cleanup *c = a->cleanups;
		a->cleanups = c->next;
		c->fn(c->arg);
	}
}

void arena_reset(struct arena *a)
{
	run_cleanups(a);
	while (a->chunks->next) {
		struct chunk *c = a->chunks;
		a->chunks = c->next;
		free(c);
	}
	a->at = a->first_at;
	a->end = a->first_end;
	hide(a->at, (size_t)(a->end - a->at));
	a->used = 0;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	arena_reset(a);
	free(a->chunks);
}

static void *big_piece(struct arena *a, size_t n)
{
	struct chunk *c = chunk_new(n);

	if (a->chunks->next) {
		c->next = a->chunks->next;
		a->chunks->next = c;
	} else {
		/* The first chunk must stay last; the newest stays the one being cut. */
		c->next = a->chunks;
		a->chunks = c;
	}
	hide(chunk_data(c), c->size);
	return chunk_data(c);
}

/* n is rounded and holds the gap. */
static void *cut(struct arena *a, size_t n)
{
	void *p;

	if (n <= (size_t)(a->end - a->at)) {
		p = a->at;
		a->at += n;
		return p;
	}
	if (a->next_size < CHUNK_MAX)
		a->next_size *= 2;
	if (n > a->next_size / 4)
		return big_piece(a, n);
	struct chunk *c = chunk_new(a->next_size);
	c->next = a->chunks;
	a->chunks = c;
	a->at = chunk_data(c) + n;
	a->end = chunk_data(c) + c->size;
	hide(chunk_data(c), c->size);
	return chunk_data(c);
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t want = round_up(n ? n : 1);
	void *p;

	if (__builtin_add_overflow(want, GAP, &want))
		bug("arena: size overflow");
	p = cut(a, want);
	a->used += want - GAP;
	show(p, n);
	return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
	return memset(arena_alloc(a, n), 0, n);
}

void *arena_grow(struct arena *a, void *p, size_t old, size_t n)
{
	size_t have = round_up(old ? old : 1), want = round_up(n ? n : 1);
	void *q;

	if (n <= old)
		return p;
	if (p && want > have && (char *)p + have + GAP == a->at &&
	    want - have <= (size_t)(a->end - a->at)) {
		a->at += want - have;
		a->used += want - have;
		have = want;
	}
	if (p && want <= have) {
		show(p, n);
		return p;
	}
	q = arena_alloc(a, n);
	if (old)
		memcpy(q, p, old);
	return q;
}

char *arena_cstr(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

struct str arena_dup(struct arena *a, struct str s)
{
	return str_of(arena_cstr(a, s), s.n);
}

struct str arena_lower(struct arena *a, struct str s)
{
	char *p = arena_cstr(a, s);

	for (size_t i = 0; i < s.n; i++)
		p[i] = ch_lower(p[i]);
	return str_of(p, s.n);
}

struct str arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	int n;
	char *p;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		bug("arena_printf: bad format");
	p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return str_of(p, (size_t)n);
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	struct str s;
	va_list ap;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

void arena_cleanup(struct arena *a, void (*fn)(void *), void *arg)
{
	struct cleanup *c = arena_alloc(a, sizeof *c);

	*c = (struct cleanup){ a->cleanups, fn, arg };
	a->cleanups = c;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
