/* Compiled sets: opening one, which checks it, and asking it. */
#include "feed/set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define VALUE_MAX (FEED_MAX_URL * 4u) /* of a hashed value: a URL with every octet escaped */
#define SAME_MAX 8u		      /* equal first prints looked through */

/* ---- prints ---- */

struct set_print set_print(const struct hash_key *k, enum set_tag tag, struct str value)
{
	struct hash_key one = { k->k0 ^ (uint64_t)tag, k->k1 };
	struct hash_key two = { k->k1 ^ (uint64_t)tag, ~k->k0 };

	return (struct set_print){ hash_sip13(one, value), (uint32_t)hash_sip13(two, value) };
}

uint64_t set_seal(const void *octets, size_t n)
{
	struct set_head h;
	uint64_t sum[2];

	memcpy(&h, octets, sizeof h);
	h.seal = 0;
	sum[0] = hash_sip13(h.key, str_of((const char *)&h, sizeof h));
	sum[1] = hash_sip13(h.key, str_of((const char *)octets + sizeof h, n - sizeof h));
	return hash_sip13(h.key, str_of((const char *)sum, sizeof sum));
}

struct str set_net(const struct ip *ip, unsigned bits, char out[SET_NET_MAX])
{
	size_t octets = ip->family == 4 ? 4 : 16;

	out[0] = (char)bits;
	for (size_t i = 0; i < octets; i++) {
		unsigned here = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * (unsigned)i : 0;
		out[i + 1] = (char)(ip->b[i] & (0xff00u >> here));
	}
	return str_of(out, octets + 1);
}

/* ---- opening ---- */

static const char *fault(const void *octets, size_t n)
{
	const struct set_head *h = octets;

	if (n < sizeof *h || memcmp(h->magic, SET_MAGIC, sizeof h->magic) != 0 ||
	    h->order != SET_ORDER)
		return "not a set of this version";
	if (h->n == 0 || h->n > FEED_MAX_ENTRIES || n != set_size((size_t)h->n))
		return "cut, or longer than it says";
	if (h->tags >> TAGS || h->bits4 >> 33 || h->bits6[2] >> 1)
		return "damaged";
	return h->seal == set_seal(octets, n) ? NULL : "damaged";
}

struct feed_set *feed_of(const void *octets, size_t n, struct err *e)
{
	const char *why = (uintptr_t)octets % 8 ? "not aligned" : fault(octets, n);
	struct feed_set *s;

	if (why) {
		err_set(e, "%s", why);
		return NULL;
	}
	s = calloc(1, sizeof *s);
	if (!s)
		bug("no memory for a set");
	s->head = octets;
	s->a = (const uint64_t *)(s->head + 1);
	s->b = (const uint32_t *)(s->a + s->head->n);
	s->size = n;
	return s;
}

static struct feed_set *map_open(int fd, struct err *e)
{
	struct feed_set *s;
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    (uint64_t)st.st_size > set_size(FEED_MAX_ENTRIES)) {
		err_set(e, "not a set: its size");
		return NULL;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		err_set(e, "%s", strerror(errno));
		return NULL;
	}
	s = feed_of(p, (size_t)st.st_size, e);
	if (s)
		s->map = p;
	else
		munmap(p, (size_t)st.st_size);
	return s;
}

struct feed_set *feed_open(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct feed_set *s;

	if (fd < 0) {
		err_set(e, "%s", strerror(errno));
		return NULL;
	}
	s = map_open(fd, e);
	close(fd);
	return s;
}

void feed_close(struct feed_set *s)
{
	if (s && s->map)
		munmap(s->map, s->size);
	free(s);
}

size_t feed_entries(const struct feed_set *s)
{
	return s ? (size_t)s->head->n : 0;
}

/* ---- asking ---- */

static bool has_tag(const struct feed_set *s, enum set_tag tag)
{
	return s && s->head->tags >> tag & 1;
}

static bool has(const struct feed_set *s, enum set_tag tag, struct str value)
{
	size_t lo = 0, hi = (size_t)s->head->n;
	struct set_print p;

	if (!has_tag(s, tag) || value.n > VALUE_MAX)
		return false;
	p = set_print(&s->head->key, tag, value);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->a[mid] < p.a)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = 0; i < SAME_MAX && lo + i < s->head->n && s->a[lo + i] == p.a; i++)
		if (s->b[lo + i] == p.b)
			return true;
	return false;
}

static bool has_dir(const struct feed_set *s, const struct feed_url *u)
{
	size_t at = u->authority;

	if (!has_tag(s, TAG_DIR))
		return false;
	for (unsigned i = 0; i < FEED_MAX_PREFIXES; i++) {
		if (has(s, TAG_DIR, str_sub(u->key, 0, at)))
			return true;
		if (at >= u->path)
			return false;
		do
			at++;
		while (at < u->path && u->key.p[at] != '/');
	}
	return false;
}

bool feed_has_url(const struct feed_set *s, const struct feed_url *u)
{
	if (!s || !u->key.n)
		return false;
	if (has(s, TAG_URL, u->key))
		return true;
	if (u->path < u->key.n && has(s, TAG_URL, str_sub(u->key, 0, u->path)))
		return true;
	return has_dir(s, u);
}

bool feed_has_host(const struct feed_set *s, struct str host)
{
	struct str rest = host;
	char low[254];
	struct ip ip;

	if (!s || !host.n)
		return false;
	if (ip_parse(host, &ip))
		return feed_has_ip(s, &ip);
	if (host.p[host.n - 1] == '.')
		host.n--;
	if (host.n == 0 || host.n > sizeof low - 1)
		return false;
	for (size_t i = 0; i < host.n; i++)
		low[i] = ch_lower(host.p[i]);
	rest = str_of(low, host.n);
	if (has(s, TAG_HOST, rest) || has(s, TAG_EXACT, rest))
		return true;
	str_cut(&rest, '.');
	for (; rest.n; str_cut(&rest, '.'))
		if (has(s, TAG_HOST, rest) || has(s, TAG_BELOW, rest))
			return true;
	return false;
}

static bool has_bits(const struct feed_set *s, bool v4, unsigned bits)
{
	return v4 ? s->head->bits4 >> bits & 1 : s->head->bits6[bits / 64] >> bits % 64 & 1;
}

bool feed_has_ip(const struct feed_set *s, const struct ip *given)
{
	struct ip ip = ip_unmapped(*given);
	bool v4 = ip.family == 4;
	char net[SET_NET_MAX];

	if (!s || !ip.family)
		return false;
	for (unsigned bits = 0; bits <= (v4 ? 32u : 128u); bits++)
		if (has_bits(s, v4, bits) &&
		    has(s, v4 ? TAG_NET4 : TAG_NET6, set_net(&ip, bits, net)))
			return true;
	return false;
}

bool feed_has_digest(const struct feed_set *s, const uint8_t *digest, size_t n)
{
	return s && has(s, TAG_DIGEST, str_of((const char *)digest, n));
}

bool feed_has_digests(const struct feed_set *s)
{
	return has_tag(s, TAG_DIGEST);
}

bool feed_has_address(const struct feed_set *s, struct str address)
{
	char low[FEED_MAX_ADDRESS];

	if (!has_tag(s, TAG_ADDRESS) || !address.n || address.n > sizeof low)
		return false;
	for (size_t i = 0; i < address.n; i++)
		low[i] = ch_lower(address.p[i]);
	return has(s, TAG_ADDRESS, str_of(low, address.n));
}
