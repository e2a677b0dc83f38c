/*
 * STORE_WALK: every key of ours, server by server, as raw records. The cursor says where, and holds
 * the keys that SCAN gave and that are not out yet, so that a page may end between two of them:
 * server, SCAN's cursor, where in the first key, keys (each with its length, u16).
 */
#include "base/vec.h"
#include "base/octets.h"
#include "store/redis/redis.h"
#include "store/table.h"

#define WALK_KEYS 16u	   /* asked for at once */
#define WALK_COUNT "100"   /* SCAN's */
#define WALK_SCANS 200u	   /* of one page: other people's keys may be many */
#define WALK_KEY_MAX 4096u /* prefix and key; a longer one is not ours */

struct dump {
	struct conn_cmd cmd;
	struct walk *walk;
	struct str key; /* with the prefix */
};

struct walk {
	struct job *job;
	struct piece *piece; /* what waits for a server, and ends with the walk */
	struct node *node;
	struct str server, scan, from; /* scan "": this server is not begun; "0": it is through */
	VEC(struct str) keys;
	size_t at; /* the first of keys that is not out */
	struct dump dump[WALK_KEYS];
	size_t flying;
	bool stopped; /* what still comes of this round is for the next page */
	bool broken;
	unsigned scans;
	struct conn_cmd scan_cmd;
	VEC(struct store_entry) page;
	size_t limit, octets;
};

static void step(struct walk *w);

/* ---- the cursor ---- */

static void put16(struct buf *b, struct str s)
{
	octets_u(b, s.n, 2);
	buf_add(b, s);
}

static struct str get16(struct octets *o)
{
	return octets_get_run(o, octets_get_u(o, 2));
}

static bool cursor_parse(struct walk *w, struct str s)
{
	struct octets o = { .left = s };

	if (s.n == 0)
		return true;
	w->server = get16(&o);
	w->scan = get16(&o);
	w->from = get16(&o);
	while (!o.bad && o.left.n)
		VEC_PUSH(w->job->arena, w->keys) = get16(&o);
	return octets_done(&o);
}

static struct str cursor_format(struct walk *w)
{
	struct buf b = { .arena = w->job->batch->arena };

	put16(&b, w->server);
	put16(&b, w->scan);
	put16(&b, w->from);
	for (size_t i = w->at; i < w->keys.n; i++)
		put16(&b, w->keys.p[i]);
	return buf_str(&b);
}

/* ---- the end ---- */

static void end(struct walk *w, struct str cursor)
{
	struct job *j = w->job;

	j->answer[w->piece->op[0]] = (struct store_answer){
		.status = STORE_OK,
		.value = cursor,
		.entry = w->page.p,
		.nentry = w->page.n,
	};
	j->good++;
	job_close(j);
}

static void fail(struct walk *w, const char *why)
{
	piece_fault(w->piece, why);
}

/* ---- records of one key ---- */

static bool page_full(const struct walk *w)
{
	return w->page.n >= w->limit || w->octets >= TABLE_PAGE_OCTETS;
}

static bool add(struct walk *w, char shape, struct str key, struct str what, struct str number)
{
	struct raw_record raw = { .shape = shape, .key = key };
	struct record rec;
	struct str s;
	uint64_t v = 0;

	if (shape == 'E' ? !log_id_parse(number, &raw.id) : !str_u64(number, INT64_MAX, &v))
		return false;
	raw.ends_ms = (int64_t)v;
	if (shape == 'S')
		raw.member = what;
	else
		raw.value = what;
	if (shape == 'R' && !record_parse(what, &rec))
		return true; /* a string, but none of ours */
	s = raw_format(w->job->batch->arena, &raw);
	if (!job_room(w->job, s.n))
		return false;
	VEC_PUSH(w->job->batch->arena, w->page) = (struct store_entry){ 0, s };
	w->octets += s.n;
	return true;
}

/* What SCRIPT_DUMP says of a key. False: no such reply. */
static bool add_all(struct walk *w, struct str key, const redisReply *r)
{
	struct str shape;

	if (r->type != REDIS_REPLY_ARRAY || r->elements < 2 || r->elements % 2)
		return false;
	shape = reply_str(r->element[0]);
	if (!shape.p || shape.n > 1)
		return false;
	key = str_skip(key, w->job->r->prefix.n);
	for (size_t i = 2; shape.n && i < r->elements; i += 2) {
		struct str what = reply_str(r->element[i]), number = reply_str(r->element[i + 1]);

		if (!what.p || !number.p || !add(w, shape.p[0], key, what, number))
			return false;
	}
	w->from = arena_dup(w->job->arena, reply_str(r->element[1]));
	return true;
}

static void on_dump(struct conn_cmd *cmd, const redisReply *r)
{
	struct dump *d = (struct dump *)cmd;
	struct walk *w = d->walk;

	w->flying--;
	if (w->job->batch && r && !w->stopped) {
		if (r->type == REDIS_REPLY_ERROR || !add_all(w, d->key, r)) {
			w->stopped = w->broken = true;
		} else if (w->from.n) {
			w->stopped = true; /* this key goes on */
		} else {
			w->at++;
			w->stopped = page_full(w);
		}
	} else if (!r) {
		w->broken = true;
	}
	if (w->flying)
		return;
	if (!w->job->batch || w->broken)
		fail(w, "a walk that Redis did not answer");
	else
		step(w);
}

static bool send_dump(struct walk *w, struct dump *d, struct str key, struct str from)
{
	struct redis *r = w->job->r;
	struct words *words = &r->words;

	*d = (struct dump){ .cmd = { .fn = on_dump, .slow = true }, .walk = w, .key = key };
	words_begin(words);
	words_script(words, r, SCRIPT_DUMP, true, 1);
	words_add(words, key);
	words_add(words, from);
	words_addf(words, "%zu", w->limit - w->page.n);
	words_addf(words, "%zu", TABLE_PAGE_OCTETS - w->octets);
	return conn_send(w->node->conn, &d->cmd, words->n, words->p, words->len);
}

static void ask_keys(struct walk *w)
{
	size_t n = w->keys.n - w->at;

	w->stopped = false;
	job_trip(w->job);
	for (size_t i = 0; i < n && i < WALK_KEYS; i++) {
		struct str key = w->keys.p[w->at + i];

		if (!send_dump(w, &w->dump[i], key, i ? STR("") : w->from))
			break;
		w->flying++;
	}
	if (!w->flying)
		fail(w, "too much is waiting");
}

/* ---- keys ---- */

static bool keep_keys(struct walk *w, const redisReply *r)
{
	const redisReply *list;

	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 ||
	    r->element[1]->type != REDIS_REPLY_ARRAY || !reply_str(r->element[0]).n)
		return false;
	list = r->element[1];
	w->keys.n = w->at = 0;
	for (size_t i = 0; i < list->elements; i++) {
		struct str key = reply_str(list->element[i]);

		if (str_starts(key, w->job->r->prefix) && key.n > w->job->r->prefix.n &&
		    key.n <= w->job->r->prefix.n + STORE_KEY_MAX && key.n <= WALK_KEY_MAX)
			VEC_PUSH(w->job->arena, w->keys) = arena_dup(w->job->arena, key);
	}
	w->scan = arena_dup(w->job->arena, reply_str(r->element[0]));
	w->from = STR_NULL;
	return true;
}

static void on_scan(struct conn_cmd *cmd, const redisReply *r)
{
	struct walk *w = (struct walk *)((char *)cmd - offsetof(struct walk, scan_cmd));

	if (!w->job->batch || !r || r->type == REDIS_REPLY_ERROR || !keep_keys(w, r))
		fail(w, "a walk that Redis did not answer");
	else
		step(w);
}

/* The prefix as a pattern: what would be special is meant as it is. */
static struct str pattern(struct arena *a, struct str prefix)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < prefix.n; i++) {
		if (str_chr(STR("*?[]\\^"), prefix.p[i]) != SIZE_MAX)
			buf_addc(&b, '\\');
		buf_addc(&b, prefix.p[i]);
	}
	buf_addc(&b, '*');
	return buf_str(&b);
}

static void ask_scan(struct walk *w)
{
	struct redis *r = w->job->r;
	struct words *words = &r->words;

	w->scan_cmd = (struct conn_cmd){ .fn = on_scan, .slow = true };
	w->scans++;
	words_begin(words);
	words_add(words, STR("SCAN"));
	words_add(words, w->scan.n ? w->scan : STR("0"));
	words_add(words, STR("MATCH"));
	words_add(words, pattern(words->arena, r->prefix));
	words_add(words, STR("COUNT"));
	words_add(words, STR(WALK_COUNT));
	job_trip(w->job);
	if (!conn_send(w->node->conn, &w->scan_cmd, words->n, words->p, words->len))
		fail(w, "too much is waiting");
}

/* ---- servers ---- */

static struct node *server_after(struct walk *w, struct str text)
{
	struct redis *r = w->job->r;

	if (r->cluster)
		return cluster_master_after(r->cluster, w->job->arena, text);
	return text.n ? NULL : r->node;
}

static struct str server_name(struct walk *w, const struct node *n)
{
	if (!w->job->r->cluster)
		return STR("-");
	return redis_addr_text(w->job->arena, &n->addr);
}

/* The server that the cursor names; false: it is none any more. */
static bool find_server(struct walk *w)
{
	struct node *n = server_after(w, STR_NULL);

	while (n && !str_eq(server_name(w, n), w->server))
		n = server_after(w, server_name(w, n));
	w->node = n;
	return n != NULL;
}

static bool next_server(struct walk *w)
{
	struct node *n = server_after(w, w->server);

	w->node = n;
	if (!n)
		return false;
	w->server = server_name(w, n);
	w->scan = STR_NULL;
	return true;
}

/* What comes next: keys that wait, more keys of this server, the next server, the end. */
static void step(struct walk *w)
{
	bool through = str_eq(w->scan, STR("0"));

	if (!w->job->r) {
		fail(w, "closed");
		return;
	}
	if (page_full(w) || (w->scans >= WALK_SCANS && w->server.n)) {
		end(w, cursor_format(w));
		return;
	}
	if (w->at == w->keys.n && (through || !w->server.n) && !next_server(w)) {
		end(w, STR_NULL);
		return;
	}
	if (!node_up(w->node))
		node_take(w->node, w->piece);
	else if (w->at < w->keys.n)
		ask_keys(w);
	else
		ask_scan(w);
}

/* ---- the beginning ---- */

void walk_go(struct piece *p)
{
	struct job *j = p->job;
	const struct store_op *op = &j->batch->op[p->op[0]];
	struct walk *w = p->walk;

	if (w) {
		step(w);
		return;
	}
	w = p->walk = ARENA_NEW(j->arena, struct walk);
	w->job = j;
	w->piece = p;
	w->limit = op->limit && op->limit < STORE_PAGE_MAX ? (size_t)op->limit : STORE_PAGE_MAX;
	if (!cursor_parse(w, op->value) || (w->server.n && !find_server(w)))
		fail(w, "a cursor that leads nowhere");
	else
		step(w);
}
