/* Visual Basic modules (MS-OVBA): their source, and whether it runs by itself. */
#include "base/buf.h"
#include "mail/file/archive_priv.h"
#include "mail/file/bytes.h"

#define MAX_SOURCE (1024u * 1024u)
#define CHUNK 4096u

/* One chunk's tokens (2.4.1.3.5): a flag octet, then eight literals or copies. */
static void tokens(struct buf *b, struct str s)
{
	size_t begin = b->n, at = 0;

	while (at < s.n && b->n - begin < CHUNK) {
		unsigned flags = (unsigned char)s.p[at++];
		for (unsigned bit = 0; bit < 8 && at < s.n && b->n - begin < CHUNK; bit++) {
			unsigned bits = 4, token, length, back;
			if (!(flags >> bit & 1)) {
				buf_addc(b, s.p[at++]);
				continue;
			}
			while ((size_t)1 << bits < b->n - begin)
				bits++;
			token = le16(s, at);
			at += 2;
			length = (token & (0xffffu >> bits)) + 3;
			back = (token >> (16 - bits)) + 1;
			if (back > b->n - begin)
				return;
			for (; length > 0 && b->n - begin < CHUNK; length--)
				buf_addc(b, b->p[b->n - back]);
		}
	}
}

struct str vba_decompress(struct arena *a, struct str in)
{
	struct buf b = { .arena = a };

	if (!in.n || *in.p != 1)
		return STR("");
	in = str_skip(in, 1);
	while (in.n > 2 && b.n < MAX_SOURCE) {
		unsigned head = le16(in, 0);
		size_t n = (head & 0xfff) + 1u;
		if ((head >> 12 & 7) != 3)
			break;
		if (head & 0x8000)
			tokens(&b, str_sub(in, 2, n));
		else
			buf_add(&b, str_sub(in, 2, CHUNK));
		in = str_skip(in, 2 + n);
	}
	return buf_str(&b);
}

bool vba_runs_by_itself(struct str source)
{
	static const char *const names[] = {
		"autoopen",
		"auto_open",
		"autoexec",
		"auto_exec",
		"autoclose",
		"auto_close",
		"autonew",
		"auto_new",
		"autoexit",
		"auto_exit",
		"document_open",
		"documentopen",
		"document_close",
		"document_new",
		"documentbeforeclose",
		"documentchange",
		"workbook_open",
		"workbook_activate",
		"workbook_beforeclose",
		"workbook_close",
		"auto_activate",
		"worksheet_activate",
		"worksheet_calculate",
		"worksheet_change",
		"document_contentcontrolonenter",
		"app_documentopen",
		"_layout(",
		"_painted(",
		"_painting(",
		"autorun",
	};

	for (size_t at; (at = str_chr(source, '\n')) != SIZE_MAX || source.n;) {
		struct str line = str_trim(str_sub(source, 0, at));
		source = at == SIZE_MAX ? STR("") : str_skip(source, at + 1);
		line = str_sub(line, 0, 200);
		if (!str_ifind(line, STR("sub ")) && !str_ifind(line, STR("function ")))
			continue;
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (str_ifind(line, str_c(names[i])))
				return true;
	}
	return false;
}
