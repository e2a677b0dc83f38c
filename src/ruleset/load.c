/* Rule files to rules. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "ruleset/loader.h"

const struct conf_opt ruleset_options[] = {
	{ .name = "rules.dir",
	  .type = CONF_STR,
	  .def = "",
	  .help = "directory of rule files (*.cf, in order of name); empty: the rules that came "
		  "with "
		  "the program" },
	{ .name = "rules.files",
	  .type = CONF_LIST,
	  .help = "rule files or directories of the site, read after rules.dir" },
	{ .name = "rules.runtime",
	  .type = CONF_STR,
	  .def = "",
	  .help = "rule file that is read last and need not be there: what is changed while the "
		  "program runs" },
	{ .name = "rules.score_set",
	  .type = CONF_INT,
	  .def = "1",
	  .allow = "0..3",
	  .help = "which of the four numbers of a score counts: 0 for neither network nor "
		  "statistics, 1 network, 2 statistics, 3 both; without network where a scan is "
		  "to ask nobody (--local)" },
	{ .name = "rules.regex_budget",
	  .type = CONF_TIME,
	  .def = "250ms",
	  .allow = "10ms..60s",
	  .help = "time for regular expressions on one message; patterns beyond it do not match" },
	{ .name = "rules.cache",
	  .type = CONF_STR,
	  .def = "",
	  .help = "directory where Hyperscan's databases are kept; empty: cache in daemon.state" },
	{ .name = "rules.hyperscan",
	  .type = CONF_ENUM,
	  .def = "auto",
	  .allow = "auto|off",
	  .help = "whether Hyperscan stands in front of the regular expressions; results are the "
		  "same" },
	{ 0 },
};

#define NAME_MAX_LEN 128u /* octets of a rule's name */

bool rule_is_sub(const struct rule *r)
{
	return str_starts(r->name, STR("__"));
}

const char *rule_kind_word(enum rule_kind k)
{
	static const char *const word[] = { "none", "eval",    "meta", "header", "mimeheader",
					    "body", "rawbody", "uri",  "full",	 "uri_detail" };

	return word[k];
}

const char *rule_layer_word(enum rule_layer l)
{
	static const char *const word[] = { "package", "site", "runtime" };

	return word[l];
}

struct rule *ruleset_rule(const struct ruleset *set, struct str name)
{
	return map_get(set->by_name, name);
}

/* "rules/30_auth.cf" -> "auth". */
static struct str default_group(const char *file)
{
	struct str s = str_c(file);
	size_t at = str_rchr(s, '/');

	if (at != SIZE_MAX)
		s = str_skip(s, at + 1);
	while (s.n && (ch_digit(s.p[0]) || s.p[0] == '_'))
		s = str_skip(s, 1);
	at = str_rchr(s, '.');
	return at == SIZE_MAX ? s : str_sub(s, 0, at);
}

static bool good_name(struct str name)
{
	if (!name.n || name.n > NAME_MAX_LEN || ch_digit(name.p[0]))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!ch_alnum(name.p[i]) && name.p[i] != '_')
			return false;
	return true;
}

static struct rule *add_rule(struct ruleset *set, struct str name, const char *file, int line)
{
	struct rule *r = ARENA_NEW(set->arena, struct rule);

	r->name = name;
	r->file = file;
	r->line = line;
	VEC_PUSH(set->arena, set->rules) = r;
	map_put(set->by_name, name, r);
	return r;
}

struct rule *loader_rule(struct loader *l, const struct rule_line *line, struct str name)
{
	struct ruleset *set = l->set;
	struct rule *r = map_get(set->by_name, name);

	if (r)
		return r;
	if (!good_name(name)) {
		line_fault(&l->reader, line, "%.*s: expected a rule name of letters, digits and _",
			   STR_ARG(line->word));
		return NULL;
	}
	if (set->rules.n == RULESET_MAX_RULES) {
		line_fault(&l->reader, line, "more than %u rules", RULESET_MAX_RULES);
		return NULL;
	}
	return add_rule(set, name, line->file, line->line);
}

/* ---- lines ---- */

/* Families: "bayes_*". */
static const struct directive *family(struct str word)
{
	for (const struct directive *d = directives; d->word; d++) {
		struct str w = str_c(d->word);
		if (w.p[w.n - 1] == '*' && str_starts(word, str_sub(w, 0, w.n - 1)))
			return d;
	}
	return NULL;
}

static void take(void *arg, const struct rule_line *line)
{
	struct loader *l = arg;
	const struct directive *d = map_get(l->directives, line->word);

	if (loader_stanza(l, line))
		return;
	if (!d)
		d = family(line->word);
	if (d)
		d->take(l, line, d);
	else if (!map_get(l->noted, line->word)) {
		map_put(l->noted, line->word, l);
		line_note(&l->reader, line, "unknown directive \"%.*s\": not taken",
			  STR_ARG(line->word));
	}
}

static struct map *index_directives(struct arena *a)
{
	struct map *m = map_new(a, false);

	for (const struct directive *d = directives; d->word; d++)
		map_put(m, str_c(d->word), (void *)(uintptr_t)d);
	return m;
}

/* ---- metas ---- */

struct meta_reader {
	struct loader *l;
	struct rule *meta;
};

static bool meta_resolve(void *arg, struct str name, struct str call_arg, bool is_call, size_t *ref)
{
	struct meta_reader *m = arg;
	struct ruleset *set = m->l->set;
	struct rule_line at = { .file = m->meta->file, .line = m->meta->line };
	struct rule *r = is_call ? NULL : map_get(set->by_name, name);

	(void)call_arg;
	if (is_call || !good_name(name))
		return false;
	if (!r)
		r = add_rule(set, name, m->meta->file, m->meta->line);
	if (r->kind == RULE_NONE && !r->unsupported.p)
		line_note(&m->l->reader, &at, "meta %.*s: %.*s is not defined: it counts as 0",
			  STR_ARG(m->meta->name), STR_ARG(name));
	*ref = (size_t)(uintptr_t)r;
	return true;
}

/* "(A+B+C)": the rules whose name fits, but for the meta itself. */
static void add_matching(struct loader *l, const struct rule *meta, struct str pattern,
			 struct buf *out)
{
	const char *plus = "(";

	for (size_t i = 0; i < l->set->rules.n; i++) {
		const struct rule *r = l->set->rules.p[i];
		if (r == meta || r->kind == RULE_NONE || !str_glob(pattern, r->name))
			continue;
		buf_addf(out, "%s%.*s", plus, STR_ARG(r->name));
		plus = "+";
	}
	buf_add(out, *plus == '+' ? STR(")") : STR("0"));
}

static struct str expand_matching(struct loader *l, const struct rule *meta)
{
	struct str word = STR("rules_matching("), text = meta->text;
	struct buf out = { .arena = l->set->arena };
	size_t at;

	if (str_find(text, word) == SIZE_MAX)
		return text;
	while ((at = str_find(text, word)) != SIZE_MAX) {
		struct str rest = str_skip(text, at + word.n);
		size_t end = str_chr(rest, ')');
		if (end == SIZE_MAX)
			break;
		buf_add(&out, str_sub(text, 0, at));
		add_matching(l, meta, str_trim(str_sub(rest, 0, end)), &out);
		text = str_skip(rest, end + 1);
	}
	buf_add(&out, text);
	return buf_str(&out);
}

/* "()": a meta that others are to raise. */
static bool is_empty(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != '(' && text.p[i] != ')' && !ch_wsp(text.p[i]))
			return false;
	return true;
}

static void compile_metas(struct loader *l)
{
	for (size_t i = 0, n = l->set->rules.n; i < n; i++) {
		struct rule *r = l->set->rules.p[i];
		struct rule_line at = { .file = r->file, .line = r->line };
		struct meta_reader m = { l, r };
		struct err e;
		if (r->kind != RULE_META)
			continue;
		r->meta = expand_matching(l, r);
		if (is_empty(r->meta))
			continue;
		r->expr = expr_compile(l->set->arena, r->meta, meta_resolve, &m, &e);
		if (!r->expr)
			line_fault(&l->reader, &at, "meta %.*s: %s", STR_ARG(r->name), e.text);
	}
}

/* ---- what follows the last line ---- */

static void score(struct ruleset *set, struct rule *r)
{
	double v = str_starts(r->name, STR("T_")) ? 0.01 : 1;

	if (r->nice)
		v = -v;
	r->scored = r->scores.n > 0;
	for (size_t i = 0; i < r->scores.n; i++) {
		const struct rule_score *s = &r->scores.p[i];
		v = s->relative ? v + s->v[set->score_set] : s->v[set->score_set];
	}
	r->score = v;
}

static void settle(struct loader *l)
{
	for (size_t i = 0; i < l->set->rules.n; i++) {
		struct rule *r = l->set->rules.p[i];
		struct rule_line at = { .file = r->file, .line = r->line };
		score(l->set, r);
		if (!r->group.n)
			r->group = default_group(r->file);
		if (r->captures)
			r->priority = -10000;
		if (r->kind == RULE_NONE && (r->scores.n || r->attrs.n))
			line_note(&l->reader, &at,
				  "%.*s is scored, described or tested, but not defined",
				  STR_ARG(r->name));
	}
}

static void settle_lists(struct loader *l)
{
	struct ruleset *set = l->set;

	set->env.trusted = (struct view_nets){ l->trusted.p, l->trusted.n };
	set->env.internal = (struct view_nets){ l->internal.p, l->internal.n };
	set->env.msa = (struct view_nets){ l->msa.p, l->msa.n };
	set->env.originating = l->originating.p;
	set->env.noriginating = l->originating.n;
	ruleset_boundaries(set);
	set->judge.lists = set->lists;
	set->judge.view = &set->env;
	set->judge.content = &set->content;
}

const char *ruleset_shipped(struct arena *a)
{
	return file_shipped(a, "rules");
}

static void read_layers(struct loader *l, const struct conf *c)
{
	const struct str *file;
	size_t n = conf_list(c, "rules.files", &file);
	struct str runtime = conf_str(c, "rules.runtime");

	lines_read(&l->reader, conf_str(c, "rules.dir").n ? conf_str(c, "rules.dir").p
							  : ruleset_shipped(l->set->arena));
	l->reader.layer = LAYER_SITE;
	for (size_t i = 0; i < n; i++)
		lines_read(&l->reader, file[i].p);
	l->reader.layer = LAYER_RUNTIME;
	if (runtime.n && access(runtime.p, F_OK) == 0)
		lines_read(&l->reader, runtime.p);
}

static struct ruleset *new_set(struct arena *a, const struct conf *c, bool local)
{
	struct ruleset *set = ARENA_NEW(a, struct ruleset);

	set->judge.run = ruleset_run;
	set->judge.state = ruleset_state;
	set->judge.asks = ruleset_asks;
	set->arena = a;
	set->by_name = map_new(a, false);
	set->lists = lists_new(a);
	set->score_set = (unsigned)conf_int(c, "rules.score_set") & (local ? 2u : 3u);
	set->budget_us = conf_time_ms(c, "rules.regex_budget") * 1000;
	return set;
}

struct ruleset *ruleset_load(struct arena *a, const struct conf *c, const struct scan_setup *setup,
			     const struct ruleset_how *how)
{
	struct ruleset *set = new_set(a, c, how->local);
	struct loader l = {
		.set = set,
		.directives = index_directives(a),
		.noted = map_new(a, false),
		.tags = replace_new(a),
		.reader = { .arena = a, .setup = setup, .how = how, .set = set, .take = take }
	};

	l.reader.arg = &l;
	loader_words(&l);
	read_layers(&l, c);
	ruleset_patterns(set, l.tags, &l.reader);
	compile_metas(&l);
	settle(&l);
	settle_lists(&l);
	if (l.reader.faults)
		return NULL;
	ruleset_order(set, &l.reader);
	if (!l.reader.faults)
		ruleset_test(set, &l.reader);
	if (l.reader.faults)
		return NULL;
	ruleset_uses(set);
	ruleset_views(set, ruleset_cache(a, c, how->state));
	return set;
}

void ruleset_attach(struct ruleset *r, const struct psl *psl, const struct lookalike *lookalike)
{
	r->env.psl = psl;
	r->content.psl = psl;
	r->content.lookalike = lookalike;
}

const struct judge *ruleset_judge(const struct ruleset *r)
{
	return &r->judge;
}

size_t ruleset_count(const struct ruleset *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->rules.n; i++)
		n += r->rules.p[i]->kind != RULE_NONE;
	return n;
}

size_t ruleset_notes(const struct ruleset *r)
{
	return r->notes.n;
}
