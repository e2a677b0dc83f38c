/* The options of sealing, and what its setup makes of them. */
#include "base/file.h"
#include "base/log.h"
#include "checks/sign/sealing.h"
#include "mail/domain.h"

const struct conf_opt sealing_options[] = {
	{ .name = "seal.use",
	  .type = CONF_BOOL,
	  .def = "off",
	  .help = "seal what leaves again: add an ARC set" },
	{ .name = "seal.domain", .type = CONF_STR, .def = "", .help = "domain of the seals (d=)" },
	{ .name = "seal.selector",
	  .type = CONF_STR,
	  .def = "",
	  .help = "selector of their key; empty: that of an RSA key of sign_domain or merlon dkim "
		  "for seal.domain" },
	{ .name = "seal.key",
	  .type = CONF_STR,
	  .def = "",
	  .help = "file of their private key (RSA), or credential:NAME; empty: a key of "
		  "sign_domain or merlon dkim for seal.domain" },
	{ .name = "seal.listeners",
	  .type = CONF_LIST,
	  .help = "titles of listen sections whose mail leaves again" },
	{ .name = "seal.profiles",
	  .type = CONF_LIST,
	  .def = "{reinjection}",
	  .allow = "inbound|submission|reinjection",
	  .help = "profiles of listeners whose mail leaves again" },
	{ .name = "seal.recipients",
	  .type = CONF_LIST,
	  .help = "recipients whose mail leaves again (aliases, lists): addresses, domains, or "
		  "paths of files of them" },
	{ .name = "seal.broken",
	  .type = CONF_ENUM,
	  .def = "skip",
	  .allow = "skip|mark",
	  .help = "a chain that is broken when it comes: nothing is added, or one set that says "
		  "cv=fail" },
	{ .name = "seal.munge_from",
	  .type = CONF_BOOL,
	  .def = "off",
	  .help = "mail of lists where it is sealed: From becomes the list's, if the author's "
		  "domain has a DMARC policy other than none" },
	{ .name = "seal.munge_address",
	  .type = CONF_STR,
	  .def = "",
	  .help = "the address that then stands in From; empty: that of List-Post" },
	{ 0 },
};

static bool add_rcpt(struct arena *a, struct sealing_config *k, struct str text)
{
	size_t at = str_rchr(text, '@');
	struct str domain =
		domain_read(a, str_skip(text, at == SIZE_MAX ? 0 : at + 1), DOMAIN_UNDERSCORE);

	if (!domain.n || map_len(k->rcpts) >= SEALING_RCPTS_MAX)
		return false;
	if (at != SIZE_MAX && at > 0)
		domain = arena_printf(a, "%.*s@%.*s", STR_ARG(str_sub(text, 0, at)),
				      STR_ARG(domain));
	map_put(k->rcpts, domain, k);
	return true;
}

static int read_rcpt_file(struct arena *a, struct sealing_config *k, const char *path,
			  struct err *e)
{
	struct str text, word;
	struct err why;

	if (file_read(a, path, SIGNING_FILE_MAX, &text, &why) < 0)
		return err_set(e, "%s: %s", path, why.text);
	for (int line = 1; text.n; line++) {
		struct str rest = str_cut(&text, '\n');
		rest = str_cut(&rest, '#');
		while ((word = str_word(&rest)).n)
			if (!add_rcpt(a, k, word))
				return err_at(e, path, line,
					      "found \"%.*s\", expected an address or a domain "
					      "(at most %u)",
					      STR_ARG(word), SEALING_RCPTS_MAX);
	}
	return 0;
}

static int read_rcpts(struct arena *a, const struct conf *c, struct sealing_config *k,
		      struct err *e)
{
	const char *where = conf_where(c, "seal.recipients");
	const struct str *item;
	size_t n = conf_list(c, "seal.recipients", &item);
	struct err why;

	k->rcpts = map_new(a, true);
	for (size_t i = 0; i < n; i++) {
		if (item[i].n && strchr("/.", item[i].p[0])) {
			if (read_rcpt_file(a, k, signing_path(a, where, item[i]), &why) < 0)
				return err_set(e, "%s: seal.recipients: %s", where, why.text);
		} else if (!add_rcpt(a, k, item[i])) {
			return err_set(e,
				       "%s: seal.recipients: found \"%.*s\", expected an address, "
				       "a domain or a path",
				       where, STR_ARG(item[i]));
		}
	}
	return 0;
}

static int read_key(struct arena *a, const struct conf *c, struct sealing_config *k, struct err *e)
{
	struct str key = conf_str(c, "seal.key"), selector = conf_str(c, "seal.selector");
	const char *where = conf_where(c, "seal.key"), *fault;

	k->domain = domain_read(a, conf_str(c, "seal.domain"), DOMAIN_UNDERSCORE);
	if (!k->domain.n)
		return err_set(
			e, "%s: seal.domain: found \"%.*s\", expected a domain",
			conf_where(c, conf_is_set(c, "seal.domain") ? "seal.domain" : "seal.use"),
			STR_ARG(conf_str(c, "seal.domain")));
	if (domain_labels(k->domain) < 2)
		return err_set(e,
			       "%s: seal.domain: found \"%.*s\", expected a domain of two labels "
			       "at least",
			       conf_where(c, "seal.domain"), STR_ARG(k->domain));
	fault = selector.n || key.n ? signing_selector_fault(selector) : NULL;
	if (fault)
		return err_set(e, "%s: seal.selector: found \"%.*s\", expected %s",
			       conf_where(c, selector.n ? "seal.selector" : "seal.key"),
			       STR_ARG(selector), fault);
	k->selector = arena_lower(a, selector);
	if (!key.n)
		return 0;
	k->use = ARENA_NEW(a, struct signing_use);
	*k->use = (struct signing_use){ .domain = k->domain,
					.selector = k->selector,
					.path = signing_path(a, where, key),
					.where = where,
					.named = true };
	return 0;
}

static int read_munge(struct arena *a, const struct conf *c, struct sealing_config *k,
		      struct err *e)
{
	struct str text = conf_str(c, "seal.munge_address");
	struct mailbox box;

	k->munge = conf_bool(c, "seal.munge_from");
	if (!text.n)
		return 0;
	if (!addr_path(a, text, &box) || !box.local.n || box.flags ||
	    !domain_read(a, box.domain, DOMAIN_UNDERSCORE).n)
		return err_set(e, "%s: seal.munge_address: found \"%.*s\", expected an address",
			       conf_where(c, "seal.munge_address"), STR_ARG(text));
	k->munge_address = text;
	return 0;
}

int sealing_setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct sealing_config *k = ARENA_NEW(a, struct sealing_config);

	*config = k;
	k->live = ARENA_NEW(a, struct sealing_live);
	k->on = conf_bool(c, "seal.use");
	if (!k->on)
		return 0;
	k->broken = conf_enum(c, "seal.broken") == 1;
	k->nlisteners = conf_list(c, "seal.listeners", &k->listeners);
	k->nprofiles = conf_list(c, "seal.profiles", &k->profiles);
	if (read_key(a, c, k, e) < 0 || read_munge(a, c, k, e) < 0)
		return -1;
	return read_rcpts(a, c, k, e);
}

/* ---- the key ---- */

struct signing_use *sealing_use(const void *config)
{
	const struct sealing_config *k = config;

	return k && k->on ? k->use : NULL;
}

static const struct signing_use *usable(const struct sealing_config *k,
					const struct signing_domain *d)
{
	for (size_t i = 0; d && i < d->uses.n; i++) {
		const struct signing_use *u = d->uses.p[i];
		if (u->ready && u->key.type == KEY_RSA &&
		    (!k->selector.n || str_eq(k->selector, u->selector)))
			return u;
	}
	return NULL;
}

int sealing_settle(const void *config, const struct signing_config *s, struct err *e)
{
	const struct sealing_config *k = config;

	if (!k || !k->on)
		return 0;
	k->live->chosen = k->use ? k->use : usable(k, map_get(s->live->domains, k->domain));
	if (k->use && k->use->key.type != KEY_RSA)
		return err_set(e, "%s: seal.key: %s: seals want an RSA key (RFC 8617 4.1.1)",
			       k->use->where, k->use->path);
	if (!k->live->chosen)
		LOG(LOG_LVL_WARN, "seal_without_key", F_STR("domain", k->domain),
		    F_CSTR("reason", "no active RSA key"));
	return 0;
}

/* ---- which mail ---- */

static bool listed(const struct str *list, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], s))
			return true;
	return false;
}

static bool rcpt_leaves(const struct sealing_config *k, const struct scan *s, struct str path)
{
	struct mailbox box;
	struct str domain;

	if (!addr_path(s->arena, path, &box))
		return false;
	domain = domain_read(s->arena, box.domain, DOMAIN_UNDERSCORE);
	return domain.n && (map_get(k->rcpts, domain) ||
			    map_get(k->rcpts, arena_printf(s->arena, "%.*s@%.*s",
							   STR_ARG(box.local), STR_ARG(domain))));
}

bool sealing_leaves(const struct sealing_config *k, const struct scan *s)
{
	if ((s->client.listener.n && listed(k->listeners, k->nlisteners, s->client.listener)) ||
	    listed(k->profiles, k->nprofiles, s->client.profile))
		return true;
	for (size_t i = 0; map_len(k->rcpts) && i < s->rcpts.n; i++)
		if (rcpt_leaves(k, s, s->rcpts.p[i]))
			return true;
	return false;
}
