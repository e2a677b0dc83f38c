/* Links of redirectors followed: where they lead, what is asked for it, and what never is. The
 * redirectors stand on loopback, which redirect.allow_nets lets in. */
#include "unit/checks/memory_world.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "checks/outside/redirect.h"
#include "io/http.h"
#include "lib/serve.h"

static const struct check *const checks[] = { &check_redirect, &check_links, NULL };

/* ---- the redirector ---- */

/* %u: its own port. */
static const struct page {
	const char *path, *head, *get; /* get NULL: the same */
} pages[] = {
	{ "/a", "HTTP/1.1 301 M\r\nLocation: http://landing.test/x?y#z\r\n\r\n", NULL },
	{ "/two", "HTTP/1.1 302 F\r\nLocation: http://short.test:%u/a\r\n\r\n", NULL },
	{ "/three", "HTTP/1.1 303 F\r\nLocation: //SHORT.test:%u/two\r\n\r\n", NULL },
	{ "/four", "HTTP/1.1 307 F\r\nLocation: /three\r\n\r\n", NULL },
	{ "/loop", "HTTP/1.1 308 F\r\nLocation: loop\r\n\r\n", NULL },
	{ "/nohead", "HTTP/1.1 405 No\r\n\r\n",
	  "HTTP/1.1 301 M\r\nLocation: https://landing.test/\r\n\r\n" },
	{ "/meta", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
	  "HTTP/1.1 206 OK\r\nContent-Type: text/html\r\n\r\n<meta http-equiv=refresh "
	  "content='0;url=http://landing.test/m'>" },
	{ "/page", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n<p>hello</p>" },
	{ "/image", "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n",
	  "HTTP/1.1 301 M\r\nLocation: http://never.test/\r\n\r\n" },
	{ "/gone", "HTTP/1.1 410 Gone\r\n\r\n", NULL },
	{ "/missing", "HTTP/1.1 404 No\r\n\r\n", NULL },
	{ "/headless", "HTTP/1.1 404 No\r\n\r\n",
	  "HTTP/1.1 302 F\r\nLocation: http://landing.test/\r\n\r\n" },
	{ "/error", "HTTP/1.1 500 Oh\r\n\r\n", NULL },
	{ "/forbidden", "HTTP/1.1 403 No\r\n\r\n", NULL },
	{ "/nowhere", "HTTP/1.1 302 F\r\n\r\n", NULL },
	{ "/mail", "HTTP/1.1 302 F\r\nLocation: mailto:a@b.test\r\n\r\n", NULL },
	{ "/local", "HTTP/1.1 302 F\r\nLocation: http://printer.local/x\r\n\r\n", NULL },
	{ "/short", "HTTP/1.1 302 F\r\nLocation: http://intranet/x\r\n\r\n", NULL },
	{ "/cloud", "HTTP/1.1 302 F\r\nLocation: http://169.254.169.254/latest\r\n\r\n", NULL },
	{ "/octal", "HTTP/1.1 302 F\r\nLocation: http://0177.0.0.2:%u/a\r\n\r\n", NULL },
	{ "/number", "HTTP/1.1 302 F\r\nLocation: http://2130706434:%u/a\r\n\r\n", NULL },
	{ "/six", "HTTP/1.1 302 F\r\nLocation: http://[::1]:%u/a\r\n\r\n", NULL },
	{ "/mapped", "HTTP/1.1 302 F\r\nLocation: http://[::ffff:7f00:2]:%u/a\r\n\r\n", NULL },
	{ "/within", "HTTP/1.1 302 F\r\nLocation: http://within.short.test:%u/a\r\n\r\n", NULL },
	{ "/port", "HTTP/1.1 302 F\r\nLocation: http://short.test:25/a\r\n\r\n", NULL },
	{ "/token", "HTTP/1.1 302 F\r\nLocation: http://short.test:%u/KfaJmQxZwLtRvBnHc\r\n\r\n",
	  NULL },
	{ "/user", "HTTP/1.1 302 F\r\nLocation: http://x:y@landing.test/\r\n\r\n", NULL },
	{ "/nobody", "HTTP/1.1 302 F\r\nLocation: http://..x/y\r\n\r\n", NULL },
	{ "/slow", NULL, NULL },
	{ "/closes", "", NULL },
	{ "/garbage", "what is this\r\n", NULL },
};

/* What was asked, a line each, with the fields that were sent. */
static char log_path[] = "/tmp/merlon-redirect-XXXXXX";

static void note(const char *text)
{
	int fd = open(log_path, O_WRONLY | O_APPEND);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(1);
	close(fd);
}

static const char *asked(struct arena *a)
{
	static const size_t max = 1 << 16;
	char *text = arena_zalloc(a, max);
	int fd = open(log_path, O_RDWR);

	assert_true(fd >= 0 && read(fd, text, max - 1) >= 0 && ftruncate(fd, 0) == 0);
	close(fd);
	return text;
}

static void speak(int fd, unsigned n, void *arg)
{
	struct sockaddr_in at;
	socklen_t len = sizeof at;
	char head[4096], path[100], port[8];
	bool get;

	(void)n;
	(void)arg;
	if (!serve_read(fd, head, sizeof head, "\r\n\r\n"))
		return;
	note(head);
	get = strncmp(head, "GET", 3) == 0;
	snprintf(path, sizeof path, "%.*s", (int)strcspn(strchr(head, '/'), " ?"),
		 strchr(head, '/'));
	getsockname(fd, (struct sockaddr *)&at, &len);
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		const char *text = get && pages[i].get ? pages[i].get : pages[i].head;
		const char *where;
		if (strcmp(pages[i].path, path) != 0)
			continue;
		if (!text)
			pause();
		where = strstr(text, "%u");
		serve_write(fd, text, where ? (size_t)(where - text) : strlen(text));
		if (where) {
			snprintf(port, sizeof port, "%u", ntohs(at.sin_port));
			serve_say(fd, port);
			serve_say(fd, where + 2);
		}
		return;
	}
	serve_say(fd, "HTTP/1.1 404 No\r\n\r\n");
}

/* ---- a world with it ---- */

struct redirect_world {
	struct memory_world m; /* first */
	struct board *board;
	uint16_t port;
	unsigned mails;
};

/* more NULL: redirect.use is off. */
static void world_begin(struct redirect_world *w, uint16_t port, const char *more)
{
	char conf[1000];

	*w = (struct redirect_world){ .port = port };
	snprintf(conf, sizeof conf,
		 "redirect { use = %s ports = {\"80\", \"443\", \"%u\"} "
		 "allow_nets = {\"127.0.0.1\"} %s }\n",
		 more ? "yes" : "no", port, more ? more : "");
	memory_open(&w->m, checks, conf);
	zone_text(w->m.w.zone, "short.test A 127.0.0.1\n"
			       "within.short.test A 127.0.0.2\n"
			       "mixed.short.test A 127.0.0.2\n"
			       "mixed.short.test A 127.0.0.1\n"
			       "landing.test A 127.0.0.1\n");
	lists_add(w->m.lists, STR("shorteners"), STR("short.test"), STR_NULL);
	lists_add(w->m.lists, STR("bad"), STR("landing.test"), STR_NULL);
	w->board = board_new();
	w->m.w.env.board = w->board;
	w->m.w.env.http = http_new(w->m.w.loop, w->m.w.resolver);
}

static void world_end(struct redirect_world *w)
{
	http_free(w->m.w.env.http);
	board_free(w->board);
	memory_close(&w->m);
}

/* No two messages are the same: else the second one's verdict is that of the first. */
static struct scan *mail(struct redirect_world *w, const char *body)
{
	const char *subject =
		arena_printf(w->m.w.a, "Subject: number %u\nFrom: a@sender.test\n", w->mails++).p;

	return memory_mail(&w->m, &(struct memory_mail){ .from = "a@sender.test",
							 .to = "anna.berg@here.test",
							 .headers = subject,
							 .body = body });
}

/* The outcome of the one link, as text: "leads 1 http://landing.test/x?y"; "-": it was not of a
 * redirector. */
static const char *outcome(struct redirect_world *w, struct scan *s)
{
	const struct redirect_facts *f = scan_result(s, &check_redirect);

	if (!f)
		return "-";
	assert_int_equal(f->n, 1);
	assert_ptr_equal(redirect_of(s, f->p[0].from), &f->p[0]);
	return arena_printf(w->m.w.a, "%s %u %.*s", redirect_word(f->p[0].outcome), f->p[0].hops,
			    STR_ARG(f->p[0].hops ? f->p[0].to.clean : STR("")))
		.p;
}

static const char *without_port(struct redirect_world *w, const char *text)
{
	char port[16];
	const char *at;

	snprintf(port, sizeof port, ":%u", w->port);
	at = strstr(text, port);
	if (!at)
		return text;
	return arena_printf(w->m.w.a, "%.*s%s", (int)(at - text), text, at + strlen(port)).p;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *p = strstr(text, what); p; p = strstr(p + 1, what))
		n++;
	return n;
}

static void test_paths(void **state)
{
	static const struct {
		const char *link, *outcome;
		unsigned requests;
	} t[] = {
		{ "http://short.test:%u/a", "leads 1 http://landing.test/x?y", 1 },
		{ "http://SHORT.test:%u/a", "leads 1 http://landing.test/x?y", 1 },
		{ "http://sub.short.test:%u/a", "failed 0 ", 0 }, /* has no address */
		{ "http://short.test:%u/two", "leads 2 http://landing.test/x?y", 2 },
		{ "http://short.test:%u/three", "leads 3 http://landing.test/x?y", 3 },
		{ "http://short.test:%u/four", "long 3 http://short.test/a", 3 },
		{ "http://short.test:%u/loop", "long 3 http://short.test/loop", 1 },
		{ "http://short.test:%u/nohead", "leads 1 https://landing.test/", 2 },
		{ "http://short.test:%u/headless", "leads 1 http://landing.test/", 2 },
		{ "http://short.test:%u/meta", "leads 1 http://landing.test/m", 2 },
		{ "http://short.test:%u/page", "stays 0 ", 2 },
		{ "http://short.test:%u/image", "stays 0 ", 1 },
		{ "http://short.test:%u/gone", "dead 0 ", 2 },
		{ "http://short.test:%u/missing", "dead 0 ", 2 },
		{ "http://short.test:%u/error", "failed 0 ", 2 },
		{ "http://short.test:%u/forbidden", "failed 0 ", 2 },
		{ "http://short.test:%u/nowhere", "failed 0 ", 1 },
		{ "http://short.test:%u/mail", "stays 0 ", 1 },
		{ "http://short.test:%u/user", "leads 1 http://landing.test/", 1 },
		{ "http://short.test:%u/port", "leads 1 http://short.test:25/a", 1 },
		{ "http://short.test:%u/token", "leads 1 http://short.test/KfaJmQxZwLtRvBnHc", 1 },
		/* inside */
		{ "http://short.test:%u/local", "inside 1 http://printer.local/x", 1 },
		{ "http://short.test:%u/short", "inside 1 http://intranet/x", 1 },
		{ "http://short.test:%u/nobody", "leads 1 http://..x/y", 1 },
		{ "http://short.test:%u/cloud", "inside 1 http://169.254.169.254/latest", 1 },
		{ "http://short.test:%u/octal", "inside 1 http://127.0.0.2/a", 1 },
		{ "http://short.test:%u/number", "inside 1 http://127.0.0.2/a", 1 },
		{ "http://short.test:%u/six", "inside 1 http://[::1]/a", 1 },
		{ "http://short.test:%u/mapped", NULL, 1 },
		{ "http://short.test:%u/within", "inside 1 http://within.short.test/a", 1 },
		{ "http://within.short.test:%u/a", "inside 0 ", 0 },
		{ "http://mixed.short.test:%u/a", "leads 1 http://landing.test/x?y", 1 },
		/* those that do not answer */
		{ "http://short.test:%u/slow", "failed 0 ", 1 },
		{ "http://short.test:%u/closes", "failed 0 ", 1 },
		{ "http://short.test:%u/garbage", "failed 0 ", 1 },
		/* not asked */
		{ "http://short.test:%u/", "-", 0 },
		{ "http://short.test:25/a", "-", 0 },
		{ "http://user@short.test:%u/a", "-", 0 },
		{ "http://landing.test:%u/a", "-", 0 },
		{ "http://127.0.0.1:%u/a", "-", 0 },
		{ "ftp://short.test/a", "-", 0 },
		{ "http://short.test:%u/KfaJmQxZwLtRvBnHc", "personal 0 ", 0 },
		{ "http://short.test:%u/?u=anna.berg", "personal 0 ", 0 },
		{ "http://short.test:%u/?u=YW5uYS5iZXJnQGhlcmUudGVzdA", "personal 0 ", 0 },
	};
	struct serve v = serve_tcp(speak, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct redirect_world w;
		const char *link, *at = strstr(t[i].link, "%u"), *got;
		struct scan *s;

		world_begin(&w, v.port,
			    strstr(t[i].link, "slow") ? "hop_timeout = 300ms"
						      : "hop_timeout = 10s timeout = 30s");
		link = !at ? t[i].link
			   : arena_printf(w.m.w.a, "%.*s%u%s", (int)(at - t[i].link), t[i].link,
					  v.port, at + 2)
				       .p;
		s = mail(&w, arena_printf(w.m.w.a, "see %s\n", link).p);
		got = without_port(&w, outcome(&w, s));
		if (t[i].outcome ? strcmp(got, t[i].outcome) != 0
				 : strncmp(got, "inside 1 ", 9) != 0)
			fail_msg("%s: %s", t[i].link, got);
		assert_int_equal(count(asked(w.m.w.a), "HTTP/1.1\r\n"), t[i].requests);
		assert_int_equal(s->verdict.action, ACT_ACCEPT);
		scan_free(s);
		world_end(&w);
	}
	serve_stop(&v);
}

/* Nothing is sent that says who asks. */
static void test_fields(void **state)
{
	struct serve v = serve_tcp(speak, NULL);
	struct redirect_world w;
	char expected[500];

	(void)state;
	world_begin(&w, v.port, "user_agent = \"Test/1\"");
	scan_free(mail(&w, arena_printf(w.m.w.a, "http://short.test:%u/page\n", v.port).p));
	snprintf(expected, sizeof expected,
		 "HEAD /page HTTP/1.1\r\nHost: short.test:%u\r\nAccept: */*\r\nUser-Agent: "
		 "Test/1\r\n\r\n"
		 "GET /page HTTP/1.1\r\nHost: short.test:%u\r\nAccept: */*\r\nUser-Agent: "
		 "Test/1\r\nRange: bytes=0-16383\r\n\r\n",
		 v.port, v.port);
	assert_string_equal(asked(w.m.w.a), expected);
	world_end(&w);
	serve_stop(&v);
}

/* A second message asks the store, until it is forgotten; what failed is asked again. */
static void test_cache(void **state)
{
	static const struct {
		const char *path, *outcome;
		unsigned first, second, later;
	} t[] = {
		{ "/a", "leads 1 http://landing.test/x?y", 1, 0, 1 },
		{ "/three", "leads 3 http://landing.test/x?y", 3, 0, 3 },
		{ "/page", "stays 0 ", 2, 0, 2 },
		{ "/gone", "dead 0 ", 2, 0, 2 },
		{ "/cloud", "inside 1 http://169.254.169.254/latest", 1, 0, 1 },
		{ "/error", "failed 0 ", 2, 2, 1 }, /* then it is left alone */
		{ "/x12y34z56a78b90cd", "personal 0 ", 0, 0, 0 },
	};
	struct serve v = serve_tcp(speak, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const unsigned requests[] = { t[i].first, t[i].second, t[i].later };
		struct redirect_world w;

		world_begin(&w, v.port, "");
		for (int k = 0; k < 3; k++) {
			struct scan *s;

			if (k == 2)
				memory_later(&w.m, INT64_C(86400000));
			s = mail(&w, arena_printf(w.m.w.a, "http://short.test:%u%s\n", v.port,
						  t[i].path)
					     .p);
			assert_string_equal(outcome(&w, s), t[i].outcome);
			assert_int_equal(count(asked(w.m.w.a), "HTTP/1.1\r\n"), requests[k]);
			scan_free(s);
		}
		world_end(&w);
	}
	serve_stop(&v);
}

/* So many links and no more; all of them at once within the time of the message. */
static void test_many(void **state)
{
	static const struct {
		const char *path, *options;
		size_t followed;
		unsigned requests;
		uint64_t within_ms;
	} t[] = {
		{ "/a?", "", 5, 5, 5000 },
		{ "/page?", "", 5, REDIRECT_REQUESTS, 5000 },
		{ "/page?", "max_urls = 10", 10, REDIRECT_REQUESTS, 5000 },
		{ "/a?", "max_urls = 1", 1, 1, 5000 },
		{ "/slow?", "hop_timeout = 400ms", 5, 5, 5000 },
		{ "/slow?", "hop_timeout = 5s timeout = 400ms", 5, 5, 5000 },
	};
	struct serve v = serve_tcp(speak, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct redirect_facts *f;
		struct redirect_world w;
		struct buf body;
		uint64_t began;
		struct scan *s;

		world_begin(&w, v.port, t[i].options);
		body = (struct buf){ .arena = w.m.w.a };
		for (unsigned k = 0; k < 30; k++)
			buf_addf(&body, "http://short.test:%u%s%u\n", v.port, t[i].path, k);
		buf_addc(&body, '\0');
		began = clock_mono_ms();
		s = mail(&w, body.p);
		assert_in_range(clock_mono_ms() - began, 0, t[i].within_ms);
		f = scan_result(s, &check_redirect);
		assert_int_equal(f->n, t[i].followed);
		assert_true(f->partly);
		assert_true(memory_holds(&w.m, s, "redirect_is", "more"));
		assert_int_equal(count(asked(w.m.w.a), "HTTP/1.1\r\n"), t[i].requests);
		scan_free(s);
		world_end(&w);
	}
	serve_stop(&v);
}

/* ---- a name that changes between the look and the call ---- */

struct rebinding {
	struct resolver face;
	struct loop *loop;
	unsigned asked;
};

static const struct dns_answer *rebind(struct resolver *r, const char *name, int type,
				       uint64_t deadline, resolver_fn *fn, void *arg,
				       struct resolver_query **q)
{
	static const struct dns_rr good = { { "\x7f\0\0\1", 4 }, 0 },
				   evil = { { "\x7f\0\0\2", 4 }, 0 };
	static struct resolver_answer answers[3];
	struct rebinding *b = (struct rebinding *)(void *)r;
	struct resolver_answer *a;

	(void)name;
	(void)deadline;
	(void)fn;
	(void)arg;
	*q = NULL;
	for (int i = 0; i < 3; i++)
		answers[i].ops = r->ops;
	answers[0].dns = (struct dns_answer){ .status = DNS_OK, .n = 1, .rr = &good };
	answers[1].dns = (struct dns_answer){ .status = DNS_OK, .n = 1, .rr = &evil };
	answers[2].dns = (struct dns_answer){ .status = DNS_NODATA };
	a = type != DNS_A ? &answers[2] : b->asked++ ? &answers[1] : &answers[0];
	return &a->dns;
}

static void give_back(const struct dns_answer *a)
{
	(void)a;
}

static void test_rebinding(void **state)
{
	static const struct resolver_ops ops = { .ask = rebind, .put = give_back };
	struct rebinding b = { .face = { &ops } };
	struct serve v = serve_tcp(speak, NULL);
	struct redirect_world w;
	struct scan *s;

	(void)state;
	world_begin(&w, v.port, "");
	http_free(w.m.w.env.http);
	w.m.w.env.http = http_new(w.m.w.loop, &b.face);
	/* HEAD goes to the first address; GET would go to the second */
	s = mail(&w, arena_printf(w.m.w.a, "http://short.test:%u/nohead\n", v.port).p);
	assert_string_equal(outcome(&w, s), "inside 0 ");
	assert_int_equal(b.asked, 2);
	assert_int_equal(count(asked(w.m.w.a), "HTTP/1.1\r\n"), 1);
	scan_free(s);
	world_end(&w);
	serve_stop(&v);
}

/* ---- what rules and people see ---- */

static void test_predicates(void **state)
{
	static const struct {
		const char *path, *predicate, *args;
		bool holds;
	} t[] = {
		{ "/a", "redirect_to_other", "", true },
		{ "/page", "redirect_to_other", "", false },
		{ "/four", "redirect_to_other", "", false }, /* is still on its own site */
		{ "/a", "redirect_host", "bad", true },
		{ "/a", "redirect_host", "freemail", false },
		{ "/page", "redirect_host", "bad", false },
		{ "/a", "redirect_hops", "1", true },
		{ "/a", "redirect_hops", "2", false },
		{ "/two", "redirect_hops", "2", true },
		{ "/cloud", "redirect_url", "ip", true },
		{ "/cloud", "redirect_url", "idn,port", false },
		{ "/cloud", "redirect_is", "inside", true },
		{ "/cloud", "redirect_is", "leads,failed", false },
		{ "/a", "redirect_is", "leads,failed", true },
		{ "/a", "redirect_is", "more", false },
		{ "/four", "redirect_is", "long", true },
		{ "/gone", "redirect_is", "dead", true },
		{ "/error", "redirect_is", "failed", true },
	};
	struct serve v = serve_tcp(speak, NULL);
	struct redirect_world w;
	struct scan *s;

	(void)state;
	world_begin(&w, v.port, "");
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		s = mail(&w,
			 arena_printf(w.m.w.a, "http://short.test:%u%s\n", v.port, t[i].path).p);
		if (memory_holds(&w.m, s, t[i].predicate, t[i].args) != t[i].holds)
			fail_msg("%s %s %s", t[i].path, t[i].predicate, t[i].args);
		scan_free(s);
	}
	s = mail(&w, arena_printf(w.m.w.a, "http://short.test:%u/a\n", v.port).p);
	assert_str(memory_evidence_of(&w.m, s, "redirect_host", "bad"),
		   "short.test leads to landing.test");
	scan_free(s);
	s = memory_mail(
		&w.m,
		&(struct memory_mail){
			.from = "a@landing.test",
			.to = "b@here.test",
			.headers = "From: a@news.landing.test\n",
			.body = arena_printf(w.m.w.a, "http://short.test:%u/a\n", v.port).p });
	assert_false(memory_holds(&w.m, s, "redirect_to_other", ""));
	scan_free(s);
	world_end(&w);
	serve_stop(&v);
}

/* What a link shows is compared with where it leads. */
static void test_shown(void **state)
{
	static const struct {
		const char *path, *text, *evidence; /* NULL: it says where it goes */
	} t[] = {
		{ "/a", "www.landing.test", NULL },
		{ "/a", "www.bank.test", "shows bank.test, goes to landing.test" },
		{ "/a", "http://short.test/a", NULL },
		{ "/page", "http://short.test/page", NULL },
		{ "/error", "www.landing.test", "shows landing.test, goes to short.test" },
	};
	struct serve v = serve_tcp(speak, NULL);
	struct redirect_world w;

	(void)state;
	world_begin(&w, v.port, "");
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct scan *s = memory_mail(
			&w.m,
			&(struct memory_mail){
				.from = "a@sender.test",
				.to = "b@here.test",
				.headers = "From: a@sender.test\nContent-Type: text/html\n",
				.body = arena_printf(w.m.w.a,
						     "<a href=\"http://short.test:%u%s\">%s</a>\n",
						     v.port, t[i].path, t[i].text)
						.p });
		if (memory_holds(&w.m, s, "url_shows_other", "") != (t[i].evidence != NULL))
			fail_msg("%s %s", t[i].path, t[i].text);
		if (t[i].evidence)
			assert_str(memory_evidence_of(&w.m, s, "url_shows_other", ""),
				   t[i].evidence);
		scan_free(s);
	}
	world_end(&w);
	serve_stop(&v);
}

/* Off, of our own users, and without anybody to ask: nothing is sent. */
static void test_off(void **state)
{
	struct serve v = serve_tcp(speak, NULL);
	struct redirect_world w;
	struct scan *s;

	(void)state;
	world_begin(&w, v.port, NULL);
	(void)asked(w.m.w.a);
	s = mail(&w, arena_printf(w.m.w.a, "http://short.test:%u/a\n", v.port).p);
	assert_string_equal(outcome(&w, s), "-");
	scan_free(s);
	world_end(&w);
	world_begin(&w, v.port, "");
	s = memory_mail(&w.m, &(struct memory_mail){ .user = "u",
						     .from = "a@sender.test",
						     .to = "b@here.test",
						     .headers = "From: a@sender.test\n",
						     .body = "http://short.test/a\n" });
	assert_string_equal(outcome(&w, s), "-");
	scan_free(s);
	assert_string_equal(asked(w.m.w.a), "");
	world_end(&w);
	serve_stop(&v);
}

/* After failures in a row the redirector is left alone; the message is judged, and says so. */
static void test_dead(void **state)
{
	uint16_t port = serve_nobody();
	struct redirect_world w;
	struct board_cell *cell;

	(void)state;
	world_begin(&w, port, "");
	cell = board_cell(w.board, STR("redirect:short.test"));
	for (unsigned i = 0; i < BOARD_OPENS_AFTER + 2; i++) {
		struct scan *s =
			mail(&w, arena_printf(w.m.w.a, "http://short.test:%u/a\n", port).p);
		bool said = false;

		assert_string_equal(outcome(&w, s), "failed 0 ");
		for (size_t k = 0; k < s->verdict.edits.n; k++)
			said |= str_eq(s->verdict.edits.p[k].name, STR("X-Merlon-Degraded")) &&
				str_ifind(s->verdict.edits.p[k].value, STR("redirect"));
		assert_true(said);
		scan_free(s);
	}
	assert_int_equal(board_count(cell, BOARD_ASKED), BOARD_OPENS_AFTER);
	assert_int_equal(board_count(cell, BOARD_OFF), 2);
	world_end(&w);
}

static int make_log(void **state)
{
	int fd = mkstemp(log_path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int drop_log(void **state)
{
	(void)state;
	return unlink(log_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),	  cmocka_unit_test(test_fields),
		cmocka_unit_test(test_cache),	  cmocka_unit_test(test_many),
		cmocka_unit_test(test_rebinding), cmocka_unit_test(test_predicates),
		cmocka_unit_test(test_off),	  cmocka_unit_test(test_shown),
		cmocka_unit_test(test_dead),
	};

	return cmocka_run_group_tests(tests, make_log, drop_log);
}
