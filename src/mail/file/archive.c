/* What an archive holds: one container after the other, in bounds of octets, entries and time. */
#include "base/clock.h"
#include "mail/file/archive_priv.h"
#include "mail/text/charset.h"

bool archive_spend(struct lister *l, size_t n)
{
	l->made += n;
	if (l->made > ARCHIVE_FREE_OUT && l->made / ARCHIVE_MAX_RATIO > l->given)
		l->out->flags |= ARCHIVE_BOMB;
	if (l->made > ARCHIVE_MAX_OUT || clock_cpu_us() - l->began_us > ARCHIVE_MAX_CPU_US)
		l->out->flags |= ARCHIVE_LIMIT;
	return (l->out->flags & (ARCHIVE_BOMB | ARCHIVE_LIMIT)) != 0;
}

bool archive_add(struct lister *l, struct str name, uint64_t size, uint32_t level,
		 const struct file_type *type)
{
	struct archive_entry *e;

	if (l->out->entries.n >= ARCHIVE_MAX_ENTRIES) {
		l->out->flags |= ARCHIVE_LIMIT;
		return false;
	}
	e = &VEC_PUSH(l->a, l->out->entries);
	*e = (struct archive_entry){ .size = size, .level = level, .type = type };
	e->name = arena_dup(l->a, charset_to_utf8(l->scratch, STR(""), name, NULL));
	e->parsed = file_name_read(l->a, e->name);
	if (e->parsed.flags & FILE_NAME_RISKY)
		l->out->flags |= ARCHIVE_RISKY;
	archive_judge_name(l, e->name);
	return true;
}

void archive_later(struct lister *l, struct str octets, const struct file_type *type,
		   uint32_t level)
{
	if (level > ARCHIVE_MAX_LEVELS || l->queue.n >= ARCHIVE_MAX_QUEUE) {
		l->out->flags |= ARCHIVE_LIMIT;
		return;
	}
	VEC_PUSH(l->scratch, l->queue) = (struct archive_item){ octets, type, level };
}

static bool is_ole(struct str octets)
{
	return str_starts(octets, STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"));
}

static bool look_into(struct lister *l, const struct archive_item *item)
{
	if (is_ole(item->octets)) {
		archive_ole(l, item);
		return true;
	}
	return archive_read_items(l, item);
}

struct archive *archive_list(struct arena *a, struct str octets, const struct file_type *type)
{
	struct lister l = { .a = a, .given = octets.n, .began_us = clock_cpu_us() };
	bool known;

	l.out = ARENA_NEW(a, struct archive);
	l.scratch = arena_new(0);
	archive_later(&l, octets, type, 1);
	known = look_into(&l, &l.queue.p[0]);
	for (size_t i = 1; i < l.queue.n && !archive_spend(&l, 0); i++) {
		struct archive_item item = l.queue.p[i];
		look_into(&l, &item);
	}
	arena_free(l.scratch);
	return known ? l.out : NULL;
}

const char *archive_flag_name(unsigned flag)
{
	static const char *const name[] = { "encrypted", "broken",     "limit",	      "bomb",
					    "nested",	 "risky",      "macro",	      "autoexec",
					    "external",	 "ole-object", "unsupported", "mismatch" };

	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		if (flag == 1u << i)
			return name[i];
	return NULL;
}
