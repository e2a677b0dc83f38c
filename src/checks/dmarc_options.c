/* The options of the DMARC check, and what its setup makes of them. */
#include "checks/dmarc_options.h"

#include "mail/domain.h"
#include "scan/known.h"

#define ACTIONS "accept|tag|quarantine|tempfail|reject|discard"

const struct conf_opt dmarc_conf_options[] = {
	{ .name = "dmarc.method",
	  .type = CONF_ENUM,
	  .def = "rfc9989",
	  .allow = "rfc9989|psl",
	  .help = "how the organisational domain is found: DNS tree walk, or public suffix list "
		  "(RFC 7489)" },
	{ .name = "dmarc.psl_file",
	  .type = CONF_STR,
	  .def = "",
	  .help = "the public suffix list of DMARC alone, read when dmarc.method is psl; empty: "
		  "that of psl.file" },
	{ .name = "dmarc.reject",
	  .type = CONF_ENUM,
	  .def = "reject",
	  .allow = ACTIONS,
	  .help = "what is done with a failing message whose domain asks for p=reject" },
	{ .name = "dmarc.quarantine",
	  .type = CONF_ENUM,
	  .def = "tag",
	  .allow = ACTIONS,
	  .help = "what is done with a failing message whose domain asks for p=quarantine" },
	{ .name = "dmarc.multiple_from",
	  .type = CONF_ENUM,
	  .def = "reject",
	  .allow = ACTIONS,
	  .help = "what is done with a message of more than one From field or author domain" },
	{ .name = "dmarc.trusted_sealers",
	  .type = CONF_LIST,
	  .help = "domains whose ARC seals may override a DMARC failure" },
	{ .name = "dmarc.trusted_forwarders",
	  .type = CONF_LIST,
	  .help = "addresses, networks, or domains of hosts (by confirmed reverse DNS) that may "
		  "override a DMARC failure" },
	{ 0 },
};

/* The allowed words of ACTIONS in their order. */
static enum action action_of(const struct conf *c, const char *name)
{
	static const enum action action[] = { ACT_ACCEPT,   ACT_TAG,	ACT_QUARANTINE,
					      ACT_TEMPFAIL, ACT_REJECT, ACT_DISCARD };

	return action[conf_enum(c, name)];
}

static int read_domain(struct arena *a, const struct conf *c, const char *option, struct str text,
		       struct str *out, struct err *e)
{
	*out = domain_read(a, text, DOMAIN_UNDERSCORE);
	if (!out->n)
		return err_set(e, "%s: %s: found \"%.*s\", expected a domain",
			       conf_where(c, option), option, STR_ARG(text));
	return 0;
}

static int read_sealers(struct arena *a, const struct conf *c, struct dmarc_options *k,
			struct err *e)
{
	const struct str *item;
	struct str *list;

	k->nsealers = conf_list(c, "dmarc.trusted_sealers", &item);
	list = ARENA_ARRAY(a, struct str, k->nsealers);
	for (size_t i = 0; i < k->nsealers; i++)
		if (read_domain(a, c, "dmarc.trusted_sealers", item[i], &list[i], e) < 0)
			return -1;
	k->sealers = list;
	return 0;
}

static int read_forwarders(struct arena *a, const struct conf *c, struct dmarc_options *k,
			   struct err *e)
{
	const struct str *item;
	size_t n = conf_list(c, "dmarc.trusted_forwarders", &item);
	struct str *name = ARENA_ARRAY(a, struct str, n);
	struct cidr *net = ARENA_ARRAY(a, struct cidr, n);

	for (size_t i = 0; i < n; i++) {
		if (cidr_parse(item[i], &net[k->nforwarder_nets]))
			k->nforwarder_nets++;
		else if (read_domain(a, c, "dmarc.trusted_forwarders", item[i],
				     &name[k->nforwarder_names], e) < 0)
			return -1;
		else
			k->nforwarder_names++;
	}
	k->forwarder_names = name;
	k->forwarder_nets = net;
	return 0;
}

static int read_psl(struct arena *a, const struct conf *c, struct dmarc_options *k, struct err *e)
{
	struct str path = conf_str(c, "dmarc.psl_file");
	struct err why;

	if (!path.n) {
		if (scan_psl(a, c, &k->psl, e) < 0)
			return -1;
		return k->psl ? 0
			      : err_set(e, "%s: psl.file: dmarc.method is psl and there is no list",
					conf_where(c, "psl.file"));
	}
	k->psl = psl_load(a, path.p, &why);
	if (!k->psl)
		return err_set(e, "%s: dmarc.psl_file: %s", conf_where(c, "dmarc.psl_file"),
			       why.text);
	return 0;
}

int dmarc_setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct dmarc_options *k = ARENA_NEW(a, struct dmarc_options);

	k->method = conf_enum(c, "dmarc.method") == 0 ? DMARC_RFC9989 : DMARC_PSL;
	k->on_reject = action_of(c, "dmarc.reject");
	k->on_quarantine = action_of(c, "dmarc.quarantine");
	k->on_multiple_from = action_of(c, "dmarc.multiple_from");
	if (k->method == DMARC_PSL && read_psl(a, c, k, e) < 0)
		return -1;
	*config = k;
	return read_sealers(a, c, k, e) < 0 ? -1 : read_forwarders(a, c, k, e);
}
