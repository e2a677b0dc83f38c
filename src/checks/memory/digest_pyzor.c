/* Pyzor servers asked about a message: their options, the questions, the answers. */
#include <stdio.h>

#include "base/file.h"
#include "base/hash.h"
#include "checks/memory/digest.h"

#define KEY_FILE_MAX 4096u

static bool is_server(struct str value, char *why, size_t cap)
{
	struct str host;
	uint16_t port;

	snprintf(why, cap, "a host or HOST@PORT");
	return pyzor_address_parse(value, &host, &port);
}

static bool is_user(struct str value, char *why, size_t cap)
{
	snprintf(why, cap, "a name of at most 64 printable characters without blank and colon");
	return pyzor_user_valid(value);
}

const struct conf_opt digest_options[] = {
	{ .name = "pyzor.servers",
	  .type = CONF_LIST,
	  .check = is_server,
	  .help = "Pyzor servers to ask about each message from outside, as HOST or HOST@PORT, at "
		  "most 4; they learn the digest of every message, so that they can tell who else "
		  "got it and, of a text they know, what it says" },
	{ .name = "pyzor.timeout",
	  .type = CONF_TIME,
	  .def = "2s",
	  .allow = "100ms..10s",
	  .help = "how long a message waits for them" },
	{ .name = "pyzor.user",
	  .type = CONF_STR,
	  .def = "anonymous",
	  .check = is_user,
	  .help = "our account at pyzor.servers" },
	{ .name = "pyzor.key_file",
	  .type = CONF_STR,
	  .def = "",
	  .help = "file with the key of pyzor.user, as `pyzor genkey` prints it" },
	{ 0 },
};

static int read_key(struct arena *a, const char *path, struct str *key, struct err *e)
{
	struct str text;
	struct err why;

	if (file_read(a, path, KEY_FILE_MAX, &text, &why) < 0)
		return err_set(e, "pyzor.key_file: %s: %s", path, why.text);
	if (!pyzor_key_read(text, key))
		return err_set(e, "pyzor.key_file: %s: no key in hexadecimal digits", path);
	return 0;
}

int digest_pyzor_setup(struct arena *a, const struct conf *c, struct digest_config *k,
		       struct err *e)
{
	const struct str *item;
	size_t n = conf_list(c, "pyzor.servers", &item);
	struct str path = conf_str(c, "pyzor.key_file");

	if (n > DIGEST_SERVERS_MAX)
		return err_set(e, "%s: pyzor.servers: at most %u", conf_where(c, "pyzor.servers"),
			       DIGEST_SERVERS_MAX);
	for (size_t i = 0; i < n; i++)
		pyzor_address_parse(item[i], &k->server[i].host, &k->server[i].port);
	k->nservers = n;
	k->timeout_ms = conf_time_ms(c, "pyzor.timeout");
	k->who = (struct pyzor_account){ conf_str(c, "pyzor.user"), STR("") };
	if (!k->who.user.n)
		k->who.user = STR("anonymous");
	return n && path.n ? read_key(a, path.p, &k->who.key, e) : 0;
}

/* The server's address, its name resolved. False: not yet. family 0: it has none. */
static bool resolve(struct scan *s, const struct digest_server *server, struct ip *ip)
{
	static const int types[] = { DNS_A, DNS_AAAA };
	const char *name = arena_cstr(s->arena, server->host);

	ip->family = 0;
	if (ip_parse(server->host, ip))
		return true;
	for (size_t i = 0; i < 2; i++) {
		const struct dns_answer *a = dns_ask(scan_dns(s), name, types[i]);
		size_t octets = types[i] == DNS_A ? 4 : 16;

		if (!a)
			return false;
		if (a->status != DNS_OK || !a->n || a->rr[0].data.n != octets)
			continue;
		ip->family = types[i] == DNS_A ? 4 : 6;
		memcpy(ip->b, a->rr[0].data.p, octets);
		return true;
	}
	return true;
}

static struct str question(struct scan *s, const struct digest_config *k, size_t i,
			   const char *digest)
{
	uint64_t h = hash_sip13(s->env->digest_key, str_c(digest)) + i;
	struct pyzor_request r = {
		.verb = PYZOR_CHECK,
		.thread = (uint16_t)(1024 + h % (UINT16_MAX - 1024)),
		.time = s->now,
		.digest = { str_c(digest) },
		.ndigests = 1,
	};

	return pyzor_request_format(s->arena, &r, &k->who);
}

static void take_reply(struct scan *s, struct digest_facts *f, struct str sent, struct str octets)
{
	struct pyzor_request q;
	struct pyzor_reply r;

	if (!pyzor_reply_parse(s->arena, octets, &r) || r.code != 200 ||
	    !pyzor_request_parse(s->arena, sent, &q) || r.thread != q.thread)
		return;
	f->pyzor_answered = true;
	if (r.count > f->pyzor_count)
		f->pyzor_count = r.count;
	if (r.wl_count > f->pyzor_wl)
		f->pyzor_wl = r.wl_count;
}

bool digest_pyzor_ask(struct scan *s, const struct digest_config *k, struct digest_asked *asked,
		      struct digest_facts *f)
{
	bool here = true;

	if (!*f->pyzor || pyzor_common(f->pyzor) || scan_outbound(s))
		return true;
	f->pyzor_answered = false;
	f->pyzor_count = f->pyzor_wl = 0;
	for (size_t i = 0; i < k->nservers; i++) {
		const struct udp_reply *reply;
		struct ip ip;

		if (!resolve(s, &k->server[i], &ip)) {
			here = false;
			continue;
		}
		if (!ip.family)
			continue;
		if (!asked->datagram[i].n)
			asked->datagram[i] = question(s, k, i, f->pyzor);
		f->pyzor_asked = true;
		reply = scan_udp(s, &ip, k->server[i].port, asked->datagram[i], k->timeout_ms);
		if (!reply)
			here = false;
		else if (reply->ok)
			take_reply(s, f, asked->datagram[i], reply->octets);
	}
	return here;
}

/* ---- the digest ---- */

void digest_pyzor_read(struct scan *s, char out[PYZOR_DIGEST + 1])
{
	if (!pyzor_digest_content(s->arena, &s->headers, s->content, out))
		out[0] = '\0';
}

void digest_teach(struct scan *s, struct learn_event *e)
{
	const struct digest_facts *f = scan_result(s, &check_digest);

	if (!f)
		return;
	e->near = f->near;
	if (*f->pyzor)
		memcpy(e->pyzor, f->pyzor, sizeof e->pyzor);
	else if (s->content && !scan_over(s))
		digest_pyzor_read(s, e->pyzor);
}
