/* What is read out of a whole message: files, texts, links, each once, wherever the octets are
 * split. */
#include "lib/test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "mail/content.h"
#include "mail/msg.h"

struct message {
	struct arena *a;
	struct hdr_list headers;
	struct content *c;
};

/* text: a message with LF line ends; its body is pushed in pieces of step octets. */
static void read_message(struct message *m, const char *text, size_t step)
{
	struct buf b;
	const char *end = strstr(text, "\n\n");

	m->a = arena_new(0);
	b = (struct buf){ .arena = m->a };
	hdr_init(&m->headers, m->a);
	for (const char *line = text; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line) + 1);
		const char *colon = memchr(line, ':', (size_t)(stop - line));
		hdr_add(&m->headers, str_of(line, (size_t)(colon - line)),
			str_of(colon + 1, (size_t)(stop - colon - 1)));
		line = stop + 1;
	}
	for (const char *p = end + 2; *p; p++) {
		if (*p == '\n')
			buf_addc(&b, '\r');
		buf_addc(&b, *p);
	}
	m->c = content_new(m->a, NULL, &m->headers);
	for (size_t at = 0; at < b.n; at += step)
		content_push(m->c, str_sub(buf_str(&b), at, step));
	content_end(m->c);
}

static const char mixed[] =
	"From: a@example.com\n"
	"Subject: see https://subject.example/s and =?utf-8?q?more?=\n"
	"List-Unsubscribe: <https://list.example/u?id=1>, <mailto:leave@list.example>\n"
	"List-Help: <https://list.example/help>\n"
	"MIME-Version: 1.0\n"
	"Content-Type: multipart/mixed; boundary=b\n"
	"\n"
	"preamble https://preamble.example/\n"
	"--b\n"
	"Content-Type: text/plain; charset=iso-8859-1\n"
	"Content-Transfer-Encoding: quoted-printable\n"
	"\n"
	"Gr=FC=DFe https://plain.example/a?b=3Dc and https://plain.example/a?b=3Dc again\n"
	"and https://go.example/r?u=3Dhttps%3A%2F%2Ftarget.example%2Fx\n"
	"--b\n"
	"Content-Type: application/pdf; name=\"invoice.pdf.exe\"\n"
	"Content-Disposition: attachment; filename=\"invoice.pdf.exe\"\n"
	"Content-Transfer-Encoding: base64\n"
	"\n"
	"JVBERi0xLjcK\n"
	"--b\n"
	"Content-Type: application/pdf\n"
	"Content-Disposition: attachment; filename=\"a.pdf\"\n"
	"Content-Transfer-Encoding: base64\n"
	"\n"
	"/9j/4AAQSkZJRgA=\n"
	"--b\n"
	"Content-Type: text/plain\n"
	"Content-Disposition: attachment; filename=\"notes.txt\"\n"
	"\n"
	"not shown https://notes.example/\n"
	"--b--\n";

static const struct {
	enum url_origin origin;
	uint32_t part;
	const char *host;
} urls[] = {
	{ URL_FROM_SUBJECT, UINT32_MAX, "subject.example" },
	{ URL_FROM_UNSUBSCRIBE, UINT32_MAX, "list.example" },
	{ URL_FROM_UNSUBSCRIBE, UINT32_MAX, "" },
	{ URL_FROM_HEADER, UINT32_MAX, "list.example" },
	{ URL_FROM_TEXT, 1, "plain.example" },
	{ URL_FROM_TEXT, 1, "go.example" },
	{ URL_FROM_NESTED, 1, "target.example" },
	{ URL_FROM_TEXT, 4, "notes.example" },
};

static void check_mixed(struct content *c)
{
	const content_file_vec *f = content_files(c);
	const url_vec *u = content_urls(c);

	assert_int_equal(f->n, 3);
	assert_str(f->p[0].name, "invoice.pdf.exe");
	assert_int_equal(f->p[0].parsed.flags, FILE_NAME_RISKY | FILE_NAME_DOUBLE);
	assert_string_equal(f->p[0].type->name, "application/pdf");
	assert_true(f->p[0].type_agrees);
	assert_int_equal(f->p[0].part, 2);
	assert_string_equal(f->p[1].type->name, "image/jpeg");
	assert_false(f->p[1].type_agrees);
	assert_str(f->p[2].name, "notes.txt");
	assert_true(str_starts(content_visible(c), STR("Gr\xc3\xbc\xc3\x9f"
						       "e https://plain")));
	assert_true(str_find(content_visible(c), STR("not shown")) == SIZE_MAX);
	assert_int_equal(content_hidden(c).n, 0);
	assert_int_equal(u->n, sizeof urls / sizeof *urls);
	for (size_t i = 0; i < u->n; i++) {
		assert_int_equal(u->p[i].origin, urls[i].origin);
		assert_int_equal(u->p[i].part, urls[i].part);
		assert_str(u->p[i].host, urls[i].host);
	}
	assert_int_equal(u->p[6].parent, 5);
	assert_int_equal(content_urls_found(c), u->n + 1); /* one stood there twice */
	/* made once */
	assert_ptr_equal(content_files(c), f);
	assert_ptr_equal(content_urls(c), u);
	assert_null(content_html(c, 0));
	assert_null(content_html(c, 99));
}

static void test_mixed(void **state)
{
	static const size_t steps[] = { 1, 2, 3, 7, 64, 100000 };

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct message m;
		read_message(&m, mixed, steps[i]);
		check_mixed(m.c);
		arena_free(m.a);
	}
}

static const char markup[] = "From: a@example.com\n"
			     "Content-Type: multipart/alternative; boundary=b\n"
			     "\n"
			     "--b\n"
			     "Content-Type: text/plain\n"
			     "\n"
			     "plain words\n"
			     "--b\n"
			     "Content-Type: text/html\n"
			     "\n"
			     "<p>seen <a href=\"https://link.example/\">www.bank.example</a></p>"
			     "<div style=\"display:none\">unseen https://hidden.example/\n"
			     "<a href=\"https://hiddenlink.example/\">x</a></div>\n"
			     "--b\n"
			     "Content-Type: application/octet-stream; name=\"form.html\"\n"
			     "Content-Disposition: attachment\n"
			     "\n"
			     "<a href=\"https://attached.example/\">x</a> attached words\n"
			     "--b--\n";

static const struct url *find(const url_vec *v, enum url_origin origin, const char *host)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->p[i].origin == origin && str_eq(v->p[i].host, str_c(host)))
			return &v->p[i];
	return NULL;
}

static void test_html(void **state)
{
	struct message m;
	const url_vec *u;

	(void)state;
	read_message(&m, markup, 100);
	assert_null(content_html(m.c, 1));
	assert_non_null(content_html(m.c, 2));
	assert_non_null(content_html(m.c, 3)); /* by its name */
	assert_true(str_find(content_visible(m.c), STR("plain words")) != SIZE_MAX);
	assert_true(str_find(content_visible(m.c), STR("seen www.bank.example")) != SIZE_MAX);
	assert_true(str_chr(content_visible(m.c), '\r') == SIZE_MAX);
	assert_true(str_find(content_visible(m.c), STR("unseen")) == SIZE_MAX);
	assert_true(str_find(content_visible(m.c), STR("attached")) == SIZE_MAX);
	assert_true(str_find(content_hidden(m.c), STR("unseen")) != SIZE_MAX);
	u = content_urls(m.c);
	assert_non_null(find(u, URL_FROM_HTML, "link.example"));
	assert_str(find(u, URL_FROM_HTML, "link.example")->text, "www.bank.example");
	assert_int_equal(find(u, URL_FROM_HTML, "link.example")->flags & URL_HIDDEN, 0);
	assert_non_null(find(u, URL_FROM_HTML_TEXT, "www.bank.example"));
	assert_true(find(u, URL_FROM_HTML_TEXT, "hidden.example")->flags & URL_HIDDEN);
	assert_true(find(u, URL_FROM_HTML, "hiddenlink.example")->flags & URL_HIDDEN);
	assert_int_equal(find(u, URL_FROM_HTML, "attached.example")->part, 3);
	arena_free(m.a);
}

/* Many links to one place do not hide the one to another that stands behind them. */
static void test_many_urls(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct message m;

	(void)state;
	buf_addf(&b, "From: a@example.com\n\n");
	for (int i = 0; i < 3000; i++)
		buf_addf(&b, "https://many.example/%d\n", i);
	buf_addf(&b, "https://other.example/\n");
	buf_addc(&b, '\0');
	read_message(&m, b.p, 100000);
	assert_int_equal(content_urls_found(m.c), 3001);
	assert_true(content_urls(m.c)->n <= URL_MAX_KEPT);
	assert_non_null(find(content_urls(m.c), URL_FROM_TEXT, "other.example"));
	arena_free(m.a);
	arena_free(a);
}

/* Of texts over the limit the beginning and the end are looked through. */
static void test_long_text(void **state)
{
	static const char last[] = "https://last.example/\n";
	enum { N = 9 * 1024 * 1024 };
	struct arena *a = arena_new(0);
	char *p = arena_alloc(a, N + sizeof last);
	struct message m;

	(void)state;
	memset(p, 'x', N);
	for (size_t i = 70; i < N; i += 70)
		p[i] = '\n';
	memcpy(p, "From: a@example.com\n\nhttps://first.example/\n", 44);
	memcpy(p + N - 100000, "\nhttps://between.example/\n", 26);
	memcpy(p + N, last, sizeof last);
	read_message(&m, p, 1 << 20);
	assert_non_null(find(content_urls(m.c), URL_FROM_TEXT, "first.example"));
	assert_null(find(content_urls(m.c), URL_FROM_TEXT, "between.example"));
	assert_non_null(find(content_urls(m.c), URL_FROM_TEXT, "last.example"));
	arena_free(m.a);
	arena_free(a);
}

static void test_nothing(void **state)
{
	struct message m;

	(void)state;
	read_message(&m, "From: a@example.com\n\n", 1);
	assert_int_equal(content_files(m.c)->n, 0);
	assert_int_equal(content_urls(m.c)->n, 0);
	assert_int_equal(content_visible(m.c).n, 0);
	arena_free(m.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mixed),	cmocka_unit_test(test_many_urls),
		cmocka_unit_test(test_nothing), cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_html),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
