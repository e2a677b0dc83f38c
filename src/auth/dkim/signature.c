/* Reads signature fields: one row of a table for each tag that means something. */
#include "auth/dkim/signature.h"

#include "auth/arc/arc.h"
#include "auth/dkim/dkim.h"
#include "auth/taglist.h"
#include "base/vec.h"
#include "mail/domain.h"

#define ON(kind) (1u << (kind))
#define NUMBER_DIGITS 76u /* RFC 6376 3.5, l= */
#define BH_OCTETS 32u

struct reading {
	struct arena *arena;
	enum signature_kind kind;
	struct signature *s;
	const struct taglist *tags;
};

/* A reader gives NULL, or what is wrong. */
typedef const char *tag_fn(const struct reading *r, struct str value);

static void set_fault(struct signature *s, const char *fault)
{
	if (!s->fault)
		s->fault = fault;
}

/* A decimal number of up to 76 digits; what is over max becomes max. */
static bool number(struct str text, uint64_t max, uint64_t *v)
{
	uint64_t n = 0;

	if (!text.n || text.n > NUMBER_DIGITS)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		unsigned digit = (unsigned char)text.p[i] - (unsigned)'0';

		if (digit > 9)
			return false;
		n = n > (max - digit) / 10 ? max : n * 10 + digit;
	}
	*v = n;
	return true;
}

static const char *read_v(const struct reading *r, struct str value)
{
	(void)r;
	return str_eq(value, STR("1")) ? NULL : "unknown version v=";
}

static const struct {
	struct str word;
	const char *name;
	enum key_type type;
	const char *fault;
} algorithms[] = {
	{ STR("rsa-sha256"), "rsa-sha256", KEY_RSA, NULL },
	{ STR("ed25519-sha256"), "ed25519-sha256", KEY_ED25519, NULL },
	/* RFC 8301 3.1 */
	{ STR("rsa-sha1"), "rsa-sha1", KEY_RSA, "rsa-sha1 is not allowed" },
};

static const char *read_a(const struct reading *r, struct str value)
{
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
		if (!str_eq(value, algorithms[i].word))
			continue;
		r->s->algorithm = algorithms[i].name;
		r->s->type = algorithms[i].type;
		return algorithms[i].fault;
	}
	return "unknown algorithm a=";
}

/* A name as tags have it: no dot at its end, which domain_read would let pass. */
static struct str read_name(struct arena *a, struct str text)
{
	if (text.n && text.p[text.n - 1] == '.')
		return STR_NULL;
	return domain_read(a, text, DOMAIN_UNDERSCORE);
}

static const char *read_d(const struct reading *r, struct str value)
{
	struct str domain = read_name(r->arena, value);

	if (!domain.p || domain_labels(domain) < 2)
		return "d= is no domain";
	r->s->domain = domain;
	return NULL;
}

static const char *read_s(const struct reading *r, struct str value)
{
	struct str selector = read_name(r->arena, value);

	if (!selector.p)
		return "s= is no selector";
	r->s->selector = selector;
	return NULL;
}

static const char *read_c(const struct reading *r, struct str value)
{
	static const struct str words[] = { STR("simple"), STR("relaxed") };
	struct str body = value, head = str_cut(&body, '/');
	bool head_ok = false, body_ok = !body.p;

	r->s->body = CANON_SIMPLE;
	for (enum canon c = CANON_SIMPLE; c <= CANON_RELAXED; c++) {
		if (str_eq(head, words[c])) {
			r->s->head = c;
			head_ok = true;
		}
		if (body.p && str_eq(body, words[c])) {
			r->s->body = c;
			body_ok = true;
		}
	}
	return head_ok && body_ok ? NULL : "unknown canonicalisation c=";
}

static bool field_name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= 32 || name.p[i] >= 127)
			return false;
	return true;
}

/* Empty names select nothing. ARC lets them be, and an empty h= with them. */
static const char *read_h(const struct reading *r, struct str value)
{
	struct signature *s = r->s;
	struct str rest = value;
	size_t count = 1;
	bool from = false, seal = false;

	for (size_t i = 0; i < value.n; i++)
		count += value.p[i] == ':';
	if (count > DKIM_MAX_H)
		return "h= has too many names";
	s->h = value;
	s->name = ARENA_ARRAY(r->arena, struct str, count);
	while (rest.p) {
		struct str name = str_trim(str_cut(&rest, ':'));

		if (!field_name_ok(name) || (!name.n && r->kind == SIG_DKIM))
			return "bad name in h=";
		from = from || str_ieq(name, STR("from"));
		seal = seal || str_ieq(name, STR("arc-seal"));
		s->name[s->nh++] = name;
	}
	if (r->kind == SIG_DKIM && !from)
		return "h= without From";
	return r->kind == SIG_AMS && seal ? "h= names ARC-Seal" : NULL;
}

static const char *read_bh(const struct reading *r, struct str value)
{
	if (!base64_decode(r->arena, value, &r->s->bh) || r->s->bh.n != BH_OCTETS)
		return "bh= is no SHA-256 digest in base64";
	return NULL;
}

static const char *read_b(const struct reading *r, struct str value)
{
	struct signature *s = r->s;
	char *b8 = arena_alloc(r->arena, 8);
	size_t n = 0;

	for (size_t i = 0; i < value.n && n < 8; i++)
		if (!ch_fws(value.p[i]))
			b8[n++] = value.p[i];
	s->b8 = str_of(b8, n);
	s->b_raw = taglist_find(r->tags, "b")->raw;
	if (!base64_decode(r->arena, value, &s->b) || !s->b.n)
		return "b= is not base64";
	return NULL;
}

/* dkim-quoted-printable (2.11) without its white space; false: a bad "=". */
static bool decode_qp(struct arena *a, struct str text, struct str *octets)
{
	char *out = arena_alloc(a, text.n);
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		int high, low;

		if (ch_fws(text.p[i]))
			continue;
		if (text.p[i] != '=') {
			out[n++] = text.p[i];
			continue;
		}
		high = i + 2 < text.n ? ch_hex(text.p[i + 1]) : -1;
		low = i + 2 < text.n ? ch_hex(text.p[i + 2]) : -1;
		if (high < 0 || low < 0)
			return false;
		out[n++] = (char)(high << 4 | low);
		i += 2;
	}
	*octets = str_of(out, n);
	return true;
}

/* The agent or user identifier: its domain is d= or within it. */
static const char *read_i(const struct reading *r, struct str value)
{
	struct str address, domain;
	size_t at;

	if (!decode_qp(r->arena, value, &address))
		return "i= is no quoted-printable";
	at = str_rchr(address, '@');
	if (at == SIZE_MAX)
		return "i= has no domain";
	domain = read_name(r->arena, str_skip(address, at + 1));
	if (!domain.p)
		return "i= has no domain";
	r->s->identity = value;
	if (!r->s->domain.p)
		return NULL;
	r->s->own_domain = str_eq(domain, r->s->domain);
	return domain_within(domain, r->s->domain) ? NULL : "i= is not within d=";
}

size_t signature_names(const struct signature *s, struct str name)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nh; i++)
		n += str_ieq(s->name[i], name);
	return n;
}

unsigned signature_instance(struct str text)
{
	uint64_t n;

	return text.n <= 2 && str_u64(text, ARC_MAX_SETS, &n) ? (unsigned)n : 0;
}

static const char *read_instance(const struct reading *r, struct str value)
{
	r->s->instance = signature_instance(value);
	return r->s->instance ? NULL : "bad instance i=";
}

static const char *read_l(const struct reading *r, struct str value)
{
	return number(value, BODY_NO_LIMIT - 1, &r->s->length) ? NULL : "l= is no number";
}

static const char *read_q(const struct reading *r, struct str value)
{
	(void)r;
	return taglist_has_word(value, STR("dns/txt")) ? NULL : "q= without dns/txt";
}

static const char *read_t(const struct reading *r, struct str value)
{
	uint64_t n;

	if (!number(value, INT64_MAX, &n))
		return "t= is no number";
	r->s->t = (int64_t)n;
	return NULL;
}

/* x= MUST be greater than t= (3.5). */
static const char *read_x(const struct reading *r, struct str value)
{
	uint64_t n;

	if (!number(value, INT64_MAX, &n))
		return "x= is no number";
	r->s->x = (int64_t)n;
	r->s->expires = true;
	return taglist_find(r->tags, "t") && r->s->x <= r->s->t ? "x= is not after t=" : NULL;
}

static const char *read_cv(const struct reading *r, struct str value)
{
	static const struct str words[] = { STR("none"), STR("pass"), STR("fail") };

	for (enum arc_cv cv = CV_NONE; cv <= CV_FAIL; cv++) {
		if (str_eq(value, words[cv])) {
			r->s->cv = cv;
			return NULL;
		}
	}
	return "unknown status cv=";
}

/* RFC 8617 4.1.3: a seal signs the sets and nothing else. */
static const char *refuse(const struct reading *r, struct str value)
{
	(void)r;
	(void)value;
	return "seal with h= or bh=";
}

#define DKIM ON(SIG_DKIM)
#define AMS ON(SIG_AMS)
#define SEAL ON(SIG_AS)
#define ALL (DKIM | AMS | SEAL)

/* In this order: i= wants d=, x= wants t=. */
static const struct {
	const char *name;
	unsigned kinds, required; /* where it is read, where it must be */
	tag_fn *read;
	const char *missing;
} readers[] = {
	{ "v", DKIM, DKIM, read_v, "no v=" },
	{ "a", ALL, ALL, read_a, "no a=" },
	{ "d", ALL, ALL, read_d, "no d=" },
	{ "s", ALL, ALL, read_s, "no s=" },
	{ "i", DKIM, 0, read_i, NULL },
	{ "i", AMS | SEAL, AMS | SEAL, read_instance, "no i=" },
	{ "c", DKIM | AMS, 0, read_c, NULL },
	{ "h", DKIM | AMS, DKIM | AMS, read_h, "no h=" },
	{ "h", SEAL, 0, refuse, NULL },
	{ "bh", DKIM | AMS, DKIM | AMS, read_bh, "no bh=" },
	{ "bh", SEAL, 0, refuse, NULL },
	{ "b", ALL, ALL, read_b, "no b=" },
	{ "l", DKIM | AMS, 0, read_l, NULL },
	{ "q", DKIM | AMS, 0, read_q, NULL },
	{ "t", ALL, 0, read_t, NULL },
	{ "x", DKIM | AMS, 0, read_x, NULL },
	{ "cv", SEAL, SEAL, read_cv, "no cv=" },
};

static void read_tags(const struct reading *r)
{
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
		struct str value;

		if (!(readers[i].kinds & ON(r->kind)))
			continue;
		value = taglist_get(r->tags, readers[i].name);
		if (value.p)
			set_fault(r->s, readers[i].read(r, value));
		else if (readers[i].required & ON(r->kind))
			set_fault(r->s, readers[i].missing);
	}
}

/* The name of the key, within what DNS can hold. */
static void set_query(struct arena *a, struct signature *s)
{
	struct str query =
		arena_printf(a, "%.*s._domainkey.%.*s", STR_ARG(s->selector), STR_ARG(s->domain));

	if (query.n > DOMAIN_MAX)
		set_fault(s, "s= and d= together are too long");
	else
		s->query = query.p;
}

void signature_read(struct arena *a, enum signature_kind kind, const struct hdr *f,
		    struct signature *s)
{
	struct taglist tags;
	struct reading r = { .arena = a, .kind = kind, .s = s, .tags = &tags };
	const char *fault;

	*s = (struct signature){ .field = f, .length = BODY_NO_LIMIT, .own_domain = true };
	/* Seals know only relaxed; for ARC-Message-Signature RFC 8617 is silent, and all who make
	 * and check them take a missing c= as relaxed/relaxed. */
	if (kind != SIG_DKIM)
		s->head = s->body = CANON_RELAXED;
	if (!taglist_read(f->value, &tags, &fault))
		set_fault(s, fault);
	read_tags(&r);
	if (s->domain.p && s->selector.p)
		set_query(a, s);
	if (kind == SIG_DKIM && s->domain.p && !taglist_find(&tags, "i"))
		s->identity = arena_printf(a, "@%.*s", STR_ARG(s->domain));
}
