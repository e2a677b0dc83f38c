/*
 * SPF by line, for the conformance runner. Input: "zone HEX" (a zone text, in place of the one
 * before), "check now|rounds IP HELO LOCAL DOMAIN RECEIVER TIME" (each but the first and last in
 * hex, "-" for empty). Output, for each check: "RESULT DOMAIN EXPLANATION LOOKUPS VOIDS ROUNDS
 * QUESTIONS PERMISSIVE MECHANISM REASON", texts in hex, "-" for an empty and "." for an absent one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "auth/spf/spf.h"
#include "base/buf.h"
#include "lib/zone.h"

#define FIELDS 8u

static struct str unhex(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; s.n % 2 == 0 && i < s.n; i += 2)
		buf_addc(&b, (char)(ch_hex(s.p[i]) * 16 + ch_hex(s.p[i + 1])));
	return buf_str(&b);
}

static void put_hex(struct str s)
{
	if (!s.p || s.n == 0)
		printf(" %s", s.p ? "-" : ".");
	else
		printf(" ");
	for (size_t i = 0; i < s.n; i++)
		printf("%02x", (unsigned)(unsigned char)s.p[i]);
}

static void check(struct arena *a, struct zone *z, const struct str f[static FIELDS])
{
	struct dns *dns = zone_dns(z, str_eq(f[1], STR("rounds")) ? ZONE_ROUNDS : ZONE_NOW);
	struct spf_request req = { .want_explanation = true };
	struct spf_result res;
	uint64_t now = 0;

	ip_parse(unhex(a, f[2]), &req.ip);
	req.helo = unhex(a, f[3]);
	req.local = unhex(a, f[4]);
	req.domain = unhex(a, f[5]);
	req.receiver = unhex(a, f[6]);
	str_u64(f[7], INT64_MAX, &now);
	req.now = (int64_t)now;
	while (spf_eval(a, dns, &req, &res) == AUTH_WAIT)
		if (!zone_round(z))
			bug("waits for nothing");
	printf("%s", auth_word(res.code));
	put_hex(res.domain);
	put_hex(res.explanation);
	printf(" %u %u %u %zu %d", res.lookups, res.voids, zone_rounds(z), zone_questions(z),
	       res.permissive);
	put_hex(res.mechanism);
	put_hex(res.reason);
	printf("\n");
	fflush(stdout);
}

static struct zone *new_zone(struct arena *a, struct str hex)
{
	struct zone *z = zone_new();
	struct err e;

	if (zone_read(z, unhex(a, hex), "zone", &e) != 0) {
		fprintf(stderr, "%s\n", e.text);
		exit(2);
	}
	return z;
}

int main(void)
{
	struct zone *z = zone_new();
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0) {
		struct arena *a = arena_new(0);
		struct str left = str_trim(str_of(line, (size_t)n)), f[FIELDS];

		for (size_t i = 0; i < FIELDS; i++)
			f[i] = str_cut(&left, ' ');
		if (str_eq(f[0], STR("zone"))) {
			zone_free(z);
			z = new_zone(a, f[1]);
		} else {
			check(a, z, f);
		}
		arena_free(a);
	}
	free(line);
	zone_free(z);
	return 0;
}
