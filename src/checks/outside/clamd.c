/* clamd's stream protocol. */
#include "checks/outside/clamd.h"

#define COMMAND "zINSTREAM" /* its NUL is written too */
#define OBJECT STR("stream: ")
#define OK STR("OK")
#define FOUND STR(" FOUND")
#define TOO_LARGE STR("INSTREAM size limit exceeded. ERROR")

/* One chunk: clamd reads it in pieces of its own size, and holds it against its limit at once. */
const struct str *clamd_request(struct arena *a, const struct scanner_object *o, size_t *n)
{
	struct str *piece = ARENA_ARRAY(a, struct str, o->npieces + 2);
	uint32_t size = (uint32_t)o->octets;
	char head[sizeof COMMAND + 4];

	memcpy(head, COMMAND, sizeof COMMAND);
	for (int i = 0; i < 4; i++)
		head[sizeof COMMAND + (size_t)i] = (char)(size >> (24 - 8 * i) & 0xff);
	piece[0] = arena_dup(a, str_of(head, sizeof head));
	memcpy(piece + 1, o->piece, o->npieces * sizeof *piece);
	piece[o->npieces + 1] = STR("\0\0\0\0");
	*n = o->npieces + (o->octets ? 2 : 1);
	return piece;
}

/* Without its NUL. */
static bool read_text(struct str text, struct scanner_reply *r)
{
	if (str_eq(text, TOO_LARGE)) {
		*r = (struct scanner_reply){ .code = SCANNER_TOO_LARGE };
		return true;
	}
	if (!str_starts(text, OBJECT))
		return false;
	text = str_skip(text, OBJECT.n);
	if (str_eq(text, OK)) {
		*r = (struct scanner_reply){ .code = SCANNER_CLEAN };
		return true;
	}
	if (text.n <= FOUND.n || !str_eq(str_skip(text, text.n - FOUND.n), FOUND))
		return false;
	*r = (struct scanner_reply){ SCANNER_FOUND, str_sub(text, 0, text.n - FOUND.n) };
	return scanner_name_ok(r->name);
}

bool clamd_reply_read(struct str octets, struct scanner_reply *r)
{
	size_t end = str_chr(octets, '\0');

	return octets.n <= CLAMD_REPLY_MAX && end != SIZE_MAX && end + 1 == octets.n &&
	       read_text(str_sub(octets, 0, end), r);
}

int clamd_whole(struct str so_far)
{
	struct scanner_reply r;

	if (str_chr(so_far, '\0') == SIZE_MAX)
		return so_far.n < CLAMD_REPLY_MAX && (!so_far.n || str_printable(so_far)) ? 0 : -1;
	return clamd_reply_read(so_far, &r) ? 1 : -1;
}
