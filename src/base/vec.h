/* Typed arrays that grow in an arena. */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/arena.h"

/* VEC(struct hdr) v = { 0 }; VEC_PUSH(arena, v) = (struct hdr){ ... }; then v.p[0] to v.p[v.n - 1].
 */
#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *p;                                                                           \
		size_t n, cap;                                                                     \
	}

/* A new last element, as an lvalue. Pointers to elements are valid until the next push. */
#define VEC_PUSH(a, v)                                                                             \
	(*((v).n < (v).cap                                                                         \
		   ? &(v).p[(v).n++]                                                               \
		   : ((v).p = vec_grow((a), (v).p, &(v).cap, sizeof *(v).p), &(v).p[(v).n++])))

static inline void *vec_grow(struct arena *a, void *p, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 4;

	p = arena_grow(a, p, arena_mul(*cap, size), arena_mul(more, size));
	*cap = more;
	return p;
}

#endif
