/* Compound files (MS-CFB): sectors, chains, directory. */
#include "base/buf.h"
#include "mail/file/bytes.h"
#include "mail/file/ole.h"
#include "mail/text/charset.h"

#define HEADER 512u
#define HEADER_FATS 109u
#define ENTRY 128u
#define MINI 64u
#define MAX_MINI (4u * 1024u * 1024u)
#define LAST 0xfffffff0u /* sector numbers from here on are none */

static struct str sector_at(const struct ole *o, uint32_t n)
{
	return n < o->sectors ? str_sub(o->s, ((size_t)n + 1) * o->sector, o->sector) : STR_NULL;
}

static uint32_t next_sector(const struct ole *o, uint32_t n)
{
	size_t per = o->sector / 4;

	if (n >= o->sectors || n / per >= o->fat.n)
		return UINT32_MAX;
	return le32(sector_at(o, o->fat.p[n / per]), n % per * 4);
}

/* At most max octets of a chain. A chain of more sectors than the file has is a loop. */
static struct str read_chain(struct ole *o, uint32_t n, size_t max)
{
	struct buf b = { .arena = o->arena };
	uint32_t steps = 0;

	for (; n < LAST && b.n < max; n = next_sector(o, n)) {
		struct str s = sector_at(o, n);
		if (!s.n || steps++ >= o->sectors) {
			o->broken = true;
			break;
		}
		buf_add(&b, str_sub(s, 0, max - b.n));
	}
	return buf_str(&b);
}

static void read_fat(struct ole *o)
{
	size_t per = o->sector / 4, most = o->sectors / per + 1;
	uint32_t more = le32(o->s, 68);

	for (size_t i = 0; i < HEADER_FATS && o->fat.n < most; i++)
		if (le32(o->s, 76 + 4 * i) < LAST)
			VEC_PUSH(o->arena, o->fat) = le32(o->s, 76 + 4 * i);
	for (size_t steps = 0; more < LAST && o->fat.n < most && steps < most; steps++) {
		struct str s = sector_at(o, more);
		for (size_t i = 0; i + 1 < per && o->fat.n < most; i++)
			if (s.n && le32(s, 4 * i) < LAST)
				VEC_PUSH(o->arena, o->fat) = le32(s, 4 * i);
		more = s.n ? le32(s, o->sector - 4) : UINT32_MAX;
	}
}

static void read_entry(struct ole *o, struct str s)
{
	size_t n = le16(s, 64);
	unsigned char type = (unsigned char)s.p[66];
	struct ole_entry *e;

	if (type != 1 && type != 2 && type != 5)
		return;
	e = &VEC_PUSH(o->arena, o->entries);
	*e = (struct ole_entry){
		.stream = type == 2, .root = type == 5, .first = le32(s, 116), .size = le32(s, 120)
	};
	e->name = charset_to_utf8(o->arena, STR("utf-16le"),
				  str_sub(s, 0, n >= 2 && n <= 64 ? n - 2 : 0), NULL);
	e->name = arena_dup(o->arena, e->name);
}

static void read_directory(struct ole *o, size_t max)
{
	struct str dir = read_chain(o, le32(o->s, 48), (max + 1) * ENTRY);

	for (; dir.n >= ENTRY; dir = str_skip(dir, ENTRY)) {
		if (o->entries.n >= max) {
			o->more = true;
			return;
		}
		read_entry(o, str_sub(dir, 0, ENTRY));
	}
}

bool ole_open(struct ole *o, struct arena *a, struct str octets, size_t max)
{
	unsigned shift = le16(octets, 30);

	*o = (struct ole){ .arena = a, .s = octets };
	if (octets.n < HEADER || (shift != 9 && shift != 12))
		return false;
	o->sector = (size_t)1 << shift;
	o->sectors = (uint32_t)(octets.n / o->sector);
	o->cutoff = le32(octets, 56);
	read_fat(o);
	read_directory(o, max);
	o->mini_fat = read_chain(o, le32(octets, 60), MAX_MINI / MINI * 4);
	for (size_t i = 0; i < o->entries.n; i++)
		if (o->entries.p[i].root) {
			o->mini = read_chain(o, o->entries.p[i].first, MAX_MINI);
			break;
		}
	return true;
}

static struct str read_mini(struct ole *o, uint32_t n, size_t max)
{
	struct buf b = { .arena = o->arena };
	size_t steps = 0, most = o->mini.n / MINI;

	while (n < LAST && b.n < max) {
		if (n >= most || steps++ >= most) {
			o->broken = true;
			break;
		}
		buf_add(&b, str_sub(str_sub(o->mini, (size_t)n * MINI, MINI), 0, max - b.n));
		n = (size_t)n * 4 + 4 <= o->mini_fat.n ? le32(o->mini_fat, (size_t)n * 4)
						       : UINT32_MAX;
	}
	return buf_str(&b);
}

struct str ole_read(struct ole *o, const struct ole_entry *e, size_t max)
{
	size_t n = e->size < max ? e->size : max;

	return e->size < o->cutoff ? read_mini(o, e->first, n) : read_chain(o, e->first, n);
}
