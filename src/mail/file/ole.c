/* What a compound file says of itself: macros, encryption, embedded files, attachments. */
#include "mail/file/ole.h"

#include "mail/file/archive_priv.h"
#include "mail/file/bytes.h"
#include "mail/text/charset.h"

#define MAX_STREAM (1024u * 1024u) /* of one that is looked into */
#define MAX_OFFSETS 64u
#define MAX_MODULES 100u
#define MAX_NAME 1024u

struct reader {
	struct lister *l;
	const struct archive_item *item;
	struct ole o;
	uint32_t offsets[MAX_OFFSETS]; /* of sources in their streams, by the "dir" stream */
	size_t noffsets, modules;
};

/* Counted before it is read: streams may all be the same octets of the file. */
static struct str stream(struct reader *r, const struct ole_entry *e, size_t max)
{
	size_t n = e->size < max ? e->size : max;

	return archive_spend(r->l, n) ? STR("") : ole_read(&r->o, e, n);
}

/* ---- Visual Basic ---- */

/* The "dir" stream (MS-OVBA 2.3.4.2): records of id, size, data; MODULEOFFSET is what we want. */
static void read_dir(struct reader *r, struct str packed)
{
	struct str s = vba_decompress(r->o.arena, packed);

	while (s.n >= 6 && r->noffsets < MAX_OFFSETS) {
		unsigned id = le16(s, 0);
		size_t n = le32(s, 2);
		if (id == 0x0009)
			n = 6; /* PROJECTVERSION does not count its minor number */
		if (id == 0x0031)
			r->offsets[r->noffsets++] = le32(s, 6);
		s = n < s.n ? str_skip(s, 6 + n) : STR("");
	}
}

static void judge_source(struct reader *r, struct str packed)
{
	struct str source;

	if (r->modules >= MAX_MODULES || archive_spend(r->l, 0))
		return;
	source = vba_decompress(r->o.arena, packed);
	if (archive_spend(r->l, source.n) || !source.n)
		return;
	r->modules++;
	if (vba_runs_by_itself(source))
		r->l->out->flags |= ARCHIVE_AUTOEXEC;
}

/* A source begins with "Attribute", eight literals of which stand plain behind a flag octet. */
static void read_module(struct reader *r, const struct ole_entry *e)
{
	struct str s = stream(r, e, MAX_STREAM);
	size_t at = str_find(s, STR("\0Attribut"));
	bool found = at != SIZE_MAX && at >= 3;

	if (found)
		judge_source(r, str_skip(s, at - 3));
	for (size_t i = 0; i < r->noffsets; i++)
		if (r->offsets[i] < s.n && s.p[r->offsets[i]] == 1 &&
		    !(found && r->offsets[i] == at - 3))
			judge_source(r, str_skip(s, r->offsets[i]));
}

static void read_macros(struct reader *r)
{
	for (size_t i = 0; i < r->o.entries.n; i++)
		if (r->o.entries.p[i].stream && str_ieq(r->o.entries.p[i].name, STR("dir")))
			read_dir(r, stream(r, &r->o.entries.p[i], MAX_STREAM));
	for (size_t i = 0; i < r->o.entries.n && !archive_spend(r->l, 0); i++)
		if (r->o.entries.p[i].stream)
			read_module(r, &r->o.entries.p[i]);
}

/* ---- Excel (MS-XLS): macro sheets and passwords ---- */

static void read_workbook(struct reader *r, struct str s)
{
	while (s.n >= 4) {
		unsigned id = le16(s, 0);
		struct str data = str_sub(s, 4, le16(s, 2));
		if (id == 0x2f)
			r->l->out->flags |= ARCHIVE_ENCRYPTED;
		if (id == 0x85 && data.n > 5 && data.p[5] == 1)
			r->l->out->flags |= ARCHIVE_MACRO;
		/* a built-in name that is Auto_Open or Auto_Close */
		if (id == 0x18 && data.n > 15 && (data.p[0] & 0x20) && data.p[3] == 1 &&
		    (data.p[15] == 1 || data.p[15] == 2))
			r->l->out->flags |= ARCHIVE_MACRO | ARCHIVE_AUTOEXEC;
		s = str_skip(s, 4 + (size_t)le16(s, 2));
	}
}

/* ---- what is embedded ---- */

static void found_inside(struct reader *r, struct str name, struct str octets)
{
	const struct file_type *t = octets.n ? file_type_of(octets) : NULL;

	archive_add(r->l, name, octets.n ? octets.n : UINT64_MAX, r->item->level + 1, t);
	if (!t)
		return;
	if (t->class == FILE_EXECUTABLE)
		r->l->out->flags |= ARCHIVE_RISKY;
	if (t->class == FILE_ARCHIVE)
		archive_later(r->l, octets, t, r->item->level + 1);
}

/* A package (MS-OLEDS 2.3.6 and what the packager writes into it): label, path, data. */
static void read_package(struct reader *r, struct str s)
{
	struct str rest = str_skip(s, 6), label = str_cut(&rest, '\0');
	size_t n;

	r->l->out->flags |= ARCHIVE_OLE_OBJECT;
	str_cut(&rest, '\0');
	n = le32(rest, 4);
	rest = str_skip(rest, 8 + n);
	found_inside(r, label, str_sub(str_skip(rest, 4), 0, le32(rest, 0)));
}

/* The long name of an attachment (MS-OXMSG 2.2.3: property 3707). */
static void read_attachment_name(struct reader *r, const struct ole_entry *e)
{
	struct str s = stream(r, e, MAX_NAME);

	if (str_iends(e->name, STR("1F")))
		s = charset_to_utf8(r->o.arena, STR("utf-16le"), s, NULL);
	found_inside(r, s, STR(""));
}

static void read_stream(struct reader *r, const struct ole_entry *e)
{
	struct str name = e->name;

	if (str_eq(name, STR("Workbook")) || str_eq(name, STR("Book")))
		read_workbook(r, stream(r, e, MAX_STREAM));
	else if (str_eq(name, STR("WordDocument")))
		r->l->out->flags |= le16(stream(r, e, 12), 10) & 0x0100 ? ARCHIVE_ENCRYPTED : 0;
	else if (str_eq(name, STR("EncryptedPackage")))
		r->l->out->flags |= ARCHIVE_ENCRYPTED;
	else if (str_eq(name, STR("\001Ole10Native")))
		read_package(r, stream(r, e, MAX_STREAM));
	else if (str_starts(name, STR("__substg1.0_3707")))
		read_attachment_name(r, e);
}

void archive_ole(struct lister *l, const struct archive_item *item)
{
	struct reader r = { .l = l, .item = item };
	struct str plain;
	bool macros = false;

	if (item->level == 1)
		l->out->format = "ole";
	if (!ole_open(&r.o, l->scratch, item->octets, ARCHIVE_MAX_ENTRIES)) {
		l->out->flags |= ARCHIVE_BROKEN;
		return;
	}
	for (size_t i = 0; i < r.o.entries.n && !archive_spend(l, 0); i++) {
		const struct ole_entry *e = &r.o.entries.p[i];
		if (e->root)
			continue;
		/* a control character in front is no part of what a person would see */
		plain = e->name.n && (unsigned char)*e->name.p < 32 ? str_skip(e->name, 1)
								    : e->name;
		archive_add(l, plain, e->stream ? e->size : UINT64_MAX, item->level, NULL);
		macros |= str_ieq(e->name, STR("VBA")) || str_ieq(e->name, STR("_VBA_PROJECT"));
		if (e->stream)
			read_stream(&r, e);
	}
	if (macros) {
		l->out->flags |= ARCHIVE_MACRO;
		read_macros(&r);
	}
	l->out->flags |= r.o.broken ? ARCHIVE_BROKEN : 0;
	l->out->flags |= r.o.more ? ARCHIVE_LIMIT : 0;
}
