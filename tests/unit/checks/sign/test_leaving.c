/* What is signed of a message, its MTA being what it is. */
#include "lib/test.h"

#include "checks/sign/leaving.h"

#define POSTFIX "Postfix 3.7.11"
#define SENDMAIL "8.17.1.9"
#define BASE "Date: d\nMessage-ID: <a@b>\n"

struct row {
	const char *mta, *fields; /* lines with LF */
	uint64_t line_max;
	struct emit_body body;
	const char *to;	     /* the value of To as it leaves; NULL: as it came */
	const char *fault;   /* a word of it; NULL: none */
	const char *without; /* names that the plan lacks */
};

static const struct row rows[] = {
	{ POSTFIX, "From: A. <a@b.example>\nTo: a@b.example,c@d.example\n" BASE },
	{ SENDMAIL, "From: A. <a@b.example>\nTo: a@b.example,c@d.example\n" BASE,
	  .to = " a@b.example, c@d.example" },
	{ SENDMAIL, "From: A <a@b.example>\nTo: group: c@d.example;\n" BASE, .without = "To" },
	{ SENDMAIL, "From: A <a@b.example>\nTo : a@b.example,c@d.example\n" BASE, .without = "To" },
	{ SENDMAIL, "From: A <a@b.example>\nCc: group: c@d.example;\nTo: a@b.example\n" BASE,
	  .without = "Cc" },
	{ SENDMAIL, "From: root\n" BASE, .fault = "From", .without = "From" },
	{ POSTFIX, "From: root\n" BASE },
	{ SENDMAIL, "To: a@b.example\n" BASE, .fault = "no From", .without = "From" },
	{ POSTFIX, "To: a@b.example\n" BASE, .fault = "no From" },
	{ SENDMAIL, "From: a@b.example\n", .without = "Date Message-ID" },
	{ POSTFIX, "From: a@b.example\n" },
	{ NULL, "From: a@b.example\n" },
	{ POSTFIX, "From: a@b.example\n" BASE, .body = { .longest = 998 } },
	{ POSTFIX, "From: a@b.example\n" BASE, .body = { .longest = 999 }, .fault = "999 octets" },
	{ NULL, "From: a@b.example\n" BASE, .body = { .longest = 999 }, .fault = "999 octets" },
	{ SENDMAIL, "From: a@b.example\n" BASE, .body = { .longest = 990 } },
	{ SENDMAIL, "From: a@b.example\n" BASE, .body = { .longest = 991 }, .fault = "991 octets" },
	{ SENDMAIL, "From: a@b.example\n" BASE, 2040, { .longest = 2040 } },
	{ POSTFIX, "From: a@b.example\n" BASE, 40, { .longest = 41 }, .fault = "41 octets" },
	{ POSTFIX, "From: a@b.example\nSubject: 45678901\n" BASE, 17, { 0 } },
	{ POSTFIX,
	  "From: a@b.example\nSubject: 456789012\n" BASE,
	  17,
	  { 0 },
	  .without = "Subject" },
	{ POSTFIX, "From: aa@b.example\n" BASE, 17, { 0 }, .fault = "From", .without = "From" },
	{ POSTFIX, "From: a@b.example\n" BASE, .body = { .bare_cr = true }, .fault = "line ends" },
	{ POSTFIX, "From: a@b.example\n" BASE, .body = { .nul = true }, .fault = "NUL" },
};

static void read_fields(struct hdr_list *h, struct arena *a, struct str text)
{
	hdr_init(h, a);
	while (text.n) {
		struct str line = str_cut(&text, '\n'), name = str_cut(&line, ':');

		hdr_add(h, name, line);
	}
}

static void check_plan(const struct row *r, const struct dkim_plan *p)
{
	struct str without = r->without ? str_c(r->without) : STR("");
	size_t left = dkim_plan_default.n;

	while (without.n) {
		struct str name = str_word(&without);

		left--;
		for (size_t i = 0; i < p->n; i++)
			assert_false(str_ieq(p->name[i].name, name));
	}
	if (p->n != left)
		fail_msg("%s: %zu names", r->fields, p->n);
}

static void leaving(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct scan s = { .arena = arena_new(4096),
				  .client = { .mta = rows[i].mta ? str_c(rows[i].mta) : STR_NULL },
				  .body_form = rows[i].body };
		struct hdr_list h;
		struct leaving l = { 0 };
		const struct hdr *to;

		read_fields(&h, s.arena, str_c(rows[i].fields));
		leaving_make(&s, &h, rows[i].line_max, &l);
		if (!rows[i].fault != !l.fault.n ||
		    (l.fault.n && str_find(l.fault, str_c(rows[i].fault)) == SIZE_MAX))
			fail_msg("row %zu: fault \"%.*s\"", i, STR_ARG(l.fault));
		check_plan(&rows[i], &l.plan);
		assert_int_equal(l.headers->v.n, h.v.n);
		to = hdr_find(l.headers, STR("To"), 0);
		if (rows[i].to)
			assert_str(to->value, rows[i].to);
		else if (to)
			assert_true(str_eq(to->value, hdr_find(&h, STR("To"), 0)->value));
		arena_free(s.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(leaving) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
