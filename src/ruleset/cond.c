/* The conditions of rule files: versions, plug-ins and abilities that are answered to. */
#include "ruleset/expr.h"
#include "ruleset/lines.h"

#define PLUGIN_PREFIX "Mail::SpamAssassin::Plugin::"
#define CONF_PREFIX "Mail::SpamAssassin::Conf::"
#define PERL_VERSION 5.036 /* a version whose regular expressions PCRE2 understands */

/*
 * The plug-ins of SpamAssassin 4.0.1 that it loads by default. Where what one of them does is not
 * done here, the rules that need it are noted one by one.
 */
static const char *const plugins[] = {
	"AskDNS",
	"AutoLearnThreshold",
	"Bayes",
	"BodyEval",
	"Check",
	"DKIM",
	"DMARC",
	"DNSEval",
	"Dmarc",
	"FreeMail",
	"HTMLEval",
	"HTTPSMismatch",
	"HashBL",
	"HeaderEval",
	"ImageInfo",
	"MIMEEval",
	"MIMEHeader",
	"Pyzor",
	"Razor2",
	"RelayEval",
	"ReplaceTags",
	"SPF",
	"SpamCop",
	"URIDNSBL",
	"URIDetail",
	"URIEval",
	"VBounce",
	"WLBLEval",
	"WelcomeListSubject",
	"WhiteListSubject",
};

/* can(Mail::SpamAssassin::Conf::...) */
static const char *const features[] = {
	"compat_welcomelist_blocklist",
	"feature_bayes_auto_learn_on_error",
	"feature_bayes_stopwords",
	"feature_blocklist_welcomelist",
	"feature_bug6558_free",
	"feature_capture_rules",
	"feature_compile_regexp",
	"feature_dns_block_rule",
	"feature_dns_local_ports_permit_avoid",
	"feature_dns_query_restriction",
	"feature_edns",
	"feature_geodb",
	"feature_get_host",
	"feature_header_address_parser",
	"feature_header_first_last",
	"feature_header_match_many",
	"feature_local_tests_only",
	"feature_meta_rules_matching",
	"feature_originating_ip_headers",
	"feature_registryboundaries",
	"feature_subjprefix",
	"feature_uri_host_listed",
	"feature_welcomelist_blocklist",
	"feature_yesno_takes_args",
	"has_tflags_nolog",
	"has_tflags_nosubject",
	"perl_min_version_5010000",
};

/* can(Mail::SpamAssassin::Plugin::...) */
static const char *const abilities[] = {
	"AskDNS::has_tag_header",
	"BodyEval::has_check_body_length",
	"BodyEval::has_plaintext_body_sig_ratio",
	"DKIM::has_arc",
	"DNSEval::has_tflags_domains_only",
	"DNSEval::has_tflags_ips_only",
	"HashBL::has_hashbl_attachments",
	"HashBL::has_hashbl_bodyre",
	"HashBL::has_hashbl_bodyre_num",
	"HashBL::has_hashbl_email_domain",
	"HashBL::has_hashbl_email_domain_alias",
	"HashBL::has_hashbl_email_regex",
	"HashBL::has_hashbl_email_welcomelist",
	"HashBL::has_hashbl_email_whitelist",
	"HashBL::has_hashbl_emails",
	"HashBL::has_hashbl_ignore",
	"HashBL::has_hashbl_sha256",
	"HashBL::has_hashbl_tag",
	"HashBL::has_hashbl_uris",
	"MIMEEval::has_check_abundant_unicode_ratio",
	"MIMEEval::has_check_for_ascii_text_illegal",
	"MIMEEval::has_check_qp_ratio",
	"MIMEHeader::has_all_header",
	"MIMEHeader::has_capture_rules",
	"MIMEHeader::has_tflags_concat",
	"MIMEHeader::has_tflags_multiple",
	"MIMEHeader::has_tflags_range",
	"Pyzor::has_fork",
	"Razor2::has_fork",
	"SPF::has_check_for_spf_errors",
	"SPF::has_check_spf_skipped_noenvfrom",
	"URIDNSBL::has_subtest_for_ranges",
	"URIDNSBL::has_tflags_domains_only",
	"URIDNSBL::has_tflags_notrim",
	"URIDNSBL::has_uridnsbl_a_ns",
	"URIDNSBL::has_uridnsbl_for_a",
	"URIDNSBL::has_uridnsbl_skip_mailto",
	"URIDetail::has_host_key",
};

enum { COND_FALSE, COND_TRUE, COND_VERSION, COND_PERL };

static bool listed(const char *const *list, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_c(list[i])))
			return true;
	return false;
}

#define LISTED(list, name) listed(list, sizeof(list) / sizeof *(list), name)

bool lines_plugin(const struct scan_setup *setup, struct str name)
{
	struct str prefix = STR(PLUGIN_PREFIX);

	if (str_starts(name, prefix))
		return LISTED(plugins, str_skip(name, prefix.n));
	for (size_t i = 0; i < setup->n; i++)
		if (str_ieq(name, str_c(setup->check[i]->name)))
			return true;
	return false;
}

static bool can(const struct scan_setup *setup, struct str name)
{
	struct str conf = STR(CONF_PREFIX), plugin = STR(PLUGIN_PREFIX);
	const struct check *owner;

	if (str_starts(name, conf))
		return LISTED(features, str_skip(name, conf.n));
	if (str_starts(name, plugin))
		return LISTED(abilities, str_skip(name, plugin.n));
	return scan_setup_predicate(setup, name, &owner) != NULL;
}

static bool resolve(void *arg, struct str name, struct str call_arg, bool is_call, size_t *ref)
{
	const struct line_reader *r = arg;

	if (!is_call && str_eq(name, STR("version")))
		*ref = COND_VERSION;
	else if (!is_call && str_eq(name, STR("perl_version")))
		*ref = COND_PERL;
	else if (!is_call && str_eq(name, STR("local_tests_only")))
		*ref = COND_FALSE;
	else if (is_call && str_eq(name, STR("plugin")))
		*ref = lines_plugin(r->setup, call_arg) ? COND_TRUE : COND_FALSE;
	else if (is_call && (str_eq(name, STR("can")) || str_eq(name, STR("has"))))
		*ref = can(r->setup, call_arg) ? COND_TRUE : COND_FALSE;
	else
		return false;
	return true;
}

static double value(void *arg, size_t ref)
{
	(void)arg;
	if (ref == COND_VERSION)
		return LANGUAGE_VERSION;
	return ref == COND_PERL ? PERL_VERSION : ref == COND_TRUE;
}

bool lines_condition(struct line_reader *r, const struct rule_line *l)
{
	struct err e;
	struct expr *x;

	if (str_eq(l->word, STR("ifplugin")))
		return lines_plugin(r->setup, l->rest);
	x = expr_compile(r->arena, l->rest, resolve, r, &e);
	if (!x) {
		line_fault(r, l, "if: %s", e.text);
		return false;
	}
	return expr_eval(x, value, NULL) != 0;
}
