/* Arenas: memory that is handed out piece by piece and given back all at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>

#include "base/str.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

struct arena;

/*
 * A new arena. chunk is the size of its first chunk in octets (0: 4096); later chunks double up to
 * 256 KiB. Larger pieces get a chunk of their own. Never returns NULL: out of memory aborts.
 */
struct arena *arena_new(size_t chunk);

/* Runs the clean-ups, last registered first, and gives all memory back. NULL is fine. */
void arena_free(struct arena *a);

/* As arena_free, but keeps the first chunk for what comes next. */
void arena_reset(struct arena *a);

/* n octets aligned for any type; never NULL. arena_zalloc's are zero. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((malloc, returns_nonnull));
void *arena_zalloc(struct arena *a, size_t n) __attribute__((malloc, returns_nonnull));

#define ARENA_NEW(a, type) ((type *)arena_zalloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_zalloc((a), arena_mul((n), sizeof(type))))

/* n * size, or abort: a size that overflows is a bug, since every input has a limit. */
size_t arena_mul(size_t n, size_t size);

/* Enlarges the piece p of old octets to n: in place if p is the newest piece, else by copying. */
void *arena_grow(struct arena *a, void *p, size_t old, size_t n);

/* Copies. The copy of arena_dup and arena_cstr is followed by a NUL that is not counted. */
struct str arena_dup(struct arena *a, struct str s);
char *arena_cstr(struct arena *a, struct str s);
struct str arena_lower(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
struct str arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* Calls fn(arg) when the arena is freed or reset: for what is not memory. */
void arena_cleanup(struct arena *a, void (*fn)(void *), void *arg);

/* Octets handed out since the arena was new or reset (for ceilings and metrics). */
size_t arena_used(const struct arena *a);

#pragma GCC visibility pop

#endif
