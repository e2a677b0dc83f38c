/* Mail that says it is of a big provider, and whether its Received fields look like that. */
#include "checks/sa/header.h"
#include "mail/view/relays_priv.h"

/* ezmlm's lists, and groups.msn.com, do not keep the fields of the way to them. */
static bool ezmlm(struct scan *s)
{
	struct str r = sa_text(s, "Received");

	return sa_like(sa_text(s, "Mailing-List"), "contact %w@%w; run by ezmlm") &&
	       sa_like(sa_text(s, "Delivered-To"), "mailing list %w@%w") &&
	       (sa_like(r, "qmail %w invoked from network); ") ||
		sa_like(r, "qmail %w invoked by %w"));
}

bool sa_gated(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return s->view && (ezmlm(s) || !sa_present(s, "Received") ||
			   sa_like(sa_text(s, "Received"), "from groups.msn.com (%w.msn.com "));
}

static bool gated(struct scan *s)
{
	return sa_gated(s, NULL, 0, NULL);
}

static struct str received(struct scan *s)
{
	return sa_squeeze(s->arena, sa_text(s, "Received"));
}

static bool any_like(struct str s, const char *const *forms, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sa_like(s, forms[i]))
			return true;
	return false;
}

#define ANY_LIKE(s, forms) any_like(s, forms, sizeof(forms) / sizeof *(forms))

static bool digits_at(struct str s, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		if (i >= s.n || !ch_digit(s.p[i]))
			return false;
	return true;
}

bool sa_fake_aol(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	static const char *const real[] = { "ESMTP id RELAY", "ESMTP id MAILRELAY",
					    "ESMTP id MAILIN" };
	struct str r = received(s);

	(void)arg;
	(void)n;
	(void)evidence;
	for (size_t i = 0; i + 10 < r.n; i++)
		if (str_istarts(str_skip(r, i), STR(" rly-")) && ch_alpha(r.p[i + 5]) &&
		    ch_alpha(r.p[i + 6]) && digits_at(r, i + 7, 2) && r.p[i + 9] == '.')
			return !sa_like(r, "/AOL-%w)") && !ANY_LIKE(r, real);
	return false;
}

/* A list at groups.msn.com. */
static bool msn_groups(struct scan *s)
{
	struct str to = sa_text(s, "To"), id = sa_text(s, "Message-Id"), list;
	size_t end = 0, from;

	for (size_t i = 0; i < to.n; i++)
		if (str_istarts(str_skip(to, i), STR("@groups.msn.com>")))
			end = i;
	for (from = end; from && to.p[from - 1] != '<' && !view_space(to.p[from - 1]); from--)
		continue;
	if (!end || !from || from == end || to.p[from - 1] != '<' ||
	    !sa_like(sa_text(s, "Received"), "from mail pickup service by p%wgroups.msn.com"))
		return false;
	list = str_sub(to, from, end - from);
	if (str_eq(list, STR("notifications")))
		return sa_like(id, "<%w@p%wgroups.msn.com");
	return str_starts(id, STR("<")) && str_starts(str_skip(id, 1), list) &&
	       sa_has(id, "@groups.msn.com>") &&
	       sa_has(sa_first(s, "EnvelopeFrom:addr"), "-bounce@groups.msn.com");
}

/* Ways that mail of hotmail.com really goes. */
static bool hotmail_way(struct scan *s, struct str r)
{
	static const char *const by_ip[] = {
		"from %Whotmail.com (%w.hotmail.com ",
		"from %Whotmail.com (%w.hotmail.com)",
		"from %Whotmail.com (%w.hotmail.msn.com ",
		"from %Whotmail.com (%w.hotmail.msn.com)",
		"from %W.hotmail.com ([%A] ",
		"from %W.hotmail.com ([%A])",
		"from %W.hotmail.com ([%A]:",
		"from %w by %w.hotmail.com with HTTP;",
		"from %w by %w.hotmail.msn.com with HTTP;",
		"from [66.218.%w] by %w.yahoo.com",
	};
	static const char *const by_org[] = {
		"from %W.outbound.protection.outlook.com (%w.outbound.protection.outlook.com ",
		"from %W.outbound.protection.outlook.com (%w.outbound.protection.outlook.com)",
		"from %W.eurprd%w.prod.outlook.com (%A)",
		"from %W.namprd%w.prod.outlook.com (%A)",
	};
	struct str org = sa_text(s, "X-OriginatorOrg");

	if (sa_has_ip(sa_text(s, "X-Originating-Ip")) && ANY_LIKE(r, by_ip))
		return true;
	return (sa_has(org, "hotmail.com") || sa_has(org, "msonline-outlook")) &&
	       ANY_LIKE(r, by_org);
}

enum hotmail { HOTMAIL_FINE, HOTMAIL_FORGED, HOTMAIL_NOT_THERE };

static enum hotmail hotmail(struct scan *s)
{
	static const char *const says[] = { "from %Whotmail.com%|", "HELO %Whotmail.com%|",
					    "helo=%Whotmail.com%|" };
	struct str r = received(s);

	if (!s->view ||
	    sa_has(r, "from mail pickup service by hotmail.com with Microsoft SMTPSVC;") ||
	    msn_groups(s) || gated(s) || hotmail_way(s, r))
		return HOTMAIL_FINE;
	if (ANY_LIKE(r, says))
		return HOTMAIL_FORGED;
	return sa_from_domain(s, "hotmail.com") ? HOTMAIL_NOT_THERE : HOTMAIL_FINE;
}

bool sa_forged_hotmail(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return hotmail(s) == HOTMAIL_FORGED;
}

bool sa_no_hotmail(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return hotmail(s) == HOTMAIL_NOT_THERE;
}

bool sa_forged_eudora(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return sa_from_domain(s, "eudoramail.com") && !gated(s) &&
	       !(sa_like(received(s), "by %Wwhowhere.com;") &&
		 sa_has_ip(sa_text(s, "X-Sender-Ip")));
}

static bool yahoo_relay(struct scan *s)
{
	struct str t = sa_text(s, "X-Spam-Relays-Trusted");
	struct str u = sa_text(s, "X-Spam-Relays-Untrusted");

	return sa_like(t, " rdns=%w.yahoo.com ") ||
	       sa_like(str_sub(u, 0, str_chr(u, ']')), " rdns=%w.yahoo.com ");
}

bool sa_forged_yahoo(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	static const char *const ways[] = {
		"by web%w.mail%W.yahoo.com via HTTP",
		"by sonic%w.consmr.mail%W.yahoo.com with HTTP",
		"by smtp%w.yahoo.com with SMTP",
		"from [%A] by %w.groups.yahoo.com with NNFMP",
		"from [%A] by %w.scd.yahoo.com with NNFMP",
		"from [%A] by %w.dcn.yahoo.com with NNFMP",
		"by %w.%w.yahoo.com (%w.%w.%w/%w.%w.%w) id ",
		"by %w.%w.yahoo.com (%w.%w.%w/%w.%w.%w) with ESMTP id ",
	};
	struct str r = received(s), x;

	(void)arg;
	(void)n;
	(void)evidence;
	if (!sa_from_domain(s, "yahoo.com"))
		return false;
	x = sa_text(s, "X-Received");
	if (x.n && sa_present(s, "Resent-From") && sa_present(s, "Resent-To"))
		r = sa_squeeze(s->arena, x);
	if (gated(s) || yahoo_relay(s) || ANY_LIKE(r, ways))
		return false;
	return !(sa_like(r, "mailer%w.bulk.scd.yahoo.com") &&
		 str_iends(sa_first(s, "From:addr"), STR("@reply.yahoo.com")));
}

/* X-Originating-IP is there: Juno's own program. */
static bool juno_program(struct scan *s, struct str r)
{
	static const char *const ways[] = {
		"from %*juno.com %*[%A]%*by", "from %*juno.com %*(%A)%*by",
		"from %*untd.com %*[%A]%*by", "from %*untd.com %*(%A)%*by",
		" cookie.juno.com ",	      " cookie.untd.com ",
	};

	return ANY_LIKE(r, ways) && sa_has(sa_text(s, "X-Mailer"), "Juno ");
}

bool sa_forged_juno(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	if (!sa_from_domain(s, "juno.com") || gated(s))
		return false;
	/* without that field no way is known that would be good */
	return !sa_text(s, "X-Originating-IP").n || !juno_program(s, sa_text(s, "Received"));
}

#define GMAIL_STATE 60u /* octets of its own fields at least, with the line end */

bool sa_forged_gmail(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	struct str x = sa_text(s, "X-Received");

	(void)arg;
	(void)n;
	(void)evidence;
	if (!sa_from_domain(s, "gmail.com"))
		return false;
	if (sa_like(x, "by 10.%w with SMTP id %w") || sa_like(x, "by 2002:a%w with SMTP id %w") ||
	    sa_like(sa_text(s, "Received"), "by smtp.googlemail.com with ESMTPSA id %w"))
		return false;
	return sa_text(s, "X-Gm-Message-State").n < GMAIL_STATE ||
	       sa_text(s, "X-Google-Smtp-Source").n < GMAIL_STATE;
}
