/* Frames of the control socket. */
#include "control/frame.h"

#include "base/octets.h"

#define PROTOCOL 1u

int frame_take(struct str *in, struct frame *out)
{
	struct octets o = { .left = *in };
	uint64_t n = octets_get_u(&o, 4);

	if (in->n < 4)
		return 0;
	if (n == 0 || n > FRAME_MAX)
		return -1;
	if (o.left.n < n)
		return 0;
	out->type = o.left.p[0];
	out->payload = str_sub(o.left, 1, (size_t)n - 1);
	*in = str_skip(o.left, (size_t)n);
	return 1;
}

void frame_put(struct buf *b, enum frame_type type, struct str payload)
{
	octets_u(b, payload.n + 1, 4);
	buf_addc(b, (char)type);
	buf_add(b, payload);
}

struct str hello_format(struct arena *a, const struct hello *h)
{
	struct buf b = { .arena = a };

	octets_u(&b, PROTOCOL, 1);
	octets_u(&b, FEATURES_VERSION, 2);
	octets_u(&b, h->key.k0, 8);
	octets_u(&b, h->key.k1, 8);
	octets_u(&b, h->counts.ham, 4);
	octets_u(&b, h->counts.spam, 4);
	octets_u(&b, h->counts.events, 8);
	return buf_str(&b);
}

bool hello_parse(struct str s, struct hello *h)
{
	struct octets o = { .left = s };
	uint64_t protocol = octets_get_u(&o, 1), features = octets_get_u(&o, 2);

	h->same_version = protocol == PROTOCOL && features == FEATURES_VERSION;
	h->key.k0 = octets_get_u(&o, 8);
	h->key.k1 = octets_get_u(&o, 8);
	h->counts.ham = (uint32_t)octets_get_u(&o, 4);
	h->counts.spam = (uint32_t)octets_get_u(&o, 4);
	h->counts.events = octets_get_u(&o, 8);
	return octets_done(&o);
}
