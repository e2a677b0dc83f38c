/* opendkim.conf(5) of OpenDKIM 2.11: what each directive becomes. */
#include "base/file.h"
#include "checks/sign/opendkim.h"
#include "cmd/peer_common.h"
#include "mail/domain.h"

#define BY_SCORE "what signatures say goes into rules and DMARC, and those decide"
#define SCRIPT "Merlon runs no Lua scripts: write a rule"
#define LDAP "data sets in LDAP are not read"
#define VBR "Vouch By Reference is not done"
#define NO_REPORTS "reports about signatures (RFC 6651) are not sent"
#define STATISTICS "statistics are kept by themselves: merlon senders, merlon metrics"

static void take_canonicalization(struct peer_part *p, struct peer_line *l)
{
	struct str body = l->value, head = str_cut(&body, '/');
	struct arena *a = p->m->arena;

	peer_set(p, l, l->row->option,
		 peer_quoted(a,
			     arena_printf(a, "%.*s/%.*s", STR_ARG(arena_lower(a, head)),
					  STR_ARG(body.n ? arena_lower(a, body) : STR("simple")))),
		 NULL);
}

/* accept and tempfail are to be had; the other actions not. */
static void take_action(struct peer_part *p, struct peer_line *l)
{
	char c = ch_lower(l->value.p[0]);

	if (c == 'a' || c == 't')
		peer_set(p, l, l->row->option, c == 'a' ? STR("accept") : STR("tempfail"), NULL);
	else
		peer_take_not(p, l);
}

static void take_sign_headers(struct peer_part *p, struct peer_line *l)
{
	bool over = str_ieq(l->name, STR("OversignHeaders"));
	struct str missing;

	if (str_starts(l->value, STR("/")) || str_find(l->value, STR("file:")) != SIZE_MAX)
		peer_not(l, false, "Merlon's list of signed fields is fixed");
	else if (peer_signs(l, over, &missing))
		peer_already(l, over ? "Merlon oversigns them" : "Merlon signs them");
	else
		peer_not(l, false,
			 arena_printf(p->m->arena,
				      "Merlon's list of %s fields is fixed; %.*s is not in it",
				      over ? "oversigned" : "signed", STR_ARG(missing))
				 .p);
}

static void take_key_bits(struct peer_part *p, struct peer_line *l)
{
	uint64_t bits;

	if (str_u64(l->value, UINT32_MAX, &bits) && bits > 0 && bits <= 1024)
		peer_already(l, "keys of under 1024 bits are refused (RFC 8301)");
	else
		peer_take_not(p, l);
}

static const struct peer_directive table[] = {
	{ "ADSPAction", peer_take_already, NULL, NULL, "ADSP is historic (RFC 5617)", false },
	{ "ADSPNoSuchDomain", peer_take_already, NULL, NULL, "ADSP is historic (RFC 5617)", false },
	{ "AllowSHA1Only", peer_take_if_same, NULL, "no", "SHA-1 is never accepted (RFC 8301)",
	  false },
	{ "AlwaysAddARHeader", peer_take_already, NULL, NULL, "every message gets its results",
	  false },
	{ "ATPSDomains", peer_take_not, NULL, NULL, "ATPS (RFC 6541) is not done", true },
	{ "ATPSHashAlgorithm", peer_take_not, NULL, NULL, "ATPS (RFC 6541) is not done", false },
	{ "BodyLengthDB", peer_take_not, NULL, NULL,
	  "signatures have no l=: it would let others append to a message", false },
	{ "BogusKey", peer_take_if_same, NULL, "fail",
	  "a forged key (DNSSEC) is a temporary failure", false },
	{ "Canonicalization", take_canonicalization, "sign.canonicalization", NULL, NULL, true },
	{ "CaptureUnknownErrors", peer_take_if_same, NULL, "no", "see scan.on_error", false },
	{ "ClockDrift", peer_take_already, NULL, NULL,
	  "clocks may differ by a margin of Merlon's own", false },
	{ "Diagnostics", peer_take_if_same, NULL, "no", "signatures have no z=", false },
	{ "DiagnosticDirectory", peer_take_not, NULL, NULL, "z= is not looked at", false },
	{ "DisableCryptoInit", peer_take_already, NULL, NULL, "nothing to be set", false },
	{ "DNSConnect", peer_take_if_same, NULL, "no", "TCP is used where UDP does not do", false },
	{ "DNSTimeout", peer_take_seconds, "dns.timeout", "every question ends some time", NULL,
	  false },
	{ "Domain", NULL, "sign_domain.*.keys", NULL, NULL, true },
	{ "DomainKeysCompat", peer_take_if_same, NULL, "no", "DomainKeys is historic (RFC 4870)",
	  false },
	{ "DontSignMailTo", peer_take_not, NULL, NULL,
	  "whether mail is signed does not depend on its recipients", true },
	{ "ExemptDomains", peer_take_not, NULL, NULL, "no author's domain is exempt", true },
	{ "ExternalIgnoreList", peer_take_dataset, "sign.trusted_hosts", NULL, NULL, true },
	{ "FinalPolicyScript", peer_take_not, NULL, NULL, SCRIPT, true },
	{ "FixCRLF", peer_take_already, NULL, NULL, "what is signed is what the MTA will send",
	  false },
	{ "IdentityHeader", peer_take_not, NULL, NULL, "identities come from the signing table",
	  true },
	{ "IdentityHeaderRemove", peer_take_if_same, NULL, "no",
	  "identities come from the signing table", false },
	{ "IgnoreMalformedMail", peer_take_already, NULL, NULL, "rules judge malformed mail",
	  false },
	{ "InternalHosts", peer_take_dataset, "sign.internal_hosts", NULL, NULL, true },
	{ "KeepAuthResults", peer_take_if_same, NULL, "no", "see auth.strip", false },
	{ "KeyFile", NULL, "sign_domain.*.keys", NULL, NULL, true },
	{ "KeyTable", NULL, "sign.key_table", NULL, NULL, true },
	{ "LDAPAuthMechanism", peer_take_not, NULL, NULL, LDAP, false },
	{ "LDAPAuthName", peer_take_not, NULL, NULL, LDAP, false },
	{ "LDAPAuthRealm", peer_take_not, NULL, NULL, LDAP, false },
	{ "LDAPAuthUser", peer_take_not, NULL, NULL, LDAP, false },
	{ "LDAPBindPassword", peer_take_not, NULL, NULL, LDAP, false },
	{ "LDAPBindUser", peer_take_not, NULL, NULL, LDAP, false },
	{ "LDAPDisableCache", peer_take_not, NULL, NULL, LDAP, false },
	{ "LDAPKeepaliveIdle", peer_take_not, NULL, NULL, LDAP, false },
	{ "LDAPKeepaliveInterval", peer_take_not, NULL, NULL, LDAP, false },
	{ "LDAPKeepaliveProbes", peer_take_not, NULL, NULL, LDAP, false },
	{ "LDAPTimeout", peer_take_not, NULL, NULL, LDAP, false },
	{ "LDAPUseTLS", peer_take_not, NULL, NULL, LDAP, false },
	{ "LogResults", peer_take_already, NULL, NULL, "every message's line in the log has them",
	  false },
	{ "LogWhy", peer_take_already, NULL, NULL, "symbols DKIM_SIGN_* and the log say why",
	  false },
	{ "MacroList", peer_take_not, NULL, NULL,
	  "macros do not decide about signing: give the MTA's service a listener of its own and "
	  "name it in sign.listeners",
	  true },
	{ "MaximumSignaturesToVerify", peer_take_already, NULL, NULL,
	  "ten are verified, aligned ones first", false },
	{ "MaximumSignedBytes", peer_take_not, NULL, NULL, "the whole body is signed", false },
	{ "Minimum", peer_take_not, NULL, NULL, "see dkim.body_length", false },
	{ "MinimumKeyBits", take_key_bits, NULL, NULL, "1024 bits is the least that is accepted",
	  false },
	{ "Mode", NULL, "sign.use", NULL, NULL, true },
	{ "MTA", peer_take_not, NULL, NULL,
	  "the MTA's name does not decide about signing: give that service a listener of its own "
	  "and name it in sign.listeners",
	  true },
	{ "MTACommand", peer_take_not, NULL, NULL, "mail goes out by report.relay.server", false },
	{ "MultipleSignatures", peer_take_bool, "sign.multiple_signatures", NULL, NULL, true },
	{ "MustBeSigned", peer_take_not, NULL, NULL, "a signature need cover no field but From",
	  true },
	{ "Nameservers", peer_take_list, "dns.servers", NULL, NULL, true },
	{ "NoHeaderB", peer_take_if_same, NULL, "no", "header.b is always there", false },
	{ "OmitHeaders", peer_take_not, NULL, NULL, "Merlon's list of signed fields is fixed",
	  false },
	{ "On-BadSignature", peer_take_if_same, NULL, "accept|a", BY_SCORE, true },
	{ "On-Default", peer_take_if_same, NULL, "accept|a",
	  BY_SCORE "; see scan.on_error, sign.on_failure", true },
	{ "On-DNSError", take_action, "scan.on_error", NULL, BY_SCORE, true },
	{ "On-InternalError", take_action, "scan.on_error", NULL,
	  "accept or tempfail: scan.on_error", true },
	{ "On-KeyNotFound", peer_take_if_same, NULL, "accept|a", BY_SCORE, true },
	{ "On-NoSignature", peer_take_if_same, NULL, "accept|a", BY_SCORE, true },
	{ "On-PolicyError", peer_take_if_same, NULL, "accept|a", BY_SCORE, false },
	{ "On-Security", peer_take_if_same, NULL, "accept|a", BY_SCORE, false },
	{ "On-SignatureError", take_action, "sign.on_failure", NULL,
	  "what cannot be signed goes unsigned, or is to come again: sign.on_failure", true },
	{ "OversignHeaders", take_sign_headers, NULL, NULL, NULL, false },
	{ "PeerList", peer_take_not, NULL, NULL, "Merlon judges the mail of every client", true },
	{ "POPDBFile", peer_take_not, NULL, NULL, "POP before SMTP is not done", true },
	{ "Quarantine", peer_take_if_same, NULL, "no", BY_SCORE, true },
	{ "QueryCache", peer_take_already, NULL, NULL, "answers are remembered: dns.cache_entries",
	  false },
	{ "RedirectFailuresTo", peer_take_not, NULL, NULL, BY_SCORE, true },
	{ "RemoveARAll", peer_take_if_same, NULL, "no", "fields that claim our name are removed",
	  true },
	{ "RemoveARFrom", peer_take_not, NULL, NULL,
	  "fields that claim our name are removed, no others", true },
	{ "RemoveOldSignatures", peer_take_if_same, NULL, "no", "no signature of others is removed",
	  false },
	{ "ReplaceHeaders", peer_take_not, NULL, NULL, "what the MTA will send is known by itself",
	  false },
	{ "ReplaceRules", peer_take_not, NULL, NULL,
	  "fields are signed as they come: have the MTA masquerade before its milters", true },
	{ "ReportAddress", peer_take_not, NULL, NULL, NO_REPORTS, false },
	{ "ReportBccAddress", peer_take_not, NULL, NULL, NO_REPORTS, false },
	{ "RequestReports", peer_take_if_same, NULL, "no", NO_REPORTS, false },
	{ "RequiredHeaders", peer_take_if_same, NULL, "no", "rules judge malformed mail", true },
	{ "RequireSafeKeys", peer_take_if_same, NULL, "yes",
	  "a key that others may read is always refused", true },
	{ "ResignAll", peer_take_if_same, NULL, "no", "see section seal for mail that leaves again",
	  true },
	{ "ResignMailTo", peer_take_not, NULL, NULL, "see section seal for mail that leaves again",
	  true },
	{ "ResolverConfiguration", peer_take_not, NULL, NULL, "see section dns", false },
	{ "ResolverTracing", peer_take_if_same, NULL, "no", "see log.level", false },
	{ "ScreenPolicyScript", peer_take_not, NULL, NULL, SCRIPT, true },
	{ "SelectCanonicalizationHeader", peer_take_not, NULL, NULL,
	  "no field chooses how is signed", false },
	{ "Selector", NULL, "sign_domain.*.keys", NULL, NULL, true },
	{ "SenderHeaders", peer_take_if_same, NULL, "From", "whose mail it is says From alone",
	  true },
	{ "SenderMacro", peer_take_not, NULL, NULL, "whose mail it is says From alone", true },
	{ "SendReports", peer_take_if_same, NULL, "no", NO_REPORTS, false },
	{ "SetupPolicyScript", peer_take_not, NULL, NULL, SCRIPT, true },
	{ "SignatureAlgorithm", peer_take_if_same, NULL, "rsa-sha256|ed25519-sha256",
	  "SHA-1 is never used (RFC 8301)", true },
	{ "SignatureTTL", peer_take_seconds, "sign.expire", NULL, NULL, true },
	{ "SignHeaders", take_sign_headers, NULL, NULL, NULL, false },
	{ "SigningTable", NULL, "sign.signing_table", NULL, NULL, true },
	{ "SMTPURI", peer_take_not, NULL, NULL, "mail goes out by report.relay.server", false },
	{ "SoftStart", peer_take_already, NULL, NULL, "Merlon starts without the store's servers",
	  false },
	{ "Statistics", peer_take_not, NULL, NULL, STATISTICS, false },
	{ "StatisticsName", peer_take_not, NULL, NULL, STATISTICS, false },
	{ "StatisticsPolicyScript", peer_take_not, NULL, NULL, SCRIPT, false },
	{ "StatisticsPrefix", peer_take_not, NULL, NULL, STATISTICS, false },
	{ "StrictHeaders", peer_take_if_same, NULL, "no", "rules judge malformed mail", false },
	{ "StrictTestMode", peer_take_already, NULL, NULL, "of tests only", false },
	{ "SubDomains", NULL, "sign_domain.*.subdomains", NULL, NULL, true },
	{ "SyslogName", peer_take_not, NULL, NULL, "the name in the log is merlond", false },
	{ "SyslogSuccess", peer_take_already, NULL, NULL, "every message has its line in the log",
	  false },
	{ "TestDNSData", peer_take_not, NULL, NULL, "of tests only", false },
	{ "TestPublicKeys", peer_take_not, NULL, NULL, "of tests only", false },
	{ "TrustAnchorFile", peer_take_not, NULL, NULL,
	  "answers are validated by the resolvers that are asked", false },
	{ "TrustSignaturesFrom", peer_take_not, NULL, NULL, "DMARC says whose signature counts",
	  false },
	{ "UnprotectedKey", peer_take_if_same, NULL, "none", "keys need no DNSSEC", true },
	{ "VBR-Certifiers", peer_take_not, NULL, NULL, VBR, false },
	{ "VBR-PurgeFields", peer_take_not, NULL, NULL, VBR, false },
	{ "VBR-TrustedCertifiers", peer_take_not, NULL, NULL, VBR, false },
	{ "VBR-TrustedCertifiersOnly", peer_take_not, NULL, NULL, VBR, false },
	{ "VBR-Type", peer_take_not, NULL, NULL, VBR, false },
	{ "WeakSyntaxChecks", peer_take_already, NULL, NULL,
	  "every field is read as well as it can be", false },
	{ 0 },
};

/* ---- what signs ---- */

static void not_all(struct peer_part *p, const char *const *name, bool matters, const char *why)
{
	struct peer_line *l;

	for (; *name; name++)
		if ((l = peer_line(p, *name)) && l->status == PEER_OPEN)
			peer_not(l, matters, why);
}

static const char *const single[] = { "Domain", "Selector", "KeyFile", "SubDomains", NULL };
static const char *const tables[] = { "KeyTable", "SigningTable", NULL };

static void sign_one(struct peer_part *p, struct str domain, struct str key)
{
	struct peer_line *sub = peer_line(p, "SubDomains");
	static const char *const names[] = { "Domain", "Selector", "KeyFile" };
	struct str text = peer_listed(p->m->arena, &key, 1);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!peer_set_in(p, peer_line(p, names[i]), "sign_domain", domain, "keys", text))
			return;
	peer_set_in(p, sub, "sign_domain", domain, "subdomains",
		    sub && peer_yes(sub->value) ? STR("on") : STR("off"));
}

static bool sign_domains(struct peer_part *p, struct peer_line *d, const struct peer_line *selector,
			 struct peer_line *file)
{
	struct arena *a = p->m->arena;
	const char *path = peer_path(p, file->value), *fault = peer_key_fault(p, path);
	struct str key = arena_printf(a, "%.*s=%s", STR_ARG(selector->value), path);
	struct str spec = peer_dataset(p, d->value);
	struct odk_set set;
	struct err e;

	if (!spec.p || odk_load(a, spec, p->path, &set, &e) < 0 || !set.rows.n ||
	    set.rows.n > CONF_SECTIONS_MAX / 2) {
		peer_not(d, true, "the list of domains cannot be read");
		return false;
	}
	for (size_t i = 0; i < set.rows.n; i++)
		if (!domain_read(a, set.rows.p[i].key, DOMAIN_UNDERSCORE).n) {
			peer_not(d, true,
				 arena_printf(a,
					      "%.*s is no domain; patterns are for a "
					      "SigningTable (refile:)",
					      STR_ARG(set.rows.p[i].key))
					 .p);
			return false;
		}
	for (size_t i = 0; i < set.rows.n; i++)
		sign_one(p, arena_lower(a, set.rows.p[i].key), key);
	if (fault && file->status == PEER_TAKEN) {
		file->reason = str_c(fault);
		file->matters = true;
	}
	return true;
}

/* What Merlon will not take of the table of keys. */
static const char *table_fault(struct peer_part *p, struct peer_line *l)
{
	struct arena *a = p->m->arena;
	struct odk_set set;
	struct odk_key key;
	const char *why;

	if (odk_load(a, peer_dataset(p, l->value), p->path, &set, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < set.rows.n; i++) {
		const struct odk_row *row = &set.rows.p[i];
		if (!odk_key_read(row, &key, &why))
			return arena_printf(a, "%s:%d: %s", set.name, row->line, why).p;
		if (key.in_table)
			return arena_printf(a,
					    "%s:%d: a private key stands in the table itself: "
					    "write it to a file and name that",
					    set.name, row->line)
				.p;
		if (str_chr(key.path, '%') != SIZE_MAX)
			continue;
		why = peer_key_fault(p, file_beside(a, set.name, key.path));
		if (why)
			return arena_printf(a, "%s:%d: %s", set.name, row->line, why).p;
	}
	return NULL;
}

static void take_tables(struct peer_part *p, struct peer_line *kt, struct peer_line *st)
{
	const char *fault;

	peer_take_dataset(p, kt);
	peer_take_dataset(p, st);
	fault = kt->status == PEER_TAKEN && !kt->matters ? table_fault(p, kt) : NULL;
	if (fault) {
		kt->reason = str_c(fault);
		kt->matters = true;
	}
}

static bool finish_keys(struct peer_part *p)
{
	struct peer_line *kt = peer_line(p, "KeyTable"), *st = peer_line(p, "SigningTable");
	struct peer_line *domain = peer_line(p, "Domain"), *file = peer_line(p, "KeyFile");
	struct peer_line *selector = peer_line(p, "Selector");

	if (kt && st) {
		not_all(p, single, false, "it is not looked at where there is a KeyTable");
		take_tables(p, kt, st);
		return kt->status == PEER_TAKEN && st->status == PEER_TAKEN;
	}
	not_all(p, tables, true,
		"Merlon signs with a KeyTable and a SigningTable, or with neither");
	if (domain && selector && file && !kt)
		return sign_domains(p, domain, selector, file);
	not_all(p, single, true, "signing wants Domain, Selector and KeyFile");
	return false;
}

static void remarks(struct peer_part *p, bool signs)
{
	if (!peer_line(p, "AuthservID"))
		peer_remark(p, "Authentication-Results bear the name of this host, not the MTA's: "
			       "auth.authserv_id");
	if (!signs)
		return;
	if (!peer_line(p, "Canonicalization"))
		peer_remark(p, "signatures are relaxed/relaxed, where OpenDKIM's are simple/simple "
			       "unless told: sign.canonicalization");
	if (!peer_line(p, "SignatureTTL"))
		peer_remark(p, "signatures expire after 7 days (x=), where OpenDKIM's do not "
			       "unless told: sign.expire");
	if (!peer_line(p, "InternalHosts"))
		peer_remark(p, "mail from ::1 and all of 127.0.0.0/8 is signed without a log-in, "
			       "where OpenDKIM has 127.0.0.1: sign.networks");
}

static void finish(struct peer_part *p)
{
	struct peer_line *mode = peer_line(p, "Mode");
	bool signs = !mode || str_chr(mode->value, 's') != SIZE_MAX;
	bool verifies = !mode || str_chr(mode->value, 'v') != SIZE_MAX;

	if (signs)
		signs = finish_keys(p);
	else {
		not_all(p, single, false, "Mode does not sign");
		not_all(p, tables, false, "Mode does not sign");
	}
	if (signs || mode)
		peer_set(p, mode, "sign.use", signs ? STR("on") : STR("off"),
			 "it signs, unless Mode says otherwise");
	if (mode && !verifies && mode->status == PEER_TAKEN)
		mode->reason = STR("Merlon verifies too; what it finds goes out in "
				   "Authentication-Results unless auth.insert is off");
	if (!verifies && signs)
		peer_remark(p, "Merlon verifies what others send too");
	peer_take_socket(p);
	peer_take_user(p, signs);
	remarks(p, signs);
}

const struct peer peer_opendkim = {
	.word = "opendkim",
	.title = "OpenDKIM",
	.path = "/etc/opendkim.conf",
	.table = table,
	.common = peer_common,
	.finish = finish,
};
