/* The table of directives: what is done with each word that a line may begin with. */
#include "ruleset/loader.h"

#define BAYES "statistics have options of their own"
#define DNS "the resolver has options of its own"
#define REPORT "merlon writes no reports into messages"
#define HEADERS "fields that are added are options of merlon.conf"
#define ELSEWHERE "not served by this version"

static void take_ignored(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	if (map_get(l->noted, str_c(d->word)))
		return;
	map_put(l->noted, str_c(d->word), l);
	line_note(&l->reader, line, "ignored: %.*s: %s", STR_ARG(line->word), d->what);
}

static void take_plugin(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest = line->rest, name = line_word(&rest);

	(void)d;
	if (!lines_plugin(l->reader.setup, name))
		line_note(&l->reader, line, "%.*s %.*s: what it does is not done here",
			  STR_ARG(line->word), STR_ARG(name));
}

#define RULE(w, f, k, h)                                                                           \
	{                                                                                          \
		.word = w, .take = f, .kind = k, .help = h                                         \
	}
#define ATTR(w, f, h)                                                                              \
	{                                                                                          \
		.word = w, .take = f, .help = h                                                    \
	}
#define LIST(w, list, mode, h)                                                                     \
	{                                                                                          \
		.word = w, .take = take_list, .what = list, .how = mode, .help = h                 \
	}
#define OLD(w, list, mode)                                                                         \
	{                                                                                          \
		.word = w, .take = take_list, .what = list, .how = mode                            \
	}
#define NETS(w, n)                                                                                 \
	{                                                                                          \
		.word = w, .take = take_nets, .how = n                                             \
	}
#define SKIP(w, why)                                                                               \
	{                                                                                          \
		.word = w, .take = take_ignored, .what = why                                       \
	}

const struct directive directives[] = {
	/* rules */
	RULE("header", take_header, RULE_HEADER, "NAME FIELD =~ /re/, exists:FIELD, eval:f()"),
	RULE("body", take_pattern, RULE_BODY, "NAME /re/: the text, a paragraph at a time"),
	RULE("rawbody", take_pattern, RULE_RAWBODY, "NAME /re/: text parts, decoded, as they are"),
	RULE("uri", take_pattern, RULE_URI, "NAME /re/: each URI, as found and cleaned"),
	RULE("full", take_pattern, RULE_FULL, "NAME /re/: the message as it came"),
	RULE("mimeheader", take_header, RULE_MIMEHEADER, "NAME FIELD =~ /re/: fields of parts"),
	RULE("uri_detail", take_uri_detail, RULE_URI_DETAIL, "NAME raw =~ /re/ domain !~ /re/ ..."),
	RULE("meta", take_meta, RULE_META, "NAME expression over rules"),
	RULE("askdns", take_askdns, RULE_EVAL, "NAME template types sub-test: asks DNS"),

	/* what is said of them */
	ATTR("score", take_score, "NAME number, four numbers, or (number) to add"),
	ATTR("describe", take_text, "NAME text"),
	ATTR("group", take_text, "NAME word"),
	ATTR("tflags", take_tflags, "NAME words"),
	ATTR("priority", take_priority, "NAME number"),
	ATTR("test", take_test, "NAME ok|fail text"),

	/* tags in patterns */
	{ .word = "replace_tag", .take = take_tag, .how = TAG_TAG },
	{ .word = "replace_pre", .take = take_tag, .how = TAG_PRE },
	{ .word = "replace_inter", .take = take_tag, .how = TAG_INTER },
	{ .word = "replace_post", .take = take_tag, .how = TAG_POST },
	{ .word = "replace_start", .take = take_tag_ends, .how = 0 },
	{ .word = "replace_end", .take = take_tag_ends, .how = 1 },
	ATTR("replace_rules", take_replace_rules, "NAME ..."),

	/* lists */
	LIST("list", "", LIST_FILE, "NAME path: one entry a line"),
	LIST("welcomelist_from", "welcomelist_from", LIST_WORDS, "address globs"),
	OLD("whitelist_from", "welcomelist_from", LIST_WORDS),
	LIST("unwelcomelist_from", "welcomelist_from", LIST_REMOVE, "takes them out again"),
	OLD("unwhitelist_from", "welcomelist_from", LIST_REMOVE),
	LIST("welcomelist_from_rcvd", "welcomelist_from_rcvd", LIST_PAIR, "address relay"),
	OLD("whitelist_from_rcvd", "welcomelist_from_rcvd", LIST_PAIR),
	LIST("def_welcomelist_from_rcvd", "def_welcomelist_from_rcvd", LIST_PAIR, ""),
	OLD("def_whitelist_from_rcvd", "def_welcomelist_from_rcvd", LIST_PAIR),
	LIST("unwelcomelist_from_rcvd", "welcomelist_from_rcvd", LIST_REMOVE, ""),
	OLD("unwhitelist_from_rcvd", "welcomelist_from_rcvd", LIST_REMOVE),
	LIST("welcomelist_allows_relays", "welcomelist_allows_relays", LIST_WORDS, ""),
	OLD("whitelist_allows_relays", "welcomelist_allows_relays", LIST_WORDS),
	LIST("welcomelist_auth", "welcomelist_auth", LIST_WORDS, "with SPF or DKIM"),
	OLD("whitelist_auth", "welcomelist_auth", LIST_WORDS),
	LIST("def_welcomelist_auth", "def_welcomelist_auth", LIST_WORDS, ""),
	OLD("def_whitelist_auth", "def_welcomelist_auth", LIST_WORDS),
	LIST("unwelcomelist_auth", "welcomelist_auth", LIST_REMOVE, ""),
	OLD("unwhitelist_auth", "welcomelist_auth", LIST_REMOVE),
	LIST("welcomelist_from_spf", "welcomelist_from_spf", LIST_WORDS, ""),
	OLD("whitelist_from_spf", "welcomelist_from_spf", LIST_WORDS),
	LIST("def_welcomelist_from_spf", "def_welcomelist_from_spf", LIST_WORDS, ""),
	OLD("def_whitelist_from_spf", "def_welcomelist_from_spf", LIST_WORDS),
	LIST("unwelcomelist_from_spf", "welcomelist_from_spf", LIST_REMOVE, ""),
	OLD("unwhitelist_from_spf", "welcomelist_from_spf", LIST_REMOVE),
	LIST("welcomelist_from_dkim", "welcomelist_from_dkim", LIST_PAIR, "address [domain]"),
	OLD("whitelist_from_dkim", "welcomelist_from_dkim", LIST_PAIR),
	LIST("def_welcomelist_from_dkim", "def_welcomelist_from_dkim", LIST_PAIR, ""),
	OLD("def_whitelist_from_dkim", "def_welcomelist_from_dkim", LIST_PAIR),
	LIST("unwelcomelist_from_dkim", "welcomelist_from_dkim", LIST_REMOVE, ""),
	OLD("unwhitelist_from_dkim", "welcomelist_from_dkim", LIST_REMOVE),
	LIST("blocklist_from", "blocklist_from", LIST_WORDS, ""),
	OLD("blacklist_from", "blocklist_from", LIST_WORDS),
	LIST("unblocklist_from", "blocklist_from", LIST_REMOVE, ""),
	OLD("unblacklist_from", "blocklist_from", LIST_REMOVE),
	LIST("welcomelist_to", "welcomelist_to", LIST_WORDS, ""),
	OLD("whitelist_to", "welcomelist_to", LIST_WORDS),
	LIST("blocklist_to", "blocklist_to", LIST_WORDS, ""),
	OLD("blacklist_to", "blocklist_to", LIST_WORDS),
	LIST("more_spam_to", "more_spam_to", LIST_WORDS, ""),
	LIST("all_spam_to", "all_spam_to", LIST_WORDS, ""),
	LIST("welcomelist_subject", "welcomelist_subject", LIST_WHOLE, ""),
	OLD("whitelist_subject", "welcomelist_subject", LIST_WHOLE),
	LIST("blocklist_subject", "blocklist_subject", LIST_WHOLE, ""),
	OLD("blacklist_subject", "blocklist_subject", LIST_WHOLE),
	LIST("welcomelist_bounce_relays", "welcomelist_bounce_relays", LIST_WORDS, ""),
	OLD("whitelist_bounce_relays", "welcomelist_bounce_relays", LIST_WORDS),
	LIST("enlist_uri_host", "uri_host", LIST_NAMED, "(NAME) hosts"),
	OLD("delist_uri_host", "uri_host", LIST_REMOVE),
	OLD("blocklist_uri_host", "uri_host:BLOCK", LIST_WORDS),
	OLD("blacklist_uri_host", "uri_host:BLOCK", LIST_WORDS),
	OLD("welcomelist_uri_host", "uri_host:WELCOME", LIST_WORDS),
	OLD("whitelist_uri_host", "uri_host:WELCOME", LIST_WORDS),
	LIST("enlist_addrlist", "addrlist", LIST_NAMED, "(NAME) addresses"),
	LIST("ok_locales", "ok_locales", LIST_ONLY, "languages whose charsets are fine, or all"),
	LIST("ok_languages", "ok_languages", LIST_ONLY, "languages of the site, or all"),
	LIST("freemail_domains", "freemail_domains", LIST_WORDS, ""),
	LIST("freemail_welcomelist", "freemail_welcomelist", LIST_WORDS, ""),
	OLD("freemail_whitelist", "freemail_welcomelist", LIST_WORDS),
	OLD("freemail_import_welcomelist_auth", "freemail_import_welcomelist_auth", LIST_WORDS),
	OLD("freemail_import_whitelist_auth", "freemail_import_welcomelist_auth", LIST_WORDS),
	OLD("freemail_import_def_welcomelist_auth", "freemail_import_def_welcomelist_auth",
	    LIST_WORDS),
	OLD("freemail_import_def_whitelist_auth", "freemail_import_def_welcomelist_auth",
	    LIST_WORDS),
	LIST("util_rb_tld", "util_rb_tld", LIST_WORDS, ""),
	LIST("util_rb_2tld", "util_rb_2tld", LIST_WORDS, ""),
	LIST("util_rb_3tld", "util_rb_3tld", LIST_WORDS, ""),
	OLD("clear_util_rb", "util_rb_", LIST_CLEAR),
	LIST("url_shortener", "url_shortener", LIST_WORDS, ""),
	OLD("url_shortener_get", "url_shortener", LIST_WORDS),
	OLD("clear_url_shortener", "url_shortener", LIST_CLEAR),
	LIST("uridnsbl_skip_domain", "uridnsbl_skip_domain", LIST_WORDS, ""),
	OLD("clear_uridnsbl_skip_domain", "uridnsbl_skip_domain", LIST_CLEAR),
	LIST("adsp_override", "adsp_override", LIST_PAIR, "domain [practice]"),
	ATTR("redirector_pattern", take_redirector, "/re/"),
	ATTR("originating_ip_headers", take_originating, "names of fields"),
	ATTR("clear_originating_ip_headers", take_originating, ""),
	NETS("trusted_networks", 0),
	NETS("clear_trusted_networks", 0),
	NETS("internal_networks", 1),
	NETS("clear_internal_networks", 1),
	NETS("msa_networks", 2),
	NETS("clear_msa_networks", 2),

	/* plug-ins */
	ATTR("loadplugin", take_plugin, ""),
	ATTR("tryplugin", take_plugin, ""),

	/* the network: what is not read by a check (checks/dnslist) */
	SKIP("asn_lookup", ELSEWHERE),
	SKIP("asn_lookup_ipv6", ELSEWHERE),
	SKIP("clear_asn_lookups", ELSEWHERE),
	SKIP("rbl_timeout", "option dnslist.timeout of merlon.conf"),
	SKIP("reuse", "results of other filters are not taken over"),
	SKIP("dns_available", DNS),
	SKIP("dns_local_ports_avoid", DNS),
	SKIP("dns_local_ports_none", DNS),
	SKIP("dns_local_ports_permit", DNS),
	SKIP("dns_options", DNS),
	SKIP("dns_server", DNS),
	SKIP("clear_dns_servers", DNS),
	SKIP("dns_test_interval", DNS),
	SKIP("dkim_minimum_key_bits", "option of the check dkim"),
	SKIP("dkim_timeout", DNS),
	SKIP("spf_timeout", DNS),
	SKIP("use_pyzor", ELSEWHERE),
	SKIP("use_razor2", ELSEWHERE),
	SKIP("use_dcc", ELSEWHERE),

	/* what is done with the message: not a matter of rules here */
	SKIP("add_header", HEADERS),
	SKIP("remove_header", HEADERS),
	SKIP("clear_headers", HEADERS),
	SKIP("rewrite_header", HEADERS),
	SKIP("fold_headers", HEADERS),
	SKIP("subjprefix", HEADERS),
	SKIP("required_score", "option score.tag of merlon.conf"),
	SKIP("required_hits", "option score.tag of merlon.conf"),
	SKIP("report", REPORT),
	SKIP("clear_report_template", REPORT),
	SKIP("report_charset", REPORT),
	SKIP("report_contact", REPORT),
	SKIP("report_hostname", REPORT),
	SKIP("report_safe", REPORT),
	SKIP("report_safe_copy_headers", REPORT),
	SKIP("report_wrap_width", REPORT),
	SKIP("unsafe_report", REPORT),
	SKIP("clear_unsafe_report_template", REPORT),
	SKIP("shortcircuit", "every message is judged in full"),
	SKIP("time_limit", "option scan.deadline of merlon.conf"),
	SKIP("enable_compat", "the new and the old names are both understood"),
	SKIP("normalize_charset", "text is matched as UTF-8, as SpamAssassin 4 does"),
	SKIP("body_part_scan_size", "a limit of the program"),
	SKIP("rawbody_part_scan_size", "a limit of the program"),
	SKIP("envelope_sender_header", "the envelope comes from the MTA"),
	SKIP("always_trust_envelope_sender", "the envelope comes from the MTA"),
	SKIP("lock_method", "there are no locks"),
	SKIP("allow_user_rules", "rules are the site's"),
	SKIP("version_tag", "merlon names its own version"),
	SKIP("inactive_languages", ELSEWHERE),
	SKIP("country_db_type", ELSEWHERE),
	SKIP("country_db_path", ELSEWHERE),
	SKIP("geodb_module", ELSEWHERE),
	SKIP("geodb_options", ELSEWHERE),
	SKIP("geodb_search_path", ELSEWHERE),
	SKIP("fns_check", ELSEWHERE),
	SKIP("fns_add_addrlist", ELSEWHERE),
	SKIP("fns_remove_addrlist", ELSEWHERE),
	SKIP("fns_extrachars", ELSEWHERE),
	SKIP("fns_ignore_dkim", ELSEWHERE),
	SKIP("fns_ignore_headers", ELSEWHERE),
	SKIP("freemail_add_describe_email", "evidence names the address"),
	SKIP("freemail_max_body_emails", "a limit of the program"),
	SKIP("freemail_max_body_freemails", "a limit of the program"),
	SKIP("freemail_skip_when_over_max", "a limit of the program"),
	SKIP("freemail_skip_bulk_envfrom", ELSEWHERE),
	SKIP("max_short_urls", ELSEWHERE),
	SKIP("max_short_url_redirections", ELSEWHERE),
	SKIP("use_bayes", BAYES),
	SKIP("use_bayes_rules", BAYES),
	SKIP("use_learner", BAYES),
	/* families: any word that begins so */
	SKIP("bayes_*", BAYES),
	SKIP("auto_welcomelist_*", ELSEWHERE),
	SKIP("auto_whitelist_*", ELSEWHERE),
	SKIP("pyzor_*", ELSEWHERE),
	SKIP("razor_*", ELSEWHERE),
	SKIP("dcc_*", ELSEWHERE),
	SKIP("spamcop_*", REPORT),
	SKIP("user_*", ELSEWHERE),
	SKIP("textcat_*", ELSEWHERE),
	SKIP("shortcircuit_*", "every message is judged in full"),
	SKIP("url_shortener_*", ELSEWHERE),
	SKIP("olemacro_*", ELSEWHERE),
	SKIP("extracttext_*", ELSEWHERE),
	SKIP("authres_*", ELSEWHERE),
	SKIP("phishing_*", ELSEWHERE),
	SKIP("uri_block_*", ELSEWHERE),
	{ 0 },
};
