/* HTTPS: whom we believe, and what speaks no TLS. */
#include <openssl/ssl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/http.h"
#include "lib/certs.h"
#include "lib/serve.h"
#include "lib/test.h"
#include "lib/zone_resolver.h"

/* What a server is. */
struct peer {
	const struct cert *cert;
	const struct cert *clients; /* whose certificates it wants; NULL: none */
	int max_version;	    /* 0: any */
	enum { SPEAKS, PLAIN, SILENT, CLOSES } mode;
};

static SSL_CTX *context(const struct peer *p)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	SSL_CTX_use_certificate(ctx, p->cert->x509);
	SSL_CTX_use_PrivateKey(ctx, p->cert->key);
	if (p->clients) {
		X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), p->clients->x509);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	if (p->max_version) {
		SSL_CTX_set_security_level(ctx, 0);
		SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(ctx, p->max_version);
	}
	return ctx;
}

static void secured(int fd, const struct peer *p)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	SSL *ssl = SSL_new(context(p));
	char head[2000];

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1)
		while (SSL_read(ssl, head, sizeof head) > 0)
			SSL_write(ssl, reply, sizeof reply - 1);
}

static void speak(int fd, unsigned n, void *arg)
{
	const struct peer *p = arg;

	(void)n;
	if (p->mode == SPEAKS)
		secured(fd, p);
	else if (p->mode == PLAIN)
		serve_say(fd, "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n");
	else if (p->mode == SILENT)
		pause();
}

struct certs {
	struct cert ca, other, good, wrong, old, client, stranger;
};

static void test_peers(void **state)
{
	struct certs c = { .ca = cert_new(NULL, "authority.test", 10) };
	struct arena *a = arena_new(0);
	struct loop *l = loop_new();
	struct zone *z = zone_new();

	(void)state;
	c.other = cert_new(NULL, "authority.test", 10);
	c.good = cert_new(&c.ca, "good.test", 10);
	c.wrong = cert_new(&c.ca, "wrong.test", 10);
	c.old = cert_new(&c.ca, "good.test", -10);
	c.client = cert_new(&c.ca, "client.test", 10);
	c.stranger = cert_new(&c.other, "client.test", 10);
	zone_text(z, "good.test A 127.0.0.1\n");

	const struct http_tls ca = { .ca = cert_pem(a, &c.ca) },
			      other = { .ca = cert_pem(a, &c.other) },
			      nonsense = { .ca = STR("no certificate at all") },
			      client = { ca.ca, cert_pem(a, &c.client),
					 cert_key_pem(a, &c.client) },
			      stranger = { ca.ca, cert_pem(a, &c.stranger),
					   cert_key_pem(a, &c.stranger) },
			      mixed = { ca.ca, cert_pem(a, &c.client),
					cert_key_pem(a, &c.stranger) };
	const struct {
		struct peer peer;
		const struct http_tls *tls;
		const char *scheme;
		enum http_outcome outcome;
	} t[] = {
		{ { .cert = &c.good }, &ca, "https", HTTP_OK },
		{ { .cert = &c.good, .max_version = TLS1_2_VERSION }, &ca, "https", HTTP_OK },
		{ { .cert = &c.good, .max_version = TLS1_1_VERSION }, &ca, "https", HTTP_TLS },
		{ { .cert = &c.good }, &other, "https", HTTP_TLS },
		{ { .cert = &c.good }, NULL, "https", HTTP_TLS },
		{ { .cert = &c.good }, &nonsense, "https", HTTP_TLS },
		{ { .cert = &c.other }, &ca, "https", HTTP_TLS },
		{ { .cert = &c.wrong }, &ca, "https", HTTP_TLS },
		{ { .cert = &c.old }, &ca, "https", HTTP_TLS },
		{ { .cert = &c.good, .clients = &c.ca }, &client, "https", HTTP_OK },
		{ { .cert = &c.good, .clients = &c.ca }, &mixed, "https", HTTP_TLS },
		{ { .cert = &c.good, .mode = PLAIN }, &ca, "https", HTTP_TLS },
		{ { .cert = &c.good, .mode = CLOSES }, &ca, "https", HTTP_TLS },
		{ { .cert = &c.good, .mode = SILENT }, &ca, "https", HTTP_TIMEOUT },
	};
	const struct {
		struct peer peer;
		const struct http_tls *tls;
	} refused[] = { { { .cert = &c.good, .clients = &c.ca }, &ca },
			{ { .cert = &c.good, .clients = &c.ca }, &stranger } };
	struct resolver *r = zone_resolver_new(
		l, &(struct zone_resolver_config){ .zone = z, .timeout_ms = 60000 });
	struct http *h = http_new(l, r);

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct peer peer = t[i].peer;
		struct serve s = serve_tcp(speak, &peer);
		struct http_request q = { .method = "GET",
					  .url = arena_printf(a, "%s://good.test:%u/", t[i].scheme,
							      s.port),
					  .tls = t[i].tls,
					  .timeout_ms = peer.mode == SILENT ? 300 : 20000,
					  .max_octets = 100 };
		struct http_reply reply = http_wait(h, a, &q);

		if (reply.outcome != t[i].outcome)
			fail_msg("row %zu: %s %.*s", i, http_word(reply.outcome),
				 STR_ARG(reply.why));
		/* a name that is believed does not help one that is not */
		if (t[i].outcome == HTTP_OK) {
			assert_str(reply.body, "ok");
			q.tls = &other;
			assert_int_equal(http_wait(h, a, &q).outcome, HTTP_TLS);
		}
		serve_stop(&s);
	}
	/* with TLS 1.3 the server's refusal comes after the handshake, or as a reset */
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct peer peer = refused[i].peer;
		struct serve s = serve_tcp(speak, &peer);
		struct http_request q = { .method = "GET",
					  .url = arena_printf(a, "https://good.test:%u/", s.port),
					  .tls = refused[i].tls,
					  .timeout_ms = 20000,
					  .max_octets = 100 };
		enum http_outcome o = http_wait(h, a, &q).outcome;

		assert_true(o == HTTP_TLS || o == HTTP_UNREACHABLE);
		serve_stop(&s);
	}
	http_free(h);
	resolver_free(r);
	loop_free(l);
	zone_free(z);
	for (struct cert *p = &c.ca; p <= &c.stranger; p++)
		cert_free(p);
	arena_free(a);
}

/* Who is asked without TLS and speaks it. */
static void test_plain(void **state)
{
	struct cert cert = cert_new(NULL, "good.test", 10);
	struct peer peer = { .cert = &cert };
	struct serve s = serve_tcp(speak, &peer);
	struct loop *l = loop_new();
	struct arena *a = arena_new(0);
	struct http *h = http_new(l, NULL);
	struct http_request q = { .method = "GET",
				  .url = arena_printf(a, "http://127.0.0.1:%u/", s.port),
				  .timeout_ms = 20000,
				  .max_octets = 100 };
	enum http_outcome o = http_wait(h, a, &q).outcome;

	(void)state;
	assert_true(o == HTTP_GARBAGE || o == HTTP_UNREACHABLE);
	http_free(h);
	arena_free(a);
	loop_free(l);
	cert_free(&cert);
	serve_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
