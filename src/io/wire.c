/* The bounded reader of DNS answers, and the writer of a name. */
#include "io/wire.h"

#include "base/buf.h"
#include "io/resolver.h"

#define HEADER_LEN 12u
#define LABEL_MAX 63u
#define JUMPS_MAX 127u /* pointers in one name: no name has more labels */
#define CLASS_IN 1u
#define RCODE_NXDOMAIN 3u

/* A name as text. strange: it has a label with a dot or NUL in it, which the text cannot hold. */
struct name {
	char text[WIRE_NAME_MAX];
	size_t n;
	bool strange;
};

struct rr {
	size_t owner; /* where its name begins */
	unsigned type;
	uint32_t ttl;
	size_t data, len;
};

struct packet {
	const uint8_t *p;
	size_t n, at; /* everything before at has been read */
	struct rr rr[RESOLVER_MAX_RRS];
	size_t nrr; /* of the answer section, class IN */
	struct rr soa;
	bool has_soa;
};

size_t wire_name(const char *name, uint8_t out[WIRE_NAME_MAX])
{
	struct str left = str_c(name);
	size_t n = 0;

	if (left.n > 0 && left.p[left.n - 1] == '.')
		left.n--;
	if (left.n > WIRE_NAME_MAX - 2)
		return 0;
	while (left.p && (left.n > 0 || n > 0)) {
		struct str label = str_cut(&left, '.');

		if (label.n == 0 || label.n > LABEL_MAX)
			return 0;
		out[n++] = (uint8_t)label.n;
		memcpy(out + n, label.p, label.n);
		n += label.n;
	}
	out[n++] = 0;
	return n;
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void add_label(struct name *name, const uint8_t *p, size_t n)
{
	if (name->n > 0)
		name->text[name->n++] = '.';
	for (size_t i = 0; i < n; i++) {
		name->strange |= p[i] == 0 || p[i] == '.';
		name->text[name->n++] = ch_lower((char)p[i]);
	}
}

/*
 * Reads the name at *at and moves *at behind it. Each pointer must go to before everything that was
 * read of the name so far, so there are no loops.
 */
static bool read_name(const struct packet *k, size_t *at, struct name *name)
{
	size_t i = *at, start = i, wire = 1;
	unsigned jumps = 0;

	name->n = 0;
	name->strange = false;
	while (i < k->n && k->p[i] != 0) {
		size_t n = k->p[i];

		if (n >= 0xc0) {
			if (i + 1 >= k->n || (get16(k->p + i) & 0x3fff) >= start ||
			    jumps == JUMPS_MAX)
				return false;
			if (jumps++ == 0)
				*at = i + 2;
			i = start = get16(k->p + i) & 0x3fff;
			continue;
		}
		wire += 1 + n;
		if (n > LABEL_MAX || wire > WIRE_NAME_MAX || n >= k->n - i)
			return false;
		add_label(name, k->p + i + 1, n);
		i += 1 + n;
	}
	if (jumps == 0)
		*at = i + 1;
	return i < k->n;
}

static bool name_is(const struct name *name, struct str text)
{
	return !name->strange && str_eq(str_of(name->text, name->n), text);
}

/* Is text this name or below it? */
static bool name_holds(const struct name *name, struct str text)
{
	size_t n = name->n;

	if (name->strange || n > text.n)
		return false;
	return (n == 0 || memcmp(text.p + text.n - n, name->text, n) == 0) &&
	       (n == 0 || n == text.n || text.p[text.n - n - 1] == '.');
}

static bool owner_is(const struct packet *k, const struct rr *rr, struct str text)
{
	struct name owner;
	size_t at = rr->owner;

	return read_name(k, &at, &owner) && name_is(&owner, text);
}

static bool read_question(struct packet *k, struct str want, int type)
{
	struct name name;

	if (!read_name(k, &k->at, &name) || k->n - k->at < 4)
		return false;
	if (!name_is(&name, want) || get16(k->p + k->at) != (unsigned)type ||
	    get16(k->p + k->at + 2) != CLASS_IN)
		return false;
	k->at += 4;
	return true;
}

static bool read_rr(struct packet *k, struct rr *rr, unsigned *class)
{
	struct name owner;
	const uint8_t *p;

	rr->owner = k->at;
	if (!read_name(k, &k->at, &owner) || k->n - k->at < 10)
		return false;
	p = k->p + k->at;
	rr->type = get16(p);
	*class = get16(p + 2);
	rr->ttl = get32(p + 4) & 0x80000000u ? 0 : get32(p + 4); /* RFC 2181 8 */
	rr->len = get16(p + 8);
	rr->data = k->at + 10;
	if (rr->len > k->n - rr->data)
		return false;
	k->at = rr->data + rr->len;
	return true;
}

/* The answer and the authority section; nothing is wanted from the additional one. */
static bool read_records(struct packet *k, unsigned answers, unsigned authorities)
{
	unsigned class;
	struct rr rr;

	for (unsigned i = 0; i < answers; i++) {
		if (!read_rr(k, &rr, &class))
			return false;
		if (class != CLASS_IN)
			continue;
		if (k->nrr == RESOLVER_MAX_RRS)
			return false;
		k->rr[k->nrr++] = rr;
	}
	for (unsigned i = 0; i < authorities; i++) {
		if (!read_rr(k, &rr, &class))
			return false;
		if (class == CLASS_IN && rr.type == DNS_SOA && !k->has_soa) {
			k->soa = rr;
			k->has_soa = true;
		}
	}
	return true;
}

/* A name that stands at *at inside the record's data. */
static bool data_name(const struct packet *k, const struct rr *rr, size_t *at, struct name *name)
{
	return *at < rr->data + rr->len && read_name(k, at, name) && *at <= rr->data + rr->len;
}

/* The smaller of the SOA's own TTL and its MINIMUM (RFC 2308 5). */
static uint32_t negative_ttl(const struct packet *k, struct str name)
{
	const struct rr *soa = &k->soa;
	size_t at = soa->owner;
	struct name n;
	uint32_t minimum;

	if (!k->has_soa || !read_name(k, &at, &n) || !name_holds(&n, name))
		return 0;
	at = soa->data;
	if (!data_name(k, soa, &at, &n) || !data_name(k, soa, &at, &n) ||
	    soa->data + soa->len - at != 20)
		return 0;
	minimum = get32(k->p + at + 16);
	return minimum < soa->ttl ? minimum : soa->ttl;
}

static const struct rr *find(const struct packet *k, struct str name, unsigned type)
{
	for (size_t i = 0; i < k->nrr; i++)
		if (k->rr[i].type == type && owner_is(k, &k->rr[i], name))
			return &k->rr[i];
	return NULL;
}

/*
 * Goes along the CNAMEs from *name to the name that has records of the type, or has no CNAME. An
 * alias for what the text form cannot hold ends the chain.
 */
static bool follow(const struct packet *k, struct arena *a, struct str *name, unsigned type,
		   uint32_t *ttl)
{
	const struct rr *rr;
	struct name to;

	for (unsigned links = 0;; links++) {
		size_t at;

		if (find(k, *name, type) || !(rr = find(k, *name, DNS_CNAME)))
			return true;
		at = rr->data;
		if (links == RESOLVER_MAX_CNAME || !data_name(k, rr, &at, &to) ||
		    at != rr->data + rr->len)
			return false;
		*ttl = rr->ttl < *ttl ? rr->ttl : *ttl;
		if (to.strange)
			return true;
		*name = arena_dup(a, str_of(to.text, to.n));
	}
}

/* What became of one record's data. */
enum got { GOT, SKIP, BROKEN };

static enum got get_name(const struct packet *k, struct arena *a, const struct rr *rr, size_t skip,
			 struct dns_rr *out)
{
	size_t at = rr->data + skip;
	struct name name;

	if (!data_name(k, rr, &at, &name))
		return BROKEN;
	if (rr->type != DNS_SOA && at != rr->data + rr->len)
		return BROKEN;
	if (name.strange)
		return SKIP;
	out->data = arena_dup(a, str_of(name.text, name.n));
	return GOT;
}

static enum got get_txt(const struct packet *k, struct arena *a, const struct rr *rr,
			struct dns_rr *out)
{
	struct buf b = { .arena = a };
	const uint8_t *p = k->p + rr->data;

	if (rr->len == 0)
		return BROKEN;
	buf_room(&b, rr->len);
	for (size_t i = 0; i < rr->len; i += 1u + p[i]) {
		if (p[i] > rr->len - i - 1)
			return BROKEN;
		buf_add(&b, str_of((const char *)p + i + 1, p[i]));
	}
	out->data = buf_str(&b);
	return GOT;
}

static enum got get_octets(const struct packet *k, struct arena *a, const struct rr *rr,
			   struct dns_rr *out)
{
	if ((rr->type == DNS_A && rr->len != 4) || (rr->type == DNS_AAAA && rr->len != 16))
		return BROKEN;
	out->data = arena_dup(a, str_of((const char *)k->p + rr->data, rr->len));
	return GOT;
}

static enum got get_data(const struct packet *k, struct arena *a, const struct rr *rr,
			 struct dns_rr *out)
{
	switch (rr->type) {
	case DNS_TXT:
		return get_txt(k, a, rr, out);
	case DNS_MX:
		if (rr->len < 3)
			return BROKEN;
		out->pref = (uint16_t)get16(k->p + rr->data);
		return get_name(k, a, rr, 2, out);
	case DNS_NS:
	case DNS_CNAME:
	case DNS_SOA:
	case DNS_PTR:
		return get_name(k, a, rr, 0, out);
	default:
		return get_octets(k, a, rr, out);
	}
}

/* All records of (name, type) into out; false if one of them is broken. */
static bool collect(const struct packet *k, struct arena *a, struct str name, unsigned type,
		    struct dns_answer *out)
{
	struct dns_rr *list = ARENA_ARRAY(a, struct dns_rr, k->nrr);

	out->rr = list;
	for (size_t i = 0; i < k->nrr; i++) {
		const struct rr *rr = &k->rr[i];
		enum got got;

		if (rr->type != type || !owner_is(k, rr, name))
			continue;
		got = get_data(k, a, rr, &list[out->n]);
		if (got == BROKEN)
			return false;
		out->ttl = rr->ttl < out->ttl ? rr->ttl : out->ttl;
		out->n += got == GOT;
	}
	return true;
}

static bool read_answer(struct packet *k, struct arena *a, struct str name, unsigned type,
			struct dns_answer *out)
{
	bool nxdomain = (k->p[3] & 0x0f) == RCODE_NXDOMAIN;
	uint32_t negative;

	out->ttl = UINT32_MAX;
	if (!follow(k, a, &name, type, &out->ttl))
		return false;
	if (!nxdomain && !collect(k, a, name, type, out))
		return false;
	if (out->n > 0) {
		out->status = DNS_OK;
		return true;
	}
	negative = negative_ttl(k, name);
	out->ttl = negative < out->ttl ? negative : out->ttl;
	out->status = nxdomain ? DNS_NXDOMAIN : DNS_NODATA; /* RFC 6604 3: of the last name */
	return true;
}

/* A reply (QR), to a QUERY, whole (TC), NOERROR or NXDOMAIN, to one question. */
static bool header_is_good(const struct packet *k)
{
	unsigned rcode;

	if (k->n < HEADER_LEN)
		return false;
	rcode = k->p[3] & 0x0f;
	return (k->p[2] & 0xfa) == 0x80 && (rcode == 0 || rcode == RCODE_NXDOMAIN) &&
	       get16(k->p + 4) == 1;
}

void wire_read(struct arena *a, struct str pkt, const char *name, int type, struct dns_answer *out)
{
	struct packet k = { .p = (const uint8_t *)pkt.p, .n = pkt.n, .at = HEADER_LEN };
	struct str want = arena_lower(a, str_c(name));

	if (want.n > 0 && want.p[want.n - 1] == '.')
		want.n--;
	*out = (struct dns_answer){ .status = DNS_TEMPFAIL };
	if (pkt.n <= RESOLVER_MAX_ANSWER && header_is_good(&k) && read_question(&k, want, type) &&
	    read_records(&k, get16(k.p + 6), get16(k.p + 8)) &&
	    read_answer(&k, a, want, (unsigned)type, out))
		return;
	*out = (struct dns_answer){ .status = DNS_TEMPFAIL };
}
