/* Directives that fill lists: addresses, domains, networks, names of fields. */
#include "base/file.h"
#include "ruleset/loader.h"

/* ---- lists ---- */

static void add_words(struct loader *l, struct str list, struct str rest)
{
	while (rest.n)
		lists_add(l->set->lists, list, line_word(&rest), STR_NULL);
}

/* "(NAME) a b c" */
static bool read_name(struct str *rest, struct str *name)
{
	size_t end = str_chr(*rest, ')');

	if (!str_starts(*rest, STR("(")) || end == SIZE_MAX)
		return false;
	*name = str_trim(str_sub(*rest, 1, end - 1));
	*rest = str_trim(str_skip(*rest, end + 1));
	return name->n > 0;
}

static void add_named(struct loader *l, const struct rule_line *line, const char *what)
{
	struct str rest = line->rest, name;

	if (!read_name(&rest, &name) || !rest.n)
		line_fault(&l->reader, line, "%.*s: expected (NAME) and entries",
			   STR_ARG(line->word));
	else
		add_words(l, arena_printf(l->set->arena, "%s:%.*s", what, STR_ARG(name)), rest);
}

/* Every word out of the list, and out of the shipped one beside it ("def_..."). */
static void remove_words(struct loader *l, const struct rule_line *line, const char *what)
{
	struct str rest = line->rest, name, list = str_c(what);

	if (str_eq(line->word, STR("delist_uri_host")) && read_name(&rest, &name))
		list = arena_printf(l->set->arena, "%s:%.*s", what, STR_ARG(name));
	while (rest.n) {
		struct str key = line_word(&rest);
		lists_remove(l->set->lists, list, key);
		lists_remove(l->set->lists, arena_printf(l->set->arena, "def_%.*s", STR_ARG(list)),
			     key);
	}
}

/* "util_rb_" is a family of three. */
static void clear(struct loader *l, const char *what)
{
	static const char *const family[] = { "util_rb_tld", "util_rb_2tld", "util_rb_3tld" };

	lists_clear(l->set->lists, str_c(what));
	for (size_t i = 0; i < sizeof family / sizeof *family; i++)
		if (str_starts(str_c(family[i]), str_c(what)))
			lists_clear(l->set->lists, str_c(family[i]));
}

/* An entry, and what stands beside it behind white space. */
static void add_file_line(struct loader *l, struct str list, struct str text)
{
	struct str key;

	text = str_trim(str_sub(text, 0, str_chr(text, '#')));
	key = line_word(&text);
	if (key.n)
		lists_add(l->set->lists, list, key, text.n ? text : STR_NULL);
}

static void read_list(struct loader *l, const struct rule_line *line)
{
	struct str rest = line->rest, name = line_word(&rest), text;
	struct err e;

	if (!rest.n) {
		line_fault(&l->reader, line, "list %.*s: expected a path", STR_ARG(name));
		return;
	}
	if (file_read(l->set->arena, file_beside(l->set->arena, line->file, rest), RULESET_MAX_FILE,
		      &text, &e) < 0) {
		line_fault(&l->reader, line, "list %.*s: %.*s: %s", STR_ARG(name), STR_ARG(rest),
			   e.text);
		return;
	}
	ruleset_generation(l->set, text);
	while (text.n)
		add_file_line(l, name, str_cut(&text, '\n'));
}

void take_list(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest = line->rest, key;

	if (!rest.n && d->how != LIST_CLEAR) {
		line_fault(&l->reader, line, "%.*s: expected entries", STR_ARG(line->word));
		return;
	}
	switch ((enum list_how)d->how) {
	case LIST_WORDS:
		add_words(l, str_c(d->what), rest);
		return;
	case LIST_ONLY:
		lists_clear(l->set->lists, str_c(d->what));
		add_words(l, str_c(d->what), rest);
		return;
	case LIST_PAIR:
		key = line_word(&rest);
		lists_add(l->set->lists, str_c(d->what), key, rest.n ? rest : STR_NULL);
		return;
	case LIST_NAMED:
		add_named(l, line, d->what);
		return;
	case LIST_WHOLE:
		lists_add(l->set->lists, str_c(d->what), rest, STR_NULL);
		return;
	case LIST_REMOVE:
		remove_words(l, line, d->what);
		return;
	case LIST_CLEAR:
		if (rest.n)
			remove_words(l, line, d->what);
		else
			clear(l, d->what);
		return;
	case LIST_FILE:
		read_list(l, line);
		return;
	}
}

/* Kept as written, which lists do with values only: entry "1" is the first pattern. */
void take_redirector(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str key = arena_printf(l->set->arena, "%zu", ++l->nredirectors);

	(void)d;
	lists_add(l->set->lists, STR("redirector_pattern"), key, line->rest);
}

/* ---- networks ---- */

/* "10.", "192.168.", "127": the octets that are there; bits: as many. */
static bool read_short(struct str s, struct view_net *out)
{
	unsigned n = 0;

	out->net.ip = (struct ip){ .family = 4 };
	while (s.n && n < 4) {
		uint64_t v;
		if (!str_u64(str_cut(&s, '.'), 255, &v))
			return false;
		out->net.ip.b[n++] = (uint8_t)v;
	}
	out->net.bits = (uint8_t)(8 * n);
	return n > 0 && !s.n;
}

/* An address or network, "!" in front of one that is not meant, and short forms of old. */
static bool read_net(struct str s, struct view_net *out)
{
	struct str rest = s, address;
	uint64_t bits;

	out->not = str_starts(rest, STR("!"));
	rest = str_skip(rest, out->not );
	if (cidr_parse(rest, &out->net))
		return true;
	address = str_cut(&rest, '/');
	if (address.n > 1 && address.p[0] == '[' && address.p[address.n - 1] == ']')
		address = str_sub(address, 1, address.n - 2);
	if (ip_parse(address, &out->net.ip))
		out->net.bits = out->net.ip.family == 4 ? 32 : 128;
	else if (!read_short(address, out))
		return false;
	if (rest.p && !str_u64(rest, out->net.ip.family == 4 ? 32 : 128, &bits))
		return false;
	if (rest.p)
		out->net.bits = (uint8_t)bits;
	return true;
}

void take_nets(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest = line->rest;
	VEC(struct view_net) *const list[] = { (void *)&l->trusted, (void *)&l->internal,
					       (void *)&l->msa };
	size_t *n = &list[d->how]->n;

	if (str_starts(line->word, STR("clear_"))) {
		*n = 0;
		return;
	}
	if (!rest.n)
		line_fault(&l->reader, line, "%.*s: expected networks", STR_ARG(line->word));
	while (rest.n) {
		struct str one = line_word(&rest);
		struct view_net net;
		if (!read_net(one, &net))
			line_fault(&l->reader, line, "%.*s: found \"%.*s\", expected a network",
				   STR_ARG(line->word), STR_ARG(one));
		else if (*n == RULESET_MAX_NETS)
			line_fault(&l->reader, line, "%.*s: more than %u networks",
				   STR_ARG(line->word), RULESET_MAX_NETS);
		else
			VEC_PUSH(l->set->arena, *list[d->how]) = net;
	}
}

void take_originating(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest = line->rest;

	(void)d;
	if (str_starts(line->word, STR("clear_"))) {
		l->originating.n = 0;
		return;
	}
	while (rest.n)
		VEC_PUSH(l->set->arena, l->originating) = line_word(&rest);
}
