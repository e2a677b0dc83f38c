/* Text of strangers on a terminal. */
#include "cmd/show.h"

#include "base/utf8.h"

static bool obeyed(uint32_t c)
{
	return c < 32 || (c >= 127 && c < 160) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

void show_text(FILE *out, struct str s, const char *newline)
{
	uint32_t c;
	size_t n;

	for (; s.n; s = str_skip(s, n ? n : 1)) {
		n = utf8_read(s, &c);
		if (n && c == '\n' && newline)
			fputs(newline, out);
		else if (n && (c == '\t' || c == '\n'))
			putc(' ', out);
		else if (n == 0 || obeyed(c))
			putc('?', out);
		else
			fwrite(s.p, 1, n, out);
	}
}
