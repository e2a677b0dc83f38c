/* openarc.conf(5) of OpenARC 1.x: what each directive becomes. */
#include "cmd/peer_common.h"

#define DISABLED "seals that cannot be made are left out: the mail goes on"

static void take_canon(struct peer_part *p, struct peer_line *l)
{
	(void)p;
	if (str_ieq(l->value, STR("relaxed/relaxed")))
		peer_already(l, "seals are relaxed/relaxed");
	else
		peer_not(l, false, "seals are relaxed/relaxed, which survives more");
}

static void take_names(struct peer_part *p, struct peer_line *l)
{
	bool over = str_ieq(l->name, STR("OversignHeaders"));
	struct str missing;

	(void)p;
	if (!over && peer_signs(l, false, &missing))
		peer_already(l, "Merlon signs them");
	else
		peer_not(l, false,
			 over ? "seals oversign nothing"
			      : "Merlon's list of signed fields is fixed");
}

static void take_key_size(struct peer_part *p, struct peer_line *l)
{
	uint64_t bits;

	if (str_u64(l->value, UINT32_MAX, &bits) && bits > 0 && bits <= 1024)
		peer_already(l, "keys of under 1024 bits are refused (RFC 8301)");
	else
		peer_take_not(p, l);
}

static const struct peer_directive table[] = {
	{ "AuthResIP", peer_take_if_same, NULL, "no", "results do not name the client's address",
	  false },
	{ "Canonicalization", take_canon, NULL, NULL, NULL, false },
	{ "Domain", NULL, "seal.domain", NULL, NULL, true },
	{ "DomainWhitelist", peer_take_list, "dmarc.trusted_sealers", NULL, NULL, true },
	{ "DomainWhitelistFile", peer_take_not, NULL, NULL,
	  "write the domains into dmarc.trusted_sealers", true },
	{ "FinalReceiver", peer_take_if_same, NULL, "no",
	  "who sealed is told by merlon scan and rules, not in the results", false },
	{ "FixedTimestamp", peer_take_not, NULL, NULL, "of tests only", false },
	{ "InternalHosts", NULL, NULL, NULL, NULL, true },
	{ "KeyFile", NULL, "seal.key", NULL, NULL, true },
	{ "MinimumKeySizeRSA", take_key_size, NULL, NULL, "1024 bits is the least that is accepted",
	  false },
	{ "Mode", NULL, "seal.use", NULL, NULL, true },
	{ "OversignHeaders", take_names, NULL, NULL, NULL, false },
	{ "PeerList", peer_take_not, NULL, NULL, "Merlon judges the mail of every client", true },
	{ "PermitAuthenticationOverrides", peer_take_if_same, NULL, "no",
	  "the state of a chain is what Merlon finds it to be", false },
	{ "RequireSafeKeys", peer_take_if_same, NULL, "yes",
	  "a key that others may read is always refused", true },
	{ "ResponseDisabled", peer_take_if_same, NULL, "accept", DISABLED, true },
	{ "ResponseUnable", peer_take_if_same, NULL, "accept", DISABLED, true },
	{ "ResponseUnwilling", peer_take_if_same, NULL, "accept", DISABLED, true },
	{ "SealHeaderChecks", peer_take_not, NULL, NULL,
	  "what is sealed is chosen by listener, profile or recipient: section seal", true },
	{ "Selector", NULL, "seal.selector", NULL, NULL, true },
	{ "SignatureAlgorithm", peer_take_if_same, NULL, "rsa-sha256",
	  "seals are rsa-sha256 (RFC 8617 4.1.1)", false },
	{ "SignHeaders", take_names, NULL, NULL, NULL, false },
	{ "TestKeys", peer_take_not, NULL, NULL, "of tests only", false },
	{ 0 },
};

static void set_text(struct peer_part *p, struct peer_line *l, const char *option, struct str text)
{
	if (l)
		peer_set(p, l, option, peer_quoted(p->m->arena, text), NULL);
}

static bool finish_key(struct peer_part *p)
{
	struct peer_line *domain = peer_line(p, "Domain"), *file = peer_line(p, "KeyFile");
	struct peer_line *selector = peer_line(p, "Selector"), *some[] = { domain, file, selector };
	const char *fault, *path;

	if (!domain || !file || !selector) {
		for (size_t i = 0; i < sizeof some / sizeof *some; i++)
			if (some[i])
				peer_not(some[i], true,
					 "sealing wants Domain, Selector and KeyFile");
		return false;
	}
	path = peer_path(p, file->value);
	fault = peer_key_fault(p, path);
	set_text(p, domain, "seal.domain", domain->value);
	set_text(p, selector, "seal.selector", selector->value);
	set_text(p, file, "seal.key", str_c(path));
	if (fault && file->status == PEER_TAKEN) {
		file->reason = str_c(fault);
		file->matters = true;
	}
	return domain->status == PEER_TAKEN && file->status == PEER_TAKEN;
}

/* Mode "s" seals whatever passes; without a mode the client decides. */
static void finish_mode(struct peer_part *p)
{
	static const struct str all[] = { STR("inbound"), STR("reinjection") };
	struct peer_line *mode = peer_line(p, "Mode"), *internal = peer_line(p, "InternalHosts");
	bool seals = !mode || str_chr(mode->value, 's') != SIZE_MAX;

	if (mode && seals)
		peer_set(p, mode, "seal.profiles", peer_listed(p->m->arena, all, 2), NULL);
	peer_set(p, mode, "seal.use", seals ? STR("on") : STR("off"), "it seals");
	if (mode && !seals)
		peer_remark(p, "chains are verified whenever they come");
	else if (mode)
		peer_remark(p,
			    "everything that comes in is sealed, as Mode says: better is to seal "
			    "what leaves again, by seal.listeners or seal.recipients");
	else
		peer_remark(p, "OpenARC seals what internal hosts hand in, Merlon what comes to "
			       "listeners of profile reinjection: section seal");
	if (internal)
		peer_not(
			internal, !mode,
			"what is sealed is chosen by listener, profile or recipient: section seal");
}

static void finish(struct peer_part *p)
{
	bool keys = finish_key(p);

	if (keys)
		finish_mode(p);
	peer_take_socket(p);
	peer_take_user(p, keys);
}

const struct peer peer_openarc = {
	.word = "openarc",
	.title = "OpenARC",
	.path = "/etc/openarc.conf",
	.table = table,
	.common = peer_common,
	.finish = finish,
};
