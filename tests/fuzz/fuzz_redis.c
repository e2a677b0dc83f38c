/*
 * Whatever a Redis may send: octets into hiredis's reader in its bounds, and each reply into the
 * code that makes answers of it. The first octet says what was asked.
 */
#include <stdint.h>
#include <stdlib.h>

#include "store/redis/redis.h"

#define OPS 6u

static void fill(struct store_op *op, unsigned what)
{
	static const struct store_op kinds[] = {
		{ .kind = STORE_GET },
		{ .kind = STORE_ADD, .half_life_ms = { 1000 } },
		{ .kind = STORE_TAKE, .flags = STORE_F_LOOK, .rate = 1, .burst = 1 },
		{ .kind = STORE_PUT },
		{ .kind = STORE_DEL },
		{ .kind = STORE_APPEND },
		{ .kind = STORE_READ },
		{ .kind = STORE_ADD, .delta = { 1 } },
		{ .kind = STORE_NEW },
		{ .kind = STORE_JOIN },
		{ .kind = STORE_TAKE, .cost = 1, .burst = 2 },
		{ .kind = STORE_LEASE, .value = { "me", 2 } },
		{ .kind = STORE_RESTORE },
	};
	enum { KINDS = sizeof kinds / sizeof *kinds, SCRIPTED = 7 };

	for (unsigned i = 0; i < OPS; i++) {
		op[i] = kinds[what % KINDS < SCRIPTED ? what % KINDS
						      : SCRIPTED + (what + i) % (KINDS - SCRIPTED)];
		op[i].key = STR("t:key");
	}
}

/* A reply is looked at as job.c does. */
static void look(struct job *j, struct piece *p, const redisReply *r)
{
	struct str text;
	struct redis_addr addr;
	unsigned slot;

	if (r->type == REDIS_REPLY_ERROR) {
		redis_error_action(reply_str(r));
		redis_error_where(reply_str(r), "127.0.0.1", &slot, &addr);
		return;
	}
	for (unsigned i = 0; i < p->n; i++) {
		struct store_answer *a = &j->answer[i];

		if (!command_read(p, i, r, &text))
			return;
		if (j->octets > REDIS_BATCH_OCTETS || a->nentry > STORE_PAGE_MAX)
			abort();
		for (size_t k = 0; k < a->nentry; k++)
			if (a->entry[k].value.n > REDIS_REPLY_OCTETS)
				abort();
	}
}

static void read_all(struct reader *rd, struct job *j, struct piece *p, struct str s, size_t step)
{
	redisReader *r = redisReaderCreate();
	void *reply;

	reader_bind(rd, r);
	while (s.n && !r->err && !reader_full(r)) {
		struct str some = str_sub(s, 0, step);

		s = str_skip(s, some.n);
		redisReaderFeed(r, some.p, some.n);
		while (redisReaderGetReply(r, &reply) == REDIS_OK && reply) {
			look(j, p, reply);
			reader_release(rd);
		}
		if (rd->octets > REDIS_REPLY_OCTETS + 64 && !r->err)
			abort();
	}
	redisReaderFree(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conn_config cfg = { .scripts = false };
	static const struct conn_events none = { NULL, NULL };
	struct arena *a = arena_new(0);
	struct store_op op[OPS];
	struct store_batch batch = { .op = op, .n = OPS, .arena = a };
	struct job j = { .arena = a, .batch = &batch };
	struct node node = { .conn = conn_new(NULL, &cfg, NULL, &none, NULL) };
	uint16_t number[OPS] = { 0, 1, 2, 3, 4, 5 };
	struct piece p = { .job = &j, .node = &node, .op = number, .n = 1 };
	struct reader rd;

	if (size > 1) {
		j.answer = ARENA_ARRAY(a, struct store_answer, OPS);
		fill(op, data[0]);
		p.n = data[0] % 13 < 7 ? 1 : OPS;
		reader_init(&rd);
		read_all(&rd, &j, &p, str_of((const char *)data + 2, size - 2),
			 data[1] ? data[1] : SIZE_MAX);
		reader_fini(&rd);
	}
	conn_free(node.conn);
	arena_free(a);
	return 0;
}
