/* A parsed message for people. */
#include "cmd/parse.h"
#include "cmd/show.h"

#define MAX_VALUE 300u /* octets of a field */

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
		show_text(out, p->headers.v.p[i].name, NULL);
		fputs(": ", out);
		show_text(out, str_sub(value, 0, MAX_VALUE), NULL);
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
		show_text(out, e->name, NULL);
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
	show_text(out, q->path.n ? q->path : STR("-"), NULL);
	putc(' ', out);
	show_text(out, q->type, NULL);
	putc('/', out);
	show_text(out, q->subtype, NULL);
	if (q->charset.n) {
		fputs("; ", out);
		show_text(out, q->charset, NULL);
	}
	fprintf(out, ", %s", parse_encoding_name(q->encoding));
	if (q->disposition.n) {
		fputs(", ", out);
		show_text(out, q->disposition, NULL);
	}
	if (q->name.n) {
		fputs(", \"", out);
		show_text(out, q->name, NULL);
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
		show_text(out, u->clean, NULL);
		fprintf(out, "  [%s", url_origin_name(u->origin));
		if (u->part < p->content->mime->parts.n) {
			fputs(" of part ", out);
			show_text(out, p->content->mime->parts.p[u->part].path, NULL);
		}
		putc(']', out);
		if (u->text.n) {
			fputs("  shown as \"", out);
			show_text(out, str_sub(u->text, 0, MAX_VALUE), NULL);
			putc('"', out);
		}
		print_words(out, u->flags, url_flag_name, "  ! ");
		putc('\n', out);
	}
}

static void print_html(const struct parsed *p, size_t i, const struct html_doc *d, FILE *out)
{
	fputs("\nHTML of part ", out);
	show_text(out, p->content->mime->parts.p[i].path, NULL);
	fprintf(out, ": %zu tags, %zu links, %zu images, %zu words seen\n", d->tags, d->links.n,
		d->images, d->words);
	for (unsigned h = 0; h < HTML_HIDE_REASONS; h++)
		if (d->hide[h])
			fprintf(out, "  hidden by %s: %zu characters\n", html_hide_name(h),
				d->hide[h]);
	for (unsigned t = 0; t < HTML_TRICKS; t++)
		if (d->trick[t])
			fprintf(out, "  %s: %zu\n", html_trick_name(t), d->trick[t]);
}

static void print_text(const char *title, struct str text, FILE *out)
{
	if (!text.n)
		return;
	fprintf(out, "\n%s\n  ", title);
	show_text(out, text, "\n  ");
	putc('\n', out);
}

void parse_print(const struct parsed *p, FILE *out)
{
	const struct html_doc *d;

	show_text(out, p->name, NULL);
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
