/* Requests and replies as octets: one size and one form each, and nothing else is read. */
#include "sign/wire.h"

#include <string.h>

#include "sign/keys.h"

#define HEAD 16u

const char *sign_status_word(enum sign_status s)
{
	static const char *const word[] = {
		[SIGN_OK] = "ok",	    [SIGN_NO_KEY] = "no key", [SIGN_FAILED] = "failed",
		[SIGN_TIMEOUT] = "timeout", [SIGN_GONE] = "gone",
	};

	return word[s];
}

static void put(unsigned char *p, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		p[i] = (unsigned char)(v >> (8 * (size - 1 - i)) & 255);
}

static uint64_t get(const unsigned char *p, unsigned size)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < size; i++)
		v = v << 8 | p[i];
	return v;
}

/* magic, version, one octet of the kind's, four octets, number. */
static void put_head(unsigned char *p, unsigned octet, uint64_t four, uint64_t number)
{
	put(p, SIGN_MAGIC, 2);
	put(p + 2, SIGN_VERSION, 1);
	put(p + 3, octet, 1);
	put(p + 4, four, 4);
	put(p + 8, number, 8);
}

static bool ours(const unsigned char *p)
{
	return get(p, 2) == SIGN_MAGIC && get(p + 2, 1) == SIGN_VERSION;
}

void sign_request_write(const struct sign_request *r, unsigned char out[SIGN_REQUEST_SIZE])
{
	put_head(out, SIGN_KIND_DIGEST, 0, r->number);
	memcpy(out + HEAD, r->id, SIGN_ID);
	memcpy(out + HEAD + SIGN_ID, r->digest, SIGN_DIGEST);
}

bool sign_request_read(struct str octets, struct sign_request *r)
{
	const unsigned char *p = (const unsigned char *)octets.p;

	if (octets.n != SIGN_REQUEST_SIZE || !ours(p) || p[3] != SIGN_KIND_DIGEST ||
	    get(p + 4, 4) != 0)
		return false;
	r->number = get(p + 8, 8);
	memcpy(r->id, p + HEAD, SIGN_ID);
	memcpy(r->digest, p + HEAD + SIGN_ID, SIGN_DIGEST);
	return true;
}

size_t sign_reply_write(uint64_t number, const struct sign_reply *r,
			unsigned char out[SIGN_REPLY_MAX])
{
	size_t n = r->status == SIGN_OK && r->signature.n <= SIGN_MAX ? r->signature.n : 0;
	enum sign_status status = r->status == SIGN_OK && !n ? SIGN_FAILED : r->status;

	put_head(out, (unsigned)status, n, number);
	if (n)
		memcpy(out + HEAD, r->signature.p, n);
	return HEAD + n;
}

/* Only a signer's own words: that there is none, or that it takes too long, nobody can send. */
static bool sendable(unsigned status, size_t length)
{
	switch (status) {
	case SIGN_OK:
		return length >= 1 && length <= SIGN_MAX;
	case SIGN_NO_KEY:
	case SIGN_FAILED:
		return length == 0;
	default:
		return false;
	}
}

bool sign_reply_take(struct str *octets, uint64_t *number, struct sign_reply *r)
{
	const unsigned char *p = (const unsigned char *)octets->p;
	size_t n;

	if (octets->n < HEAD || !ours(p))
		return false;
	n = (size_t)get(p + 4, 4);
	if (n > octets->n - HEAD || !sendable(p[3], n))
		return false;
	*number = get(p + 8, 8);
	*r = (struct sign_reply){ (enum sign_status)p[3], str_sub(*octets, HEAD, n) };
	*octets = str_skip(*octets, HEAD + n);
	return true;
}

size_t sign_handle(const struct sign_keys *k, struct str packet, unsigned char out[SIGN_REPLY_MAX])
{
	unsigned char signature[SIGN_MAX];
	struct sign_reply reply;
	struct sign_request r;
	size_t n = 0;

	if (!sign_request_read(packet, &r))
		return 0;
	reply.status = sign_keys_sign(k, r.id, r.digest, signature, &n);
	reply.signature = str_of((const char *)signature, n);
	return sign_reply_write(r.number, &reply, out);
}
