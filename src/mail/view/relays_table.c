/* The forms that MTAs give their Received fields, in the order in which they are tried. */
#include "mail/view/relays_priv.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct form exchange[] = {
	{ NULL, "%H ([%a]%P) by %b with Microsoft SMTPSVC", 0 },
	{ NULL, "mail pickup service by %w with Microsoft SMTPSVC%$", FORM_SKIP },
};

static const struct form xmail[] = {
	{ NULL, "%h (%?[%a%?]%#) by %b with [XMail", 0 },
	{ NULL, "%h (%?[%a%?]%#) by %b (%w) with [XMail", 0 },
};

static const struct form ecelerity[] = {
	{ NULL, "([%a%#] helo=%h) by %b ", 0 },
	{ NULL, "%w ([%a%#]) by %b ", 0 },
};

static const struct form postfix[] = {
	{ NULL, "%h (%r [%a]) by %b ", FORM_DNS | FORM_UNKNOWN },
	{ NULL, "%h (%r[%a]) by %b ", FORM_DNS | FORM_UNKNOWN },
};

static const struct form scalix[] = {
	{ NULL, "%h (%? %a) by %b", 0 },
};

static const struct form domino[] = {
	{ NULL, "%h ([%a]) by %b (Lotus", 0 },
};

/* Microsoft SMTP Server, mapi and Exim are read by relays_line.c itself. */
const struct family relays_families[] = {
	{ " SMTPSVC", exchange, COUNT(exchange) },
	{ " with Microsoft SMTP Server", NULL, 0 },
	{ " with mapi id", NULL, 0 },
	{ "[XMail ", xmail, COUNT(xmail) },
	{ "(ecelerity", ecelerity, COUNT(ecelerity) },
	{ "Exim", NULL, 0 },
	{ " (Postfix) with", postfix, COUNT(postfix) },
	{ "(Scalix SMTP Relay", scalix, COUNT(scalix) },
	{ " (Lotus Domino ", domino, COUNT(domino) },
};
const size_t relays_nfamilies = COUNT(relays_families);

const struct form relays_forms[] = {
	{ "with HTTP", "%a ([%A]) by %b", 0 },
	{ NULL, "%h (%r [%a]%>) by %b (",
	  FORM_DNS | FORM_IDENT_AT | FORM_NOT_QMAIL }, /* sendmail */
	{ NULL, "%h (%r [%a]) by %b with %w (", FORM_DNS },
	{ "helo=", "%r ([%a] helo=%h) by %b with ", 0 },
	{ "<unknown", "%h (<unknown%W>[%a]) by %b ", 0 },
	{ NULL, "%h (%d[%a]) by %b ", FORM_DNS },
	{ "@[", "%h (%I@[%a]%>) by %b (", FORM_DNS },
	{ "(qpsmtpd/", "%r (%E %H) (%a) by %b (qpsmtpd/%w) with %M", 0 },
	{ "(LHLO ", "%r (LHLO %H) (%a) by %b with LMTP", 0 },
	{ NULL, "%r (%E %H) [%a] by %b (%p) with %M", 0 },
	{ "via smtpd", "%h ([%a]) by %b via smtpd (for %w) with SMTP(", 0 },
};
const size_t relays_nforms = COUNT(relays_forms);

/* qmail and its kin: the shape of the whole is looked at by relays_line.c. */
const struct form relays_qmail[] = {
	{ NULL, "%r (%E %H) (%I@%?[%a%?])%Q by %b", FORM_DNS | FORM_UNASKED },
	{ NULL, "%r (%E %H) (%?[%a%?])%Q by %b", FORM_DNS | FORM_UNASKED },
	{ NULL, "%r (%I@%?[%a%?])%Q by %b", FORM_DNS | FORM_UNASKED | FORM_HELO_TOO },
	{ NULL, "%r (%?[%a%?])%Q by %b", FORM_DNS | FORM_UNASKED | FORM_HELO_TOO },
};
const size_t relays_nqmail = COUNT(relays_qmail);

/* What is tried after qmail; then come the forms that say nothing of a hand-over. */
const struct form relays_skips[] = {
	{ " via HTTP", "[%a] by %b via HTTP%$", 0 },
	{ "( [", "%w ( [%a])%* by %b ", 0 },
	{ NULL, "(%h [%a]) by %b ", 0 },
	{ NULL, "[%a] by %b ", 0 },
	{ NULL, "(%?[%a%?]) by %b ", 0 },
	{ NULL, "%h [%a] by %b [%A] with ", FORM_DNS },
	{ "[(", "%h [(%a)] by %b (%A) ", 0 },
	{ NULL, "%h ([%a]) by %b (", FORM_DNS },
	{ NULL, "%h (%r [%a])%* by %b%|", FORM_DNS | FORM_SOFTDNS },
	{ NULL, "%h ([%a%#])%* by %b ", FORM_DNS },
	{ "with POP3", NULL, 0 },
	{ "with IMAP", NULL, 0 },
	{ NULL, "%r (%E %P) (%@%?[%a%?])%> by %b ", FORM_DNS },
	{ NULL, "%r (%@%?[%a%?])%> by %b ", FORM_DNS | FORM_HELO_TOO },
	{ " via smap ", "%r(%a) by %b via smap ", FORM_DNS },
	{ " via smap ", "%r(%a, %E %H) by %b via smap ", FORM_DNS },
	{ "(SMTPL", "%a by %b (SMTPL%|", 0 },
	{ "(InterScan", "%a by %b (InterScan%|", 0 },
	{ " with BSMTP", "%w by %w with BSMTP", FORM_SKIP },
	{ NULL, "%r (%E %H) (%@%a%*) by %b with ", FORM_DNS },
	{ "[", "[%a] (account %w %E %H) by %b (", 0 },
	{ "[", "[%a] (%E %H) by %b (", 0 },
	{ " (CommuniGate Pro", "%r ([%a] verified) by %b (", FORM_DNS | FORM_HELO_TOO },
	{ NULL, "%h (%a) by %b ", FORM_ALPHA },
	{ "(Content Technologies ", "%w (%w) by %w (Content Technologies ", FORM_SKIP },
	{ NULL, "%h ([%a] [%w]) by %b with ", 0 },
	{ NULL, "%a by %b with ", 0 },
	{ NULL, "%h (%r[%a]) by %b ", FORM_DNS },
	{ "[", "[%a]%w (%E %H) by %b ", 0 },
	{ NULL, "%a (%E %H) by %b ", 0 },
	{ NULL, "%h [%a] by %b ", 0 },
	{ NULL, "%r(%a) by %b ", 0 },
	{ NULL, "%a (%L) by %b with ", 0 },
	{ "[", "[%a] (%s) by %b ", FORM_SUB },
	{ "claiming to be", "%r(%a), claiming to be \"%h\" via %w by %b,",
	  FORM_DNS | FORM_UNASKED },
	{ " via ", "%r(%a) via %w by %b,", FORM_DNS | FORM_UNASKED },
	{ ".yahoo.com with SMTP", "%h (%w@%a with login) by %b with SMTP", FORM_YAHOO },
	{ "X-Originating-IP", "X-Originating-IP: %a%$", 0 },
	/* from here on: nothing that crossed a network */
	{ NULL, "%w (%w@%l) by %w (", FORM_SKIP },
	{ "with local-", "%w %w by %w with local-esmtp ", FORM_SKIP },
	{ "with local-", "%w %w by %w with local-smtp ", FORM_SKIP },
	{ "(AVG SMTP", "127.0.0.1 (AVG SMTP %w [%w])", FORM_SKIP },
	{ NULL, "%w@%w by %w ", FORM_SKIP },
	{ NULL, "Unknown/Local (", FORM_SKIP },
	{ NULL, "%l (%@%l)", FORM_SKIP },
	{ NULL, "%l (%@%l[", FORM_SKIP },
	{ NULL, "%w (%@%l) ", FORM_SKIP },
	{ NULL, "%w (%w@%w [%l]) ", FORM_SKIP },
	{ NULL, "(AUTH: %w) by %w with ", FORM_SKIP },
	{ NULL, "localhost (localhost [[UNIX: localhost]]) by ", FORM_SKIP },
	{ "(peer crosscheck: ", "%w.amazon.com by %w.amazon.com with ESMTP (peer crosscheck: ",
	  FORM_SKIP },
	{ "Novell_GroupWise", "%n by %w with Novell_GroupWise", FORM_SKIP },
	{ NULL, "no.name.available by %w via smtpd (for ", FORM_SKIP },
	{ "with qmail-scanner", NULL, 0 },
	{ NULL, "%w by %w with local", FORM_SKIP },
	{ NULL, "%w ([unix socket]) by %w (Cyrus v%w) with LMTPA", FORM_SKIP },
	{ NULL, "%w by %w with", FORM_SKIP },
	{ NULL, "%w by %w via", FORM_SKIP },
	{ NULL, "%w by %w for", FORM_SKIP },
	{ NULL, "%w by %w (", FORM_SKIP },
	{ NULL, "%w with %w by%|", FORM_SKIP },
	{ NULL, "%w via %w by%|", FORM_SKIP },
	{ NULL, "%w for %w by%|", FORM_SKIP },
	{ NULL, "%w (unverified) by%|", FORM_SKIP },
	{ NULL, "%w (unknown) by %w (SG) with %|", FORM_SKIP },
	{ "(OpenSMTPD)", "%w (%w [local]) by %w (OpenSMTPD) with %|", FORM_SKIP },
	{ "(LSMTP for", "%*(LSMTP for", FORM_SKIP },
	{ "MailEnable", "([%l]) with MailEnable ", FORM_SKIP },
	{ NULL, "facebook.com (%p) by facebook.com with Thrift id %w%$", FORM_SKIP },
	{ "HTTPREST", "%w named %w by gmailapi.google.com with HTTPREST%$", FORM_SKIP },
	{ NULL, "%w id %w%$", FORM_SKIP },
	{ "(Jetsend", "[<%*(Jetsend", FORM_SKIP },
};
const size_t relays_nskips = COUNT(relays_skips);

const struct form relays_paren[] = {
	{ "(NAVGW ", "%H [%a]) by %b (NAVGW %*) with ", 0 },
	{ NULL, "%w@localhost) by %w ", FORM_SKIP },
	{ "(jqueuemail)", "%w@%p) by %w(jqueuemail) id ", FORM_SKIP },
};
const size_t relays_nparen = COUNT(relays_paren);
