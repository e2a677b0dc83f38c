/*
 * Authentication-Results: any octets as a field, and any octets as values of one that we write.
 * What the parser reads as ours is a claim to be ours; what is written is read back and nothing
 * more.
 */
#include <stdlib.h>

#include "auth/authres/authres.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_METHODS 8u
#define MAX_LINE 998u

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* An id that somebody might configure. */
static bool is_id(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ch_alnum(s.p[i]))
			return true;
	return false;
}

static void read_any(struct arena *a, struct str value)
{
	struct authres r;
	bool ok = authres_parse(a, value, &r);

	must(ok || r.n == 0);
	must(r.n <= AUTHRES_MAX_RESULTS);
	for (size_t i = 0; i < r.n; i++) {
		must(r.method[i].method.n && r.method[i].result.n);
		must(r.method[i].nprop <= AUTHRES_MAX_PROPS);
		for (size_t k = 0; k < r.method[i].nprop; k++)
			must(r.method[i].prop[k].ptype.n && r.method[i].prop[k].prop.n);
	}
	authres_claims(a, value, STR("mx.example.org"));
	if (ok && is_id(r.authserv_id))
		must(authres_claims(a, value, r.authserv_id));
}

/* Lines, folds, and nothing raw that could end a field. */
static void check_text(struct str s)
{
	bool quoted = false;
	size_t line = sizeof "Authentication-Results: " - 1;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"')
			quoted = !quoted;
		must(c != '(' && c != ')' && c != '\\' && c != 0x7f);
		must(c != ';' || !quoted);
		line++;
		if (c >= ' ')
			continue;
		must(!quoted && str_starts(str_skip(s, i), STR("\r\n\t")));
		i += 2;
		line = 1;
		must(line <= MAX_LINE);
	}
	must(!quoted && line <= MAX_LINE && s.n <= AUTHRES_MAX_FIELD);
}

/* The input, cut at its NULs, as reasons and values. */
static void write_any(struct arena *a, struct str data)
{
	struct authres_writer w;
	struct authres r;
	size_t props[MAX_METHODS] = { 0 }, methods = 0;

	authres_begin(&w, a, STR("mx.example.org"));
	while (data.p && methods < MAX_METHODS) {
		authres_method(&w, "dkim", "fail");
		if (data.n && data.p[0] & 1)
			authres_reason(&w, str_cut(&data, '\0'));
		for (; data.p && props[methods] < 3; props[methods]++)
			authres_prop(&w, "header", "x", str_cut(&data, '\0'));
		methods++;
	}
	check_text(authres_end(&w));
	must(authres_parse(a, authres_end(&w), &r));
	must(authres_claims(a, authres_end(&w), STR("MX.example.ORG")));
	must(str_eq(r.authserv_id, STR("mx.example.org")) && r.n == methods);
	for (size_t i = 0; i < r.n; i++) {
		must(str_eq(r.method[i].method, STR("dkim")) &&
		     str_eq(r.method[i].result, STR("fail")));
		must(r.method[i].nprop == props[i]);
		for (size_t k = 0; k < r.method[i].nprop; k++)
			must(str_eq(r.method[i].prop[k].ptype, STR("header")) &&
			     str_eq(r.method[i].prop[k].prop, STR("x")));
	}
}

/* An id of any octets is still one value, and recognised where it is written as it is. */
static void write_id(struct arena *a, struct str id)
{
	struct authres_writer w;
	struct authres r;

	authres_begin(&w, a, id);
	authres_method(&w, "spf", "none");
	check_text(authres_end(&w));
	must(authres_parse(a, authres_end(&w), &r) && r.n == 1 && r.method[0].nprop == 0);
	must(!is_id(id) || authres_claims(a, authres_end(&w), r.authserv_id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str s = arena_dup(a, str_of((const char *)data, size));

	read_any(a, s);
	write_any(a, s);
	write_id(a, s);
	arena_free(a);
	return 0;
}
