/*
 * What strangers to a signer can send: the first octet says to which reader. 'q': a request, which
 * is handled; 'r': a reply; 't': a packet to or from the keeper; 'k': the text of a private key;
 * 'n': a name of a directory or file to be.
 */
#include <stdlib.h>

#include "base/err.h"
#include "sign/keys.h"
#include "sign/talk.h"
#include "sign/wire.h"

#define SEED_TEXT "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An Ed25519 key, whose id is made of zeros where the input has an id of 0xff. */
static void request(struct arena *a, struct str s)
{
	unsigned char out[SIGN_REPLY_MAX], again[SIGN_REQUEST_SIZE];
	struct sign_keys *k = sign_keys_new();
	struct sign_request r;
	struct sign_reply reply;
	struct sign_key key;
	struct str fault, answer;
	uint64_t number;
	size_t n;
	bool known;

	if (!sign_keys_add(k, a, STR(SEED_TEXT), &key, &fault))
		bug("the seed is refused");
	known = sign_request_read(s, &r);
	if (known) {
		sign_request_write(&r, again);
		if (!str_eq(str_of((char *)again, sizeof again), s))
			bug("a request has two forms");
		if (r.id[0] == 0xff) {
			memcpy(r.id, key.id, SIGN_ID);
			sign_request_write(&r, again);
			s = str_of((char *)again, sizeof again);
		}
	}
	n = sign_handle(k, s, out);
	answer = str_of((char *)out, n);
	if ((n > 0) != known)
		bug("what is a request is answered, and nothing else");
	if (known && (!sign_reply_take(&answer, &number, &reply) || number != r.number ||
		      (reply.status == SIGN_OK) != (memcmp(r.id, key.id, SIGN_ID) == 0)))
		bug("the reply is none, or not this one");
	sign_keys_free(k);
}

static void reply(struct str s)
{
	unsigned char again[SIGN_REPLY_MAX];
	struct sign_reply r;
	struct str before;
	uint64_t number;
	size_t n;

	for (before = s; sign_reply_take(&s, &number, &r); before = s) {
		n = sign_reply_write(number, &r, again);
		if (!str_eq(str_of((char *)again, n), str_sub(before, 0, before.n - s.n)))
			bug("a reply has two forms");
	}
}

static void talk(struct arena *a, struct str s)
{
	struct talk t;

	if (talk_parse(s, &t) && !str_eq(talk_format(a, &t), s))
		bug("a packet has two forms");
}

static void key(struct arena *a, struct str s)
{
	unsigned char digest[SIGN_DIGEST] = { 1 }, out[SIGN_MAX];
	struct sign_keys *k;
	struct sign_key key;
	struct str fault;
	size_t n;

	if (s.n > SIGN_FILE_MAX)
		return;
	k = sign_keys_new();
	if (sign_keys_add(k, a, s, &key, &fault)) {
		if (key.type == KEY_ED25519 &&
		    sign_keys_sign(k, key.id, digest, out, &n) != SIGN_OK)
			bug("a key that was read does not sign");
	} else if (!fault.n) {
		bug("a key is refused without a word");
	}
	sign_keys_free(k);
}

static void name(struct str s)
{
	if (talk_name_ok(s) && (str_chr(s, '/') != SIZE_MAX || s.p[0] == '.' || s.n > 253 ||
				str_chr(s, '\0') != SIZE_MAX || str_find(s, STR("..")) != SIZE_MAX))
		bug("a name that leads elsewhere");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str s = str_of((const char *)data + (size ? 1 : 0), size ? size - 1 : 0);

	switch (size ? data[0] : 0) {
	case 'q':
		request(a, s);
		break;
	case 'r':
		reply(s);
		break;
	case 't':
		talk(a, s);
		break;
	case 'k':
		key(a, s);
		break;
	case 'n':
		name(s);
		break;
	default:
		break;
	}
	arena_free(a);
	return 0;
}
