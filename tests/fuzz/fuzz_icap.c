/* What an ICAP server answers, and the URLs by which it is named. */
#include "checks/outside/icap.h"

#define PIECES 3u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The object: some octets of the input itself, so that an answer can hold them. */
static struct scanner_object object_of(struct str in, struct str piece[PIECES])
{
	struct scanner_object o = { .piece = piece, .npieces = PIECES };
	struct str end = str_skip(in, in.n > 40 ? in.n - 40 : 0);

	for (size_t i = 0; i < PIECES; i++) {
		piece[i] = str_sub(end, i * 7, 7);
		o.octets += piece[i].n;
	}
	return o;
}

static void check_reply(struct arena *a, struct str in, const struct scanner_object *o)
{
	struct scanner_reply r;
	bool good = icap_reply_read(a, in, o, &r);
	int whole = icap_whole(in);

	if (whole == 1 && !good)
		bug("whole, and not to be read");
	if (good && (r.code == SCANNER_CLEAN ? r.name.n != 0 : !scanner_name_ok(r.name)))
		bug("a name that is none");
}

static void check_url(struct arena *a, struct str in, const struct scanner_object *o)
{
	struct icap_url u;
	char why[100];
	size_t n = 0;
	const struct str *piece;

	if (!icap_url_parse(in, &u, why, sizeof why))
		return;
	piece = icap_request(a, &u, o, &n);
	if (n != o->npieces + 2 || str_chr(u.text, '\n') != SIZE_MAX ||
	    str_find(piece[0], STR("\r\n\r\n")) == SIZE_MAX)
		bug("a question that is none");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str in = str_of((const char *)data, size), piece[PIECES];
	struct scanner_object o = object_of(in, piece);

	for (size_t n = in.n > 64 ? in.n - 64 : 0; n <= in.n; n++)
		check_reply(a, str_sub(in, 0, n), &o);
	check_url(a, in, &o);
	arena_free(a);
	return 0;
}
