/* What tests of rules share: rules from text, and a message that they judge. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mail/msg.h"

/* ---- a check with two functions, and one that is about content ---- */

static bool holds(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)s;
	(void)n;
	*evidence = arg[0].text;
	return str_eq(arg[0].text, STR("yes"));
}

static bool over(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)s;
	(void)n;
	(void)evidence;
	return arg[0].number > 10;
}

static bool seen(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return s->view != NULL;
}

static enum check_step done(struct scan *s, void *state, const void *config)
{
	(void)s;
	(void)state;
	(void)config;
	return CHECK_DONE;
}

static const struct predicate predicates[] = {
	{ "holds", "s|n*", holds, "" },
	{ "over", "n", over, "" },
	{ 0 },
};
static const struct check check_fake = {
	.abi = CHECK_ABI, .name = "fake", .run = done, .predicates = predicates
};
static const struct predicate content_predicates[] = { { "seen", "", seen, "" }, { 0 } };
static const struct check check_content = { .abi = CHECK_ABI,
					    .name = "content",
					    .flags = CHECK_CONTENT,
					    .run = done,
					    .predicates = content_predicates };
static const struct check *const checks[] = { &check_fake, &check_content, NULL };

/* ---- loading text ---- */

static void collect(void *arg, const char *text)
{
	struct buf *all = arg;

	buf_add(all, str_c(text));
	buf_addc(all, '\n');
}

static void never(void *arg, const char *text)
{
	(void)arg;
	fail_msg("%s", text);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

void world_load(struct world *w, const char *text)
{
	static const struct conf_opt *const tables[] = { ruleset_options, scan_options, NULL };
	const struct conf *c;
	struct err e;

	w->a = arena_new(0);
	w->faults = (struct buf){ .arena = w->a };
	snprintf(w->dir, sizeof w->dir, "/tmp/merlon-rules-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	write_text(arena_printf(w->a, "%s/10_first.cf", w->dir).p, text);
	write_text(arena_printf(w->a, "%s/more.inc", w->dir).p, "meta INCLUDED 1\n");
	write_text(arena_printf(w->a, "%s/names.txt", w->dir).p,
		   "# names\nOne.example  first\n\ntwo.example # more\n!not.one.example\n");
	c = conf_load_text(w->a, "test",
			   arena_printf(w->a, "rules { dir = \"%s\" %s }", w->dir,
					w->options ? w->options : ""),
			   tables, never, NULL);
	assert_int_equal(scan_setup_new(w->a, c, checks, &w->setup, &e), 0);
	w->rules = ruleset_load(
		w->a, c, w->setup,
		&(struct ruleset_how){
			.fault = collect, .note = collect, .arg = &w->faults, .local = w->local });
}

void world_unload(struct world *w)
{
	unlink(arena_printf(w->a, "%s/10_first.cf", w->dir).p);
	unlink(arena_printf(w->a, "%s/more.inc", w->dir).p);
	unlink(arena_printf(w->a, "%s/names.txt", w->dir).p);
	rmdir(w->dir);
	arena_free(w->a);
}

static void take_body(void *arg, struct str octets)
{
	content_push(*(struct content **)arg, octets);
}

void world_judge(struct world *w, struct scan *s, const char *message)
{
	static const struct view_client nobody;
	struct msg_reader *r;

	*s = (struct scan){ .arena = w->a, .flags = SCAN_F_SUBRULES | w->flags };
	s->lists = ruleset_judge(w->rules)->lists;
	if (message) {
		hdr_init(&s->headers, w->a);
		s->content = content_new(w->a, ruleset_judge(w->rules)->content, &s->headers);
		r = msg_new(w->a, &s->headers, take_body, &s->content);
		msg_feed(r, str_c(message));
		msg_end(r);
		content_end(s->content);
		s->view = view_new(w->a, ruleset_judge(w->rules)->view, &s->headers, s->content,
				   &nobody, STR_NULL);
	}
	ruleset_judge(w->rules)->run(ruleset_judge(w->rules), s);
}
