/* Tests of the configuration: values of every type, names, sections, includes, printing. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "conf/conf.h"

static bool even_name(struct str v, char *why, size_t cap)
{
	if (v.n % 2 == 0)
		return true;
	snprintf(why, cap, "an even number of letters");
	return false;
}

static const struct conf_opt first[] = {
	{ .name = "t.bool", .type = CONF_BOOL, .def = "yes", .help = "a switch" },
	{ .name = "t.int", .type = CONF_INT, .def = "4", .allow = "-3..64", .help = "a number" },
	{ .name = "t.size", .type = CONF_SIZE, .def = "64k", .allow = "1k..1G" },
	{ .name = "t.time", .type = CONF_TIME, .def = "25s", .allow = "10ms..1d" },
	{ .name = "t.float", .type = CONF_FLOAT, .def = "1.5", .allow = "-1000..1000" },
	{ .name = "t.str", .type = CONF_STR, .def = "550 5.7.1 \"No\"" },
	{ .name = "t.even", .type = CONF_STR, .check = even_name },
	{ .name = "t.word", .type = CONF_ENUM, .def = "native", .allow = "native|libmilter" },
	{ .name = "t.list", .type = CONF_LIST, .def = "{\"a\", \"b\"}" },
	{ .name = "t.days", .type = CONF_LIST, .allow = "mon|tue" },
	{ .name = "t.key", .type = CONF_STR, .secret = true, .check = even_name },
	{ 0 },
};
static const struct conf_opt second[] = {
	{ .name = "top", .type = CONF_INT, .def = "1", .allow = "0.." },
	{ .name = "t.sub.depth", .type = CONF_INT, .def = "9" },
	{ .name = "listen.*.socket", .type = CONF_STR },
	{ .name = "listen.*.mode", .type = CONF_ENUM, .def = "rw", .allow = "ro|rw" },
	{ .name = "t.stars", .type = CONF_LIST, .def = "{ X-*,y , 'z' }" },
	{ .name = "listen.*.tags", .type = CONF_LIST, .def = "{}" },
	{ 0 },
};
static const struct conf_opt *const tables[] = { first, second, NULL };

struct said {
	struct buf text;
	size_t n;
};

static void say(void *arg, const char *line)
{
	struct said *s = arg;

	buf_add(&s->text, str_c(line));
	buf_addc(&s->text, '\n');
	s->n++;
}

static const struct conf *load(struct arena *a, struct str text, struct said *s)
{
	*s = (struct said){ .text = { .arena = a } };
	return conf_load_text(a, "x.conf", text, tables, say, s);
}

/* Good texts, checked by what conf_print_values says of the options that changed. */
static void test_good(void **state)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{ "", "" },
		{ "\n\n# nothing\n", "" },
		{ "#\n//\n/**/\n/* \n */", "" },
		{ "top = 7", "* top = 7  # x.conf:1\n" },
		{ "top=007\r\n", "* top = 007  # x.conf:1\n" },
		{ "t { bool = off }", "* t.bool = off  # x.conf:1\n" },
		{ "t { bool = FALSE }", "* t.bool = FALSE  # x.conf:1\n" },
		{ "t { int = -3 }", "* t.int = -3  # x.conf:1\n" },
		{ "t { int = \"64\" }", "* t.int = 64  # x.conf:1\n" },
		{ "t {\n/* a\n b */ int\n=\n5\n}", "* t.int = 5  # x.conf:3\n" },
		{ "t { size = 1024 }", "* t.size = 1024  # x.conf:1\n" },
		{ "t { size = 1G }", "* t.size = 1G  # x.conf:1\n" },
		{ "t { time = 10ms }", "* t.time = 10ms  # x.conf:1\n" },
		{ "t { time = 86400 }", "* t.time = 86400  # x.conf:1\n" },
		{ "t { float = -1e3 }", "* t.float = -1e3  # x.conf:1\n" },
		{ "t { float = .5 }", "* t.float = .5  # x.conf:1\n" },
		{ "t { str = unix:/run/x }", "* t.str = \"unix:/run/x\"  # x.conf:1\n" },
		{ "t { str = '' }", "* t.str = \"\"  # x.conf:1\n" },
		{ "t { str = 'a\\\\b # \"c\" ${X}' }",
		  "* t.str = \"a\\\\b # \\\"c\\\" \\${X}\"  # x.conf:1\n" },
		{ "t { str = \"a\\\"b\\x41\\101\\n\" }",
		  "* t.str = \"a\\\"bAA\\x0a\"  # x.conf:1\n" },
		{ "t { str = \"${CONF_TEST_VAR}!\" }", "* t.str = \"in the air!\"  # x.conf:1\n" },
		{ "t { str = ${CONF_TEST_VAR} }", "* t.str = \"in the air\"  # x.conf:1\n" },
		{ "t { str = \"two\nlines\"\nint = 5 }",
		  "* t.int = 5  # x.conf:3\n* t.str = \"two\\x0alines\"  # x.conf:1\n" },
		{ "t { even = ab }", "* t.even = \"ab\"  # x.conf:1\n" },
		{ "t { word = libmilter }", "* t.word = libmilter  # x.conf:1\n" },
		{ "t { list = {} }", "* t.list = {}  # x.conf:1\n" },
		{ "t { list = x }", "* t.list = {\"x\"}  # x.conf:1\n" },
		{ "t { list = {x, 'y z',} }", "* t.list = {\"x\", \"y z\"}  # x.conf:1\n" },
		{ "t { list += {c} }", "* t.list = {\"a\", \"b\", \"c\"}  # x.conf:1\n" },
		{ "t { list = {c}\n list += d }", "* t.list = {\"c\", \"d\"}  # x.conf:1\n" },
		{ "t { days = {tue, mon} }", "* t.days = {\"tue\", \"mon\"}  # x.conf:1\n" },
		{ "t { key = abcd }", "* t.key = ***  # x.conf:1\n" },
		{ "t { sub { depth = 1 } }", "* t.sub.depth = 1  # x.conf:1\n" },
		{ "t { int = 5 } t { bool = no }",
		  "* t.bool = no  # x.conf:1\n* t.int = 5  # x.conf:1\n" },
		{ "t { int = 4 }", "" }, /* set, but to its default */
		{ "t { } t{}", "" },
		{ "listen \"in\" { socket = s }", "* listen.in.socket = \"s\"  # x.conf:1\n" },
		{ "listen b {mode=ro}\nlisten a.1 {mode = ro tags={q}}",
		  "* listen.b.mode = ro  # x.conf:1\n* listen.a.1.mode = ro  # x.conf:2\n"
		  "* listen.a.1.tags = {\"q\"}  # x.conf:2\n" },
		{ "\xef\xbb\xbftop = 2", "* top = 2  # x.conf:1\n" },
	};
	(void)state;

	setenv("CONF_TEST_VAR", "in the air", 1);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(0);
		struct said s;
		const struct conf *c = load(a, str_c(t[i].in), &s);
		struct buf changed = { .arena = a };
		char *text = NULL;
		size_t n = 0;

		if (!c)
			fail_msg("%s\nrefused: %.*s", t[i].in, STR_ARG(buf_str(&s.text)));
		FILE *out = open_memstream(&text, &n);
		conf_print_values(c, out, false);
		fclose(out);
		for (struct str rest = str_c(text), line; rest.n;) {
			line = str_cut(&rest, '\n');
			if (line.p[0] == '*') {
				buf_add(&changed, line);
				buf_addc(&changed, '\n');
			}
		}
		assert_str(buf_str(&changed), t[i].out);
		free(text);
		arena_free(a);
	}
}

/* Every fault of a text, in order. */
static void test_faults(void **state)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{ "top = x", "x.conf:1: top: found \"x\", expected a whole number in 0..\n" },
		{ "top = -1", "x.conf:1: top: found \"-1\", expected a whole number in 0..\n" },
		{ "top = 99999999999999999999", "x.conf:1: top: found \"99999999999999999999\", "
						"expected a whole number in 0..\n" },
		{ "top = ''", "x.conf:1: top: found \"\", expected a whole number in 0..\n" },
		{ "t {\nint = 65\nint = 3\nsize = 0\n}",
		  "x.conf:3: t.int: found a second time, expected once (see x.conf:2)\n"
		  "x.conf:2: t.int: found \"65\", expected a whole number in -3..64\n"
		  "x.conf:4: t.size: found \"0\", expected a size in octets such as 512, 64k, 10M "
		  "or "
		  "1G in 1k..1G\n" },
		{ "t { bool = maybe }",
		  "x.conf:1: t.bool: found \"maybe\", expected true or false\n" },
		{ "t { size = 1kB }",
		  "x.conf:1: t.size: found \"1kB\", expected a size in octets such "
		  "as 512, 64k, 10M or 1G in 1k..1G\n" },
		{ "t { size = 99999999999G }", "x.conf:1: t.size: found \"99999999999G\", expected "
					       "a size in octets such as 512, "
					       "64k, 10M or 1G in 1k..1G\n" },
		{ "t { time = 2d }",
		  "x.conf:1: t.time: found \"2d\", expected a time such as 500ms, "
		  "30s, 5m, 1h or 1d in 10ms..1d\n" },
		{ "t { time = -1s }",
		  "x.conf:1: t.time: found \"-1s\", expected a time such as 500ms, "
		  "30s, 5m, 1h or 1d in 10ms..1d\n" },
		{ "t { float = inf }",
		  "x.conf:1: t.float: found \"inf\", expected a number in -1000..1000\n" },
		{ "t { float = 1e9999 }",
		  "x.conf:1: t.float: found \"1e9999\", expected a number in -1000..1000\n" },
		{ "t { float = 0x10 }",
		  "x.conf:1: t.float: found \"0x10\", expected a number in -1000..1000\n" },
		{ "t { word = Native }",
		  "x.conf:1: t.word: found \"Native\", expected one of native|libmilter\n" },
		{ "t { word = \"native|libmilter\" }",
		  "x.conf:1: t.word: found \"native|libmilter\", expected one of "
		  "native|libmilter\n" },
		{ "t { even = abc }",
		  "x.conf:1: t.even: found \"abc\", expected an even number of letters\n" },
		{ "t { key = abc }",
		  "x.conf:1: t.key: found \"***\", expected an even number of letters\n" },
		{ "t { days = {mon, wed, fri} }",
		  "x.conf:1: t.days: found \"wed\", expected one of mon|tue\n"
		  "x.conf:1: t.days: found \"fri\", expected one of mon|tue\n" },
		{ "t { sizes = 1 }\nlysten x { }\nzzzzzzzz = 4\n",
		  "x.conf:1: section t: found \"sizes\", expected the name of an option, did you "
		  "mean "
		  "t.size?\n"
		  "x.conf:2: found \"lysten\", expected the name of a section, did you mean "
		  "listen.*?\n"
		  "x.conf:3: found \"zzzzzzzz\", expected the name of an option\n" },
		{ "word = native",
		  "x.conf:1: found \"word\", expected the name of an option, did you "
		  "mean t.word?\n" },
		{ "t|int = 5", "x.conf:1: found \"t|int\", expected the name of an option\n" },
		{ "t { depth = 1 sub { int = 4 } }",
		  "x.conf:1: section t: found \"depth\", expected the name of an option, did you "
		  "mean "
		  "t.sub.depth?\n"
		  "x.conf:1: section t.sub: found \"int\", expected the name of an option, did you "
		  "mean t.int?\n" },
		{ "nope { a = { 1, 2 } b { c = 1 } d(e) }\ntop = z",
		  "x.conf:1: found \"nope\", expected the name of a section\n"
		  "x.conf:2: top: found \"z\", expected a whole number in 0..\n" },
		{ "t = 5", "x.conf:1: section t: found \"=\", expected {\n" },
		{ "t \"title\" { int = 5 }", "x.conf:1: section t: found \"title\", expected {\n" },
		{ "top { }",
		  "x.conf:1: top: found \"{\", expected a = behind the name of an option\n" },
		{ "top 5",
		  "x.conf:1: top: found \"5\", expected a = behind the name of an option\n" },
		{ "top = {1}", "x.conf:1: top: found \"{\", expected one value and not a list\n" },
		{ "top += 1", "x.conf:1: top: found \"+=\", expected a = since this is no list\n" },
		{ "top = = 1", "x.conf:1: top: found \"=\", expected a value\n"
			       "x.conf:1: found \"=\", expected the name of an option or section\n"
			       "x.conf:1: found \"1\", expected the name of an option\n" },
		{ "top =", "x.conf:1: top: found the end of the file, expected a value\n" },
		{ "top",
		  "x.conf:1: top: found the end of the file, expected a = behind the name of an "
		  "option\n" },
		{ "t { int = 5\n\n",
		  "x.conf:1: section t: found the end of the file, expected a }\n" },
		{ "t { sub {\n", "x.conf:1: section sub: found the end of the file, expected a }\n"
				 "x.conf:1: section t: found the end of the file, expected a }\n" },
		{ "}\ntop = 2",
		  "x.conf:1: found \"}\", expected the name of an option or section\n" },
		{ "t { list = {a b} int = 99 }",
		  "x.conf:1: t.list: found \"b\", expected words with commas between them and a } "
		  "at "
		  "the end\n"
		  "x.conf:1: t.int: found \"99\", expected a whole number in -3..64\n" },
		{ "t { list = {a, {b}} }", "x.conf:1: t.list: found \"{\", expected words with "
					   "commas between them and a } at "
					   "the end\n" },
		{ "t { list = {a, ",
		  "x.conf:1: t.list: found the end of the file, expected words with commas between "
		  "them and a } at the end\n"
		  "x.conf:1: section t: found the end of the file, expected a }\n" },
		{ "listen { }",
		  "x.conf:1: section listen: found \"{\", expected a title of up to 64 "
		  "letters, digits and . _ - : / @\n" },
		{ "listen \"a b\" { socket = x }",
		  "x.conf:1: section listen: found \"a b\", expected a title of up to 64 letters, "
		  "digits and . _ - : / @\n" },
		{ "listen a { }\nlisten 'a' { mode = no }",
		  "x.conf:2: section listen: found \"a\" a second time, expected once (see "
		  "x.conf:1)\n" },
		{ "listen a { mode = no }\nlisten b {\nmode = nope }",
		  "x.conf:1: listen.*.mode: found \"no\", expected one of ro|rw\n"
		  "x.conf:3: listen.*.mode: found \"nope\", expected one of ro|rw\n" },
		{ "t { str = \"abc }\n",
		  "x.conf:1: found a string without its closing \"\n"
		  "x.conf:1: t.str: found the end of the file, expected a "
		  "value\n"
		  "x.conf:1: section t: found the end of the file, expected a "
		  "}\n" },
		{ "t { str = 'abc\\' }",
		  "x.conf:1: found a string without its closing '\n"
		  "x.conf:1: t.str: found the end of the file, expected a "
		  "value\n"
		  "x.conf:1: section t: found the end of the file, expected a "
		  "}\n" },
		{ "top = 1 /* no end", "x.conf:1: found a comment without its closing */\n" },
		{ "t { str = \"\\9\" }", "x.conf:1: found an escape that is no octal number up to "
					 "\\377\n"
					 "x.conf:1: t.str: found \"}\", expected a value\n" },
		{ "t { str = \"\\400\" }",
		  "x.conf:1: found an escape that is no octal number up to "
		  "\\377\n"
		  "x.conf:1: t.str: found \"}\", expected a value\n" },
		{ "t { str = \"a\\0b\" }", "x.conf:1: found a NUL in a string\n"
					   "x.conf:1: t.str: found \"}\", expected a value\n" },
		{ "t { str = \"${HOME\" }", "x.conf:1: found a ${ without its } on the line\n"
					    "x.conf:1: t.str: found \"}\", expected a value\n" },
		{ "t { str = http://example.com/\n}",
		  "x.conf:1: found a comment within a word, which needs quotes\n"
		  "x.conf:2: t.str: found \"}\", expected a value\n" },
		{ "t { str = * }", "x.conf:1: found a sign that must be inside quotes\n"
				   "x.conf:1: t.str: found \"}\", expected a value\n" },
		{ "\x1b]0;x = 1",
		  "x.conf:1: found \"\\x1b]0;x\", expected the name of an option\n" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(0);
		struct said s;

		if (load(a, str_c(t[i].in), &s))
			fail_msg("%s: taken", t[i].in);
		if (!str_eq(buf_str(&s.text), str_c(t[i].out)))
			fail_msg("%s\ngot:\n%.*sexpected:\n%s", t[i].in, STR_ARG(buf_str(&s.text)),
				 t[i].out);
		arena_free(a);
	}
}

static void test_getters(void **state)
{
	struct arena *a = arena_new(0);
	struct said s;
	const struct conf *c =
		load(a,
		     STR("t { int = 5 size = 3M time = 2m float = -0.25\n"
			 " str = 'x y' word = libmilter list = {p, q, r} bool = no }\n"
			 "listen in { socket = one tags = {z} }\n"
			 "listen out { mode = ro }\n"),
		     &s);
	const struct conf *d = load(a, STR(""), &s);
	const struct str *items;
	(void)state;

	assert_non_null(c);
	assert_int_equal(conf_int(c, "t.int"), 5);
	assert_int_equal(conf_size(c, "t.size"), 3 << 20);
	assert_int_equal(conf_time_ms(c, "t.time"), 120000);
	assert_true(conf_float(c, "t.float") == -0.25);
	assert_str(conf_str(c, "t.str"), "x y");
	assert_int_equal(conf_str(c, "t.str").p[3], '\0');
	assert_int_equal(conf_enum(c, "t.word"), 1);
	assert_false(conf_bool(c, "t.bool"));
	assert_int_equal(conf_list(c, "t.list", &items), 3);
	assert_str(items[2], "r");
	assert_true(conf_is_set(c, "t.int"));
	assert_false(conf_is_set(c, "top"));
	assert_string_equal(conf_where(c, "t.str"), "x.conf:2");
	assert_string_equal(conf_where(c, "top"), "default");
	assert_int_equal(conf_sections(c, "listen"), 2);
	assert_str(conf_section_title(c, "listen", 0), "in");
	assert_str(conf_section_title(c, "listen", 1), "out");
	assert_str(conf_sec_str(c, "listen", 0, "socket"), "one");
	assert_null(conf_sec_str(c, "listen", 1, "socket").p);
	assert_int_equal(conf_sec_enum(c, "listen", 0, "mode"), 1);
	assert_int_equal(conf_sec_enum(c, "listen", 1, "mode"), 0);
	assert_int_equal(conf_sec_list(c, "listen", 0, "tags", &items), 1);
	assert_str(items[0], "z");
	assert_int_equal(conf_sec_list(c, "listen", 1, "tags", &items), 0);
	assert_true(conf_sec_is_set(c, "listen", 1, "mode"));
	assert_string_equal(conf_sec_where(c, "listen", 1, "mode"), "x.conf:4");
	assert_string_equal(conf_sec_where(c, "listen", 0, "mode"), "x.conf:3");

	assert_int_equal(conf_int(d, "t.int"), 4);
	assert_int_equal(conf_size(d, "t.size"), 65536);
	assert_int_equal(conf_time_ms(d, "t.time"), 25000);
	assert_true(conf_bool(d, "t.bool"));
	assert_str(conf_str(d, "t.str"), "550 5.7.1 \"No\"");
	assert_null(conf_str(d, "t.key").p);
	assert_int_equal(conf_list(d, "t.list", &items), 2);
	assert_str(items[1], "b");
	assert_int_equal(conf_list(d, "t.stars", &items), 3);
	assert_str(items[0], "X-*");
	assert_str(items[1], "y");
	assert_str(items[2], "z");
	assert_int_equal(conf_list(d, "t.days", &items), 0);
	assert_int_equal(conf_sections(d, "listen"), 0);
	assert_int_equal(conf_int(conf_load(a, NULL, tables, say, &s), "t.sub.depth"), 9);
	arena_free(a);
}

static void test_print(void **state)
{
	struct arena *a = arena_new(0);
	struct said s;
	const struct conf *c = load(a, STR("t { key = abcd }\nlisten x { socket = 'a\"b' }"), &s);
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	(void)state;

	conf_print_options(tables, out, false);
	fflush(out);
	assert_non_null(strstr(text, "t.int  (int: -3..64; default 4)\n\ta number\n"));
	assert_non_null(strstr(text, "listen.*.socket  (string; no default)\n"));
	rewind(out);
	conf_print_options(tables, out, true);
	fflush(out);
	assert_non_null(strstr(text, "{\"name\":\"t.int\",\"type\":\"int\",\"allowed\":\"-3..64\","
				     "\"default\":\"4\",\"secret\":false,\"help\":\"a number\"}"));
	rewind(out);
	conf_print_values(c, out, true);
	fclose(out);
	assert_non_null(strstr(text, "{\"name\":\"t.key\",\"value\":\"***\",\"changed\":true,"
				     "\"file\":\"x.conf\",\"line\":1}"));
	assert_non_null(strstr(text,
			       "{\"name\":\"listen.x.socket\",\"value\":\"\\\"a\\\\\\\"b\\\"\","
			       "\"changed\":true,\"file\":\"x.conf\",\"line\":2}"));
	assert_non_null(strstr(text, "{\"name\":\"t.even\",\"value\":null,\"changed\":false,"
				     "\"file\":null,\"line\":null}"));
	assert_null(strstr(text, "abcd"));
	free(text);
	arena_free(a);
}

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* What loading dir/main says, with dir itself written as D. */
static struct str faults_of(struct arena *a, const char *dir, const struct conf **c)
{
	struct said s = { .text = { .arena = a } };
	struct buf b = { .arena = a };
	struct str rest;
	size_t at;

	*c = conf_load(a, arena_printf(a, "%s/main", dir).p, tables, say, &s);
	rest = buf_str(&s.text);
	while ((at = str_find(rest, str_c(dir))) != SIZE_MAX) {
		buf_add(&b, str_sub(rest, 0, at));
		buf_addc(&b, 'D');
		rest = str_skip(rest, at + strlen(dir));
	}
	buf_add(&b, rest);
	return buf_str(&b);
}

static void test_include(void **state)
{
	char dir[] = "/tmp/merlon-conf-XXXXXX", sub[64];
	struct arena *a = arena_new(0);
	const struct conf *c;
	(void)state;

	assert_non_null(mkdtemp(dir));
	snprintf(sub, sizeof sub, "%s/sub", dir);
	mkdir(sub, 0700);
	/* Relative to the including file, inside a section, twice on one line, lines right after.
	 */
	put_file(dir, "main",
		 "# main\ninclude(\"sub/one\") t { include('sub/two') word = wrong }\n"
		 "top = bad\n");
	put_file(sub, "one", "\n\nlisten a { mode = x }\ninclude(\"two.top\")");
	put_file(sub, "two.top", "/* c */\nlisten b { mode = y }\n\n");
	put_file(sub, "two", "\nint = 500\n");
	assert_str(faults_of(a, dir, &c),
		   "D/sub/one:3: listen.*.mode: found \"x\", expected one of ro|rw\n"
		   "D/sub/two.top:2: listen.*.mode: found \"y\", expected one of ro|rw\n"
		   "D/sub/two:2: t.int: found \"500\", expected a whole number in -3..64\n"
		   "D/main:2: t.word: found \"wrong\", expected one of native|libmilter\n"
		   "D/main:3: top: found \"bad\", expected a whole number in 0..\n");
	/* An include that is no statement, a loop, what is no file. */
	put_file(dir, "main", "t { str = include }\n");
	assert_str(faults_of(a, dir, &c), "");
	assert_str(conf_str(c, "t.str"), "include");
	put_file(dir, "main",
		 "include(\"sub/../main\")\ninclude(\"none\")\ninclude(\"sub\")\n"
		 "include(\"/dev/zero\")\ninclude\ninclude()\ninclude(\"a\\x41\")\n"
		 "include(\"${HOME}\")\n");
	assert_str(faults_of(a, dir, &c),
		   "D/main:1: D/sub/../main includes itself\n"
		   "D/main:2: cannot open D/none: No such file or directory\n"
		   "D/main:3: D/sub is not a regular file\n"
		   "D/main:4: /dev/zero is not a regular file\n"
		   "D/main:5: include: expected include(\"path\"), without escapes or variables\n"
		   "D/main:6: include: expected include(\"path\"), without escapes or variables\n"
		   "D/main:7: include: expected include(\"path\"), without escapes or variables\n"
		   "D/main:8: include: expected include(\"path\"), without escapes or variables\n");
	/* CONF_INCLUDE_MAX files inside each other are fine, one more is not. */
	for (unsigned i = 0; i < CONF_INCLUDE_MAX; i++)
		put_file(dir, i ? arena_printf(a, "f%u", i).p : "main",
			 arena_printf(a, "\ninclude(\"f%u\")\n", i + 1).p);
	put_file(dir, arena_printf(a, "f%u", CONF_INCLUDE_MAX).p, "top = 3");
	assert_str(faults_of(a, dir, &c), "");
	assert_int_equal(conf_int(c, "top"), 3);
	put_file(dir, arena_printf(a, "f%u", CONF_INCLUDE_MAX).p, "include(\"f11\")");
	put_file(dir, "f11", "top = 3");
	assert_str(faults_of(a, dir, &c),
		   "D/f10:1: include: expected at most 10 files inside each other\n");
	/* The same file may come often, but not more than CONF_FILES_MAX times. */
	struct buf many = { .arena = a };
	for (unsigned i = 0; i <= CONF_FILES_MAX; i++)
		buf_addf(&many, "include(\"f12\")\n");
	buf_addc(&many, '\0');
	put_file(dir, "main", many.p);
	put_file(dir, "f12", "t { }");
	assert_str(faults_of(a, dir, &c), "D/main:257: include: expected at most 256 files\n");
	for (unsigned i = 1; i <= 12; i++)
		unlink(arena_printf(a, "%s/f%u", dir, i).p);
	unlink(arena_printf(a, "%s/main", dir).p);
	unlink(arena_printf(a, "%s/sub/one", dir).p);
	unlink(arena_printf(a, "%s/sub/two", dir).p);
	unlink(arena_printf(a, "%s/sub/two.top", dir).p);
	rmdir(arena_printf(a, "%s/sub", dir).p);
	assert_int_equal(rmdir(dir), 0);
	assert_null(conf_load(a, "/nonexistent/merlon.conf", tables, say,
			      &(struct said){ .text = { .arena = a } }));
	arena_free(a);
}

static void test_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct said s;
	(void)state;

	/* One octet over CONF_BYTES_MAX. */
	memset(buf_room(&b, CONF_BYTES_MAX), ' ', CONF_BYTES_MAX);
	b.n = CONF_BYTES_MAX;
	assert_non_null(load(a, buf_str(&b), &s));
	buf_addc(&b, ' ');
	assert_null(load(a, buf_str(&b), &s));
	assert_str(buf_str(&s.text), "x.conf: found more than 1 MiB of text\n");
	/* CONF_FAULTS_MAX lines and no more, the last of which says so. */
	b.n = 0;
	for (unsigned i = 0; i < 2 * CONF_FAULTS_MAX; i++)
		buf_addf(&b, "x%u = 1\n", i);
	assert_null(load(a, buf_str(&b), &s));
	assert_int_equal(s.n, CONF_FAULTS_MAX);
	assert_true(str_iends(buf_str(&s.text), STR("too many faults: the rest is not shown\n")));
	/* CONF_SECTIONS_MAX */
	b.n = 0;
	for (unsigned i = 0; i < CONF_SECTIONS_MAX; i++)
		buf_addf(&b, "listen x%u {}\n", i);
	assert_non_null(load(a, buf_str(&b), &s));
	buf_addf(&b, "listen y {}\n");
	assert_null(load(a, buf_str(&b), &s));
	assert_int_equal(s.n, 1);
	/* A hundred thousand braces, open and closed. */
	b.n = 0;
	for (unsigned i = 0; i < 100000; i++)
		buf_addf(&b, "x {");
	assert_null(load(a, buf_str(&b), &s));
	assert_int_equal(s.n, 1);
	/* A NUL is no end of the text. */
	assert_null(load(a, str_of("top = 1\n\0\ntop = bad", 19), &s));
	assert_str(buf_str(&s.text),
		   "x.conf:2: found a NUL octet, expected text\n"
		   "x.conf:3: top: found a second time, expected once (see x.conf:1)\n");
	arena_free(a);
}

/* Every text below is damaged in many ways: none crashes, and every fault names file and line. */
static void test_mutations(void **state)
{
	static const char good[] = "# Merlon\n"
				   "top = 3\n"
				   "t {\n"
				   "\tbool = yes  // a switch\n"
				   "\tint = 5\n"
				   "\tstr = \"a \\\"quoted\\\" ${HOME} \\x41 text\"\n"
				   "\tlist = {a, 'b c', \"d\"}\n"
				   "\tsub { depth = 2 }\n"
				   "}\n"
				   "/* two\n lines */\n"
				   "listen \"in\" { socket = 'unix:/run/x' mode = rw }\n";
	static const char *const bits[] = { "\0",
					    "{",
					    "}",
					    "(",
					    ")",
					    "=",
					    "+=",
					    ",",
					    "\"",
					    "'",
					    "#",
					    "/*",
					    "*/",
					    "${",
					    "\\",
					    "\n",
					    "\xff",
					    "|",
					    "99999999999999999999999",
					    "include(\"",
					    "root",
					    "__unknown" };
	size_t runs = 0, refused = 0;
	(void)state;

	for (size_t at = 0; at < sizeof good; at++)
		for (size_t k = 0; k <= 2 * (sizeof bits / sizeof *bits); k++) {
			struct arena *a = arena_new(0);
			struct buf b = { .arena = a };
			struct said s;

			/* Cut at, insert at, or put over. */
			buf_add(&b, str_of(good, at));
			if (k) {
				const char *bit = bits[(k - 1) / 2];
				size_t n = *bit ? strlen(bit) : 1;
				buf_add(&b, str_of(bit, n));
				buf_add(&b, str_skip(str_c(good), at + (k % 2 ? n : 0)));
			}
			runs++;
			if (!load(a, buf_str(&b), &s)) {
				refused++;
				assert_true(s.n > 0);
				for (struct str rest = buf_str(&s.text), line; rest.n;) {
					line = str_cut(&rest, '\n');
					assert_true(str_starts(line, STR("x.conf:")));
					assert_true(ch_digit(line.p[7]));
				}
			}
			arena_free(a);
		}
	assert_true(runs > 200 && refused > runs / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	  cmocka_unit_test(test_faults),
		cmocka_unit_test(test_getters),	  cmocka_unit_test(test_print),
		cmocka_unit_test(test_include),	  cmocka_unit_test(test_limits),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
