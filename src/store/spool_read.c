/* Spool files read in the order of their age, and removed when all of them was read. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/octets.h"
#include "base/vec.h"
#include "store/spool_file.h"

#define READ_OCTETS (1u << 20) /* of one spool_read */
#define DIR_MODE 0700
#define FILE_MODE 0600
#define LEFT_S 600 /* a file that never got its name is removed after that */

struct file {
	char name[SPOOL_NAME_SIZE + 1];
	uint64_t given, committed;
	uint64_t size;
	bool ended; /* nobody writes it: size is its last one */
};

struct spool_reader {
	int dir;
	struct arena *arena; /* of the list */
	VEC(struct file) file;
};

struct spool_reader *spool_reader_new(const char *state, struct err *e)
{
	struct spool_reader *r = calloc(1, sizeof *r);
	const char *path;
	struct spool_mark *m;
	size_t n;

	if (!r)
		bug("no memory");
	r->arena = arena_new(0);
	path = spool_path(r->arena, state);
	r->dir = -1;
	if ((mkdir(path, DIR_MODE) < 0 && errno != EEXIST) ||
	    (r->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) < 0) {
		err_set(e, "%s: %s", path, strerror(errno));
		spool_reader_free(r);
		return NULL;
	}
	n = spool_marks(r->arena, r->dir, &m);
	for (size_t i = 0; i < n; i++) {
		struct file f = { .given = m[i].offset, .committed = m[i].offset };

		memcpy(f.name, m[i].name.p, SPOOL_NAME_SIZE);
		VEC_PUSH(r->arena, r->file) = f;
	}
	return r;
}

void spool_reader_free(struct spool_reader *r)
{
	if (!r)
		return;
	if (r->dir >= 0)
		close(r->dir);
	arena_free(r->arena);
	free(r);
}

/* ---- which files there are ---- */

static int by_name(const void *a, const void *b)
{
	return memcmp(((const struct file *)a)->name, ((const struct file *)b)->name,
		      SPOOL_NAME_SIZE);
}

static bool writer_gone(int fd)
{
	return flock(fd, LOCK_SH | LOCK_NB) == 0;
}

/* Whether its writer is gone is looked at before its size. */
static bool look(const struct spool_reader *r, struct file *f)
{
	int fd = openat(r->dir, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	bool good;

	if (fd < 0)
		return false;
	f->ended = writer_gone(fd);
	good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	f->size = good ? (uint64_t)st.st_size : 0;
	close(fd);
	return good;
}

/* Of a writer that died between making a file and naming it. */
static void clear_unnamed(const struct spool_reader *r, const char *name)
{
	struct stat st;
	int fd;

	if (name[0] != '.' || !spool_is_file(str_c(name + 1)))
		return;
	if (fstatat(r->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    st.st_mtime + LEFT_S > clock_wall())
		return;
	fd = openat(r->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && writer_gone(fd))
		unlinkat(r->dir, name, 0);
	if (fd >= 0)
		close(fd);
}

static struct file *known(struct spool_reader *r, const struct file *f)
{
	return r->file.n ? bsearch(f, r->file.p, r->file.n, sizeof *f, by_name) : NULL;
}

/* The list anew, with what is known of files that were there before. */
static void list_files(struct spool_reader *r)
{
	struct arena *a = arena_new(0);
	int fd = openat(r->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	VEC(struct file) v = { 0 };
	const struct dirent *entry;

	if (r->file.n)
		qsort(r->file.p, r->file.n, sizeof *r->file.p, by_name);
	while (d && (entry = readdir(d))) {
		struct file f = { 0 }, *old;

		clear_unnamed(r, entry->d_name);
		if (!spool_is_file(str_c(entry->d_name)))
			continue;
		memcpy(f.name, entry->d_name, SPOOL_NAME_SIZE);
		if (!look(r, &f))
			continue;
		old = known(r, &f);
		f.given = old ? old->given : 0;
		f.committed = old ? old->committed : 0;
		VEC_PUSH(a, v) = f;
	}
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	if (v.n)
		qsort(v.p, v.n, sizeof *v.p, by_name);
	arena_free(r->arena);
	r->arena = a;
	r->file.p = v.p;
	r->file.n = v.n;
	r->file.cap = v.cap;
}

/* ---- records ---- */

/* The octets from where the file was read to, at most READ_OCTETS and one whole record. False: they
 * cannot be read now. */
static bool octets_of(const struct spool_reader *r, const struct file *f, struct arena *a,
		      struct str *out)
{
	size_t want = READ_OCTETS + SPOOL_HEAD_SIZE + SPOOL_RECORD_MAX;
	int fd = openat(r->dir, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint64_t left = f->size - f->given;
	ssize_t n;
	char *p;

	if (fd < 0)
		return false;
	want = left < want ? (size_t)left : want;
	p = arena_alloc(a, want);
	n = pread(fd, p, want, (off_t)f->given);
	close(fd);
	*out = str_of(p, want);
	return n == (ssize_t)want;
}

/* The record at the beginning of s: its size, 0 if it is not all there or is damaged. */
static size_t record_at(struct str s, struct spool_record *out)
{
	struct octets o = { .left = s };
	uint64_t n = octets_get_u(&o, 4);
	uint32_t sum = (uint32_t)octets_get_u(&o, 4);
	struct str typed = str_sub(o.left, 0, (size_t)n + 1);

	if (o.bad || n > SPOOL_RECORD_MAX || typed.n != n + 1 || spool_sum(typed) != sum)
		return 0;
	out->type = (unsigned char)typed.p[0];
	out->octets = str_skip(typed, 1);
	return SPOOL_HEAD_SIZE + (size_t)n;
}

/* What cannot be read of a file that nobody writes any more will never be. */
static void pass_over(struct file *f)
{
	LOG(LOG_LVL_WARN, "spool_damaged", F_CSTR("file", f->name), F_INT("offset", f->given),
	    F_INT("octets", f->size - f->given));
	f->given = f->size;
}

struct reading {
	struct arena *arena;
	struct spool_record *out;
	size_t n, max, octets;
};

static bool enough(const struct reading *g)
{
	return g->n >= g->max || g->octets >= READ_OCTETS;
}

/* One piece of a file. Whether there may be more of it to read now. */
static bool read_piece(const struct spool_reader *r, struct file *f, struct reading *g)
{
	uint64_t from = f->given;
	struct str s;
	size_t n;

	if (!octets_of(r, f, g->arena, &s))
		return false;
	if (!f->given && str_starts(s, STR(SPOOL_MAGIC))) {
		f->given = SPOOL_MAGIC_SIZE;
		s = str_skip(s, SPOOL_MAGIC_SIZE);
	}
	while (f->given && !enough(g) && (n = record_at(s, &g->out[g->n])) > 0) {
		f->given += n;
		g->octets += n;
		g->n++;
		s = str_skip(s, n);
	}
	if (f->given == from && f->ended)
		pass_over(f);
	return f->given > from;
}

static void read_file(const struct spool_reader *r, struct file *f, struct reading *g)
{
	while (f->given < f->size && !enough(g) && read_piece(r, f, g))
		continue;
}

size_t spool_read(struct spool_reader *r, struct arena *a, struct spool_record *out, size_t max)
{
	struct reading g = { .arena = a, .out = out, .max = max };

	list_files(r);
	for (size_t i = 0; i < r->file.n && !enough(&g); i++)
		read_file(r, &r->file.p[i], &g);
	return g.n;
}

/* ---- how far ---- */

static bool remove_read(const struct spool_reader *r, const struct file *f)
{
	return f->ended && f->committed >= f->size && unlinkat(r->dir, f->name, 0) == 0;
}

static int write_all(int fd, struct str s)
{
	return write(fd, s.p, s.n) == (ssize_t)s.n ? 0 : -1;
}

static int write_marks(const struct spool_reader *r, struct err *e)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	const char *temp = SPOOL_MARK ".new";
	int fd = openat(r->dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
			FILE_MODE);
	int rc;

	for (size_t i = 0; i < r->file.n; i++)
		if (r->file.p[i].committed)
			buf_addf(&b, "%s %llu\n", r->file.p[i].name,
				 (unsigned long long)r->file.p[i].committed);
	rc = fd < 0 ? -1 : write_all(fd, buf_str(&b));
	if (rc == 0)
		rc = renameat(r->dir, temp, r->dir, SPOOL_MARK);
	if (rc < 0)
		err_set(e, "spool/%s: %s", SPOOL_MARK, strerror(errno));
	if (fd >= 0)
		close(fd);
	arena_free(a);
	return rc;
}

/* Files leave before the marks do: a mark without a file says nothing, a file without its mark
 * would be read again. */
int spool_commit(struct spool_reader *r, struct err *e)
{
	bool changed = false;
	size_t kept = 0;

	for (size_t i = 0; i < r->file.n; i++) {
		struct file *f = &r->file.p[i];

		changed |= f->committed != f->given;
		f->committed = f->given;
		if (remove_read(r, f))
			changed = true;
		else
			r->file.p[kept++] = *f;
	}
	r->file.n = kept;
	return changed ? write_marks(r, e) : 0;
}

void spool_rewind(struct spool_reader *r)
{
	for (size_t i = 0; i < r->file.n; i++)
		r->file.p[i].given = r->file.p[i].committed;
}

uint64_t spool_waiting(const struct spool_reader *r, size_t *files)
{
	uint64_t octets = 0;

	for (size_t i = 0; i < r->file.n; i++)
		octets += r->file.p[i].size - r->file.p[i].committed;
	*files = r->file.n;
	return octets;
}
