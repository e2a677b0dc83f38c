/* Octets into a gzip member. */
#include "report/gzip.h"

#include <zlib.h>

#include "base/err.h"

#define WINDOW (15 + 16) /* the largest, with gzip's header and not zlib's */
#define MEMORY 8

struct str gzip_write(struct arena *a, struct str octets)
{
	gz_header head = { .os = 255 }; /* unknown */
	z_stream z = { 0 };
	uLong room;
	char *out;

	if (octets.n > UINT32_MAX / 2)
		bug("a report of %zu octets", octets.n);
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW, MEMORY,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		bug("no memory for a report");
	deflateSetHeader(&z, &head);
	room = deflateBound(&z, (uLong)octets.n);
	out = arena_alloc(a, room);
	z.next_in = (Bytef *)(uintptr_t)octets.p;
	z.avail_in = (uInt)octets.n;
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		bug("a report that does not fit its bound");
	room = z.total_out;
	deflateEnd(&z);
	return str_of(out, room);
}
