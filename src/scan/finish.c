/* The end of a scan: the judge speaks, the score becomes an action, and the edits are put in order.
 */
#include "base/clock.h"
#include "scan/priv.h"

#define HEADER_FOLD 78u

/* ---- the action ---- */

enum action scan_action_at(const struct scan_setup *c, double score)
{
	const struct {
		double at;
		enum action action;
	} step[] = { { c->tag_at, ACT_TAG },
		     { c->quarantine_at, ACT_QUARANTINE },
		     { c->tempfail_at, ACT_TEMPFAIL },
		     { c->reject_at, ACT_REJECT },
		     { c->discard_at, ACT_DISCARD } };
	enum action a = ACT_ACCEPT;

	for (size_t i = 0; i < sizeof step / sizeof *step; i++)
		if (score >= step[i].at)
			a = step[i].action;
	return a;
}

static struct str expand(struct scan *s, struct str text)
{
	struct buf out = { .arena = s->arena };

	for (size_t i = 0; i < text.n; i++) {
		char next = i + 1 < text.n ? text.p[i + 1] : '\0';
		if (text.p[i] != '%' || !memchr("qd%", next, 3)) {
			buf_addc(&out, text.p[i]);
			continue;
		}
		i++;
		if (next == '%')
			buf_addc(&out, '%');
		else
			buf_add(&out, next == 'q' ? s->client.queue_id : s->from.domain);
	}
	return buf_str(&out);
}

static void choose_reply(struct scan *s)
{
	struct verdict *v = &s->verdict;
	const struct scan_setup *c = s->env->setup;

	if (!v->reply.code && v->action == ACT_REJECT)
		v->reply = c->reject;
	else if (!v->reply.code && v->action == ACT_TEMPFAIL)
		v->reply = c->tempfail;
	else if (!v->reply.code && v->action == ACT_GREYLIST)
		v->reply = c->greylist;
	if (v->reply.code)
		v->reply.text = expand(s, v->reply.text);
}

/* ---- the edits ---- */

static bool name_matches(struct str name, struct str pattern)
{
	if (pattern.n && pattern.p[pattern.n - 1] == '*')
		return str_istarts(name, str_sub(pattern, 0, pattern.n - 1));
	return str_ieq(name, pattern);
}

static bool stripped(struct scan *s, const struct hdr *h, const void *arg)
{
	const struct scan_setup *c = arg;

	(void)s;
	for (size_t i = 0; i < c->nstrip_names; i++)
		if (name_matches(h->name, c->strip_names[i]))
			return true;
	return false;
}

/* Fields of that name among the first kept ones and the first gone ones. */
static unsigned ordinal(const struct hdr_list *h, struct str name, size_t kept, size_t gone)
{
	unsigned n = 0;

	for (size_t i = 0; i < kept; i++)
		n += str_ieq(h->v.p[i].name, name);
	for (size_t i = 0; i < gone; i++)
		n += str_ieq(h->gone.p[i].name, name);
	return n;
}

void scan_delete_where(struct scan *s, scan_match_fn *match, const void *arg)
{
	const struct hdr_list *h = &s->headers;
	size_t kept = h->v.n, gone = h->gone.n;

	while (kept || gone) {
		bool from_gone = gone && (!kept || h->gone.p[gone - 1].before >= kept);
		struct hdr field = from_gone ? (struct hdr){ .name = h->gone.p[gone - 1].name }
					     : h->v.p[kept - 1];
		if (match(s, &field, arg))
			scan_delete(s, field.name, ordinal(h, field.name, kept, gone));
		if (from_gone)
			gone--;
		else
			kept--;
	}
}

static struct str symbols_text(struct scan *s)
{
	struct buf out = { .arena = s->arena };
	size_t line = sizeof "X-Merlon-Symbols: ";

	for (size_t i = 0; i < s->verdict.symbols.n; i++) {
		const struct symbol *y = &s->verdict.symbols.p[i];
		struct str one = arena_printf(s->arena, "%.*s(%.2f)", STR_ARG(y->name), y->score);
		if (line + one.n + 2 > HEADER_FOLD && i) {
			buf_add(&out, STR(",\r\n\t"));
			line = 8;
		} else if (i) {
			buf_add(&out, STR(", "));
		}
		buf_add(&out, one);
		line += one.n + 2;
	}
	return buf_str(&out);
}

static void add_header(struct scan *s, struct str name, struct str value)
{
	VEC_PUSH(s->arena, s->verdict.edits) =
		(struct edit){ .op = EDIT_INSERT, .index = 0, .name = name, .value = value };
}

void scan_degraded(struct scan *s, const char *name)
{
	struct scan_priv *p = s->priv;

	for (size_t i = 0; i < p->degraded.n; i++)
		if (str_eq(p->degraded.p[i], str_c(name)))
			return;
	VEC_PUSH(s->arena, p->degraded) = arena_dup(s->arena, str_c(name));
}

struct str scan_without(const struct scan *s)
{
	static const struct {
		unsigned flag;
		const char *word;
	} all[] = { { SCAN_F_DEADLINE, "deadline" },
		    { SCAN_F_DEGRADED_DNS, "dns" },
		    { SCAN_F_DEGRADED_STORE, "store" } };
	struct buf b = { .arena = s->arena };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (s->flags & all[i].flag)
			buf_addf(&b, "%s%s", b.n ? ", " : "", all[i].word);
	for (size_t i = 0; i < s->priv->degraded.n && b.n < 256; i++)
		buf_addf(&b, "%s%.*s", b.n ? ", " : "", STR_ARG(s->priv->degraded.p[i]));
	return buf_str(&b);
}

static void score_headers(struct scan *s)
{
	const struct scan_setup *c = s->env->setup;
	const struct verdict *v = &s->verdict;
	struct str without = scan_without(s);

	if (without.n)
		add_header(s, STR("X-Merlon-Degraded"), without);
	if (c->header_symbols && v->symbols.n)
		add_header(s, STR("X-Merlon-Symbols"), symbols_text(s));
	if (c->header_score)
		add_header(s, STR("X-Merlon-Score"),
			   arena_printf(s->arena, "%.2f (%s; tag %.2f, reject %.2f)", v->score,
					action_word(v->action), v->tag_at, v->reject_at));
	if (c->header_flag && v->action >= ACT_TAG)
		add_header(s, STR("X-Spam-Flag"), STR("YES"));
}

/* Deletions first; then what is inserted on top, so that the checks' own (Authentication-Results)
 * end up highest. */
static void order_edits(struct scan *s, bool judged)
{
	struct scan_priv *p = s->priv;

	for (size_t i = 0; i < p->deletes.n; i++)
		VEC_PUSH(s->arena, s->verdict.edits) = p->deletes.p[i];
	if (judged)
		score_headers(s);
	for (size_t i = 0; i < p->inserts.n; i++)
		VEC_PUSH(s->arena, s->verdict.edits) = p->inserts.p[i];
}

enum hook { HOOK_SETTLE, HOOK_AMEND, HOOK_AFTER };

static void run_hooks(struct scan *s, enum hook which)
{
	const struct scan_setup *c = s->env->setup;

	for (size_t i = 0; i < c->n; i++) {
		void (*const hooks[])(struct scan *, const void *) = {
			[HOOK_SETTLE] = c->check[i]->settle,
			[HOOK_AMEND] = c->check[i]->amend,
			[HOOK_AFTER] = c->check[i]->after,
		};
		void (*hook)(struct scan *, const void *) = hooks[which];
		if (hook && !c->idle[i])
			hook(s, c->config[i]);
	}
}

void scan_conclude(struct scan *s)
{
	const struct scan_setup *c = s->env->setup;
	bool judged = !(s->flags & SCAN_F_AUTH_ONLY) && !scan_passive(s);
	uint64_t began = clock_mono_us();

	s->verdict.tag_at = c->tag_at;
	s->verdict.reject_at = c->reject_at;
	if (judged) {
		if (c->judge && !scan_late_judged(s) && !scan_cache_apply(s))
			c->judge->run(c->judge, s);
		run_hooks(s, HOOK_SETTLE);
		scan_require(s, scan_action_at(c, s->verdict.score), NULL, STR("score"));
		if (c->tempfail_on_error && (s->flags & (SCAN_F_DEADLINE | SCAN_F_DEGRADED_DNS)))
			scan_require(s, ACT_TEMPFAIL, NULL, STR("answers missing"));
		scan_delete_where(s, stripped, c);
	}
	choose_reply(s);
	run_hooks(s, HOOK_AMEND);
	order_edits(s, judged);
	if (judged) {
		scan_cache_keep(s);
		run_hooks(s, HOOK_AFTER);
	}
	s->priv->rules_us = clock_mono_us() - began;
}
