/* The functions of stock rules, one by one: of each a message where it hits and one where it does
 * not, as SpamAssassin 4.0.1 said of them (tests/parity/evals compares them anew). */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "checks/checks.h"
#include "mail/msg.h"
#include "ruleset/rule.h"
#include "unit/scan/world.h"

#define MAX_MAIL 65536u
#define MAX_ROWS 512u

/* clang-format off */
static const struct {
	const char *kind, *call;
	const char *hit, *miss; /* messages of tests/parity/mails; NULL: none */
} rows[] = {
	{ "body", "html_tag_balance('head', '!= 0')", "html-heads", "html-charset-fine" },
	{ "body", "html_tag_balance('body', '!= 0')", "html-unbalanced", "html-charset" },
	{ "body", "html_tag_balance('b', '!= 0')", "html-unbalanced", "html-comment" },
	{ "body", "html_tag_balance('html', '!= 0')", "html-unbalanced", "html-entities" },
	{ "body", "html_tag_balance('p', '!= 0')", NULL, "alternative-differs" },
	{ "body", "html_tag_balance('b', '> 1')", "html-unbalanced", "html-form" },
	{ "body", "html_image_only('0000','0400')", "alternative-image", "alternative-half" },
	{ "body", "html_image_only('0400','0800')", "html-image-text", "html-hidden" },
	{ "body", "html_image_only('0800','1200')", "html-image-paragraphs", "html-https-http" },
	{ "body", "html_image_only('1200','99999')", "html-image-long", "html-https-ip-same" },
	{ "body", "html_image_ratio('0.000','0.002')", "html-image-long", "html-https-ip" },
	{ "body", "html_image_ratio('0.002','0.01')", "html-image-text", "html-https-same" },
	{ "body", "html_image_ratio('0.01','0.5')", NULL, "alternative-html-only" },
	{ "body", "html_tag_exists('img')", "html-image-only", "html-iframe" },
	{ "body", "html_tag_exists('iframe')", "html-iframe", "html-links" },
	{ "body", "html_tag_exists('form')", "html-form", "html-long-uri" },
	{ "body", "html_tag_exists('center')", "html-image-paragraphs", "html-obfuscated" },
	{ "body", "html_tag_exists('embed')", "html-form", "html-script" },
	{ "body", "html_tag_exists('script')", "html-script", "html-simple" },
	{ "body", "html_tag_exists('meta')", "html-charset-fine", "html-slightly-obfuscated" },
	{ "body", "html_test('font_low_contrast')", "html-hidden", "html-title-long" },
	{ "body", "html_test('font_invalid_color')", "html-hidden", "html-unmarked" },
	{ "body", "html_test('font_face_bad')", "html-hidden", "html-utf8" },
	{ "body", "html_test('form_action_mailto')", "html-form", "html-charset" },
	{ "body", "html_test('embeds')", "html-form", "html-comment" },
	{ "body", "html_test('html')", "alternative-invitation", "alternative-pdf" },
	{ "body", "html_eval('max_size', '> 4')", "html-hidden", "html-entities" },
	{ "body", "html_eval('length', '<= 100')", "alternative-same", "alternative-text-long" },
	{ "body", "html_eval('big_font', '> 0')", NULL, "alternative-text-short" },
	{ "body", "html_eval('backhair_count', '>= 2')", "html-obfuscated", "html-heads" },
	{ "body", "html_range('ratio','0.00','0.50')", "alternative-utf8", "alternative-image" },
	{ "body", "html_range('ratio','.50','0.90')", "mime-html-base64", "mime-digest" },
	{ "body", "html_range('ratio','.90','inf')", "related-gif", "bounce-report" },
	{ "body", "html_range('length','0','100')", "head-two-types", "head-8bit" },
	{ "body", "html_range('length','100','500')", "alternative-differs", "alternative-half" },
	{ "body", "html_range('length','500','inf')", "html-long-uri", "html-https-http" },
	{ "body", "html_range('obfuscation_ratio','.01','.10')", "html-slightly-obfuscated", "html-https-ip-same" },
	{ "body", "html_range('obfuscation_ratio','.1','.3')", "html-links", "html-https-ip" },
	{ "body", "html_range('obfuscation_ratio','.3','1')", "html-obfuscated", "html-https-same" },
	{ "body", "html_range('bad_tag_ratio','.01','.2')", "html-unbalanced", "html-image-only" },
	{ "body", "html_range('bad_tag_ratio','.2','1')", "html-obfuscated", "html-simple" },
	{ "body", "html_range('non_element_ratio','.1','.5')", "html-obfuscated", "html-title-long" },
	{ "body", "html_range('closed_extra_ratio','0','1')", "html-comment", "html-unmarked" },
	{ "body", "html_range('backhair_count','0','2')", "html-https-ip-same", "html-utf8" },
	{ "body", "html_range('image_area','10000','200000')", "html-image-text", "html-charset-fine" },
	{ "body", "html_text_match('title', '(?i)hello')", "html-simple", "html-charset" },
	{ "body", "html_text_match('comment', 'saved from')", "html-comment", "html-entities" },
	{ "body", "html_text_match('script', '\\bunescape')", "html-script", "html-heads" },
	{ "body", "html_text_match('anchor', '(?i)\\bhere')", "html-https-http", "html-https-ip" },
	{ "body", "html_title_subject_ratio('3.5')", "html-title-long", "html-https-same" },
	{ "body", "html_title_subject_ratio('1')", "html-title-long", "html-iframe" },
	{ "body", "check_iframe_src()", "html-iframe", "html-image-long" },
	{ "body", "check_uri_truncated()", "html-long-uri", "html-image-only" },
	{ "rawbody", "check_for_mime('mime_base64_count')", "mixed-attachment", "head-address-in-subject" },
	{ "rawbody", "check_for_mime('mime_base64_encoded_text')", "plain-base64", "plain-8bit-undeclared" },
	{ "rawbody", "check_for_mime('mime_body_html_count')", "mime-forward", "mime-epilogue-dot" },
	{ "rawbody", "check_for_mime('mime_body_text_count')", "head-bad-date", "head-two-types" },
	{ "rawbody", "check_for_mime('mime_faraway_charset')", "plain-koi8", "plain-base64-line-100" },
	{ "rawbody", "check_for_mime('mime_missing_boundary')", "mime-unclosed", "mime-epilogue" },
	{ "rawbody", "check_for_mime('mime_multipart_alternative')", "mime-nested", "mime-no-blank" },
	{ "rawbody", "check_for_mime('mime_multipart_ratio')", "head-cut", NULL },
	{ "rawbody", "check_for_mime('mime_qp_count')", "plain-qp-all", "plain-base64-long-line" },
	{ "rawbody", "check_for_mime('mime_qp_long_line')", "plain-qp-needless", "plain-blank-lines" },
	{ "rawbody", "check_for_mime('mime_qp_ratio')", "plain-qp-all", "plain-bounce" },
	{ "rawbody", "check_for_mime('mime_ascii_text_illegal')", "plain-nul", "plain-capitals" },
	{ "rawbody", "check_for_mime('mime_attachment')", "mixed-attachment", "mixed-gif-turned" },
	{ "body", "check_for_mime_html()", "alternative-html-only", "alternative-pdf" },
	{ "body", "check_for_mime_html_only()", "mime-html-base64", "mime-no-headers" },
	{ "body", "check_mime_multipart_ratio('0.000000','0.100000')", "alternative-text-short", "alternative-invitation" },
	{ "body", "check_mime_multipart_ratio('0.1','0.9')", "alternative-same", "alternative-text-long" },
	{ "body", "check_mime_multipart_ratio('0.9','1.1')", "head-date-13-early", "alternative-utf8" },
	{ "body", "check_mime_multipart_ratio('1.1','100')", "alternative-text-long", "alternative-differs" },
	{ "body", "check_for_ascii_text_illegal()", "plain-8bit-undeclared", "plain-empty" },
	{ "body", "check_abundant_unicode_ratio(0.02)", "plain-unicode-escapes", "plain-half-capitals" },
	{ "body", "check_abundant_unicode_ratio(0.1)", "plain-unicode-escapes", "plain-latin1-8bit" },
	{ "body", "check_abundant_unicode_ratio(0.5)", "plain-unicode-escapes", "plain-money" },
	{ "rawbody", "check_qp_ratio('0.10')", "plain-qp-needless", "plain-qp" },
	{ "rawbody", "check_qp_ratio('0.5')", NULL, "head-date-18-late" },
	{ "body", "check_ma_non_text()", "alternative-pdf", "alternative-half" },
	{ "body", "check_base64_length('79','170')", "plain-base64-line-100", "plain-short" },
	{ "body", "check_base64_length('77')", "mixed-images", "mixed-gif-turned" },
	{ "body", "check_base64_length('10')", "mixed-images", "head-date-36-late" },
	{ "body", "image_count('all','1')", "related-gif", "head-date-4-early" },
	{ "body", "image_count('gif','1')", "mixed-gif-turned", "mixed-attachment" },
	{ "body", "image_count('png','1')", "mixed-images", "mixed-attachment" },
	{ "body", "image_count('jpeg','1')", "mixed-images", "mixed-gif-turned" },
	{ "body", "image_count('all','1','1')", "related-gif", "head-date-4-late" },
	{ "body", "image_count('all','2','5')", "mixed-images", "mixed-attachment" },
	{ "body", "pixel_coverage('all','1','300000')", "related-gif", "head-date-72-late" },
	{ "body", "pixel_coverage('gif','60000','250000')", "mixed-gif-turned", "mixed-attachment" },
	{ "body", "pixel_coverage('all','300001')", "mixed-images", "mixed-gif-turned" },
	{ "body", "image_to_text_ratio('all','0.000','0.008')", "related-gif", "head-env-differs" },
	{ "body", "image_to_text_ratio('all','0.00001','0.0001')", "mixed-images", "mixed-attachment" },
	{ "body", "image_size_exact('gif','200','300')", "mixed-images", "mixed-gif-turned" },
	{ "body", "image_size_exact('gif','300','200')", "mixed-gif-turned", "mixed-attachment" },
	{ "body", "image_size_range('all','400','400')", "related-gif", "head-freemail-reply" },
	{ "body", "image_size_range('all','100','100','250','350')", "mixed-images", "mixed-attachment" },
	{ "body", "image_named('photo.png')", "mixed-images", "mixed-gif-turned" },
	{ "body", "image_name_regex('^IMG_\\d+')", "mixed-images", "mixed-attachment" },
	{ "body", "multipart_alternative_difference('0','0')", "head-freemail-wild", "alternative-html-only" },
	{ "body", "multipart_alternative_difference('0','50')", "head-from-8bit", "alternative-image" },
	{ "body", "multipart_alternative_difference('50','99')", "alternative-half", "alternative-invitation" },
	{ "body", "multipart_alternative_difference('99','100')", "alternative-text-short", "alternative-same" },
	{ "body", "multipart_alternative_difference('90','undef')", "alternative-differs", "alternative-utf8" },
	{ "body", "multipart_alternative_difference_count('3','1')", "alternative-text-long", "alternative-html-only" },
	{ "body", "multipart_alternative_difference_count('1','10')", "alternative-text-long", "alternative-image" },
	{ "body", "check_for_uppercase('25','50')", "plain-money", "plain-signature-decoy" },
	{ "body", "check_for_uppercase('50','75')", "plain-half-capitals", "plain-signature-long" },
	{ "body", "check_for_uppercase('75','100')", "plain-capitals", "plain-signature" },
	{ "body", "check_for_uppercase('0','25')", "plain-base64-long-line", "plain-stock-one" },
	{ "body", "check_blank_line_ratio('0','30','2')", "head-future-date", "plain-vertical" },
	{ "body", "check_blank_line_ratio('30','60','1')", "plain", "plain-stock" },
	{ "body", "check_blank_line_ratio('60','100','8')", "plain-blank-lines", "plain-utf8" },
	{ "body", "check_blank_line_ratio('60','100','1')", "plain-blank-lines", "plain-base64" },
	{ "body", "tvd_vertical_words('0','20')", "head-list", "head-many-to" },
	{ "body", "tvd_vertical_words('20','60')", "head-no-date-id", "head-long" },
	{ "body", "tvd_vertical_words('60','100')", "plain-vertical", "plain-bounce" },
	{ "body", "tvd_vertical_words('10','100')", "head-many-mime", "plain-koi8" },
	{ "body", "check_body_length('0')", "plain-empty", "plain-latin1-8bit" },
	{ "body", "check_body_length('50')", "head-name-address", "head-self" },
	{ "body", "check_body_length('200')", "head-name-to", "bounce-report" },
	{ "body", "check_body_length('1000')", "head-no-from", "html-image-long" },
	{ "body", "plaintext_body_length('0','10')", "head-ratware-envelope", "head-no-subject" },
	{ "body", "plaintext_body_length('10','60')", "head-no-to", "head-ratware-id" },
	{ "body", "plaintext_body_length('60','99999')", "head-list", "head-reply" },
	{ "body", "plaintext_body_length('1')", "head-shifted-date", "head-two-types" },
	{ "body", "plaintext_sig_length('0','10')", "head-similar-to", "head-two-types" },
	{ "body", "plaintext_sig_length('10','60')", "plain-signature-decoy", "plain-nul" },
	{ "body", "plaintext_sig_length('60','99999')", "plain-signature-long", "plain-qp" },
	{ "body", "plaintext_sig_length('1')", "plain-signature", "plain-short" },
	{ "body", "plaintext_body_sig_ratio('0','0.5')", "plain-signature-long", "plain-stock-one" },
	{ "body", "plaintext_body_sig_ratio('0.5','5')", "plain-signature-decoy", "plain-stock" },
	{ "body", "plaintext_body_sig_ratio('5')", "head-sorted-to", "head-two-types" },
	{ "body", "check_stock_info('0')", "head-template", NULL },
	{ "body", "check_stock_info('1')", "plain-stock-one", "plain-utf8" },
	{ "body", "check_stock_info('2')", "plain-stock", "plain" },
	{ "body", "check_stock_info('4')", "plain-stock", "plain-8bit-undeclared" },
	{ "body", "check_stock_info('6')", "plain-stock", "plain-base64-line-100" },
	{ "body", "have_any_bounce_relays()", "head-to-in-subject", NULL },
	{ "body", "check_welcomelist_bounce_relays()", "bounce-report", "mime-no-parts" },
	{ "body", "check_whitelist_bounce_relays()", "plain-bounce", "plain-base64-long-line" },
	{ "body", "check_for_faraway_charset()", "plain-koi8", "plain-base64" },
	{ "body", "check_https_ip_mismatch()", "html-https-ip", "html-image-paragraphs" },
	{ "body", "check_https_http_mismatch('1','10')", "html-https-http", "html-links" },
	{ "body", "check_https_http_mismatch('2','10')", "html-https-http", "html-slightly-obfuscated" },
	{ "body", "check_msg_parse_flags('mime_epilogue_exists')", "mime-epilogue", "mime-digest" },
	{ "body", "check_msg_parse_flags('missing_mime_headers')", "mime-no-headers", "mime-epilogue-dot" },
	{ "body", "check_msg_parse_flags('missing_mime_head_body_separator')", "mime-no-blank", "mime-forward" },
	{ "header", "check_msg_parse_flags('truncated_header')", "head-long", "head-8bit" },
	{ "header", "check_msg_parse_flags('missing_head_body_separator')", "head-cut", "head-address-in-subject" },
	{ "header", "check_all_trusted()", "received-local", "received-aol" },
	{ "header", "check_no_relays()", "received-none", "received-dynamic" },
	{ "header", "check_relays_unparseable()", "received-odd", "received-eudora" },
	{ "header", "helo_ip_mismatch()", "received-helo-ip", "received-exchange" },
	{ "header", "check_for_forged_received_trail()", "received-trail", "received-exim" },
	{ "header", "check_for_no_rdns_dotcom_helo()", "received-no-rdns", "received-forged" },
	{ "header", "check_mailfrom_matches_rcvd()", "received-ipv6", "received-gated" },
	{ "header", "check_outlook_message_id()", "head-many-mime", "head-bad-date" },
	{ "header", "check_for_faraway_charset_in_headers()", "plain-koi8", "plain-capitals" },
	{ "header", "check_unresolved_template()", "head-template", "head-date-13-early" },
	{ "header", "subject_is_all_caps()", "plain-money", "plain-empty" },
	{ "header", "check_for_missing_to_header()", "head-no-to", "head-date-18-late" },
	{ "header", "check_for_fake_aol_relay_in_rcvd()", "received-aol", "received-juno" },
	{ "header", "check_for_forged_hotmail_received_headers()", "received-forged", "received-private" },
	{ "header", "check_for_no_hotmail_received_headers()", "head-freemail-reply", "head-date-36-late" },
	{ "header", "check_for_forged_eudoramail_received_headers()", "received-eudora", "received-qmail" },
	{ "header", "check_for_forged_yahoo_received_headers()", "received-no-rdns", "received-two" },
	{ "header", "check_for_forged_gmail_received_headers()", "head-name-address", "head-date-4-early" },
	{ "header", "check_for_forged_juno_received_headers()", "received-juno", "received-dynamic" },
	{ "header", "gated_through_received_hdr_remover()", "received-none", "received-exchange" },
	{ "header", "sorted_recipients()", "head-many-to", "head-date-4-late" },
	{ "header", "check_for_matching_env_and_hdr_from()", "head-date-72-late", "head-env-differs" },
	{ "header", "check_ratware_name_id()", "head-ratware-id", "head-freemail-wild" },
	{ "header", "check_ratware_envelope_from()", "head-ratware-envelope", "head-from-8bit" },
	{ "header", "check_equal_from_domains()", "head-name-to", "head-future-date" },
	{ "header", "check_freemail_from()", "head-freemail-reply", "head-no-date-id" },
	{ "header", "check_freemail_replyto()", "head-freemail-reply", "head-no-from" },
	{ "header", "check_from_in_blocklist()", "received-forged", "received-exim" },
	{ "header", "check_from_in_welcomelist()", "head-env-differs", "head-no-subject" },
	{ "header", "check_from_in_default_welcomelist()", "head-reply", "head-self" },
	{ "header", "check_to_in_blocklist()", "head-many-to", "head-shifted-date" },
	{ "header", "check_to_in_welcomelist()", "head-similar-to", NULL },
	{ "header", "check_to_in_more_spam()", "head-many-to", "head-sorted-to" },
	{ "header", "check_to_in_all_spam()", "head-many-to", "head-to-in-subject" },
	{ "header", "check_subject_in_welcomelist()", "head-reply", "head-8bit" },
	{ "header", "check_subject_in_blocklist()", "plain-money", "plain-half-capitals" },
	{ "header", "check_fromname_contains_email()", "head-name-address", "head-address-in-subject" },
	{ "header", "check_fromname_different()", "head-name-to", "head-bad-date" },
	{ "header", "check_fromname_domain_differ()", "head-name-address", "head-cut" },
	{ "header", "check_fromname_equals_to()", "head-name-to", "head-date-13-early" },
	{ "header", "check_fromname_equals_replyto()", "head-name-address", "head-date-18-late" },
	{ "header", "check_fromname_spoof()", "head-name-to", "head-date-36-late" },
	{ "header", "check_for_shifted_date('-96', 'undef')", "mime-nested", "head-shifted-date" },
	{ "header", "check_for_shifted_date('undef', '-96')", "head-shifted-date", "head-date-4-early" },
	{ "header", "check_for_shifted_date('-24', '-12')", "head-date-13-early", "head-date-4-late" },
	{ "header", "check_for_shifted_date('12', '24')", "head-date-18-late", "head-date-72-late" },
	{ "header", "check_for_shifted_date('24', '48')", "head-date-36-late", "head-freemail-wild" },
	{ "header", "check_for_shifted_date('48', '96')", "head-date-72-late", "head-from-8bit" },
	{ "header", "check_for_shifted_date('96', 'undef')", "head-future-date", "head-list" },
	{ "header", "check_for_shifted_date('-6', '-3')", "head-date-4-early", "head-long" },
	{ "header", "check_for_shifted_date('3', '6')", "head-date-4-late", "head-many-mime" },
	{ "header", "check_illegal_chars('Subject','0.06','2')", "head-8bit", "head-no-date-id" },
	{ "header", "check_illegal_chars('From','0.20','2')", "head-from-8bit", "head-no-from" },
	{ "header", "check_illegal_chars('ALL','0.08','2')", "head-from-8bit", "head-no-subject" },
	{ "header", "check_header_count_range('Content-Type','2','999')", "head-two-types", "head-no-to" },
	{ "header", "check_header_count_range('Received','0','0')", "received-none", "received-gated" },
	{ "header", "check_header_count_range('Received','2','999')", "received-odd", "received-helo-ip" },
	{ "header", "check_header_count_range('Subject','1','1')", "mime-no-parts", "head-no-subject" },
	{ "header", "check_for_to_in_subject('user')", "head-to-in-subject", "head-ratware-envelope" },
	{ "header", "check_for_to_in_subject('address')", "head-address-in-subject", "head-ratware-id" },
	{ "header", "similar_recipients('0.65', 'undef')", "head-many-to", "head-self" },
	{ "header", "similar_recipients('0.2','0.65')", "head-similar-to", "head-sorted-to" },
	{ "header", "check_freemail_header('Reply-To')", "head-freemail-reply", "head-template" },
	{ "header", "check_freemail_header('EnvelopeFrom', '\\d@')", "plain-money", "plain-latin1-8bit" },
	{ "header", "check_freemail_from('^some')", "head-freemail-reply", "head-bad-date" },
	{ "header", "check_freemail_replyto('reply')", "plain-money", "plain-nul" },
	{ "header", "check_freemail_replyto('replyto')", "head-freemail-reply", "head-cut" },
	{ "header", "check_from_in_list('ours')", "head-self", "head-env-differs" },
	{ "header", "check_replyto_in_list('ours')", "head-name-address", "head-freemail-wild" },
	{ "header", "check_uri_host_listed('PLACES')", "mime-html-base64", "mime-unclosed" },
	{ "header", "check_freemail_body()", "head-freemail-wild", "head-future-date" },
	{ "header", "check_to_in_list('ours')", "received-ipv6", NULL },
	{ "header", "check_fromname_owners_differ()", "head-name-to", "head-list" },
	{ "body", "html_text_not_match('title', '(?i)hello')", "html-heads", "html-unmarked" },
	{ "body", "check_uri_host_in_blocklist()", "head-self", "head-long" },
	{ "body", "check_uri_host_in_welcomelist()", "html-links", "html-utf8" },
	/* as its manual says: SpamAssassin's own never sees a charset, or needs its guess of languages */
	{ "body", "html_charset_faraway()", "html-charset", "html-utf8" },
	{ "body", "check_body_8bits()", "plain-koi8", "plain-utf8" },
};
/* clang-format on */

#define ROWS (sizeof rows / sizeof *rows)

static const struct check *const checks[] = { &check_sa_header, &check_sa_html,
					      &check_sa_mime,	&check_sa_image,
					      &check_sa_body,	&check_sa_text,
					      &check_sa_link,	NULL };

static void never(void *arg, const char *text)
{
	(void)arg;
	fail_msg("%s", text);
}

static void ignore(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

/* The lists of tests/parity/evals, and a rule for each row. */
static void write_rules(struct arena *a, const char *path)
{
	const char *from = MERLON_SRCDIR "/tests/parity/evals/10_evals.cf";
	struct str text, line;
	struct err e;
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs("ok_languages en\n", f);
	assert_int_equal(file_read(a, from, MAX_MAIL, &text, &e), 0);
	while (text.n) {
		line = str_cut(&text, '\n');
		if (str_find(line, STR("eval:")) == SIZE_MAX && !str_starts(line, STR("score")) &&
		    !str_starts(line, STR("loadplugin")))
			fprintf(f, "%.*s\n", STR_ARG(line));
	}
	for (size_t i = 0; i < ROWS; i++)
		fprintf(f, "%s E%zu eval:%s\nscore E%zu 1\n", rows[i].kind, i, rows[i].call, i);
	fclose(f);
}

static const struct ruleset *load(struct world *w)
{
	static const struct conf_opt *const tables[] = { ruleset_options, scan_options, NULL };
	char dir[] = "/tmp/merlon-sa-XXXXXX";
	const char *path;
	const struct conf *c;
	struct ruleset *rules;

	assert_non_null(mkdtemp(dir));
	path = arena_printf(w->a, "%s/10_rows.cf", dir).p;
	write_rules(w->a, path);
	c = conf_load_text(w->a, "test", arena_printf(w->a, "rules { dir = \"%s\" }", dir), tables,
			   never, NULL);
	rules = ruleset_load(w->a, c, w->setup,
			     &(struct ruleset_how){ .fault = never, .note = ignore });
	unlink(path);
	rmdir(dir);
	assert_non_null(rules);
	return rules;
}

static void take_all(void *arg, struct str octets)
{
	buf_add(arg, octets);
}

static struct str return_path(const struct scan *s)
{
	const struct hdr *h = hdr_find(&s->headers, STR("Return-Path"), 0);

	return h ? str_trim(h->value) : STR("<>");
}

/* The message, judged as of a file: who handed it over is in its Received fields. */
static struct scan *judge(struct world *w, const char *mail)
{
	struct scan_client nobody = { .profile = STR("inbound") };
	struct buf body = { .arena = w->a };
	const char *path;
	struct msg_reader *r;
	struct scan *s;
	struct str text;
	struct err e;

	path = arena_printf(w->a, "%s/tests/parity/mails/%s.eml", MERLON_SRCDIR, mail).p;
	assert_int_equal(file_read(w->a, path, MAX_MAIL, &text, &e), 0);
	s = scan_new(&w->env, &nobody, SCAN_F_LOCAL | SCAN_F_SUBRULES);
	r = msg_new(s->arena, &s->headers, take_all, &body);
	msg_feed(r, text);
	msg_end(r);
	scan_helo(s, STR(""));
	scan_mail(s, return_path(s));
	scan_eoh(s);
	scan_body(s, buf_str(&body));
	w->done = 0;
	scan_eom(s, world_done, w);
	if (!w->done)
		world_wait(w);
	return s;
}

static bool has(const struct scan *s, size_t row)
{
	char name[24];

	snprintf(name, sizeof name, "E%zu", row);
	for (size_t i = 0; i < s->verdict.symbols.n; i++)
		if (str_eq(s->verdict.symbols.p[i].name, str_c(name)))
			return true;
	return false;
}

/* All rows whose message that is. */
static void compare(struct world *w, const char *mail, bool *checked)
{
	struct scan *s = judge(w, mail);

	for (size_t i = 0; i < ROWS; i++) {
		bool hit = rows[i].hit && strcmp(rows[i].hit, mail) == 0;
		bool miss = rows[i].miss && strcmp(rows[i].miss, mail) == 0;
		if ((hit || miss) && has(s, i) != hit)
			fail_msg("%s of %s: %s", rows[i].call, mail, hit ? "no hit" : "a hit");
		checked[2 * i] |= hit;
		checked[2 * i + 1] |= miss;
	}
	scan_free(s);
}

static void says_what_spamassassin_says(void **state)
{
	bool checked[2 * MAX_ROWS] = { false };
	struct world w;

	(void)state;
	assert_true(ROWS <= MAX_ROWS);
	world_open(&w, checks, "", "");
	w.setup->judge = ruleset_judge(load(&w));
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].hit && !checked[2 * i])
			compare(&w, rows[i].hit, checked);
		if (rows[i].miss && !checked[2 * i + 1])
			compare(&w, rows[i].miss, checked);
	}
	world_close(&w);
}

/* Every function of these checks that asks no network is in a row. */
static void tests_every_function(void **state)
{
	static const char *const elsewhere[] = { "dkim",   "spf",    "dmarc", "arc",
						 "_black", "_white", "8bits" };

	(void)state;
	for (size_t c = 0; checks[c]; c++)
		for (const struct predicate *p = checks[c]->predicates; p->name; p++) {
			bool there = false;
			for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
				there |= strstr(p->name, elsewhere[i]) != NULL;
			for (size_t i = 0; i < ROWS; i++)
				there |= strncmp(rows[i].call, p->name, strlen(p->name)) == 0 &&
					 rows[i].call[strlen(p->name)] == '(';
			if (!there)
				fail_msg("%s is in no row", p->name);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_spamassassin_says),
		cmocka_unit_test(tests_every_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
