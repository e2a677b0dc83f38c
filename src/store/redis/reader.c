/* hiredis's reader in bounds: replies are made in an arena, and counted while they are made. */
#include "store/redis/reader.h"

#define REPLY_COST (sizeof(redisReply) + sizeof(redisReply *) + 16u)

static bool too_deep(const redisReadTask *t)
{
	unsigned depth = 0;

	for (; t; t = t->parent)
		depth++;
	return depth > REDIS_REPLY_DEPTH;
}

/* Counts an object of n octets and more elements; a new reply begins at a task without parent. */
static bool charge(struct reader *rd, const redisReadTask *t, size_t n, size_t elements)
{
	if (!t->parent) {
		arena_reset(rd->arena);
		rd->octets = 0;
		rd->elements = 0;
	}
	if (n > REDIS_REPLY_OCTETS || elements > REDIS_REPLY_ELEMENTS - rd->elements)
		return false;
	rd->elements += elements;
	rd->octets += n + REPLY_COST + elements * sizeof(redisReply *);
	return rd->octets <= REDIS_REPLY_OCTETS;
}

/* NULL makes the reader give up. An error that nobody asked for ("max number of clients reached")
 * is the one reply hiredis takes without a command. */
static redisReply *reply_new(const redisReadTask *t, size_t n, size_t elements)
{
	struct reader *rd = t->privdata;
	redisReply *r;

	if (!t->parent && rd->awaited && t->type != REDIS_REPLY_ERROR && !rd->awaited(rd->arg))
		return NULL;
	if (!charge(rd, t, n, elements))
		return NULL;
	r = ARENA_NEW(rd->arena, redisReply);
	r->type = t->type;
	if (t->parent)
		((redisReply *)t->parent->obj)->element[t->idx] = r;
	return r;
}

static void *string_new(const redisReadTask *t, char *p, size_t n)
{
	redisReply *r = reply_new(t, n, 0);

	if (!r)
		return NULL;
	r->str = arena_cstr(((struct reader *)t->privdata)->arena, str_of(p, n));
	r->len = n;
	return r;
}

#if HIREDIS_MAJOR >= 1
static void *array_new(const redisReadTask *t, size_t n)
#else
static void *array_new(const redisReadTask *t, int n)
#endif
{
	size_t elements = n < 0 ? SIZE_MAX : (size_t)n;
	redisReply *r = too_deep(t) ? NULL : reply_new(t, 0, elements);

	if (!r)
		return NULL;
	r->elements = elements;
	r->element = ARENA_ARRAY(((struct reader *)t->privdata)->arena, redisReply *, elements);
	return r;
}

static void *integer_new(const redisReadTask *t, long long v)
{
	redisReply *r = reply_new(t, 0, 0);

	if (r)
		r->integer = v;
	return r;
}

/* The task says what it would have been. */
static void *nil_new(const redisReadTask *t)
{
	redisReply *r = reply_new(t, 0, 0);

	if (r)
		r->type = REDIS_REPLY_NIL;
	return r;
}

/* The arena has them. */
static void reply_free(void *r)
{
	(void)r;
}

#if HIREDIS_MAJOR >= 1
/* RESP3 is never asked for: whoever sends it is no Redis of ours. */
static void *double_new(const redisReadTask *t, double v, char *p, size_t n)
{
	(void)t, (void)v, (void)p, (void)n;
	return NULL;
}

static void *bool_new(const redisReadTask *t, int v)
{
	(void)t, (void)v;
	return NULL;
}
#endif

static const redisReplyObjectFunctions functions = {
	.createString = string_new,
	.createArray = array_new,
	.createInteger = integer_new,
	.createNil = nil_new,
	.freeObject = reply_free,
#if HIREDIS_MAJOR >= 1
	.createDouble = double_new,
	.createBool = bool_new,
#endif
};

void reader_init(struct reader *rd)
{
	*rd = (struct reader){ .arena = arena_new(0) };
}

void reader_fini(struct reader *rd)
{
	arena_free(rd->arena);
	rd->arena = NULL;
}

void reader_bind(struct reader *rd, redisReader *r)
{
	r->fn = (redisReplyObjectFunctions *)(uintptr_t)&functions; /* hiredis only reads it */
	r->privdata = rd;
	r->maxbuf = REDIS_READER_KEEP;
#if HIREDIS_MAJOR >= 1
	r->maxelements = REDIS_REPLY_ELEMENTS;
#endif
}

bool reader_full(const redisReader *r)
{
	return r->len - r->pos > REDIS_UNREAD_MAX;
}

void reader_release(struct reader *rd)
{
	arena_reset(rd->arena);
}

struct str reply_str(const redisReply *r)
{
	if (!r || (r->type != REDIS_REPLY_STRING && r->type != REDIS_REPLY_STATUS &&
		   r->type != REDIS_REPLY_ERROR))
		return STR_NULL;
	return str_of(r->str, r->len);
}
