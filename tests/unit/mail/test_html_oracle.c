/* Our tokens of HTML against libxml2's: the same text, the same tags, the same links. With files as
 * arguments it says how many of them agree, and shows where the others begin to differ. */
#include "lib/test.h"

#include <dirent.h>
#include <libxml/HTMLparser.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "mail/html/html.h"

/* What one parser read: text without white space, lower-case names, addresses. */
struct reading {
	struct buf text, tags, links;
	bool code; /* inside script or style */
};

#define MAX_FILE (4u << 20)

/* Elements that libxml2 adds where they are missing, and takes away where they stand twice. */
static bool structural(struct str name)
{
	static const char *const names[] = { "html", "head", "body", "p" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_ieq(name, str_c(names[i])))
			return true;
	return false;
}

static bool is_code(struct str name)
{
	return str_ieq(name, STR("script")) || str_ieq(name, STR("style"));
}

static void add_packed(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ch_fws(s.p[i]) && s.p[i] != '\f')
			buf_addc(b, s.p[i]);
}

static void add_tag(struct reading *r, struct str name)
{
	if (!structural(name))
		for (size_t i = 0; i < name.n; i++)
			buf_addc(&r->tags, ch_lower(name.p[i]));
	buf_addc(&r->tags, ' ');
	if (structural(name))
		r->tags.n--;
}

static bool is_link(struct str tag, struct str attr)
{
	return (str_ieq(tag, STR("a")) && str_ieq(attr, STR("href"))) ||
	       (str_ieq(tag, STR("img")) && str_ieq(attr, STR("src")));
}

static void add_link(struct reading *r, struct str url)
{
	add_packed(&r->links, url);
	buf_addc(&r->links, '\n');
}

/* ---- ours ---- */

static void our_tag(struct reading *r, struct arena *a, const struct html_token *t)
{
	bool linked = false;

	add_tag(r, t->name);
	for (size_t i = 0; i < t->nattrs && !linked; i++)
		if (is_link(t->name, t->attr[i].name)) {
			add_link(r, html_unescape_attr(a, t->attr[i].value));
			linked = true;
		}
}

static void read_ours(struct reading *r, struct arena *a, struct str in)
{
	static struct html_token t;
	struct html_lexer l = { .in = in };

	while (html_next(&l, &t)) {
		if (t.kind == HTML_START && !t.unclosed)
			our_tag(r, a, &t);
		if (t.kind == HTML_START)
			r->code = is_code(t.name);
		if (t.kind == HTML_TEXT && !(t.literal && r->code))
			add_packed(&r->text, html_unescape(a, t.text));
	}
}

/* ---- libxml2's ---- */

static void xml_start(void *arg, const xmlChar *name, const xmlChar **atts)
{
	struct reading *r = arg;
	struct str tag = str_c((const char *)name);

	r->code = is_code(tag);
	add_tag(r, tag);
	for (; atts && atts[0]; atts += 2)
		if (is_link(tag, str_c((const char *)atts[0])))
			add_link(r, str_c((const char *)atts[1]));
}

static void xml_end(void *arg, const xmlChar *name)
{
	struct reading *r = arg;

	(void)name;
	r->code = false;
}

static void xml_text(void *arg, const xmlChar *p, int n)
{
	struct reading *r = arg;

	if (!r->code)
		add_packed(&r->text, str_of((const char *)p, (size_t)n));
}

static void read_libxml2(struct reading *r, struct str in)
{
	htmlParserCtxtPtr c = htmlNewParserCtxt();
	xmlDocPtr doc;

	assert_non_null(c);
	memset(c->sax, 0, sizeof *c->sax);
	c->sax->startElement = xml_start;
	c->sax->endElement = xml_end;
	c->sax->characters = c->sax->ignorableWhitespace = c->sax->cdataBlock = xml_text;
	c->userData = r;
	doc = htmlCtxtReadMemory(c, in.p, (int)in.n, NULL, "UTF-8",
				 HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
					 HTML_PARSE_IGNORE_ENC | HTML_PARSE_NONET);
	xmlFreeDoc(doc);
	htmlFreeParserCtxt(c);
}

/* ---- both ---- */

/* True: they agree; else it is said where they part. */
static bool agree(const char *file, const char *what, struct buf *ours, struct buf *theirs)
{
	struct str a = buf_str(ours), b = buf_str(theirs);
	size_t i = 0, from;

	if (str_eq(a, b))
		return true;
	while (i < a.n && i < b.n && a.p[i] == b.p[i])
		i++;
	from = i > 20 ? i - 20 : 0;
	print_message("%s: %s: ours \"%.*s\" libxml2 \"%.*s\"\n", file, what,
		      STR_ARG(str_sub(a, from, 60)), STR_ARG(str_sub(b, from, 60)));
	return false;
}

enum { TEXT, TAGS, LINKS, ASPECTS };

static void compare(const char *file, struct str in, unsigned agreed[ASPECTS])
{
	struct arena *a = arena_new(0);
	struct reading ours = { { .arena = a }, { .arena = a }, { .arena = a }, false };
	struct reading theirs = { { .arena = a }, { .arena = a }, { .arena = a }, false };

	read_ours(&ours, a, in);
	read_libxml2(&theirs, in);
	agreed[TEXT] += agree(file, "text", &ours.text, &theirs.text);
	agreed[TAGS] += agree(file, "tags", &ours.tags, &theirs.tags);
	agreed[LINKS] += agree(file, "links", &ours.links, &theirs.links);
	arena_free(a);
}

static struct str load(struct arena *a, const char *file)
{
	struct err err;
	struct str text;

	if (file_read(a, file, MAX_FILE, &text, &err) < 0)
		fail_msg("%s", err.text);
	return text;
}

static void test_documents(void **state)
{
	static const char folder[] = MERLON_SRCDIR "/tests/conformance/html";
	unsigned agreed[ASPECTS] = { 0 }, files = 0;
	struct arena *a = arena_new(0);
	struct dirent *e;
	DIR *d = opendir(folder);

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		const char *file;

		if (!str_iends(str_c(e->d_name), STR(".html")))
			continue;
		file = arena_printf(a, "%s/%s", folder, e->d_name).p;
		compare(file, load(a, file), agreed);
		files++;
	}
	closedir(d);
	arena_free(a);
	assert_true(files >= 8);
	for (size_t i = 0; i < ASPECTS; i++)
		assert_int_equal(agreed[i], files);
}

static int report(int n, char **files)
{
	unsigned agreed[ASPECTS] = { 0 };

	for (int i = 0; i < n; i++) {
		struct arena *a = arena_new(0);

		compare(files[i], load(a, files[i]), agreed);
		arena_free(a);
	}
	print_message("%d files: text %u, tags %u, links %u agree\n", n, agreed[TEXT], agreed[TAGS],
		      agreed[LINKS]);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_documents) };

	if (argc > 1)
		return report(argc - 1, argv + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
