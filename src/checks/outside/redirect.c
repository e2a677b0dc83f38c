/*
 * Where links of shorteners and redirectors lead. Asked are hosts of the lists "shorteners" and
 * "redirectors" only (redirect.follow), never for a link that may be one person's own, and nobody
 * but public addresses.
 */
#include "checks/outside/redirect.h"

#include <stdio.h>

#include "base/clock.h"
#include "checks/memory/memory.h"
#include "checks/outside/redirect_conf.h"
#include "scan/report.h"

#define STORE_NAMESPACE "redir"

static const struct http_reply not_asked = { .outcome = HTTP_OFF };

/* One link on its way. */
struct trail {
	struct redirect r;
	unsigned asked;	  /* requests that were sent for it */
	unsigned cleared; /* hops whose URL is nobody's own */
	bool known;	  /* r is what it is */
};

struct state {
	bool begun;
	uint64_t began_ms; /* the first request; 0: none yet */
	unsigned requests;
	size_t n;
	struct trail trail[REDIRECT_URLS];
	struct redirect_secrets *secrets;
	struct redirect_facts facts;
};

/* ---- which links ---- */

static bool listed(const struct scan *s, const struct url *u, struct str *key)
{
	return u->host.n && (lists_has_domain(s->lists, STR("shorteners"), u->host, key) ||
			     lists_has_domain(s->lists, STR("redirectors"), u->host, key));
}

static uint16_t port_of(const struct url *u)
{
	return u->port ? u->port : str_eq(u->scheme, STR("https")) ? 443 : 80;
}

/* A URL that may be asked where it leads. */
static bool askable(const struct scan *s, const struct redirect_conf *k, const struct url *u)
{
	const unsigned odd = URL_USERINFO | URL_BAD_HOST | URL_TOO_LONG | URL_CONTROL;
	bool web = str_eq(u->scheme, STR("http")) || str_eq(u->scheme, STR("https"));
	char why[128];

	if (!web || u->flags & odd || (u->path.n < 2 && !u->query.n) ||
	    !redirect_port_ok(k, port_of(u)))
		return false;
	return (k->any || listed(s, u, NULL)) && http_url_ok(u->clean, why, sizeof why);
}

/* Links that can be clicked first, then by chance, so that nobody hides one behind others. */
static uint64_t rank(const struct scan *s, const struct url *u)
{
	uint64_t h = hash_sip24(s->env->digest_key, u->clean) >> 1;

	return u->origin == URL_FROM_HTML ? h : h | UINT64_C(1) << 63;
}

static bool there(const struct state *st, const struct url *u)
{
	for (size_t i = 0; i < st->n; i++)
		if (str_eq(st->trail[i].r.from->clean, u->clean))
			return true;
	return false;
}

/* Keeps those of the lowest rank, in order. */
static void insert(struct scan *s, const struct redirect_conf *k, struct state *st,
		   const struct url *u)
{
	size_t at = st->n;

	while (at && rank(s, u) < rank(s, st->trail[at - 1].r.from))
		at--;
	if (st->n == k->max_urls)
		st->facts.partly = true;
	else
		st->n++;
	for (size_t i = st->n; i-- > at + 1;)
		st->trail[i] = st->trail[i - 1];
	if (at < st->n)
		st->trail[at] = (struct trail){ .r = { .from = u } };
}

static void begin(struct scan *s, const struct redirect_conf *k, struct state *st)
{
	const url_vec *all = content_urls(s->content);

	st->begun = true;
	for (size_t i = 0; i < all->n && !scan_over(s); i++) {
		const struct url *u = &all->p[i];

		if (u->part != UINT32_MAX && listed(s, u, NULL) && askable(s, k, u) &&
		    !there(st, u))
			insert(s, k, st, u);
	}
	if (st->n)
		st->secrets = redirect_secrets(s->arena, s->rcpts.p, s->rcpts.n);
}

/* ---- what is remembered ---- */

static struct store_op record(struct scan *s, enum store_kind kind, const struct trail *t)
{
	return (struct store_op){ .kind = kind,
				  .key = memory_key(s, STORE_NAMESPACE, &t->r.from->clean, 1) };
}

/* "leads 1 http://..." */
static bool recall(struct scan *s, struct str value, struct redirect *r)
{
	struct str word = str_cut(&value, ' '), hops = str_cut(&value, ' ');
	uint64_t n;
	int o = REDIRECT_STAYS;

	while (o <= REDIRECT_INSIDE &&
	       !str_eq(word, str_c(redirect_word((enum redirect_outcome)o))))
		o++;
	if (o > REDIRECT_INSIDE || !str_u64(hops, REDIRECT_HOPS, &n))
		return false;
	if (value.n &&
	    !url_parse(s->arena, s->content->env->psl, arena_dup(s->arena, value), &r->to))
		return false;
	r->outcome = (enum redirect_outcome)o;
	r->hops = (unsigned)n;
	return true;
}

/* False: not answered yet. */
static bool look_up(struct scan *s, const struct redirect_conf *k, struct trail *t)
{
	struct store_op op = record(s, STORE_GET, t);
	const struct store_answer *a = k->cache_ms ? scan_store(s, &op) : NULL;

	if (k->cache_ms && !a)
		return false;
	if (a && a->status == STORE_OK && recall(s, a->value, &t->r))
		t->known = t->r.cached = true;
	return true;
}

/* ---- asking ---- */

static uint64_t time_left(const struct redirect_conf *k, struct state *st)
{
	uint64_t now = clock_mono_ms(), left;

	if (!st->began_ms)
		st->began_ms = now;
	left = now - st->began_ms < k->total_ms ? k->total_ms - (now - st->began_ms) : 0;
	return left < k->hop_ms ? left : k->hop_ms;
}

static struct board_cell *cell_of(struct scan *s, const struct url *u)
{
	struct str name = STR("elsewhere");

	(void)listed(s, u, &name);
	return board_cell(s->env->board, arena_printf(s->arena, "redirect:%.*s", STR_ARG(name)));
}

/* The reply, or NULL for not yet. step: which request of the trail it is, from 1. */
static const struct http_reply *ask(struct scan *s, const struct redirect_conf *k, struct state *st,
				    struct trail *t, const struct url *u, unsigned step)
{
	bool head = step % 2;
	struct str range = STR("Range: bytes=0-16383"), header[2] = { k->agent };
	struct http_request r = { .method = head ? "HEAD" : "GET",
				  .url = u->clean,
				  .header = header,
				  .nheaders = 1,
				  .timeout_ms = k->hop_ms,
				  .max_octets = REDIRECT_OCTETS,
				  .cut = true,
				  .label = STR("redirect"),
				  .max_inflight = k->max_inflight,
				  .may_connect = redirect_may_connect,
				  .arg = (void *)(uintptr_t)&k->guard };
	struct str key = arena_printf(s->arena, "redirect %s %.*s", r.method, STR_ARG(u->clean));

	if (!head)
		header[r.nheaders++] = range;
	if (step > t->asked) {
		r.timeout_ms = time_left(k, st);
		if (!r.timeout_ms || st->requests == REDIRECT_REQUESTS)
			return &not_asked;
		t->asked = step;
		st->requests++;
	}
	return scan_http(s, cell_of(s, u), key, &r);
}

/* ---- following ---- */

enum step { WAIT, END, ON };

static bool moved(unsigned status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool page(const struct http_reply *r)
{
	return (r->status == 200 || r->status == 206) &&
	       (!r->content_type.n || str_ifind(r->content_type, STR("html")));
}

static enum redirect_outcome verdict(const struct http_reply *r)
{
	if (r->outcome == HTTP_FORBIDDEN)
		return REDIRECT_INSIDE;
	if (r->outcome != HTTP_OK)
		return REDIRECT_FAILED;
	if (r->status == 404 || r->status == 410 || r->status == 451)
		return REDIRECT_DEAD;
	if (moved(r->status) && !r->location.n) /* half an answer */
		return REDIRECT_FAILED;
	return r->status >= 200 && r->status < 400 ? REDIRECT_STAYS : REDIRECT_FAILED;
}

/* Asks one URL where it leads: *ref, or absent with the outcome in *end. step counts on. */
static enum step where_to(struct scan *s, const struct redirect_conf *k, struct state *st,
			  struct trail *t, const struct url *u, unsigned hop, struct str *ref,
			  enum redirect_outcome *end)
{
	const struct http_reply *r = ask(s, k, st, t, u, 2 * hop + 1);

	*ref = STR_NULL;
	if (!r)
		return WAIT;
	if (r->outcome == HTTP_OK && !(moved(r->status) && r->location.n) &&
	    (page(r) || r->status >= 400)) {
		r = ask(s, k, st, t, u, 2 * hop + 2);
		if (!r)
			return WAIT;
	}
	*end = verdict(r);
	if (r->outcome != HTTP_OK)
		return END;
	if (moved(r->status) && r->location.n)
		*ref = redirect_resolve(s->arena, u, r->location);
	else if (page(r))
		*ref = redirect_resolve(s->arena, u, redirect_meta(s->arena, r->body));
	return ref->n ? ON : END;
}

/* An address that is not asked, or a name of a network's inside (RFC 6761, 6762, 8375, 9476). */
static bool inside(const struct redirect_conf *k, const struct url *u)
{
	static const char *const top[] = { ".localhost", ".local",    ".internal", ".lan",
					   ".home.arpa", ".intranet", ".corp",	   ".home" };

	if (u->flags & URL_IP)
		return !redirect_may_connect((void *)(uintptr_t)&k->guard, &u->ip);
	if (!u->host.n || u->flags & URL_BAD_HOST)
		return false;
	if (str_chr(u->host, '.') == SIZE_MAX)
		return true;
	for (size_t i = 0; i < sizeof top / sizeof *top; i++)
		if (str_iends(u->host, str_c(top[i])))
			return true;
	return false;
}

static bool ended(struct redirect *r, enum redirect_outcome o)
{
	r->outcome = o;
	return true;
}

/* Goes the trail from its start as far as there are answers. False: one is waited for. */
static bool follow(struct scan *s, const struct redirect_conf *k, struct state *st, struct trail *t)
{
	const struct url *u = t->r.from;
	enum redirect_outcome end = REDIRECT_FAILED;
	struct str ref;

	for (unsigned hop = 0;; hop++) {
		enum redirect_outcome here = hop ? REDIRECT_LEADS : REDIRECT_PERSONAL;

		t->r.hops = hop;
		if (hop && inside(k, u))
			return ended(&t->r, REDIRECT_INSIDE);
		if ((hop && !askable(s, k, u)) ||
		    (hop >= t->cleared && redirect_personal(s->arena, st->secrets, u->clean)))
			return ended(&t->r, here);
		t->cleared = hop + 1;
		if (hop == k->max_hops)
			return ended(&t->r, REDIRECT_LONG);
		switch (where_to(s, k, st, t, u, hop, &ref, &end)) {
		case WAIT:
			return false;
		case END:
			return ended(&t->r, hop && end == REDIRECT_STAYS ? REDIRECT_LEADS : end);
		case ON:
			break;
		}
		if (!url_parse(s->arena, s->content->env->psl, ref, &t->r.to))
			return ended(&t->r, REDIRECT_FAILED);
		u = &t->r.to;
	}
}

/* ---- the check ---- */

static void publish(struct scan *s, struct state *st)
{
	struct redirect *p = ARENA_ARRAY(s->arena, struct redirect, st->n);

	for (size_t i = 0; i < st->n; i++) {
		p[i] = st->trail[i].r;
		if (p[i].outcome == REDIRECT_FAILED)
			scan_degraded(s, "redirect");
	}
	st->facts.n = st->n;
	st->facts.p = p;
	scan_publish(s, &check_redirect, &st->facts);
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct redirect_conf *k = config;
	struct state *st = state;
	bool here = true;

	if (!k->use || !s->content || scan_passive(s) || scan_outbound(s) ||
	    s->flags & (SCAN_F_AUTH_ONLY | SCAN_F_LOCAL))
		return CHECK_DONE;
	if (!st->begun)
		begin(s, k, st);
	for (size_t i = 0; i < st->n; i++)
		here &= st->trail[i].known || look_up(s, k, &st->trail[i]);
	for (size_t i = 0; here && i < st->n; i++)
		if (!st->trail[i].known)
			st->trail[i].known = follow(s, k, st, &st->trail[i]);
	for (size_t i = 0; i < st->n; i++)
		here &= st->trail[i].known;
	if (!here)
		return CHECK_WAIT;
	if (st->n)
		publish(s, st);
	return CHECK_DONE;
}

const struct redirect *redirect_of(const struct scan *s, const struct url *u)
{
	const struct redirect_facts *f = scan_result(s, &check_redirect);

	for (size_t i = 0; f && i < f->n; i++)
		if (str_eq(f->p[i].from->clean, u->clean))
			return &f->p[i];
	return NULL;
}

/* What did not answer is asked again next time; what is not asked costs nothing. */
static void after(struct scan *s, const void *config)
{
	const struct redirect_facts *f = scan_result(s, &check_redirect);
	const struct redirect_conf *k = config;

	for (size_t i = 0; f && i < f->n; i++) {
		const struct redirect *r = &f->p[i];
		const struct trail t = { .r = *r };
		struct store_op op;

		board_add(cell_of(s, r->from), BOARD_CACHED, r->cached);
		if (r->outcome > REDIRECT_INSIDE || r->cached || !k->cache_ms)
			continue;
		op = record(s, STORE_NEW, &t);
		op.ttl_ms = k->cache_ms;
		op.value = arena_printf(s->arena, "%s %u %.*s", redirect_word(r->outcome), r->hops,
					STR_ARG(r->hops ? r->to.clean : STR("")));
		scan_store_note(s, &op);
	}
}

static void report(struct scan *s, json_t *root)
{
	const struct redirect_facts *f = scan_result(s, &check_redirect);
	json_t *all = json_array();

	for (size_t i = 0; f && i < f->n; i++) {
		json_t *j = json_object();

		json_object_set_new(j, "url", report_str(f->p[i].from->clean));
		json_object_set_new(j, "result", json_string(redirect_word(f->p[i].outcome)));
		json_object_set_new(j, "hops", json_integer(f->p[i].hops));
		json_object_set_new(j, "to",
				    f->p[i].hops ? report_str(f->p[i].to.clean) : json_null());
		json_array_append_new(all, j);
	}
	json_object_set_new(root, "redirects", all);
}

const struct check check_redirect = {
	.abi = CHECK_ABI,
	.name = "redirect",
	.help = "where links of shorteners and redirectors lead",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT,
	.options = redirect_options,
	.state_size = sizeof(struct state),
	.setup = redirect_setup,
	.run = run,
	.predicates = redirect_predicates,
	.report = report,
	.after = after,
};
