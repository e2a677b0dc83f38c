/* The options of signing, and what its setup makes of them. */
#include "checks/sign/policy.h"
#include "checks/checks.h"

#include "base/buf.h"
#include "base/file.h"
#include "mail/domain.h"
#include "sign/keyring.h"

#include <stdlib.h>

static bool is_canon(struct str v, char *why, size_t cap)
{
	struct str head = str_cut(&v, '/');
	bool ok = str_eq(head, STR("relaxed")) || str_eq(head, STR("simple"));

	if (v.p)
		ok = ok && (str_eq(v, STR("relaxed")) || str_eq(v, STR("simple")));
	if (!ok)
		snprintf(why, cap, "relaxed or simple for the header, \"/\", and for the body");
	return ok;
}

const struct conf_opt signing_options[] = {
	{ .name = "sign.use",
	  .type = CONF_BOOL,
	  .def = "off",
	  .help = "sign what our users send (DKIM)" },
	{ .name = "sign.user",
	  .type = CONF_STR,
	  .def = "",
	  .help = "account of the process that holds the private keys, used when started by root; "
		  "empty: merlon-sign if there is such an account, else daemon.user" },
	{ .name = "sign.processes",
	  .type = CONF_INT,
	  .def = "0",
	  .allow = "0..64",
	  .help = "processes that sign; 0: one for each processor" },
	{ .name = "sign.on_failure",
	  .type = CONF_ENUM,
	  .def = "accept",
	  .allow = "accept|tempfail",
	  .help = "what becomes of a message that should be signed and cannot be: it goes "
		  "unsigned, "
		  "or is to come again" },
	{ .name = "sign.keys",
	  .type = CONF_STR,
	  .def = "",
	  .help = "directory of the private keys that merlon dkim keeps; empty: dkim below the "
		  "state directory" },
	{ .name = "sign.canonicalization",
	  .type = CONF_STR,
	  .def = "relaxed/relaxed",
	  .check = is_canon,
	  .help = "of header and body (RFC 6376 3.4): relaxed or simple each" },
	{ .name = "sign.expire",
	  .type = CONF_TIME,
	  .def = "7d",
	  .allow = "0..365d",
	  .help = "signatures are valid so long (x=); 0: for ever" },
	{ .name = "sign.line_max",
	  .type = CONF_INT,
	  .def = "0",
	  .allow = "0..1000000000",
	  .help = "messages with a longer line are not signed, because the MTA would break it and "
		  "the signature with it; 0: 998 octets with Postfix, 990 with Sendmail" },
	{ .name = "sign.networks",
	  .type = CONF_LIST,
	  .def = "{127.0.0.0/8, \"::1\"}",
	  .help = "addresses and networks whose mail is signed without a log-in; if this is not "
		  "set "
		  "and sign.internal_hosts is, only that counts" },
	{ .name = "sign.listeners",
	  .type = CONF_LIST,
	  .help = "titles of listen sections all of whose mail is signed" },
	{ .name = "sign.author",
	  .type = CONF_ENUM,
	  .def = "domain",
	  .allow = "domain|address",
	  .help = "what of the From address must be that of the user's log-in" },
	{ .name = "sign.login_domain",
	  .type = CONF_STR,
	  .def = "",
	  .help = "the domain of log-ins that have none; empty: they may use every domain that is "
		  "signed for" },
	{ .name = "sign.senders",
	  .type = CONF_STR,
	  .def = "",
	  .help = "file of what users may write in From beyond that: user, and addresses, domains "
		  "or * on each line" },
	{ .name = "sign.foreign",
	  .type = CONF_ENUM,
	  .def = "skip",
	  .allow = "skip|sign",
	  .help = "mail of a user whose From is not his: not signed, or signed all the same" },
	{ .name = "sign.subdomains",
	  .type = CONF_BOOL,
	  .def = "true",
	  .help = "keys of merlon dkim sign for the domains below theirs too" },
	{ .name = "sign.key_table",
	  .type = CONF_STR,
	  .def = "",
	  .help = "OpenDKIM's KeyTable: a path, file:, refile: or cdb: and a path, or csl: and the "
		  "list" },
	{ .name = "sign.signing_table",
	  .type = CONF_STR,
	  .def = "",
	  .help = "OpenDKIM's SigningTable, in the same forms" },
	{ .name = "sign.multiple_signatures",
	  .type = CONF_BOOL,
	  .def = "off",
	  .help = "every row of the SigningTable that matches signs, not the first alone" },
	{ .name = "sign.internal_hosts",
	  .type = CONF_STR,
	  .def = "",
	  .help = "OpenDKIM's InternalHosts: hosts whose mail is signed without a log-in" },
	{ .name = "sign.trusted_hosts",
	  .type = CONF_STR,
	  .def = "",
	  .help = "OpenDKIM's ExternalIgnoreList: other hosts that may use our domains, without "
		  "being told on" },
	{ .name = "sign_domain.*.keys",
	  .type = CONF_LIST,
	  .help = "private keys of the domain in the title: SELECTOR=FILE each; all of them sign "
		  "(an RSA and an Ed25519 key); FILE may be credential:NAME" },
	{ .name = "sign_domain.*.selector",
	  .type = CONF_STR,
	  .def = "",
	  .help = "selector of a key that is written without one" },
	{ .name = "sign_domain.*.subdomains",
	  .type = CONF_BOOL,
	  .def = "true",
	  .help = "sign for the domains below it too" },
	{ .name = "sign_domain.*.identity",
	  .type = CONF_STR,
	  .def = "",
	  .help = "i= of its signatures (@ and a domain, or an address, at or below the domain); "
		  "empty: none" },
	{ 0 },
};

/* ---- small readers ---- */

const char *signing_file_of(struct arena *a, const char *where)
{
	struct str w = str_c(where);
	size_t colon = str_rchr(w, ':');

	return colon == SIZE_MAX ? "./" : arena_cstr(a, str_sub(w, 0, colon));
}

static const char *absolute(struct arena *a, const char *path)
{
	char *dir;
	const char *whole;

	if (path[0] == '/')
		return path;
	dir = realpath(".", NULL);
	whole = dir ? arena_printf(a, "%s/%s", dir, path).p : path;
	free(dir);
	return whole;
}

const char *signing_path(struct arena *a, const char *where, struct str path)
{
	if (str_starts(path, STR("credential:")))
		return arena_cstr(a, path);
	return absolute(a, file_beside(a, signing_file_of(a, where), path));
}

const char *signing_selector_fault(struct str s)
{
	bool ok = s.n > 0 && s.n <= 63 * 3 && s.p[0] != '.' && s.p[s.n - 1] != '.' &&
		  str_find(s, STR("..")) == SIZE_MAX;

	for (size_t i = 0; i < s.n; i++)
		ok = ok && (ch_alnum(s.p[i]) || strchr("-_.", s.p[i]) != NULL);
	return ok ? NULL : "a selector of letters, digits, \"-\", \"_\" and \".\"";
}

bool signing_name_ok(struct arena *a, struct str domain, struct str selector)
{
	return domain_labels(domain) > 1 && keyring_name_ok(a, domain, selector);
}

static enum canon canon_of(struct str s)
{
	return str_eq(s, STR("simple")) ? CANON_SIMPLE : CANON_RELAXED;
}

/* As OpenDKIM and RFC 6376 3.5: one word is the header's, and the body's is simple. */
static void read_canon(struct signing_config *k, struct str v)
{
	k->head = canon_of(str_cut(&v, '/'));
	k->body = v.p ? canon_of(v) : CANON_SIMPLE;
}

static int read_nets(struct arena *a, const struct conf *c, struct signing_config *k, struct err *e)
{
	const struct str *item;
	size_t n = conf_list(c, "sign.networks", &item);

	if (conf_str(c, "sign.internal_hosts").n && !conf_is_set(c, "sign.networks"))
		n = 0;
	k->nets.net = ARENA_ARRAY(a, struct cidr, n);
	for (; k->nets.n < n; k->nets.n++)
		if (!cidr_parse(item[k->nets.n], &k->nets.net[k->nets.n]))
			return err_set(e,
				       "%s: sign.networks: found \"%.*s\", expected an address "
				       "or a network",
				       conf_where(c, "sign.networks"), STR_ARG(item[k->nets.n]));
	return 0;
}

static int read_login_domain(struct arena *a, const struct conf *c, struct signing_config *k,
			     struct err *e)
{
	struct str text = conf_str(c, "sign.login_domain");

	if (!text.n)
		return 0;
	k->login_domain = domain_read(a, text, 0);
	return k->login_domain.n ? 0
				 : err_set(e,
					   "%s: sign.login_domain: found \"%.*s\", expected a "
					   "domain",
					   conf_where(c, "sign.login_domain"), STR_ARG(text));
}

/* ---- sections sign_domain ---- */

/* i= must be at or below d= (RFC 6376 3.5). */
static int read_identity(struct arena *a, const struct conf *c, size_t i, struct str domain,
			 struct str *out, struct err *e)
{
	struct str text = conf_sec_str(c, "sign_domain", i, "identity");
	size_t at = str_rchr(text, '@');
	struct str host = STR_NULL;

	if (!text.n)
		return 0;
	if (at != SIZE_MAX && str_printable(text) && str_chr(text, ' ') == SIZE_MAX &&
	    str_chr(text, ';') == SIZE_MAX)
		host = domain_read(a, str_skip(text, at + 1), DOMAIN_UNDERSCORE);
	if (!host.n || !domain_within(host, domain))
		return err_set(e,
			       "%s: identity: found \"%.*s\", expected an address or \"@domain\" "
			       "at or below %.*s",
			       conf_sec_where(c, "sign_domain", i, "identity"), STR_ARG(text),
			       STR_ARG(domain));
	*out = text;
	return 0;
}

static int read_key(struct arena *a, const struct conf *c, size_t i, struct str item,
		    struct signing_domain *d, struct signing_config *k, struct err *e)
{
	const char *where = conf_sec_where(c, "sign_domain", i, "keys");
	struct signing_use *u = ARENA_NEW(a, struct signing_use);
	size_t sign = str_chr(item, '=');
	struct str path = sign == SIZE_MAX ? item : str_skip(item, sign + 1);
	struct str selector = sign == SIZE_MAX ? conf_sec_str(c, "sign_domain", i, "selector")
					       : str_sub(item, 0, sign);
	const char *fault = signing_selector_fault(selector);

	if (fault || !path.n)
		return err_set(e, "%s: keys: found \"%.*s\", expected SELECTOR=FILE, with %s",
			       where, STR_ARG(item), fault ? fault : "a file");
	*u = (struct signing_use){ .domain = d->domain,
				   .selector = arena_lower(a, selector),
				   .path = signing_path(a, where, path),
				   .where = where,
				   .named = true };
	if (!signing_name_ok(a, u->domain, u->selector))
		return err_set(e, "%s: keys: %.*s._domainkey.%.*s: " SIGNING_NO_NAME, where,
			       STR_ARG(u->selector), STR_ARG(u->domain));
	for (size_t j = 0; j < d->uses.n; j++)
		if (str_eq(d->uses.p[j]->selector, u->selector))
			return err_set(e, "%s: keys: two keys of selector %.*s", where,
				       STR_ARG(u->selector));
	VEC_PUSH(a, d->uses) = u;
	VEC_PUSH(a, k->named) = u;
	return read_identity(a, c, i, d->domain, &u->identity, e);
}

static int read_section(struct arena *a, const struct conf *c, size_t i, struct signing_config *k,
			struct err *e)
{
	struct signing_domain *d = ARENA_NEW(a, struct signing_domain);
	struct str title = conf_section_title(c, "sign_domain", i);
	const char *where = conf_sec_where(c, "sign_domain", i, "keys");
	const struct str *item;
	size_t n = conf_sec_list(c, "sign_domain", i, "keys", &item);

	d->domain = domain_read(a, title, DOMAIN_UNDERSCORE);
	d->subdomains = conf_sec_bool(c, "sign_domain", i, "subdomains");
	if (!d->domain.n)
		return err_set(e, "%s: sign_domain: found \"%.*s\", expected a domain as title",
			       where, STR_ARG(title));
	if (n > SIGNING_MAX)
		return err_set(e, "%s: keys: more than %u keys", where, SIGNING_MAX);
	for (size_t j = 0; j < n; j++)
		if (read_key(a, c, i, item[j], d, k, e) < 0)
			return -1;
	VEC_PUSH(a, k->sections) = d;
	return 0;
}

/* ---- all of it ---- */

static void read_words(const struct conf *c, struct signing_config *k)
{
	k->on = conf_bool(c, "sign.use");
	k->tempfail = conf_enum(c, "sign.on_failure") == 1;
	k->foreign = conf_enum(c, "sign.foreign") == 1;
	k->whole_address = conf_enum(c, "sign.author") == 1;
	k->multiple = conf_bool(c, "sign.multiple_signatures");
	k->subdomains = conf_bool(c, "sign.subdomains");
	k->expire = (int64_t)(conf_time_ms(c, "sign.expire") / 1000);
	k->line_max = (uint64_t)conf_int(c, "sign.line_max");
	k->nlisteners = conf_list(c, "sign.listeners", &k->listeners);
	k->keys_where = conf_where(c, "sign.keys");
	read_canon(k, conf_str(c, "sign.canonicalization"));
}

int signing_setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct signing_config *k = ARENA_NEW(a, struct signing_config);

	*config = k;
	k->live = ARENA_NEW(a, struct signing_live);
	k->live->domains = map_new(a, false);
	read_words(c, k);
	if (!signing_wanted(c))
		return 0;
	k->id = authres_id(a, c);
	if (read_nets(a, c, k, e) < 0 || read_login_domain(a, c, k, e) < 0)
		return -1;
	for (size_t i = 0; i < conf_sections(c, "sign_domain"); i++)
		if (read_section(a, c, i, k, e) < 0)
			return -1;
	return signing_tables(a, c, k, e) < 0 ? -1 : signing_senders(a, c, k, e);
}
