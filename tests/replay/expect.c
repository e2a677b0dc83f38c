/* What a replay can expect of a verdict: everything as text. */
#include "replay/replay.h"

typedef struct str text_fn(struct replay *r);

static struct str action_text(struct replay *r)
{
	return str_c(action_word(r->scan->verdict.action));
}

static struct str score_text(struct replay *r)
{
	return arena_printf(r->a, "%.2f", r->scan->verdict.score);
}

static struct str reason_text(struct replay *r)
{
	return r->scan->verdict.reason;
}

/* White space is one blank, and what a new key makes different every time is "*". */
static struct str authres_text(struct replay *r)
{
	struct str v = r->scan->verdict.authentication_results;
	struct buf b = { .arena = r->a };

	for (size_t i = 0; i < v.n; i++) {
		bool blank = ch_wsp(v.p[i]) || v.p[i] == '\r' || v.p[i] == '\n';

		if (str_starts(str_skip(v, i), STR("header.b="))) {
			buf_add(&b, STR("header.b=*"));
			while (i + 1 < v.n && v.p[i + 1] != ';')
				i++;
		} else if (!blank) {
			buf_addc(&b, v.p[i]);
		} else if (b.n && b.p[b.n - 1] != ' ') {
			buf_addc(&b, ' ');
		}
	}
	return v.p ? buf_str(&b) : STR("none");
}

static struct str symbols_text(struct replay *r)
{
	struct buf b = { .arena = r->a };

	for (size_t i = 0; i < r->scan->verdict.symbols.n; i++)
		buf_addf(&b, "%s%.*s", i ? " " : "", STR_ARG(r->scan->verdict.symbols.p[i].name));
	return buf_str(&b);
}

/* The value of the uppermost such field that is put in, white space as one blank and without what
 * is different every time (b=, bh=). field NAME VALUE */
static struct str field_text(struct replay *r, struct str name)
{
	struct buf b = { .arena = r->a };
	struct str v = STR_NULL;
	bool skip = false;

	for (size_t i = 0; i < r->scan->verdict.edits.n; i++)
		if (r->scan->verdict.edits.p[i].op == EDIT_INSERT &&
		    str_ieq(r->scan->verdict.edits.p[i].name, name))
			v = r->scan->verdict.edits.p[i].value;
	for (size_t i = 0; i < v.n; i++) {
		struct str rest = str_skip(v, i);
		if (str_starts(rest, STR("b=")) || str_starts(rest, STR("bh=")))
			skip = i == 0 || ch_fws(v.p[i - 1]) || v.p[i - 1] == ';';
		skip = skip && v.p[i] != ';';
		if (!skip && !ch_fws(v.p[i]))
			buf_addc(&b, v.p[i]);
		else if (!skip && b.n && b.p[b.n - 1] != ' ')
			buf_addc(&b, ' ');
	}
	return v.p ? str_trim(buf_str(&b)) : STR("none");
}

/* "-Name/2" and "+Name", in their order. */
static struct str edits_text(struct replay *r)
{
	struct buf b = { .arena = r->a };

	for (size_t i = 0; i < r->scan->verdict.edits.n; i++) {
		const struct edit *e = &r->scan->verdict.edits.p[i];

		buf_add(&b, i ? STR(" ") : STR(""));
		if (e->op == EDIT_DELETE)
			buf_addf(&b, "-%.*s/%u", STR_ARG(e->name), e->index);
		else
			buf_addf(&b, "+%.*s", STR_ARG(e->name));
	}
	return buf_str(&b);
}

static struct str degraded_text(struct replay *r)
{
	for (size_t i = 0; i < r->scan->verdict.edits.n; i++)
		if (str_eq(r->scan->verdict.edits.p[i].name, STR("X-Merlon-Degraded")))
			return r->scan->verdict.edits.p[i].value;
	return STR("no");
}

static struct str reply_text(struct replay *r)
{
	const struct smtp_reply *p = &r->scan->verdict.reply;

	if (!p->code)
		return STR("none");
	return arena_printf(r->a, "%u %.*s %.*s", p->code, STR_ARG(p->enhanced), STR_ARG(p->text));
}

/* "iprev=pass spf=pass ...": each check's own word. */
static struct str auth_text(struct replay *r)
{
	struct buf b = { .arena = r->a };

	for (size_t i = 0; i < r->setup->n; i++) {
		const struct check *c = r->setup->check[i];
		const char *word = c->word ? c->word(r->scan) : NULL;

		if (word)
			buf_addf(&b, "%s%s=%s", b.n ? " " : "", c->name, word);
	}
	return buf_str(&b);
}

/* Round trips since connect, and since the first header. */
static struct str rounds_text(struct replay *r)
{
	return arena_printf(r->a, "%u",
			    round_resolver_rounds(r->env.resolver) - r->mail.rounds_before);
}

static struct str content_rounds_text(struct replay *r)
{
	return arena_printf(r->a, "%u",
			    round_resolver_rounds(r->env.resolver) - r->mail.rounds_data);
}

static struct str questions_text(struct replay *r)
{
	return arena_printf(r->a, "%u", scan_dns_count(r->scan));
}

static const struct {
	const char *word;
	text_fn *text;
} what[] = {
	{ "action", action_text },
	{ "score", score_text },
	{ "reason", reason_text },
	{ "authres", authres_text },
	{ "symbols", symbols_text },
	{ "edits", edits_text },
	{ "reply", reply_text },
	{ "auth", auth_text },
	{ "rounds", rounds_text },
	{ "questions", questions_text },
	{ "content_rounds", content_rounds_text },
	{ "degraded", degraded_text },
};

static bool has_word(struct str list, struct str word)
{
	while (list.n)
		if (str_eq(str_cut(&list, ' '), word))
			return true;
	return false;
}

/* symbol A B: among others; no_symbol A B: none of them. */
static void each_symbol(struct replay *r, struct str names, bool wanted)
{
	struct str all = symbols_text(r);

	while (names.n) {
		struct str name = str_cut(&names, ' ');

		if (has_word(all, name) != wanted)
			replay_fault(r, "symbols \"%.*s\" %s %.*s", STR_ARG(all),
				     wanted ? "lack" : "have", STR_ARG(name));
	}
}

void replay_expect(struct replay *r, struct str rest)
{
	struct str word = str_cut(&rest, ' ');

	r->expected++;
	if (!r->scan || !r->done) {
		replay_fault(r, "nothing is judged yet");
		return;
	}
	if (str_eq(word, STR("symbol")) || str_eq(word, STR("no_symbol"))) {
		each_symbol(r, rest, word.n == 6);
		return;
	}
	if (str_eq(word, STR("field"))) {
		struct str name = str_cut(&rest, ' '), got = field_text(r, name);
		if (!str_eq(got, rest))
			replay_fault(r, "%.*s: got \"%.*s\", expected \"%.*s\"", STR_ARG(name),
				     STR_ARG(got), STR_ARG(rest));
		return;
	}
	for (size_t i = 0; i < sizeof what / sizeof *what; i++)
		if (str_eq(word, str_c(what[i].word))) {
			struct str got = what[i].text(r);
			if (!str_eq(got, rest.p ? rest : STR("")))
				replay_fault(r, "%s: got \"%.*s\", expected \"%.*s\"", what[i].word,
					     STR_ARG(got), STR_ARG(rest));
			return;
		}
	replay_fault(r, "nobody can expect %.*s", STR_ARG(word));
}
