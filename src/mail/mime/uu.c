/* uuencode (POSIX): as a transfer encoding, and as files inside plain text. */
#include "mail/mime/mime_priv.h"

#define MAX_MODE 6u /* digits */

static unsigned value_of(char c)
{
	return ((unsigned char)c - 32u) & 63u;
}

static bool in_alphabet(char c)
{
	return c >= 32 && c <= 96;
}

/* The line at *at, without its end. */
static struct str line_take(struct str text, size_t *at)
{
	struct str rest = str_skip(text, *at), line = str_sub(rest, 0, str_chr(rest, '\n'));

	*at += line.n + (line.n < rest.n);
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* "begin 644 name": the name. */
static bool is_begin(struct str line, struct str *name)
{
	struct str s = line;
	size_t digits = 0;

	if (!str_starts(s, STR("begin ")))
		return false;
	s = str_skip(s, 6);
	while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '7')
		digits++;
	if (digits < 3 || digits > MAX_MODE || digits == s.n || !ch_wsp(s.p[digits]))
		return false;
	*name = str_trim(str_skip(s, digits));
	return name->n > 0;
}

static bool is_end(struct str line)
{
	return str_eq(str_trim(line), STR("end"));
}

/* A line of data: as many characters as its first one says, or some blanks fewer, or a checksum
 * more. */
static bool is_data(struct str line)
{
	size_t want;

	if (!line.n || !in_alphabet(line.p[0]))
		return false;
	want = 1 + (value_of(line.p[0]) + 2) / 3 * 4;
	return line.n <= want + 2 && line.n + 4 >= want;
}

/* Returns the octets written to out, which has room for 63 and a few more. */
static size_t data_line(struct str line, char *out, unsigned *flags)
{
	size_t n = value_of(line.p[0]), k = 0;

	for (size_t i = 1; k < n; i += 4) {
		unsigned v[4] = { 0 };

		for (size_t c = 0; c < 4 && i + c < line.n; c++) {
			v[c] = value_of(line.p[i + c]);
			if (!in_alphabet(line.p[i + c]))
				*flags |= MIME_F_BAD_ENCODING;
		}
		out[k++] = (char)(v[0] << 2 | v[1] >> 4);
		out[k++] = (char)(v[1] << 4 | v[2] >> 2);
		out[k++] = (char)(v[2] << 6 | v[3]);
	}
	return n;
}

/* What stands in front of "begin" and behind "end" is left out; without a "begin" all is data. */
struct str mime_uu(struct arena *a, struct str in, unsigned *flags)
{
	struct str line, name;
	size_t at = 0, n = 0;
	char *out;

	while (at < in.n && !is_begin(line_take(in, &at), &name))
		;
	if (at >= in.n)
		at = 0;
	/* Lines that lost their blanks hold more than they show: three octets for "#" and its end.
	 */
	out = arena_alloc(a, in.n + in.n / 2 + 66);
	while (at < in.n) {
		line = line_take(in, &at);
		if (is_end(line))
			break;
		if (line.n == 0)
			continue;
		if (!is_data(line)) {
			*flags |= MIME_F_BAD_ENCODING;
			continue;
		}
		n += data_line(line, out + n, flags);
	}
	return str_of(out, n);
}

/* Offset of the next line that begins with "begin "; from is where a line begins. */
static size_t next_begin(struct str text, size_t from)
{
	size_t lf;

	while (from < text.n) {
		struct str rest = str_skip(text, from);

		if (str_starts(rest, STR("begin ")))
			return from;
		lf = str_chr(rest, '\n');
		if (lf == SIZE_MAX)
			return SIZE_MAX;
		from += lf + 1;
	}
	return SIZE_MAX;
}

bool mime_uu_find(struct str text, size_t *at, struct str *block, struct str *name)
{
	size_t begin, data;

	while ((begin = next_begin(text, *at)) != SIZE_MAX) {
		*at = begin;
		if (!is_begin(line_take(text, at), name))
			continue;
		data = *at;
		if (!is_data(line_take(text, &data)))
			continue;
		while (*at < text.n && !is_end(line_take(text, at)))
			;
		*block = str_sub(text, begin, *at - begin);
		return true;
	}
	return false;
}
