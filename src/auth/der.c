/* Reads RSA public keys from DER and refuses everything else. */
#include "auth/der.h"

enum { TAG_INTEGER = 0x02, TAG_BIT_STRING = 0x03, TAG_SEQUENCE = 0x30 };

/* AlgorithmIdentifier: OID 1.2.840.113549.1.1.1, NULL. */
static const char rsa_algorithm[] = "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

static unsigned octet(struct str s, size_t i)
{
	return (unsigned char)s.p[i];
}

/* The length at the front of *s, which then begins behind it. */
static bool take_length(struct str *s, size_t *len)
{
	size_t count, n = 0;

	if (!s->n)
		return false;
	count = octet(*s, 0);
	*s = str_skip(*s, 1);
	if (count < 0x80) {
		*len = count;
		return true;
	}
	count &= 0x7f;
	if (count < 1 || count > 3 || s->n < count)
		return false;
	for (size_t i = 0; i < count; i++)
		n = n << 8 | octet(*s, i);
	*s = str_skip(*s, count);
	*len = n;
	return n >= 0x80 && n >> (8 * (count - 1)) != 0;
}

/* The element of that tag at the front of *s; *s becomes what follows it. */
static bool take(struct str *s, unsigned tag, struct str *body)
{
	struct str rest = *s;
	size_t len;

	if (!rest.n || octet(rest, 0) != tag)
		return false;
	rest = str_skip(rest, 1);
	if (!take_length(&rest, &len) || len > rest.n)
		return false;
	*body = str_sub(rest, 0, len);
	*s = str_skip(rest, len);
	return true;
}

/* A positive INTEGER in its shortest form. */
static bool take_positive(struct str *s, struct str *number)
{
	struct str v;

	if (!take(s, TAG_INTEGER, &v) || !v.n || octet(v, 0) >= 0x80)
		return false;
	if (octet(v, 0) == 0) {
		if (v.n < 2 || octet(v, 1) < 0x80)
			return false;
		v = str_skip(v, 1);
	}
	*number = v;
	return true;
}

static bool rsa_public_key(struct str der, struct der_rsa *key)
{
	struct str seq;

	return take(&der, TAG_SEQUENCE, &seq) && !der.n && take_positive(&seq, &key->n) &&
	       take_positive(&seq, &key->e) && !seq.n;
}

static bool public_key_info(struct str der, struct der_rsa *key)
{
	struct str seq, bits, alg = str_of(rsa_algorithm, sizeof rsa_algorithm - 1);

	if (!take(&der, TAG_SEQUENCE, &seq) || der.n || !str_starts(seq, alg))
		return false;
	seq = str_skip(seq, alg.n);
	if (!take(&seq, TAG_BIT_STRING, &bits) || seq.n || !bits.n || octet(bits, 0) != 0)
		return false;
	return rsa_public_key(str_skip(bits, 1), key);
}

bool der_rsa_read(struct str der, struct der_rsa *key)
{
	return public_key_info(der, key) || rsa_public_key(der, key);
}
