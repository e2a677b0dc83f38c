/* What the test DNS server answers: from a query's octets and the zone to the octets of a reply. */
#include "base/buf.h"
#include "io/wire.h"
#include "lib/dnsd.h"

#define HEADER_LEN 12u
#define UDP_PLAIN 512u
#define UDP_LARGEST 4096u
#define EDNS_SIZE 1232u
#define TYPE_OPT 41
#define CLASS_IN 1u
#define MAX_LINKS 16u
#define MAX_REPLY 65535u

enum rcode { NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED };

struct query {
	const uint8_t *p;
	size_t n;
	size_t question; /* octets of it, behind the header */
	char name[256];
	bool strange; /* a dot or NUL inside a label */
	int type;
	unsigned class;
	bool edns, dnssec_ok;
	size_t udp_size;
};

/* What the zone says, alias by alias. */
struct found {
	enum rcode rcode;
	enum zone_fault fault;
	unsigned delay_ms;
	struct str link[MAX_LINKS + 1]; /* names from the question's on, one more than aliases */
	uint32_t ttl[MAX_LINKS + 1];
	size_t links;
	struct zone_found last;
};

struct out {
	struct buf b;
	unsigned answers, authorities;
};

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void put16(struct out *o, unsigned v)
{
	buf_addc(&o->b, (char)(v >> 8 & 0xff));
	buf_addc(&o->b, (char)(v & 0xff));
}

static void put32(struct out *o, uint32_t v)
{
	put16(o, v >> 16);
	put16(o, v & 0xffff);
}

static void put_name(struct out *o, struct str name)
{
	uint8_t wire[255];
	size_t n = wire_name(arena_cstr(o->b.arena, name), wire);

	if (n == 0)
		bug("the zone holds a name that DNS cannot");
	buf_add(&o->b, str_of((const char *)wire, n));
}

static bool read_name(struct query *q, size_t *at)
{
	size_t n = 0, i = *at;

	while (i < q->n && q->p[i] != 0) {
		size_t len = q->p[i];

		if (len > 63 || len >= q->n - i || n + len + 1 > 254)
			return false;
		q->strange |= memchr(q->p + i + 1, 0, len) || memchr(q->p + i + 1, '.', len);
		if (n > 0)
			q->name[n++] = '.';
		for (size_t j = 1; j <= len; j++)
			q->name[n++] = ch_lower((char)q->p[i + j]);
		i += len + 1;
	}
	q->name[n] = '\0';
	*at = i + 1;
	return i < q->n;
}

static bool read_query(struct query *q)
{
	size_t at = HEADER_LEN;

	q->udp_size = UDP_PLAIN;
	if (get16(q->p + 4) != 1 || !read_name(q, &at) || q->n - at < 4)
		return false;
	q->type = (int)get16(q->p + at);
	q->class = get16(q->p + at + 2);
	at += 4;
	q->question = at - HEADER_LEN;
	/* The root, OPT, size, extended RCODE, version, flags, length: RFC 6891 6.1.2. */
	if (get16(q->p + 10) == 0 || q->n - at < 11 || q->p[at] != 0 ||
	    get16(q->p + at + 1) != TYPE_OPT)
		return true;
	q->edns = true;
	q->udp_size = get16(q->p + at + 3);
	q->dnssec_ok = q->p[at + 7] & 0x80;
	q->udp_size = q->udp_size < UDP_PLAIN ? UDP_PLAIN : q->udp_size;
	q->udp_size = q->udp_size > UDP_LARGEST ? UDP_LARGEST : q->udp_size;
	return true;
}

static enum rcode rcode_of(const struct zone_found *z)
{
	switch (z->fault) {
	case ZONE_SERVFAIL:
	case ZONE_BOGUS:
		return SERVFAIL;
	case ZONE_REFUSED:
		return REFUSED;
	case ZONE_NXDOMAIN:
		return NXDOMAIN;
	default:
		return z->status == DNS_NXDOMAIN ? NXDOMAIN : NOERROR;
	}
}

/* A chain without end is given as far as MAX_LINKS. Faults and delays on the way are those of the
 * whole. */
static struct found look(const struct zone *z, struct str name, int type)
{
	struct found f = { .link = { name } };

	for (;; f.links++) {
		f.last = zone_find(z, f.link[f.links], type);
		f.delay_ms += f.last.delay_ms;
		f.fault = f.last.fault;
		f.rcode = rcode_of(&f.last);
		f.ttl[f.links] = f.last.ttl;
		if (f.fault != ZONE_FINE || !f.last.cname.p || f.links == MAX_LINKS)
			return f;
		f.link[f.links + 1] = f.last.cname;
	}
}

/* Everything of a record up to its data; the length is filled in by end_rr. */
static size_t begin_rr(struct out *o, struct str owner, int type, uint32_t ttl, bool asked)
{
	if (asked)
		put16(o, 0xc000 | HEADER_LEN);
	else
		put_name(o, owner);
	put16(o, (unsigned)type);
	put16(o, CLASS_IN);
	put32(o, ttl);
	put16(o, 0);
	return o->b.n;
}

static void end_rr(struct out *o, size_t data)
{
	size_t n = o->b.n - data;

	o->b.p[data - 2] = (char)(n >> 8 & 0xff);
	o->b.p[data - 1] = (char)(n & 0xff);
}

static void put_txt(struct out *o, struct str s)
{
	do {
		struct str part = str_sub(s, 0, 255);

		buf_addc(&o->b, (char)part.n);
		buf_add(&o->b, part);
		s = str_skip(s, part.n);
	} while (s.n > 0);
}

/* The last five numbers of an SOA: serial, refresh, retry, expire, minimum. */
static void put_soa_numbers(struct out *o, uint32_t minimum)
{
	const uint32_t numbers[] = { 1, 3600, 600, 86400, minimum };

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		put32(o, numbers[i]);
}

static void put_data(struct out *o, const struct dns_rr *rr, int type, uint32_t ttl)
{
	switch (type) {
	case DNS_TXT:
		put_txt(o, rr->data);
		break;
	case DNS_MX:
		put16(o, rr->pref);
		put_name(o, rr->data);
		break;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		put_name(o, rr->data);
		break;
	case DNS_SOA:
		put_name(o, rr->data);
		put_name(o, STR(""));
		put_soa_numbers(o, ttl);
		break;
	default:
		buf_add(&o->b, rr->data);
	}
}

/* The negative answer's SOA (RFC 2308 3), of a zone that is said to be the name's last two labels.
 */
static void put_soa(struct out *o, struct str name, uint32_t ttl)
{
	size_t at = name.n, dots = 0, data;

	while (at > 0 && (name.p[at - 1] != '.' || ++dots < 2))
		at--;
	data = begin_rr(o, str_skip(name, at), DNS_SOA, ttl, false);
	put_name(o, STR("ns.invalid"));
	put_name(o, STR("root.invalid"));
	put_soa_numbers(o, ttl);
	end_rr(o, data);
	o->authorities++;
}

static void put_records(struct out *o, const struct query *q, const struct found *f)
{
	const struct zone_found *last = &f->last;
	size_t data;

	for (size_t i = 0; i < f->links; i++) {
		data = begin_rr(o, f->link[i], DNS_CNAME, f->ttl[i], i == 0);
		put_name(o, f->link[i + 1]);
		end_rr(o, data);
		o->answers++;
	}
	for (size_t i = 0; f->rcode == NOERROR && i < last->n; i++) {
		data = begin_rr(o, f->link[f->links], q->type, last->ttl, f->links == 0);
		put_data(o, &last->rr[i], q->type, last->ttl);
		end_rr(o, data);
		o->answers++;
	}
	if (f->rcode == NXDOMAIN || (f->rcode == NOERROR && last->status == DNS_NODATA))
		put_soa(o, f->link[f->links], last->ttl);
}

static void put_opt(struct out *o, const struct query *q)
{
	buf_addc(&o->b, 0);
	put16(o, TYPE_OPT);
	put16(o, EDNS_SIZE);
	put16(o, 0);
	put16(o, q->dnssec_ok ? 0x8000 : 0);
	put16(o, 0);
}

/* Header and question: QR, and as a resolver RD and RA, or for who does not ask for recursion AA.
 */
static void begin(struct out *o, const struct query *q, unsigned id)
{
	put16(o, id);
	put16(o, q->p[2] & 0x01 ? 0x8180u : 0x8400u);
	put16(o, q->question > 0);
	for (int i = 0; i < 3; i++)
		put16(o, 0);
	buf_add(&o->b, str_of((const char *)q->p + HEADER_LEN, q->question));
}

static void set_counts(struct out *o, const struct query *q, enum rcode rcode)
{
	char *h = o->b.p;

	h[3] = (char)((unsigned char)h[3] | rcode);
	h[6] = (char)(o->answers >> 8 & 0xff);
	h[7] = (char)(o->answers & 0xff);
	h[9] = (char)o->authorities;
	h[11] = (char)q->edns;
}

/* As much as is cut off: everything. */
static void truncate(struct out *o, const struct query *q)
{
	o->b.n = HEADER_LEN + q->question;
	o->answers = o->authorities = 0;
	o->b.p[2] = (char)((unsigned char)o->b.p[2] | 0x02);
}

/* The right id and question, then five records that are none. */
static void put_garbage(struct out *o)
{
	o->answers = 5;
	for (unsigned i = 0; i < 40; i++)
		buf_addc(&o->b, (char)(0xff - i * 7));
}

static void put_answer(struct out *o, const struct query *q, const struct found *f, bool tcp)
{
	size_t opt = q->edns ? 11 : 0;
	bool cut = !tcp && f->fault == ZONE_TRUNCATE;

	begin(o, q, get16(q->p) ^ (f->fault == ZONE_WRONGID ? 0x5a5au : 0u));
	if (f->fault == ZONE_GARBAGE)
		put_garbage(o);
	else if (f->rcode == NOERROR || f->rcode == NXDOMAIN)
		put_records(o, q, f);
	if (cut || o->b.n + opt > (tcp ? MAX_REPLY : q->udp_size))
		truncate(o, q);
	if (q->edns)
		put_opt(o, q);
	set_counts(o, q, f->rcode);
}

struct dnsd_reply dnsd_answer(const struct zone *z, struct arena *a, struct str query, bool tcp)
{
	struct query q = { .p = (const uint8_t *)query.p, .n = query.n };
	struct dnsd_reply r = { .silent = true };
	struct out o = { .b = { .arena = a } };
	struct found f = { .rcode = FORMERR };

	if (q.n < HEADER_LEN || q.p[2] & 0x80)
		return r;
	r.silent = false;
	if (q.p[2] & 0x78) {
		f.rcode = NOTIMP;
	} else if (read_query(&q)) {
		r.question = true;
		r.type = q.type;
		r.name = arena_dup(a, str_c(q.name));
		f = (struct found){ .rcode = q.class == CLASS_IN ? NXDOMAIN : REFUSED };
		f.link[0] = r.name;
		if (q.class == CLASS_IN && !q.strange)
			f = look(z, r.name, q.type);
	}
	r.silent = f.fault == ZONE_TIMEOUT;
	r.delay_ms = f.delay_ms;
	put_answer(&o, &q, &f, tcp);
	r.wire = buf_str(&o.b);
	return r;
}
