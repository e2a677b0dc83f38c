/* Operations as commands of Redis, and its replies as answers. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/octets.h"
#include "store/redis/redis.h"
#include "store/table.h"

#define HALF_LIFE_MAX (1ull << 52)

/* ---- words ---- */

void words_begin(struct words *w)
{
	if (!w->arena)
		w->arena = arena_new(16384);
	arena_reset(w->arena);
	w->n = 0;
}

void words_add(struct words *w, struct str s)
{
	if ((unsigned)w->n >= REDIS_WORDS_MAX)
		bug("a command of over %u words", REDIS_WORDS_MAX);
	w->p[w->n] = s.p ? s.p : "";
	w->len[w->n++] = s.n;
}

void words_addf(struct words *w, const char *fmt, ...)
{
	struct str s;
	va_list ap;

	va_start(ap, fmt);
	s = arena_vprintf(w->arena, fmt, ap);
	va_end(ap);
	words_add(w, s);
}

void words_key(struct words *w, const struct redis *r, struct str key)
{
	struct buf b = { .arena = w->arena };

	buf_room(&b, r->prefix.n + key.n);
	buf_add(&b, r->prefix);
	buf_add(&b, key);
	words_add(w, buf_str(&b));
}

void words_script(struct words *w, const struct redis *r, enum script_id id, bool whole, size_t n)
{
	words_add(w, whole ? STR("EVAL") : STR("EVALSHA"));
	words_add(w, whole ? script_text(id) : str_c(r->scripts.sha[id]));
	words_addf(w, "%zu", n);
}

/* ---- which command ---- */

static bool finite_op(const struct store_op *op)
{
	for (unsigned i = 0; i < STORE_SUMS; i++)
		if (!isfinite(op->delta[i]))
			return false;
	return isfinite(op->cost) && isfinite(op->rate);
}

static const enum form forms[STORE_KINDS] = {
	[STORE_GET] = FORM_GET,	  [STORE_PUT] = FORM_PUT,   [STORE_NEW] = FORM_OPS,
	[STORE_DEL] = FORM_DEL,	  [STORE_ADD] = FORM_OPS,   [STORE_TAKE] = FORM_OPS,
	[STORE_JOIN] = FORM_OPS,  [STORE_LEASE] = FORM_OPS, [STORE_APPEND] = FORM_APPEND,
	[STORE_READ] = FORM_READ, [STORE_WALK] = FORM_WALK, [STORE_RESTORE] = FORM_OPS,
};

/* What changes nothing is read as it is and reckoned here, which costs Redis a fifth. */
static bool is_look(const struct store_op *op)
{
	if (op->kind == STORE_TAKE)
		return (op->flags & STORE_F_LOOK) != 0;
	for (unsigned i = 0; i < STORE_SUMS; i++)
		if (op->delta[i] != 0)
			return false;
	return op->kind == STORE_ADD;
}

static enum form form_of(const struct store_op *op)
{
	return is_look(op) ? FORM_GET : forms[op->kind];
}

static bool writes_value(const struct store_op *op)
{
	return op->kind == STORE_PUT || op->kind == STORE_NEW || op->kind == STORE_APPEND;
}

bool command_form(const struct store_op *op, enum form *f, struct store_answer *a)
{
	struct raw_record raw;
	bool can = (unsigned)op->kind < STORE_KINDS && finite_op(op);

	*a = (struct store_answer){ .status = STORE_FAILED };
	if (!can)
		return false;
	*f = form_of(op);
	if (op->kind == STORE_RESTORE)
		return raw_parse(op->value, &raw);
	if (op->kind == STORE_WALK)
		return true;
	if (writes_value(op) && op->value.n > STORE_VALUE_MAX) {
		a->status = STORE_FULL;
		return false;
	}
	if (op->kind == STORE_LEASE && op->value.n > STORE_KEY_MAX)
		return false;
	return op->key.n && op->key.n <= STORE_KEY_MAX && op->member.n <= STORE_KEY_MAX;
}

struct str command_key(const struct store_op *op)
{
	struct raw_record raw;

	if (op->kind != STORE_RESTORE)
		return op->key;
	return raw_parse(op->value, &raw) ? raw.key : STR_NULL;
}

/* ---- arguments of the script of operations ---- */

static uint64_t at_most(uint64_t v, uint64_t max)
{
	return v < max ? v : max;
}

static uint64_t ttl_of(const struct store_op *op)
{
	return at_most(op->ttl_ms, TABLE_TTL_MAX_MS);
}

static uint64_t members_of(const struct store_op *op)
{
	return op->limit ? at_most(op->limit, TABLE_MEMBERS_MAX) : TABLE_MEMBERS;
}

/* Only as many sums as the operation touches; those after them stay as they are. */
static void add_argument(struct buf *b, const struct store_op *op)
{
	unsigned n = STORE_SUMS;

	while (n && op->delta[n - 1] == 0 && op->half_life_ms[n - 1] == 0)
		n--;
	buf_addc(b, 'A');
	octets_u(b, (op->flags & STORE_F_WINDOW) != 0, 1);
	octets_u(b, n, 1);
	for (unsigned i = 0; i < n; i++) {
		octets_f64(b, op->delta[i]);
		octets_u(b, at_most(op->half_life_ms[i], HALF_LIFE_MAX), 8);
	}
	buf_addf(b, "%" PRIu64, ttl_of(op));
}

static void take_argument(struct buf *b, const struct store_op *op)
{
	buf_addc(b, 'T');
	octets_f64(b, op->cost);
	octets_f64(b, op->burst);
	octets_f64(b, op->rate);
	buf_addf(b, "%" PRIu64, ttl_of(op));
}

static void join_argument(struct buf *b, const struct store_op *op)
{
	buf_addc(b, 'J');
	octets_u(b, (op->flags & STORE_F_LOOK) != 0, 1);
	octets_u(b, ttl_of(op), 8);
	octets_u(b, members_of(op), 8);
	buf_add(b, op->member);
}

static void lease_argument(struct buf *b, const struct store_op *op)
{
	buf_addc(b, 'L');
	octets_u(b, (op->flags & STORE_F_RELEASE) != 0, 1);
	octets_u(b, ttl_of(op), 8);
	buf_add(b, op->value);
}

static void new_argument(struct buf *b, const struct store_op *op)
{
	buf_addc(b, 'N');
	octets_u(b, ttl_of(op), 8);
	buf_addc(b, 'V');
	buf_add(b, op->value);
}

static void restore_argument(struct buf *b, const struct store_op *op)
{
	struct raw_record raw;

	if (!raw_parse(op->value, &raw))
		return;
	buf_addc(b, raw.shape);
	if (raw.shape == 'E')
		buf_addf(b, "%" PRIu64 "-%" PRIu64 " ", raw.id >> LOG_SEQ_BITS,
			 raw.id & ((1u << LOG_SEQ_BITS) - 1));
	else
		octets_u(b, (uint64_t)raw.ends_ms, 8);
	buf_add(b, raw.shape == 'S' ? raw.member : raw.value);
}

static void argument(struct words *w, const struct store_op *op)
{
	struct buf b = { .arena = w->arena };

	buf_room(&b, 96 + op->value.n + op->member.n);
	switch (op->kind) {
	case STORE_ADD:
		add_argument(&b, op);
		break;
	case STORE_TAKE:
		take_argument(&b, op);
		break;
	case STORE_JOIN:
		join_argument(&b, op);
		break;
	case STORE_LEASE:
		lease_argument(&b, op);
		break;
	case STORE_NEW:
		new_argument(&b, op);
		break;
	default:
		restore_argument(&b, op);
	}
	words_add(w, buf_str(&b));
}

/* ---- commands ---- */

static const struct store_op *op_of(const struct piece *p, unsigned i)
{
	return &p->job->batch->op[p->op[i]];
}

static void build_ops(struct words *w, const struct redis *r, const struct piece *p)
{
	words_script(w, r, SCRIPT_OPS, p->whole, p->n);
	for (unsigned i = 0; i < p->n; i++)
		words_key(w, r, command_key(op_of(p, i)));
	for (unsigned i = 0; i < p->n; i++)
		argument(w, op_of(p, i));
}

static void build_put(struct words *w, const struct redis *r, const struct store_op *op)
{
	struct record rec = { .kind = 'V', .value = op->value };

	words_add(w, STR("SET"));
	words_key(w, r, op->key);
	words_add(w, record_format(w->arena, &rec));
	if (op->ttl_ms) {
		words_add(w, STR("PX"));
		words_addf(w, "%" PRIu64, ttl_of(op));
	}
}

static void build_append(struct words *w, const struct redis *r, const struct store_op *op)
{
	words_add(w, STR("XADD"));
	words_key(w, r, op->key);
	words_add(w, STR("MAXLEN"));
	words_addf(w, "%" PRIu64,
		   op->limit ? at_most(op->limit, TABLE_ENTRIES_MAX) : TABLE_ENTRIES);
	words_add(w, STR("*"));
	words_add(w, STR("v"));
	words_add(w, op->value);
}

static void build_read(struct words *w, const struct redis *r, const struct piece *p)
{
	const struct store_op *op = op_of(p, 0);
	uint64_t from = at_most(op->id, INT64_MAX) + 1;

	words_script(w, r, SCRIPT_READ, p->whole, 1);
	words_key(w, r, op->key);
	words_addf(w, "%" PRIu64 "-%" PRIu64, from >> LOG_SEQ_BITS,
		   from & ((1u << LOG_SEQ_BITS) - 1));
	words_addf(w, "%" PRIu64, op->limit ? at_most(op->limit, STORE_PAGE_MAX) : STORE_PAGE_MAX);
	words_addf(w, "%u", TABLE_PAGE_OCTETS);
}

void command_build(struct words *w, const struct redis *r, const struct piece *p)
{
	const struct store_op *op = op_of(p, 0);

	words_begin(w);
	switch (form_of(op)) {
	case FORM_GET:
		words_add(w, STR("GET"));
		words_key(w, r, op->key);
		break;
	case FORM_DEL:
		words_add(w, STR("DEL"));
		words_key(w, r, op->key);
		break;
	case FORM_PUT:
		build_put(w, r, op);
		break;
	case FORM_APPEND:
		build_append(w, r, op);
		break;
	case FORM_READ:
		build_read(w, r, p);
		break;
	default:
		build_ops(w, r, p);
	}
}

/* ---- replies ---- */

bool log_id_parse(struct str s, uint64_t *id)
{
	struct str rest = s, ms = str_cut(&rest, '-');
	uint64_t hi, lo;

	if (!str_u64(ms, INT64_MAX >> LOG_SEQ_BITS, &hi) || !str_u64(rest, 1u << 31, &lo))
		return false;
	*id = (hi << LOG_SEQ_BITS) + lo;
	return true;
}

static bool read_get(struct piece *p, const struct store_op *op, const redisReply *r,
		     struct store_answer *a)
{
	struct job *j = p->job;
	struct record rec = { 0 };

	if (r->type != REDIS_REPLY_NIL && r->type != REDIS_REPLY_STRING)
		return false;
	if (r->type == REDIS_REPLY_STRING && !record_parse(reply_str(r), &rec))
		return true; /* nothing of ours: FAILED */
	record_apply(&rec, op, conn_now_ms(p->node->conn), a);
	if (a->status == STORE_OK && !job_room(j, a->value.n))
		*a = (struct store_answer){ .status = STORE_FAILED };
	a->value = job_keep(j, a->value);
	return true;
}

static bool read_log(struct job *j, const redisReply *r, struct store_answer *a)
{
	size_t n = r->elements / 2;
	struct store_entry *e;

	if (r->type == REDIS_REPLY_NIL) {
		a->status = STORE_NONE;
		return true;
	}
	if (r->type != REDIS_REPLY_ARRAY || r->elements % 2 || n > STORE_PAGE_MAX)
		return false;
	e = ARENA_ARRAY(j->batch->arena, struct store_entry, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct str v = reply_str(r->element[2 * i + 1]);

		if (!v.p || !log_id_parse(reply_str(r->element[2 * i]), &e[i].id))
			return false;
		if (!job_room(j, v.n))
			return true;
		e[i].value = job_keep(j, v);
	}
	*a = (struct store_answer){ .status = STORE_OK, .entry = e, .nentry = n };
	return true;
}

static bool read_record(struct job *j, const struct store_op *op, struct str s,
			struct store_answer *a)
{
	struct record rec = { 0 };

	if (s.n && !record_parse(s, &rec))
		return false;
	memcpy(a->sum, rec.sum, sizeof a->sum);
	if (op->kind == STORE_LEASE)
		a->sum[0] = (double)rec.fencing;
	a->created_ms = rec.created_ms;
	a->updated_ms = rec.updated_ms;
	a->value = job_keep(j, rec.value);
	return true;
}

static bool read_number(struct str s, struct store_answer *a)
{
	struct octets o = { .left = s };

	a->sum[0] = octets_get_f64(&o);
	return octets_done(&o) && isfinite(a->sum[0]);
}

/* A result of the script of operations (script.c). */
static bool read_result(struct job *j, const struct store_op *op, struct str s,
			struct store_answer *a, struct str *error)
{
	struct str rest = str_skip(s, 2);
	char what = s.n ? s.p[0] : '\0';
	bool good;

	if (what == '!')
		*error = str_skip(s, 1);
	if (what == '!' || (what == 'x' && s.n == 1))
		return true;
	if (!job_room(j, s.n))
		return true;
	if ((what != 'o' && what != 'n') || s.n < 2 || (s.p[1] != '0' && s.p[1] != '1'))
		return false;
	if (op->kind == STORE_RESTORE)
		good = true;
	else if (op->kind == STORE_TAKE || op->kind == STORE_JOIN)
		good = read_number(rest, a);
	else
		good = read_record(j, op, rest, a);
	if (good) {
		a->status = what == 'o' ? STORE_OK : STORE_NONE;
		a->admitted = s.p[1] == '1' && op->kind != STORE_RESTORE;
	}
	return good;
}

bool command_read(struct piece *p, unsigned i, const redisReply *r, struct str *error)
{
	struct job *j = p->job;
	const struct store_op *op = op_of(p, i);
	struct store_answer *a = &j->answer[p->op[i]];

	*error = STR_NULL;
	*a = (struct store_answer){ .status = STORE_FAILED };
	switch (form_of(op)) {
	case FORM_GET:
		return read_get(p, op, r, a);
	case FORM_PUT:
		a->status = STORE_OK;
		return str_eq(reply_str(r), STR("OK"));
	case FORM_DEL:
		a->status = r->integer ? STORE_OK : STORE_NONE;
		return r->type == REDIS_REPLY_INTEGER;
	case FORM_APPEND:
		a->status = STORE_OK;
		return log_id_parse(reply_str(r), &a->id);
	case FORM_READ:
		return read_log(j, r, a);
	default:
		return r->type == REDIS_REPLY_ARRAY && r->elements == p->n &&
		       read_result(j, op, reply_str(r->element[i]), a, error);
	}
}
