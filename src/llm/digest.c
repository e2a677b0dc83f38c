/* SHA-256 in hexadecimal digits. */
#include "llm/priv.h"

#include <openssl/evp.h>

char *llm_sha256(struct arena *a, struct str s, size_t octets)
{
	struct buf b = { .arena = a };
	uint8_t md[32];

	EVP_Digest(s.p ? s.p : "", s.n, md, NULL, EVP_sha256(), NULL);
	buf_hex(&b, md, octets < sizeof(md) ? octets : sizeof(md));
	return arena_cstr(a, buf_str(&b));
}
