/*
 * Zip by our own eyes (APPNOTE 4.3): the central directory, which most programs read, against the
 * local headers, which streaming ones read. What overlaps, lies or exceeds is found before anything
 * is inflated.
 */
#include "base/map.h"
#include "mail/file/archive_priv.h"
#include "mail/file/bytes.h"

#define END_SIZE 22u
#define END_COMMENT 65535u
#define CENTRAL_SIZE 46u
#define LOCAL_SIZE 30u
#define MAX_SIGNATURES (4 * ARCHIVE_MAX_ENTRIES) /* of central entries anywhere in the file */
#define FLAG_ENCRYPTED 1u
#define FLAG_LATER 8u /* sizes stand behind the data */

struct central {
	struct str name;
	uint32_t packed, size, at;
	unsigned flags;
};

struct zip {
	struct lister *l;
	const struct archive_item *item;
	struct str s;
	struct map *names; /* -> struct central */
	VEC(struct central) v;
	uint64_t packed, size; /* sums */
	size_t shift;	       /* octets in front of what the offsets count from */
};

/* Where the end record begins: the last one whose comment ends with the file, else the last one
 * (comments may hold what looks like a record). SIZE_MAX: there is none. */
static size_t find_end(struct str s)
{
	size_t from = s.n > END_SIZE + END_COMMENT ? s.n - END_SIZE - END_COMMENT : 0;
	size_t found = SIZE_MAX, at;
	bool exact = false;

	while ((at = str_find(str_skip(s, from), STR("PK\5\6"))) != SIZE_MAX) {
		bool fits = from + at + END_SIZE + le16(s, from + at + 20) == s.n;
		if (fits || !exact)
			found = from + at;
		exact |= fits;
		from += at + 1;
	}
	return found;
}

static bool too_many_signatures(struct str s)
{
	size_t n = 0, at, from = 0;

	while (n <= MAX_SIGNATURES &&
	       (at = str_find(str_skip(s, from), STR("PK\1\2"))) != SIZE_MAX) {
		from += at + 4;
		n++;
	}
	return n > MAX_SIGNATURES;
}

/* Where the central directory begins, by the end record; the record of zip64 where that says so. */
static size_t find_directory(struct zip *z, size_t end)
{
	size_t size = le32(z->s, end + 12), at = le32(z->s, end + 16);

	if (at == UINT32_MAX && end >= 20 && octets_at(z->s, end - 20, STR("PK\6\7"))) {
		size_t record = le32(z->s, end - 12);
		at = le32(z->s, record + 48);
		return octets_at(z->s, at, STR("PK\1\2")) ? at : SIZE_MAX;
	}
	if (octets_at(z->s, at, STR("PK\1\2")))
		return at;
	if (size > end || !octets_at(z->s, end - size, STR("PK\1\2")))
		return SIZE_MAX;
	z->shift = end - size > at ? end - size - at : 0;
	return end - size;
}

bool archive_zip_at_end(struct str octets)
{
	struct zip z = { .s = octets };
	size_t end = find_end(octets);

	return end != SIZE_MAX && end + END_SIZE + le16(octets, end + 20) == octets.n &&
	       le16(octets, end + 10) && find_directory(&z, end) != SIZE_MAX;
}

static bool same_local(const struct zip *z, const struct central *c)
{
	size_t at = z->shift + c->at;
	struct str name = str_sub(z->s, at + LOCAL_SIZE, le16(z->s, at + 26));

	return octets_at(z->s, at, STR("PK\3\4")) && str_eq(name, c->name) &&
	       ((le16(z->s, at + 6) & FLAG_LATER) || c->packed == UINT32_MAX ||
		le32(z->s, at + 18) == c->packed);
}

static void take_central(struct zip *z, const struct central *c)
{
	VEC_PUSH(z->l->scratch, z->v) = *c;
	z->packed += c->packed == UINT32_MAX ? 0 : c->packed;
	z->size += c->size == UINT32_MAX ? 0 : c->size;
	if (c->flags & FLAG_ENCRYPTED)
		z->l->out->flags |= ARCHIVE_ENCRYPTED;
	if (!same_local(z, c))
		z->l->out->flags |= ARCHIVE_MISMATCH;
}

static void read_directory(struct zip *z, size_t at)
{
	while (octets_at(z->s, at, STR("PK\1\2")) && z->v.n <= ARCHIVE_MAX_ENTRIES) {
		struct central c = { .flags = le16(z->s, at + 8),
				     .packed = le32(z->s, at + 20),
				     .size = le32(z->s, at + 24),
				     .at = le32(z->s, at + 42) };
		c.name = str_sub(z->s, at + CENTRAL_SIZE, le16(z->s, at + 28));
		take_central(z, &c);
		at += CENTRAL_SIZE + le16(z->s, at + 28) + le16(z->s, at + 30) +
		      le16(z->s, at + 32);
	}
	for (size_t i = 0; i < z->v.n; i++)
		if (map_put(z->names, z->v.p[i].name, &z->v.p[i]))
			z->l->out->flags |= ARCHIVE_MISMATCH; /* which of two? */
}

/* Behind an entry's data, its descriptor passed over; SIZE_MAX: nobody can say. */
static size_t behind(const struct zip *z, size_t at, const struct central *c)
{
	size_t data = at + LOCAL_SIZE + le16(z->s, at + 26) + le16(z->s, at + 28), next;

	if (!(le16(z->s, at + 6) & FLAG_LATER))
		return data + le32(z->s, at + 18);
	if (c && c->packed < UINT32_MAX)
		data += c->packed;
	next = str_find(str_skip(z->s, data), STR("PK\3\4"));
	return next == SIZE_MAX ? SIZE_MAX : data + next;
}

/* Local headers from the beginning: what the directory does not have is added. */
static void read_locals(struct zip *z)
{
	size_t at = octets_at(z->s, 0, STR("PK\3\4")) ? 0 : 4, n = 0;

	while (n++ <= ARCHIVE_MAX_ENTRIES && octets_at(z->s, at, STR("PK\3\4"))) {
		struct str name = str_sub(z->s, at + LOCAL_SIZE, le16(z->s, at + 26));
		const struct central *c = map_get(z->names, name);
		if (!c) {
			z->l->out->flags |= ARCHIVE_MISMATCH;
			archive_add(z->l, name, le32(z->s, at + 22), z->item->level, NULL);
		}
		at = behind(z, at, c);
	}
}

static void list_directory(struct zip *z)
{
	for (size_t i = 0; i < z->v.n; i++)
		if (!archive_add(z->l, z->v.p[i].name, z->v.p[i].size, z->item->level, NULL))
			return;
}

enum archive_zip archive_zip_check(struct lister *l, const struct archive_item *item)
{
	struct zip z = { .l = l, .item = item, .s = item->octets };
	size_t end = find_end(z.s), at = end == SIZE_MAX ? SIZE_MAX : find_directory(&z, end);

	if (at == SIZE_MAX) {
		if (end == SIZE_MAX || le16(z.s, end + 10))
			l->out->flags |= ARCHIVE_BROKEN;
		return octets_at(z.s, 0, STR("PK\5\6")) ? ARCHIVE_ZIP_LISTED : ARCHIVE_ZIP_STREAM;
	}
	z.names = map_new(l->scratch, false);
	read_directory(&z, at);
	/* more packed octets than there are: entries that lie one over the other */
	if (z.packed > z.s.n || (z.size > ARCHIVE_FREE_OUT && z.size / ARCHIVE_MAX_RATIO > z.s.n))
		l->out->flags |= ARCHIVE_BOMB;
	if (z.v.n > ARCHIVE_MAX_ENTRIES || (l->out->flags & ARCHIVE_BOMB) ||
	    too_many_signatures(z.s)) {
		list_directory(&z);
		return ARCHIVE_ZIP_LISTED;
	}
	read_locals(&z);
	return ARCHIVE_ZIP_DIRECTORY;
}
