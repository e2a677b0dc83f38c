/* Fuzz target: header blocks by every kind of header rule, and Received fields one by one. */
#include "base/err.h"
#include "mail/msg.h"
#include "mail/view/relays_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const specs[] = {
	"ALL",
	"ALL:raw",
	"ALL-TRUSTED",
	"ALL-EXTERNAL",
	"From",
	"From:addr",
	"From:name",
	"From:host",
	"From:addr:domain",
	"From:ip",
	"From:revip",
	"ToCc:addr",
	"MESSAGEID:raw",
	"EnvelopeFrom:addr",
	"X-Spam-Relays-Untrusted",
	"X-Spam-Relays-Internal",
	"Subject",
};

static void check_fields(struct arena *a, struct str in)
{
	struct hdr_list h;
	struct msg_reader *r;
	struct view *v;

	hdr_init(&h, a);
	r = msg_new(a, &h, NULL, NULL);
	msg_feed(r, in);
	msg_end(r);
	v = view_new(a, NULL, &h, NULL, NULL, STR_NULL);
	for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
		struct str one = view_header(v, str_c(specs[i]));
		struct str two = view_header(v, str_c(specs[i]));
		if (!str_eq(one, two) || one.n > 64 * in.n + 4096)
			bug("a view that changes or grows");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str in = str_of((const char *)data, size);
	struct hop h;

	check_fields(a, in);
	if (hop_read(a, str_sub(in, 0, VIEW_MAX_FIELD), &h) == HOP_RELAY &&
	    (str_chr(h.f.by, ' ') != SIZE_MAX || str_chr(h.f.helo, ']') != SIZE_MAX))
		bug("a relay that would break its text");
	arena_free(a);
	return 0;
}
