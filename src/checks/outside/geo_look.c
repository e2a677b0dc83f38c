/* What databases of different makers say of an address, in one form. */
#include <netinet/in.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "checks/outside/geo_db.h"

#define PATH_MAX_KEYS 4u

/* Where makers put what; the first that is there and fits counts. */
static const char *const country_at[][PATH_MAX_KEYS] = {
	{ "country", "iso_code" },	      /* MaxMind, db-ip */
	{ "country_code" },		      /* IPinfo lite, ip-location-db */
	{ "country" },			      /* IPinfo */
	{ "registered_country", "iso_code" }, /* of satellites and the like */
};
static const char *const asn_at[][PATH_MAX_KEYS] = {
	{ "autonomous_system_number" },
	{ "asn" }, /* IPinfo: "AS3320" */
	{ "traits", "autonomous_system_number" },
	{ "as_number" },
};
static const char *const org_at[][PATH_MAX_KEYS] = {
	{ "autonomous_system_organization" },
	{ "as_name" },
	{ "traits", "autonomous_system_organization" },
	{ "as_organization" },
	{ "name" },
};
static const char *const city_at[][PATH_MAX_KEYS] = {
	{ "city", "names", "en" },
	{ "city" },
};

/* A copy that can be shown anywhere: printable UTF-8 of a bounded length. */
static struct str name_of(struct arena *a, struct str s)
{
	struct buf out = { .arena = a };
	size_t i = 0;

	while (i < s.n && out.n < GEO_NAME_MAX) {
		uint32_t c;
		size_t n = utf8_read(str_skip(s, i), &c);
		if (n == 0 || c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0) || c == 0xfffd)
			buf_addc(&out, '?');
		else
			buf_add(&out, str_sub(s, i, n));
		i += n ? n : 1;
	}
	return buf_str(&out);
}

static bool value_at(MMDB_entry_s *entry, const char *const *path, MMDB_entry_data_s *out)
{
	return MMDB_aget_value(entry, out, path) == MMDB_SUCCESS && out->has_data;
}

static struct str text_of(const MMDB_entry_data_s *d)
{
	return d->type == MMDB_DATA_TYPE_UTF8_STRING ? str_of(d->utf8_string, d->data_size)
						     : STR("");
}

static void read_country(struct arena *a, MMDB_entry_s *entry, struct geo_place *out)
{
	for (size_t i = 0; !out->country.n && i < sizeof country_at / sizeof *country_at; i++) {
		MMDB_entry_data_s d;
		struct str code;
		if (!value_at(entry, country_at[i], &d))
			continue;
		code = text_of(&d);
		if (code.n == 2 && ch_alpha(code.p[0]) && ch_alpha(code.p[1]))
			out->country =
				arena_printf(a, "%c%c", code.p[0] & ~0x20, code.p[1] & ~0x20);
	}
}

static uint32_t number_of(const MMDB_entry_data_s *d)
{
	struct str s = text_of(d);
	uint64_t n;

	if (d->type == MMDB_DATA_TYPE_UINT32)
		return d->uint32;
	if (d->type == MMDB_DATA_TYPE_UINT16)
		return d->uint16;
	if (d->type == MMDB_DATA_TYPE_UINT64)
		return d->uint64 <= UINT32_MAX ? (uint32_t)d->uint64 : 0;
	if (str_istarts(s, STR("AS")))
		s = str_skip(s, 2);
	return str_u64(s, UINT32_MAX, &n) ? (uint32_t)n : 0;
}

static void read_asn(MMDB_entry_s *entry, struct geo_place *out)
{
	for (size_t i = 0; !out->asn && i < sizeof asn_at / sizeof *asn_at; i++) {
		MMDB_entry_data_s d;
		if (value_at(entry, asn_at[i], &d))
			out->asn = number_of(&d);
	}
}

static struct str read_name(struct arena *a, MMDB_entry_s *entry,
			    const char *const (*at)[PATH_MAX_KEYS], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		MMDB_entry_data_s d;
		if (value_at(entry, at[i], &d) && text_of(&d).n)
			return name_of(a, text_of(&d));
	}
	return STR_NULL;
}

static bool find(const MMDB_s *db, const struct ip *ip, MMDB_entry_s *out)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	MMDB_lookup_result_s r;
	int error = 0;

	memcpy(&v4.sin_addr, ip->b, 4);
	memcpy(&v6.sin6_addr, ip->b, 16);
	r = MMDB_lookup_sockaddr(db, ip->family == 4 ? (const void *)&v4 : (const void *)&v6,
				 &error);
	*out = r.entry;
	return error == MMDB_SUCCESS && r.found_entry;
}

void geo_db_look(const struct geo_db *db, struct arena *a, const struct ip *ip,
		 struct geo_place *out)
{
	struct ip plain = ip_unmapped(*ip);
	bool named = out->asn != 0;
	MMDB_entry_s entry;

	if (!db->open || !plain.family || !find(&db->mmdb, &plain, &entry))
		return;
	read_country(a, &entry, out);
	read_asn(&entry, out);
	if (!named && out->asn && !out->org.n)
		out->org = read_name(a, &entry, org_at, sizeof org_at / sizeof *org_at);
	if (!out->city.n)
		out->city = read_name(a, &entry, city_at, sizeof city_at / sizeof *city_at);
}
