/* Records appended to a spool file of the process's own. */
#include "store/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/octets.h"
#include "store/spool_file.h"

#define LOOK_OCTETS (1u << 20) /* written by us before the total is added up again */
#define LOOK_MS 1000	       /* and at most so often while there is no room */
#define DIR_MODE 0700
#define FILE_MODE 0600

struct spool {
	int dir, fd; /* fd -1: none is open */
	uint64_t size;
	uint64_t total; /* of all files as it was found last, what is read left out */
	uint64_t since; /* octets written since then */
	uint64_t looked_ms;
	uint64_t refused;
	bool failing; /* the last record was refused, and that was logged */
	char temp[SPOOL_NAME_SIZE + 2], name[SPOOL_NAME_SIZE + 1];
	char record[SPOOL_HEAD_SIZE + SPOOL_RECORD_MAX];
};

/* ---- files ---- */

static void make_names(struct spool *s)
{
	uint64_t random;

	if (getrandom(&random, sizeof random, 0) != sizeof random)
		bug("getrandom: %s", strerror(errno));
	snprintf(s->name, sizeof s->name, "%016llx-%016llx", (unsigned long long)clock_wall_ms(),
		 (unsigned long long)random);
	snprintf(s->temp, sizeof s->temp, ".%s", s->name);
}

static void close_file(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* Locked and begun before it has the name by which readers find it. */
static bool begin_file(struct spool *s)
{
	int saved;

	close_file(s);
	make_names(s);
	s->fd = openat(s->dir, s->temp, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC,
		       FILE_MODE);
	if (s->fd < 0)
		return false;
	if (flock(s->fd, LOCK_EX | LOCK_NB) == 0 &&
	    write(s->fd, SPOOL_MAGIC, SPOOL_MAGIC_SIZE) == SPOOL_MAGIC_SIZE &&
	    renameat(s->dir, s->temp, s->dir, s->name) == 0) {
		s->size = SPOOL_MAGIC_SIZE;
		return true;
	}
	saved = errno ? errno : ENOSPC;
	unlinkat(s->dir, s->temp, 0);
	close_file(s);
	errno = saved;
	return false;
}

struct spool *spool_open(const char *state, struct err *e)
{
	struct spool *s = calloc(1, sizeof *s);
	struct arena *a = arena_new(0);
	const char *path = spool_path(a, state);

	if (!s)
		bug("no memory");
	s->fd = -1;
	s->dir = -1;
	if (mkdir(path, DIR_MODE) < 0 && errno != EEXIST)
		err_set(e, "%s: %s", path, strerror(errno));
	else if ((s->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) < 0)
		err_set(e, "%s: %s", path, strerror(errno));
	else if (!begin_file(s))
		err_set(e, "%s: a file cannot be made: %s", path, strerror(errno));
	arena_free(a);
	if (s->fd >= 0)
		return s;
	spool_close(s);
	return NULL;
}

/* The file stays: its records may not have been read. */
void spool_close(struct spool *s)
{
	if (!s)
		return;
	close_file(s);
	if (s->dir >= 0)
		close(s->dir);
	free(s);
}

uint64_t spool_refused(const struct spool *s)
{
	return s->refused;
}

/* ---- how much waits ---- */

static uint64_t unread(int dir, const char *name, const struct spool_mark *m, size_t n)
{
	uint64_t read = spool_marked(m, n, str_c(name));
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || (uint64_t)st.st_size < read)
		return 0;
	return (uint64_t)st.st_size - read;
}

static void add_up(struct spool *s)
{
	struct arena *a = arena_new(0);
	struct spool_mark *m;
	size_t n = spool_marks(a, s->dir, &m);
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	s->total = 0;
	s->since = 0;
	s->looked_ms = clock_mono_ms();
	while (d && (entry = readdir(d)))
		if (spool_is_file(str_c(entry->d_name)))
			s->total += unread(s->dir, entry->d_name, m, n);
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	arena_free(a);
}

static bool room(struct spool *s, size_t n)
{
	bool full = s->total + s->since + n > SPOOL_TOTAL_MAX;

	if (!s->looked_ms || s->since > LOOK_OCTETS ||
	    (full && clock_mono_ms() >= s->looked_ms + LOOK_MS))
		add_up(s);
	return s->total + s->since + n <= SPOOL_TOTAL_MAX;
}

/* ---- records ---- */

static size_t format(struct spool *s, enum spool_type type, struct str record)
{
	size_t typed = SPOOL_HEAD_SIZE - 1;
	unsigned char *p = (unsigned char *)s->record;
	uint32_t sum;

	p[typed] = (unsigned char)type;
	if (record.n)
		memcpy(s->record + SPOOL_HEAD_SIZE, record.p, record.n);
	sum = spool_sum(str_of(s->record + typed, 1 + record.n));
	for (unsigned i = 0; i < 4; i++) {
		p[i] = (unsigned char)(record.n >> (24 - 8 * i));
		p[4 + i] = (unsigned char)(sum >> (24 - 8 * i));
	}
	return SPOOL_HEAD_SIZE + record.n;
}

/* A file that somebody removed, or wrote to, is left for a new one. */
static bool usable(struct spool *s, size_t n)
{
	struct stat st;

	if (s->fd >= 0 && s->size + n <= SPOOL_FILE_MAX && fstat(s->fd, &st) == 0 && st.st_nlink &&
	    (uint64_t)st.st_size == s->size)
		return true;
	return begin_file(s);
}

static bool append(struct spool *s, size_t n)
{
	ssize_t r = write(s->fd, s->record, n);

	if (r == (ssize_t)n) {
		s->size += n;
		s->since += n;
		return true;
	}
	if (r >= 0)
		errno = ENOSPC;
	/* What cannot be taken back is the end of that file. */
	if (r > 0 && ftruncate(s->fd, (off_t)s->size) < 0)
		close_file(s);
	return false;
}

static bool refuse(struct spool *s, const char *why)
{
	s->refused++;
	if (!s->failing)
		LOG(LOG_LVL_ERROR, "spool_failed", F_CSTR("reason", why),
		    F_INT("refused", s->refused));
	s->failing = true;
	return false;
}

bool spool_add(struct spool *s, enum spool_type type, struct str record)
{
	size_t n = SPOOL_HEAD_SIZE + record.n;

	if (record.n > SPOOL_RECORD_MAX)
		return refuse(s, "the record is too large");
	if (!room(s, n))
		return refuse(s, "too much waits to be read");
	if (!usable(s, n) || !append(s, format(s, type, record)))
		return refuse(s, strerror(errno));
	if (s->failing)
		LOG(LOG_LVL_INFO, "spool_again", F_INT("refused", s->refused));
	s->failing = false;
	return true;
}
