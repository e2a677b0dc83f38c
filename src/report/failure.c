/* Records of messages to be reported as failed: written, read; and what fo= asks for. */
#include "report/failure.h"

#include "base/octets.h"

#define FAILURE_VERSION 1u
#define DAY_S 86400

enum flag { F_DKIM = 1, F_SPF = 2, F_ALL = 3 };

/* Texts of a record, in their order. */
struct field {
	size_t at; /* in struct failure */
	size_t max;
	bool needed, cut; /* cut: where it is too long; else it is left out */
};
static const struct field fields[] = {
	{ offsetof(struct failure, policy_domain), FAILURE_NAME_MAX, true, false },
	{ offsetof(struct failure, ruf), FAILURE_RUF_MAX, true, false },
	{ offsetof(struct failure, what.failure), FAILURE_NAME_MAX, true, false },
	{ offsetof(struct failure, what.domain), FAILURE_NAME_MAX, true, false },
	{ offsetof(struct failure, what.auth_results), FAILURE_TEXT_MAX, false, true },
	{ offsetof(struct failure, what.envelope_from), FAILURE_TEXT_MAX, false, false },
	{ offsetof(struct failure, what.dkim_domain), FAILURE_NAME_MAX, false, false },
	{ offsetof(struct failure, what.dkim_selector), FAILURE_NAME_MAX, false, false },
	{ offsetof(struct failure, what.spf_dns), FAILURE_TEXT_MAX, false, false },
	{ offsetof(struct failure, what.delivery), FAILURE_NAME_MAX, false, false },
};
#define FIELDS (sizeof fields / sizeof *fields)

static bool printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

/* As it stands in a record; empty: left out. */
static struct str fitting(const struct failure *f, const struct field *k)
{
	struct str s = *(const struct str *)(const void *)((const char *)f + k->at);

	if (!printable(s) || (s.n > k->max && !k->cut))
		return STR_NULL;
	return str_sub(s, 0, k->max);
}

struct str failure_format(struct arena *a, const struct failure *f)
{
	const struct ip *ip = &f->what.source;
	struct buf b = { .arena = a };

	if (f->what.arrival < 0 || (ip->family != 4 && ip->family != 6))
		return STR_NULL;
	octets_u(&b, FAILURE_VERSION, 1);
	buf_add(&b, str_of((const char *)f->id, FAILURE_ID_SIZE));
	octets_u(&b, (uint64_t)f->what.arrival, 8);
	octets_u(&b, (f->what.dkim_aligned ? F_DKIM : 0u) | (f->what.spf_aligned ? F_SPF : 0u), 1);
	octets_u(&b, ip->family, 1);
	buf_add(&b, str_of((const char *)ip->b, ip->family == 4 ? 4 : 16));
	for (size_t i = 0; i < FIELDS; i++) {
		struct str s = fitting(f, &fields[i]);

		if (fields[i].needed && !s.n)
			return STR_NULL;
		octets_str(&b, s);
	}
	octets_str(&b, str_sub(f->what.header, 0, AFRF_HEADER_MAX));
	return buf_str(&b);
}

static void get_source(struct octets *o, struct ip *ip)
{
	struct str s;

	ip->family = (uint8_t)octets_get_u(o, 1);
	if (ip->family != 4 && ip->family != 6)
		o->bad = true;
	s = octets_get_run(o, ip->family == 4 ? 4 : 16);
	if (!o->bad)
		memcpy(ip->b, s.p, s.n);
}

bool failure_parse(struct str octets, struct failure *f)
{
	struct octets o = { .left = octets };
	uint64_t version = octets_get_u(&o, 1), arrival, flags;
	struct str id = octets_get_run(&o, FAILURE_ID_SIZE);

	*f = (struct failure){ 0 };
	arrival = octets_get_u(&o, 8);
	flags = octets_get_u(&o, 1);
	if (o.bad || version != FAILURE_VERSION || arrival > INT64_MAX || flags > F_ALL)
		return false;
	memcpy(f->id, id.p, FAILURE_ID_SIZE);
	f->what.arrival = (int64_t)arrival;
	f->what.dkim_aligned = flags & F_DKIM;
	f->what.spf_aligned = flags & F_SPF;
	get_source(&o, &f->what.source);
	for (size_t i = 0; i < FIELDS; i++) {
		struct str s = octets_get_text(&o, fields[i].max);

		o.bad |= !printable(s) || (fields[i].needed && !s.n);
		*(struct str *)(void *)((char *)f + fields[i].at) = s.n ? s : STR_NULL;
	}
	f->what.header = octets_get_text(&o, AFRF_HEADER_MAX);
	return octets_done(&o);
}

struct str failure_slot(struct arena *a, struct str policy_domain, int64_t arrival, unsigned n)
{
	return arena_printf(a, "rpt:f:%.*s:%lld:%u", STR_ARG(policy_domain),
			    (long long)(arrival / DAY_S), n);
}

struct str failure_day(struct arena *a, int64_t arrival)
{
	return arena_printf(a, "rpt:fd:%lld", (long long)(arrival / DAY_S));
}

/* ---- fo= ---- */

const char *failure_wanted(struct str fo, const struct failure_facts *f)
{
	bool none = true, all = false, any = false, signature = false, spf = false;

	while (fo.n) {
		struct str word = str_trim(str_cut(&fo, ':'));
		char c = word.n == 1 ? ch_lower(word.p[0]) : 0;

		all |= c == '0';
		any |= c == '1';
		signature |= c == 'd';
		spf |= c == 's';
		none &= !c || !memchr("01ds", c, 4);
	}
	if (((all || none) && f->dmarc_failed) || (any && !(f->dkim_aligned && f->spf_aligned)))
		return "dmarc";
	if (signature && f->signature_failed)
		return "signature";
	return spf && f->spf_failed ? "spf" : NULL;
}
