/* Feedback about single messages read: complaints (ARF, RFC 5965; CFBL, RFC 9477) and reports of
 * failed authentication (AFRF, RFC 6591, 9991). */
#include "mail/msg.h"
#include "report/read.h"

#define FIELDS_MAX                                                                                 \
	65536u /* octets of machine-readable fields, or of the message's, that are read            \
		*/

static bool is_type(const struct mime_part *p, const char *type, const char *subtype)
{
	return str_eq(p->type, str_c(type)) && str_eq(p->subtype, str_c(subtype));
}

static void no_body(void *arg, struct str octets)
{
	(void)arg;
	(void)octets;
}

static struct hdr_list *fields_of(struct arena *a, struct str octets)
{
	struct hdr_list *h = ARENA_NEW(a, struct hdr_list);
	struct msg_reader *r;

	hdr_init(h, a);
	r = msg_new(a, h, no_body, NULL);
	msg_feed(r, str_sub(octets, 0, FIELDS_MAX));
	msg_end(r);
	return h;
}

static struct str field(struct arena *a, const struct hdr_list *h, const char *name)
{
	const struct hdr *f = hdr_find(h, str_c(name), 0);
	struct str v = f ? hdr_unfold(a, f->value) : STR_NULL;

	return v.n ? str_sub(v, 0, REPORT_MAX_TEXT) : STR_NULL;
}

/* "<a@example.com>" and "rfc822; a@example.com" without what is around. */
static struct str address(struct str v)
{
	size_t semi = str_chr(v, ';');

	v = str_trim(semi == SIZE_MAX ? v : str_skip(v, semi + 1));
	if (v.n >= 2 && v.p[0] == '<' && v.p[v.n - 1] == '>')
		v = str_sub(v, 1, v.n - 2);
	return v;
}

static void take_fields(struct arena *a, const struct hdr_list *h, struct report_abuse *r)
{
	static const struct {
		const char *name;
		size_t at;
	} all[] = {
		{ "User-Agent", offsetof(struct report_abuse, user_agent) },
		{ "Arrival-Date", offsetof(struct report_abuse, arrival) },
		{ "Received-Date", offsetof(struct report_abuse, arrival) },
		{ "Original-Mail-From", offsetof(struct report_abuse, from) },
		{ "Original-Rcpt-To", offsetof(struct report_abuse, rcpt) },
		{ "Source-IP", offsetof(struct report_abuse, source_ip) },
		{ "Reported-Domain", offsetof(struct report_abuse, reported_domain) },
		{ "Authentication-Results", offsetof(struct report_abuse, auth_results) },
		{ "Auth-Failure", offsetof(struct report_abuse, auth_failure) },
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct str *to = (struct str *)((char *)r + all[i].at);

		if (!to->n)
			*to = field(a, h, all[i].name);
	}
	r->from = address(r->from);
	r->rcpt = address(r->rcpt);
	r->feedback_type = arena_lower(a, field(a, h, "Feedback-Type"));
}

/* The message that it is about: its header block. */
static struct str original(struct mime *m)
{
	for (size_t i = 1; i < m->parts.n; i++) {
		const struct mime_part *p = &m->parts.p[i];

		if (p->message || is_type(p, "text", "rfc822-headers") ||
		    is_type(p, "message", "rfc822-headers"))
			return p->message ? mime_raw(m, p) : mime_data(m, i);
	}
	return STR_NULL;
}

bool report_read_feedback(struct arena *a, struct mime *m, struct report_read *out)
{
	size_t i = 1;

	while (i < m->parts.n && !is_type(&m->parts.p[i], "message", "feedback-report"))
		i++;
	if (i >= m->parts.n)
		return false;
	take_fields(a, fields_of(a, mime_data(m, i)), &out->abuse);
	if (!out->abuse.feedback_type.n)
		return report_fault(a, out, "expected Feedback-Type in message/feedback-report");
	out->abuse.original = str_sub(original(m), 0, FIELDS_MAX);
	out->kind = str_eq(out->abuse.feedback_type, STR("auth-failure")) ? REPORT_FAILURE
									  : REPORT_ABUSE;
	return true;
}

struct str report_original(struct arena *a, const struct report_abuse *r, const char *name)
{
	return field(a, fields_of(a, r->original), name);
}
