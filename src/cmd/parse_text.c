/* A parsed message for people. */
#include "base/utf8.h"
#include "cmd/parse.h"

#define MAX_VALUE 300u /* octets of a field */

/* Text that cannot play tricks on a terminal: control characters and what is no UTF-8 as "?". */
static void put(FILE *out, struct str s, bool lines, const char *indent)
{
	uint32_t c;
	size_t n;

	for (; s.n; s = str_skip(s, n)) {
		n = utf8_read(s, &c);
		if (n == 0) {
			n = 1;
			c = 0;
		}
		if (c == '\n' && lines)
			fprintf(out, "\n%s", indent);
		else if (c == '\t' || c == '\n')
			putc(' ', out);
		else if (c < 32 || (c >= 127 && c < 160) || (c >= 0x202a && c <= 0x202e) ||
			 (c >= 0x2066 && c <= 0x2069))
			putc('?', out);
		else
			fwrite(s.p, 1, n, out);
	}
}

static void print_words(FILE *out, unsigned flags, parse_flag_fn *name, const char *before)
{
	const char *word;

	while ((word = parse_flag_next(&flags, name)) != NULL) {
		fprintf(out, "%s%s", before, word);
		before = ", ";
	}
}

static void print_headers(const struct parsed *p, FILE *out)
{
	fputs("Fields\n", out);
	for (size_t i = 0; i < p->headers.v.n; i++) {
		struct str value = mime_words(p->arena, p->headers.v.p[i].value);
		fputs("  ", out);
		put(out, p->headers.v.p[i].name, false, "");
		fputs(": ", out);
		put(out, str_sub(value, 0, MAX_VALUE), false, "");
		fputs(value.n > MAX_VALUE ? " ...\n" : "\n", out);
	}
}

/* ---- parts ---- */

static void print_archive(const struct archive *a, FILE *out)
{
	fprintf(out, "      %s, %zu entries", a->format, a->entries.n);
	print_words(out, a->flags, archive_flag_name, ": ");
	putc('\n', out);
	for (size_t i = 0; i < a->entries.n; i++) {
		const struct archive_entry *e = &a->entries.p[i];
		fprintf(out, "      %*s", (int)(2 * e->level), "");
		put(out, e->name, false, "");
		if (e->size != UINT64_MAX)
			fprintf(out, "  %llu octets", (unsigned long long)e->size);
		if (e->type)
			fprintf(out, "  %s", e->type->name);
		print_words(out, e->parsed.flags, file_name_flag_name, "  ! ");
		putc('\n', out);
	}
}

static void print_leaf(const struct parsed *p, size_t i, FILE *out)
{
	struct str data = mime_data(p->content->mime, i);
	const struct content_file *f = parse_file_of(p, i);
	const uint8_t *digest = mime_sha256(p->content->mime, i);

	fprintf(out, "      %zu octets, %s%s, SHA-256 ", data.n, file_type_of(data)->name,
		f && !f->type_agrees ? " (not what is declared)" : "");
	for (size_t k = 0; k < 32; k++)
		fprintf(out, "%02x", digest[k]);
	putc('\n', out);
	if (f && f->archive)
		print_archive(f->archive, out);
}

static void print_part(const struct parsed *p, size_t i, FILE *out)
{
	const struct mime_part *q = &p->content->mime->parts.p[i];
	const struct content_file *f = parse_file_of(p, i);

	fprintf(out, "  %*s", (int)(2 * q->depth), "");
	put(out, q->path.n ? q->path : STR("-"), false, "");
	putc(' ', out);
	put(out, q->type, false, "");
	putc('/', out);
	put(out, q->subtype, false, "");
	if (q->charset.n) {
		fputs("; ", out);
		put(out, q->charset, false, "");
	}
	fprintf(out, ", %s", parse_encoding_name(q->encoding));
	if (q->disposition.n) {
		fputs(", ", out);
		put(out, q->disposition, false, "");
	}
	if (q->name.n) {
		fputs(", \"", out);
		put(out, q->name, false, "");
		putc('"', out);
	}
	print_words(out, f ? f->parsed.flags : 0, file_name_flag_name, "  ! ");
	print_words(out, q->flags, mime_flag_name, "  ! ");
	putc('\n', out);
	if (!q->multipart && !q->message)
		print_leaf(p, i, out);
}

/* ---- links and markup ---- */

static void print_urls(const struct parsed *p, FILE *out)
{
	fprintf(out, "\nLinks (%zu of %zu)\n", p->urls->n, content_urls_found(p->content));
	for (size_t i = 0; i < p->urls->n; i++) {
		const struct url *u = &p->urls->p[i];
		fputs("  ", out);
		put(out, u->clean, false, "");
		fprintf(out, "  [%s", url_origin_name(u->origin));
		if (u->part < p->content->mime->parts.n) {
			fputs(" of part ", out);
			put(out, p->content->mime->parts.p[u->part].path, false, "");
		}
		putc(']', out);
		if (u->text.n) {
			fputs("  shown as \"", out);
			put(out, str_sub(u->text, 0, MAX_VALUE), false, "");
			putc('"', out);
		}
		print_words(out, u->flags, url_flag_name, "  ! ");
		putc('\n', out);
	}
}

static void print_html(const struct parsed *p, size_t i, const struct html_doc *d, FILE *out)
{
	fputs("\nHTML of part ", out);
	put(out, p->content->mime->parts.p[i].path, false, "");
	fprintf(out, ": %zu tags, %zu links, %zu images, %zu words seen\n", d->tags, d->links.n,
		d->images, d->words);
	for (int h = 0; h < HTML_HIDE_REASONS; h++)
		if (d->hide[h])
			fprintf(out, "  hidden by %s: %zu characters\n", html_hide_name(h),
				d->hide[h]);
	for (int t = 0; t < HTML_TRICKS; t++)
		if (d->trick[t])
			fprintf(out, "  %s: %zu\n", html_trick_name(t), d->trick[t]);
}

static void print_text(const char *title, struct str text, FILE *out)
{
	if (!text.n)
		return;
	fprintf(out, "\n%s\n  ", title);
	put(out, text, true, "  ");
	putc('\n', out);
}

void parse_print(const struct parsed *p, FILE *out)
{
	const struct html_doc *d;

	put(out, p->name, false, "");
	fputs("\n\n", out);
	print_headers(p, out);
	fputs("\nParts", out);
	print_words(out, p->content->mime->flags, mime_flag_name, "  ! ");
	putc('\n', out);
	for (size_t i = 0; i < p->content->mime->parts.n; i++)
		print_part(p, i, out);
	for (size_t i = 0; i < p->content->mime->parts.n; i++)
		if ((d = content_html(p->content, i)) != NULL)
			print_html(p, i, d, out);
	print_urls(p, out);
	print_text("Visible text", p->visible, out);
	print_text("Hidden text", p->hidden, out);
	putc('\n', out);
}
