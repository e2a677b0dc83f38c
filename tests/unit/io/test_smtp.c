/* Messages to a relay that takes them, refuses them at each step, is silent, or is not there. */
#include "io/smtp.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/serve.h"
#include "lib/test.h"

/* What the server says to each command; NULL: it says nothing more. */
struct script {
	const char *greeting, *ehlo, *mail, *rcpt, *data, *end;
	bool hold; /* does not hang up after QUIT */
};

#define FINE                                                                                       \
	"220 x ESMTP\r\n", "250-x\r\n250 SIZE 1000000\r\n", "250 ok\r\n", "250 ok\r\n",            \
		"354 go on\r\n", "250 taken\r\n"

static bool say(int fd, const char *text)
{
	if (text)
		serve_say(fd, text);
	else
		sleep(20);
	return text;
}

/* Only a message with its dots doubled, and ended by one, is taken. */
static void take_message(int fd, const struct script *s)
{
	static const char want[] = "Subject: x\r\n\r\n..one\r\n...two\r\nend\r\n.\r\n";
	char text[4096];

	serve_read(fd, text, sizeof text, "\r\n.\r\n");
	say(fd, strcmp(text, want) == 0 ? s->end : "554 not as it was sent\r\n");
}

static void serve(int fd, unsigned n, void *arg)
{
	const struct script *s = arg;
	char line[4096];

	(void)n;
	if (!say(fd, s->greeting))
		return;
	while (serve_read(fd, line, sizeof line, "\r\n")) {
		if (strncmp(line, "EHLO helo.example", 17) == 0)
			say(fd, s->ehlo);
		else if (strncmp(line, "MAIL FROM:<a@x.example>", 23) == 0)
			say(fd, s->mail);
		else if (strcmp(line, "RCPT TO:<b@y.example>\r\n") == 0)
			say(fd, s->rcpt);
		else if (strcmp(line, "DATA\r\n") == 0 && say(fd, s->data) && s->data[0] == '3')
			take_message(fd, s);
		else if (strcmp(line, "QUIT\r\n") == 0)
			s->hold ? (void)sleep(20) : (void)say(fd, "221 bye\r\n");
	}
}

struct result {
	bool done;
	enum smtp_outcome outcome;
	unsigned status;
	char why[256];
};

static void told(void *arg, const struct smtp_answer *r)
{
	struct result *w = arg;

	w->done = true;
	w->outcome = r->outcome;
	w->status = r->status;
	snprintf(w->why, sizeof w->why, "%.*s", STR_ARG(r->why));
}

static struct result send_to(uint16_t port, uint64_t timeout_ms, const char *to)
{
	struct loop *l = loop_new();
	struct smtp_config config = { .host = STR("127.0.0.1"),
				      .port = port,
				      .helo = STR("helo.example"),
				      .timeout_ms = timeout_ms };
	struct smtp *s = smtp_new(l, NULL, &config);
	struct smtp_message m = {
		.from = STR("a@x.example"),
		.to = str_c(to),
		.octets = STR("Subject: x\r\n\r\n.one\r\n..two\r\nend\r\n"),
	};
	struct result w = { 0 };

	smtp_send(s, &m, told, &w);
	assert_false(w.done);
	while (!w.done)
		loop_turn(l, 1000);
	smtp_free(s);
	loop_free(l);
	return w;
}

static const struct {
	const char *name;
	struct script script;
	enum smtp_outcome outcome;
	unsigned status;
	const char *why; /* in it */
} cases[] = {
	{ "taken", { FINE, false }, SMTP_SENT, 250, "" },
	{ "does not say goodbye", { FINE, true }, SMTP_SENT, 250, "" },
	{ "no such user",
	  { "220 x\r\n", "250 x\r\n", "250 ok\r\n", "550 5.1.1 no such user\r\n", "", "", false },
	  SMTP_NO_SUCH,
	  550,
	  "no such user" },
	{ "greylisted",
	  { "220 x\r\n", "250 x\r\n", "250 ok\r\n", "450 4.2.0 later\r\n", "", "", false },
	  SMTP_LATER,
	  450,
	  "4.2.0 later" },
	{ "sender refused",
	  { "220 x\r\n", "250 x\r\n", "553 not you\r\n", "", "", "", false },
	  SMTP_REFUSED,
	  553,
	  "not you" },
	{ "message refused",
	  { "220 x\r\n", "250 x\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n",
	    "554 5.7.1 no reports\r\n", false },
	  SMTP_NO_SUCH,
	  554,
	  "no reports" },
	{ "message later",
	  { "220 x\r\n", "250 x\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "451 disk full\r\n",
	    false },
	  SMTP_LATER,
	  451,
	  "disk full" },
	{ "busy", { "421 busy\r\n", "", "", "", "", "", false }, SMTP_LATER, 421, "" },
	{ "no service", { "554 no\r\n", "", "", "", "", "", false }, SMTP_LATER, 554, "" },
	{ "garbage", { "HTTP/1.0 200 OK\r\n", "", "", "", "", "", false }, SMTP_LATER, 0, "" },
};

static void outcomes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct script s = cases[i].script;
		struct serve server = serve_tcp(serve, &s);
		uint64_t began = clock_mono_ms();
		struct result w = send_to(server.port, 5000, "b@y.example");

		serve_stop(&server);
		if (w.outcome != cases[i].outcome ||
		    (cases[i].status && w.status != cases[i].status) ||
		    !strstr(w.why, cases[i].why))
			fail_msg("%s: %s, %u, %s", cases[i].name, smtp_word(w.outcome), w.status,
				 w.why);
		assert_true(clock_mono_ms() - began < 15000);
	}
}

/* A server that stops talking at any step costs the deadline, and no more. */
static void silent(void **state)
{
	static const struct script t[] = {
		{ NULL, "", "", "", "", "", false },
		{ "220 x\r\n", NULL, "", "", "", "", false },
		{ "220 x\r\n", "250 x\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct script s = t[i];
		struct serve server = serve_tcp(serve, &s);
		uint64_t began = clock_mono_ms();
		struct result w = send_to(server.port, 300, "b@y.example");

		serve_stop(&server);
		assert_int_equal(w.outcome, SMTP_LATER);
		assert_true(clock_mono_ms() - began < 5000);
	}
}

static void nobody(void **state)
{
	(void)state;
	assert_int_equal(send_to(serve_nobody(), 2000, "b@y.example").outcome, SMTP_LATER);
}

/* Nothing that could be another command or address goes to the server. */
static void addresses(void **state)
{
	static const char *const t[] = { "",
					 "b@y.example>\r\nRCPT TO:<c@z.example",
					 "b c@y.example",
					 "b@y.example\n",
					 "<b@y.example>",
					 "b@\xc3\xbc.example" };

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_int_equal(send_to(1, 1000, t[i]).outcome, SMTP_REFUSED);
}

static void cancelled(void **state)
{
	struct script s = { NULL, "", "", "", "", "", false };
	struct serve server = serve_tcp(serve, &s);
	struct loop *l = loop_new();
	struct smtp_config config = {
		.host = STR("localhost"), .port = server.port, .helo = STR("h"), .timeout_ms = 5000
	};
	struct smtp *m = smtp_new(l, NULL, &config);
	struct smtp_message one = { STR("a@x.example"), STR("b@y.example"), STR("x\r\n") };
	struct result w = { 0 };
	struct smtp_call *c = smtp_send(m, &one, told, &w);

	(void)state;
	smtp_send(m, &one, told, &w);
	loop_turn(l, 100);
	smtp_cancel(c);
	smtp_free(m);
	assert_false(w.done);
	loop_free(l);
	serve_stop(&server);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(outcomes),  cmocka_unit_test(silent),	  cmocka_unit_test(nobody),
		cmocka_unit_test(addresses), cmocka_unit_test(cancelled),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
