/* Digests by which lists are asked for what they need not see. */
#include <openssl/evp.h>

#include "base/buf.h"
#include "checks/dnslist/dnslist.h"
#include "mail/domain.h"

#define LABEL_MAX 63u

static struct str base32(struct arena *a, struct str octets)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	struct buf b = { .arena = a };
	unsigned bits = 0, have = 0;

	for (size_t i = 0; i < octets.n; i++) {
		bits = (bits << 8 | (uint8_t)octets.p[i]) & 0xffff;
		for (have += 8; have >= 5; have -= 5)
			buf_addc(&b, digits[bits >> (have - 5) & 31]);
	}
	if (have)
		buf_addc(&b, digits[bits << (5 - have) & 31]);
	return buf_str(&b);
}

struct str dnslist_hash(struct arena *a, enum dnslist_digest d, enum dnslist_coding c,
			unsigned digits, struct str text)
{
	const EVP_MD *const md[] = { [DNSLIST_MD5] = EVP_md5(),
				     [DNSLIST_SHA1] = EVP_sha1(),
				     [DNSLIST_SHA256] = EVP_sha256() };
	struct buf b = { .arena = a };
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	struct str label;

	if (d == DNSLIST_RAW)
		return text;
	if (EVP_Digest(text.p ? text.p : "", text.n, out, &n, md[d], NULL) != 1)
		return STR_NULL; /* a system whose policy forbids MD5 */
	if (c == DNSLIST_BASE32) {
		label = base32(a, str_of((const char *)out, n));
	} else {
		buf_hex(&b, out, n);
		label = buf_str(&b);
	}
	return str_sub(label, 0, digits && digits < LABEL_MAX ? digits : LABEL_MAX);
}

/* ---- mail addresses ---- */

static bool clean(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] <= ' ' || s.p[i] == 127 || s.p[i] == '@')
			return false;
	return s.n > 0;
}

struct str dnslist_without_dots(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '.')
			buf_addc(&b, s.p[i]);
	return buf_str(&b);
}

struct str dnslist_mailbox(struct arena *a, struct str local, struct str domain)
{
	struct str d = domain_read(a, domain, DOMAIN_UNDERSCORE);
	size_t plus = str_chr(local, '+');

	if (plus != SIZE_MAX && plus > 0)
		local = str_sub(local, 0, plus);
	if (!d.n || local.n > 64 || !clean(local))
		return STR_NULL;
	local = arena_lower(a, local);
	if (str_eq(d, STR("googlemail.com")))
		d = STR("gmail.com");
	if (str_eq(d, STR("gmail.com")))
		local = dnslist_without_dots(a, local);
	return arena_printf(a, "%.*s@%.*s", STR_ARG(local), STR_ARG(d));
}
