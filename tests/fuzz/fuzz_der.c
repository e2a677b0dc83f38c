/* Fuzzes the DER reader: a key it takes has the one encoding that DER allows. */
#include <stdlib.h>

#include "auth/crypto.h"
#include "auth/der.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t put_length(unsigned char *out, size_t n)
{
	size_t at = 0, octets = n > 0xffff ? 3 : n > 0xff ? 2 : 1;

	if (n < 0x80) {
		out[at++] = (unsigned char)n;
		return at;
	}
	out[at++] = (unsigned char)(0x80 | octets);
	while (octets-- > 0)
		out[at++] = (unsigned char)(n >> (8 * octets));
	return at;
}

static size_t put_number(unsigned char *out, struct str v)
{
	size_t at = 0, zero = (unsigned char)v.p[0] >= 0x80;

	out[at++] = 0x02;
	at += put_length(out + at, v.n + zero);
	if (zero)
		out[at++] = 0;
	memcpy(out + at, v.p, v.n);
	return at + v.n;
}

/* The RSAPublicKey of what was read must be the end of the input. */
static void check_encoding(const struct der_rsa *key, struct str in)
{
	unsigned char *body = malloc(in.n + 16), head[8] = { 0x30 };
	size_t n = put_number(body, key->n), h;

	n += put_number(body + n, key->e);
	h = 1 + put_length(head + 1, n);
	if (in.n < h + n || memcmp(in.p + in.n - n, body, n) != 0 ||
	    memcmp(in.p + in.n - n - h, head, h) != 0)
		abort();
	free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crypto *c;
	struct str in = str_of((const char *)data, size);
	const struct pubkey *pub;
	struct der_rsa key;
	unsigned bits;
	bool good = der_rsa_read(in, &key);

	if (!c)
		c = crypto_new();
	if (good)
		check_encoding(&key, in);
	if (pubkey_get(c, KEY_RSA, in, &pub, &bits) == PUBKEY_OK) {
		if (!good || bits < KEY_RSA_MIN || bits > KEY_RSA_MAX)
			abort();
		pubkey_verify(c, pub, HASH_SHA256, STR("0123456789abcdef0123456789abcdef"), in);
	}
	return 0;
}
