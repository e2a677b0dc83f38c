/* What writers and readers of spool files share: names, check sums, marks. */
#include "store/spool_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/vec.h"

#define MARK_MAX (1u << 20)

bool spool_is_file(struct str name)
{
	if (name.n != SPOOL_NAME_SIZE || name.p[16] != '-')
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (i != 16 && (ch_hex(name.p[i]) < 0 || (name.p[i] >= 'A' && name.p[i] <= 'F')))
			return false;
	return true;
}

/* The key is no secret: the sum finds damage, not malice. */
uint32_t spool_sum(struct str typed)
{
	const struct hash_key key = { 0x73706f6f6c207265, 0x636f726420737573 };

	return (uint32_t)hash_sip13(key, typed);
}

const char *spool_path(struct arena *a, const char *state)
{
	return arena_printf(a, "%s/spool", state).p;
}

static bool mark_line(struct str line, struct spool_mark *m)
{
	m->name = str_cut(&line, ' ');
	return spool_is_file(m->name) && str_u64(line, INT64_MAX, &m->offset);
}

size_t spool_marks(struct arena *a, int dir, struct spool_mark **out)
{
	int fd = openat(dir, SPOOL_MARK, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct str all = STR_NULL, line;
	VEC(struct spool_mark) v = { 0 };
	struct spool_mark m;

	*out = NULL;
	if (fd < 0)
		return 0;
	if (file_read_fd(a, fd, MARK_MAX, &all, NULL) < 0)
		all = STR_NULL;
	close(fd);
	while (all.n) {
		line = str_cut(&all, '\n');
		if (mark_line(line, &m))
			VEC_PUSH(a, v) = m;
	}
	*out = v.p;
	return v.n;
}

uint64_t spool_marked(const struct spool_mark *m, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(m[i].name, name))
			return m[i].offset;
	return 0;
}
