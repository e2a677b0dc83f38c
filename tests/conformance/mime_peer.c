/*
 * GMime as the oracle of the MIME reader: on every well-formed message the parts, their order,
 * types and depths, and their decoded octets agree.
 *
 *     mime_peer [--time] [-v] [FILE|DIRECTORY ...]
 *
 * Without arguments: the messages of tests/conformance/mime. -v also prints the messages that are
 * not well-formed and differ; --time prints how fast both are. Exit 1: a well-formed one differs.
 */
#include <dirent.h>
#include <gmime/gmime.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "mail/mime/mime.h"
#include "mail/msg.h"

/* Findings that do not make a message ill-formed for another reader. */
#define HARMLESS (MIME_F_NO_VERSION | MIME_F_8BIT_IN_7BIT | MIME_F_NUL | MIME_F_ALTERNATE)
#define MAX_FILE (64u << 20)
#define MAX_STACK 4096

struct tally {
	size_t messages, well, agree, other, other_agree, octets;
	double ours, theirs;
	bool verbose, time;
};

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add_leaf(struct buf *b, unsigned depth, const char *type, struct str data)
{
	uint64_t sum = 14695981039346656037u;

	for (size_t i = 0; i < data.n; i++)
		sum = (sum ^ (unsigned char)data.p[i]) * 1099511628211u;
	buf_addf(b, "%u %s %zu %016llx\n", depth, type, data.n, (unsigned long long)sum);
}

/* ---- ours ---- */

static void describe_ours(struct arena *a, struct buf *b, struct mime *m)
{
	for (size_t i = 0; i < m->parts.n; i++) {
		struct mime_part *p = &m->parts.p[i];
		struct str type =
			arena_printf(a, "%.*s/%.*s", STR_ARG(p->type), STR_ARG(p->subtype));

		if (p->flags & MIME_F_ALTERNATE)
			continue;
		if (p->multipart || p->message)
			buf_addf(b, "%u %.*s\n", p->depth, STR_ARG(type));
		else
			add_leaf(b, p->depth, arena_cstr(a, type), mime_data(m, i));
	}
}

/* ---- theirs ---- */

struct frame {
	GMimeObject *object;
	unsigned depth;
};

/* b may be NULL: decode it only. */
static void theirs_leaf(struct buf *b, const struct frame *f, const char *type)
{
	GMimeStream *mem = g_mime_stream_mem_new();
	GMimeDataWrapper *content =
		GMIME_IS_PART(f->object) ? g_mime_part_get_content(GMIME_PART(f->object)) : NULL;
	GByteArray *bytes;

	if (content)
		g_mime_data_wrapper_write_to_stream(content, mem);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem));
	if (b)
		add_leaf(b, f->depth, type, str_of((const char *)bytes->data, bytes->len));
	g_object_unref(mem);
}

/* What is inside f, the last first, onto the stack. */
static size_t push_children(struct frame *stack, size_t n, struct frame f)
{
	GMimeMessage *inner;

	if (GMIME_IS_MESSAGE_PART(f.object)) {
		inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(f.object));
		if (inner && g_mime_message_get_mime_part(inner) && n < MAX_STACK)
			stack[n++] =
				(struct frame){ g_mime_message_get_mime_part(inner), f.depth + 1 };
	} else if (GMIME_IS_MULTIPART(f.object)) {
		GMimeMultipart *mp = GMIME_MULTIPART(f.object);

		for (int i = g_mime_multipart_get_count(mp); i-- > 0 && n < MAX_STACK;)
			stack[n++] =
				(struct frame){ g_mime_multipart_get_part(mp, i), f.depth + 1 };
	}
	return n;
}

static void describe_theirs(struct buf *b, GMimeMessage *message)
{
	static struct frame stack[MAX_STACK];
	size_t n = 0;

	if (g_mime_message_get_mime_part(message))
		stack[n++] = (struct frame){ g_mime_message_get_mime_part(message), 0 };
	while (n) {
		struct frame f = stack[--n];
		GMimeContentType *ct = g_mime_object_get_content_type(f.object);
		char *type = g_mime_content_type_get_mime_type(ct), *lower;

		lower = g_ascii_strdown(type, -1);
		if (!GMIME_IS_MULTIPART(f.object) && !GMIME_IS_MESSAGE_PART(f.object))
			theirs_leaf(b, &f, lower);
		else if (b)
			buf_addf(b, "%u %s\n", f.depth, lower);
		n = push_children(stack, n, f);
		g_free(type);
		g_free(lower);
	}
}

static GMimeMessage *theirs_parse(struct str whole)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(whole.p, whole.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	return message;
}

/* ---- one message ---- */

static void keep(void *arg, struct str octets)
{
	buf_add(arg, octets);
}

static unsigned all_flags(const struct mime *m)
{
	unsigned flags = m->flags & (MIME_F_TRUNCATED | MIME_F_PARTS);

	for (size_t i = 0; i < m->parts.n; i++) {
		const struct mime_part *p = &m->parts.p[i];

		/* A flag of a second reading says nothing of the first. */
		if (p->flags & MIME_F_ALTERNATE)
			continue;
		flags |= p->flags;
		if (p->headers->flags & (HDR_F_NO_COLON | HDR_F_NUL | HDR_F_LEADING_FOLD))
			flags |= MIME_F_HEADER_CUT;
	}
	return flags;
}

static void take_times(struct tally *t, const struct hdr_list *h, struct str body, struct str whole)
{
	struct arena *a = arena_new(0);
	double begun = cpu();
	struct mime *m = mime_new(a, h, 0);
	GMimeMessage *message;

	mime_push(m, body);
	mime_end(m);
	for (size_t i = 0; i < m->parts.n; i++)
		mime_data(m, i);
	t->ours += cpu() - begun;
	begun = cpu();
	message = theirs_parse(whole);
	if (message)
		describe_theirs(NULL, message);
	t->theirs += cpu() - begun;
	if (message)
		g_object_unref(message);
	arena_free(a);
}

static void compare(struct tally *t, const char *path, struct arena *a, const struct hdr_list *h,
		    struct str body)
{
	struct buf whole = { .arena = a }, ours = { .arena = a }, theirs = { .arena = a };
	struct mime *m = mime_new(a, h, 0);
	GMimeMessage *message;
	bool well, same;

	for (size_t i = 0; i < h->v.n; i++)
		buf_add(&whole, h->v.p[i].raw);
	buf_add(&whole, STR("\r\n"));
	buf_add(&whole, body);
	mime_push(m, body);
	mime_end(m);
	describe_ours(a, &ours, m);
	message = theirs_parse(buf_str(&whole));
	if (message)
		describe_theirs(&theirs, message);
	well = !(all_flags(m) & ~(unsigned)HARMLESS);
	same = str_eq(buf_str(&ours), buf_str(&theirs));
	t->messages++;
	t->octets += whole.n;
	t->well += well;
	t->agree += well && same;
	t->other += !well;
	t->other_agree += !well && same;
	if (!same && (well || t->verbose)) {
		printf("%s:%s", path, well ? "" : " (not well-formed:");
		for (unsigned i = 0; !well && i < 32; i++)
			if (m->flags & 1u << i)
				printf(" %s", mime_flag_name(1u << i));
		printf("%s\nours:\n%.*stheirs:\n%.*s", well ? "" : ")", STR_ARG(buf_str(&ours)),
		       STR_ARG(buf_str(&theirs)));
	}
	if (message)
		g_object_unref(message);
	if (t->time)
		take_times(t, h, body, buf_str(&whole));
}

static void one_file(struct tally *t, const char *path)
{
	struct arena *a = arena_new(0);
	struct buf body = { .arena = a };
	struct hdr_list h;
	struct msg_reader *r;
	struct str text;
	struct err e;

	if (file_read(a, path, MAX_FILE, &text, &e)) {
		fprintf(stderr, "%s: cannot be read\n", path);
		arena_free(a);
		return;
	}
	hdr_init(&h, a);
	r = msg_new(a, &h, keep, &body);
	msg_feed(r, text);
	msg_end(r);
	compare(t, path, a, &h, buf_str(&body));
	arena_free(a);
}

static void one_path(struct tally *t, const char *path)
{
	struct stat st;
	struct dirent **names;
	int n;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		one_file(t, path);
		return;
	}
	n = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char *full = g_build_filename(path, names[i]->d_name, NULL);

		if (names[i]->d_name[0] != '.' && !g_str_has_suffix(full, ".md"))
			one_file(t, full);
		g_free(full);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

int main(int argc, char **argv)
{
	struct tally t = { 0 };
	bool any = false;

	g_mime_init();
	for (int i = 1; i < argc; i++) {
		struct str arg = str_c(argv[i]);

		t.verbose = t.verbose || str_eq(arg, STR("-v"));
		t.time = t.time || str_eq(arg, STR("--time"));
		if (str_eq(arg, STR("-v")) || str_eq(arg, STR("--time")))
			continue;
		one_path(&t, argv[i]);
		any = true;
	}
	if (!any)
		one_path(&t, MERLON_SRCDIR "/tests/conformance/mime");
	printf("%zu messages: %zu well-formed, %zu of them agree; %zu others, %zu of them agree\n",
	       t.messages, t.well, t.agree, t.other, t.other_agree);
	if (t.time)
		printf("parsed and decoded: ours %.0f MB/s, GMime %.0f MB/s\n",
		       (double)t.octets / t.ours / 1e6, (double)t.octets / t.theirs / 1e6);
	g_mime_shutdown();
	return t.agree == t.well && t.well ? 0 : 1;
}
