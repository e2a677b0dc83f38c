/* Databases of countries, networks and cities: copied into memory, renewed. */
#include "checks/outside/geo_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (UINT64_C(16) << 20) /* octets that are copied at once */
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static struct geo_stamp stamp_of(const struct stat *st)
{
	return (struct geo_stamp){ .device = st->st_dev,
				   .inode = st->st_ino,
				   .size = (uint64_t)st->st_size,
				   .mtime_ns = nanoseconds(&st->st_mtim),
				   .ctime_ns = nanoseconds(&st->st_ctim),
				   .there = true };
}

static struct geo_stamp look_at(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? (struct geo_stamp){ 0 } : stamp_of(&st);
}

static bool same(const struct geo_stamp *a, const struct geo_stamp *b)
{
	return a->there == b->there && a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

/* ---- into memory ---- */

static int copy(int from, int to, uint64_t size, struct err *e)
{
	while (size) {
		ssize_t n = sendfile(to, from, NULL, size < PIECE ? size : PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, "%s", strerror(errno));
		if (n == 0)
			return err_set(e, "it became shorter while it was read");
		size -= (uint64_t)n;
	}
	return 0;
}

/* A descriptor of sealed memory with all of the open file. */
static int sealed_copy(int file, uint64_t size, struct err *e)
{
	int fd = memfd_create("merlon-geo", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return err_set(e, "no memory for it: %s", strerror(errno));
	if (copy(file, fd, size, e) < 0) {
		close(fd);
		return -1;
	}
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0) {
		close(fd);
		return err_set(e, "cannot seal memory: %s", strerror(errno));
	}
	return fd;
}

/* The library opens by path only; the mapping outlives the descriptor. */
static int open_sealed(int fd, MMDB_s *out, struct err *e)
{
	char path[32];
	int rc;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	rc = MMDB_open(path, MMDB_MODE_MMAP, out);
	if (rc == MMDB_SUCCESS)
		return 0;
	if (rc == MMDB_FILE_OPEN_ERROR)
		return err_set(e, "cannot open %s: is /proc there?", path);
	return err_set(e, "no such database, expected one in the form of MaxMind: %s",
		       MMDB_strerror(rc));
}

static int open_file(const char *path, struct stat *st, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_set(e, "cannot open it: %s", strerror(errno));
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_size > 0 &&
	    (uint64_t)st->st_size <= GEO_FILE_MAX)
		return fd;
	close(fd);
	if (!S_ISREG(st->st_mode))
		return err_set(e, "it is no file");
	if (st->st_size <= 0)
		return err_set(e, "it is empty");
	return err_set(e, "it has more than %llu octets", (unsigned long long)GEO_FILE_MAX);
}

/* *stamp: the file as it was when it was opened. */
static int read_file(const char *path, MMDB_s *out, struct geo_stamp *stamp, struct err *e)
{
	struct stat st = { 0 };
	int file = open_file(path, &st, e), memory;
	int rc;

	if (file < 0)
		return -1;
	*stamp = stamp_of(&st);
	memory = sealed_copy(file, stamp->size, e);
	close(file);
	if (memory < 0)
		return -1;
	rc = open_sealed(memory, out, e);
	close(memory);
	return rc;
}

int geo_db_load(struct geo_db *db, struct err *e)
{
	struct geo_stamp stamp = look_at(db->path);
	MMDB_s fresh;

	db->tried = db->seen = stamp;
	if (read_file(db->path, &fresh, &stamp, e) < 0)
		return -1;
	db->tried = db->seen = stamp;
	geo_db_close(db);
	db->mmdb = fresh;
	db->open = true;
	return 0;
}

int geo_db_renew(struct geo_db *db, struct err *e)
{
	struct geo_stamp now = look_at(db->path);
	bool settled = same(&now, &db->seen);

	db->seen = now;
	if (!settled || same(&now, &db->tried))
		return 0;
	return geo_db_load(db, e) < 0 ? -1 : 1;
}

void geo_db_close(struct geo_db *db)
{
	if (db->open)
		MMDB_close(&db->mmdb);
	db->open = false;
}
