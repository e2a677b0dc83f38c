/* The keyring in its directory: read, locked, written. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "sign/keyring.h"

#define RING "keyring"
#define LOCK ".lock"
#define STEP_US 20000
#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

/* ---- walking ---- */

/* What is done with each file; -1: no more. */
typedef int file_fn(void *arg, int dir, const char *domain, const char *name);

/* Takes over the descriptor. */
static int each_file(int fd, const char *domain, file_fn *fn, void *arg)
{
	DIR *d = fdopendir(fd);
	const struct dirent *x;
	int rc = 0;

	if (!d) {
		close(fd);
		return 0;
	}
	while (rc == 0 && (x = readdir(d)))
		if (x->d_name[0] != '.')
			rc = fn(arg, dirfd(d), domain, x->d_name);
	closedir(d);
	return rc;
}

/* Calls fn for every file of every domain. -1: fn said so, or the ring cannot be opened. */
static int each(const char *state, file_fn *fn, void *arg)
{
	int at = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, rc = 0;
	const struct dirent *x;
	DIR *d;

	fd = at < 0 ? -1 : openat(at, RING, OPEN_DIR);
	if (at >= 0)
		close(at);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (rc == 0 && (x = readdir(d))) {
		int sub = x->d_name[0] == '.' ? -1 : openat(dirfd(d), x->d_name, OPEN_DIR);

		if (sub >= 0)
			rc = each_file(sub, x->d_name, fn, arg);
	}
	closedir(d);
	return rc;
}

/* ---- reading ---- */

struct reader {
	struct arena *arena;
	const char *keys;
	struct keyring *out;
	bool full;
};

static const char *read_one(struct reader *r, int dir, const char *domain, const char *name,
			    struct keyring_key *k)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const char *fault;
	struct str text;
	struct err e;

	if (fd < 0)
		return errno == ENOENT ? NULL : strerror(errno);
	if (file_read_fd(r->arena, fd, KEYRING_FILE_MAX, &text, &e) < 0)
		fault = arena_printf(r->arena, "%s", e.text).p;
	else
		fault = keyring_parse(r->arena, text, k);
	close(fd);
	if (!fault && (!str_eq(k->domain, str_c(domain)) || !str_eq(k->selector, str_c(name)))) {
		fault = "it is of another name";
	}
	return fault;
}

static int take_file(void *arg, int dir, const char *domain, const char *name)
{
	struct reader *r = arg;
	struct keyring_key k = { 0 };
	const char *fault = read_one(r, dir, domain, name, &k);

	if (fault) {
		LOG(LOG_LVL_WARN, "keyring_fault", F_CSTR("domain", domain),
		    F_CSTR("selector", name), F_CSTR("reason", fault));
		return 0;
	}
	if (!k.domain.p) /* gone meanwhile */
		return 0;
	if (r->out->v.n == SIGN_KEYS_MAX) {
		r->full = true;
		return -1;
	}
	k.path = arena_printf(r->arena, "%s/%s/%s.key", r->keys, domain, name).p;
	VEC_PUSH(r->arena, r->out->v) = k;
	return 0;
}

static int by_domain(const void *x, const void *y)
{
	const struct keyring_key *a = x, *b = y;
	int c = str_icmp(a->domain, b->domain);

	if (c == 0 && a->made != b->made)
		c = a->made < b->made ? -1 : 1;
	return c ? c : str_icmp(a->selector, b->selector);
}

static bool newer(const struct keyring_key *a, const struct keyring_key *b)
{
	if (a->active != b->active)
		return a->active > b->active;
	return by_domain(a, b) > 0;
}

/* Of the active ones among n keys of one domain, one of each type stays so. */
static void settle(struct keyring_key *k, size_t n)
{
	static const enum key_type types[] = { KEY_RSA, KEY_ED25519 };

	for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
		const struct keyring_key *best = NULL;

		for (size_t i = 0; i < n; i++)
			if (k[i].state == KEY_ACTIVE && k[i].key.type == types[t] &&
			    (!best || newer(&k[i], best)))
				best = &k[i];
		for (size_t i = 0; i < n; i++) {
			if (k[i].state != KEY_ACTIVE || k[i].key.type != types[t] || &k[i] == best)
				continue;
			k[i].state = KEY_RETIRING;
			k[i].retiring = best->active;
			k[i].unsaved = true;
		}
	}
}

static void settle_all(struct keyring *r)
{
	size_t from = 0;

	if (r->v.n)
		qsort(r->v.p, r->v.n, sizeof *r->v.p, by_domain);
	for (size_t i = 1; i <= r->v.n; i++) {
		if (i < r->v.n && str_eq(r->v.p[i].domain, r->v.p[from].domain))
			continue;
		settle(r->v.p + from, i - from);
		from = i;
	}
}

struct keyring_key *keyring_find(const struct keyring *r, struct str domain, struct str selector)
{
	for (size_t i = 0; i < r->v.n; i++)
		if (str_eq(r->v.p[i].domain, domain) && str_eq(r->v.p[i].selector, selector))
			return &r->v.p[i];
	return NULL;
}

/* Names and times are mixed one file at a time; the sum does not depend on the directory's order.
 */
static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

static int add_stamp(void *arg, int dir, const char *domain, const char *name)
{
	uint64_t *sum = arg, h = 1;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	for (const char *p = domain; *p; p++)
		h = mix(h, (unsigned char)*p);
	h = mix(h, 0);
	for (const char *p = name; *p; p++)
		h = mix(h, (unsigned char)*p);
	h = mix(h, (uint64_t)st.st_mtim.tv_sec);
	h = mix(h, (uint64_t)st.st_mtim.tv_nsec);
	h = mix(h, (uint64_t)st.st_ctim.tv_nsec);
	h = mix(h, (uint64_t)st.st_ino);
	*sum += mix(h, (uint64_t)st.st_size);
	return 0;
}

uint64_t keyring_stamp(const char *state)
{
	uint64_t sum = 0;

	each(state, add_stamp, &sum);
	return sum;
}

#define READ_AGAIN 5 /* while others write: what a directory says meanwhile may be neither */

static int read_ring(struct reader *r, const char *state, struct err *e)
{
	*r->out = (struct keyring){ .arena = r->arena };
	if (each(state, take_file, r) == 0)
		return 0;
	if (r->full)
		return err_set(e, "%s/%s: more than %u keys", state, RING, SIGN_KEYS_MAX);
	return errno == ENOENT ? 0 : err_set(e, "%s/%s: %s", state, RING, strerror(errno));
}

int keyring_read(struct arena *a, const char *state, const char *keys, struct keyring *out,
		 struct err *e)
{
	struct reader r = { a, keys, out, false };
	uint64_t stamp, after = keyring_stamp(state);
	int tries = 0;

	do {
		stamp = after;
		if (read_ring(&r, state, e) < 0)
			return -1;
		after = keyring_stamp(state);
	} while (stamp != after && ++tries < READ_AGAIN);
	settle_all(out);
	return 0;
}

/* ---- writing ---- */

/* Opens, after making it if need be, the directory name in at, which belongs to whom at belongs. No
 * link is followed: who writes may be root, and the directory another account's. */
static int open_dir(int at, const char *name)
{
	struct stat st;
	bool made = mkdirat(at, name, 0755) == 0;
	int fd = openat(at, name, OPEN_DIR), why;

	if (fd < 0 || !made)
		return fd;
	if (fstat(at, &st) == 0 && (geteuid() != 0 || fchown(fd, st.st_uid, st.st_gid) == 0) &&
	    fsync(at) == 0)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

static int open_ring(const char *state)
{
	int at = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, why;

	if (at < 0)
		return -1;
	fd = open_dir(at, RING);
	why = errno;
	close(at);
	errno = why;
	return fd;
}

/* As whom the directory belongs. */
static int own(int dir, int fd)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	return fstat(dir, &st) < 0 ? -1 : fchown(fd, st.st_uid, st.st_gid);
}

/* Only what was made here is given away: whatever else has the name may be somebody's file. */
static int open_lock(int dir)
{
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = openat(dir, LOCK, flags | O_CREAT | O_EXCL, 0600);

	if (fd < 0)
		return errno == EEXIST ? openat(dir, LOCK, flags) : -1;
	if (own(dir, fd) == 0)
		return fd;
	close(fd);
	return -1;
}

int keyring_lock(const char *state, uint64_t wait_ms, struct err *e)
{
	uint64_t until = clock_mono_ms() + wait_ms;
	int dir = open_ring(state), fd, why;

	if (dir < 0) {
		why = errno;
		err_set(e, "%s/%s: %s", state, RING, strerror(why));
		errno = why;
		return -1;
	}
	fd = open_lock(dir);
	why = errno;
	close(dir);
	if (fd < 0) {
		err_set(e, "%s/%s/%s: %s", state, RING, LOCK, strerror(why));
		errno = why;
		return -1;
	}
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		why = errno;
		if ((why == EWOULDBLOCK || why == EINTR) && clock_mono_ms() < until) {
			usleep(STEP_US);
			continue;
		}
		close(fd);
		err_set(e, "%s/%s: %s", state, RING,
			why == EWOULDBLOCK ? "another process is changing keys" : strerror(why));
		errno = why;
		return -1;
	}
	return fd;
}

void keyring_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}

static bool write_all(int fd, struct str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = str_skip(s, (size_t)n);
	}
	return true;
}

/* Beside, synced, then named. */
static bool put_in(int dir, const char *name, const char *beside, struct str text)
{
	bool good;
	int fd;

	if (unlinkat(dir, beside, 0) < 0 && errno != ENOENT)
		return false;
	fd = openat(dir, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return false;
	good = own(dir, fd) == 0 && write_all(fd, text) && fsync(fd) == 0;
	if (close(fd) < 0)
		good = false;
	return good && renameat(dir, beside, dir, name) == 0 && fsync(dir) == 0;
}

/* The directory of a key's domain; -1: errno. */
static int open_domain(const char *state, const char *domain)
{
	int ring = open_ring(state), dir, why;

	if (ring < 0)
		return -1;
	dir = open_dir(ring, domain);
	why = errno;
	close(ring);
	errno = why;
	return dir;
}

/* The name of a key's note, which no selector has. */
static const char *note_of(struct arena *a, const struct keyring_key *k)
{
	return arena_printf(a, ".%.*s.note", STR_ARG(k->selector)).p;
}

void keyring_note(const char *state, const struct keyring_key *k, struct str text)
{
	struct arena *a = arena_new(0);
	struct str before = keyring_noted(a, state, k);
	const char *name = note_of(a, k);
	int dir = -1;

	if (text.p ? !before.p || !str_eq(before, text) : before.p != NULL)
		dir = open_domain(state, arena_cstr(a, k->domain));
	if (dir >= 0) {
		if (!text.p || !put_in(dir, name, arena_printf(a, "%s.new", name).p, text))
			(void)unlinkat(dir, name, 0);
		close(dir);
	}
	arena_free(a);
}

struct str keyring_noted(struct arena *a, const char *state, const struct keyring_key *k)
{
	const char *path =
		arena_printf(a, "%s/" RING "/%.*s/%s", state, STR_ARG(k->domain), note_of(a, k)).p;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct str text = STR_NULL;
	struct err e;

	if (fd < 0)
		return STR_NULL;
	if (file_read_fd(a, fd, KEYRING_FILE_MAX, &text, &e) < 0)
		text = STR_NULL;
	close(fd);
	return text;
}

static int fault_at(const char *state, const struct keyring_key *k, struct err *e)
{
	return err_set(e, "%s/%s/%.*s/%.*s: %s", state, RING, STR_ARG(k->domain),
		       STR_ARG(k->selector), strerror(errno));
}

int keyring_put(const char *state, const struct keyring_key *k, struct err *e)
{
	struct arena *a = arena_new(0);
	const char *name = arena_cstr(a, k->selector);
	int dir = open_domain(state, arena_cstr(a, k->domain)), rc = 0;

	if (dir < 0 || !put_in(dir, name, arena_printf(a, ".%s.new", name).p, keyring_format(a, k)))
		rc = fault_at(state, k, e);
	if (dir >= 0)
		close(dir);
	arena_free(a);
	return rc;
}

int keyring_forget(const char *state, const struct keyring_key *k, struct err *e)
{
	struct arena *a = arena_new(0);
	int dir = open_domain(state, arena_cstr(a, k->domain)), rc = 0;

	if (dir >= 0)
		(void)unlinkat(dir, note_of(a, k), 0);
	if (dir < 0 || (unlinkat(dir, arena_cstr(a, k->selector), 0) < 0 && errno != ENOENT) ||
	    fsync(dir) < 0)
		rc = fault_at(state, k, e);
	if (dir >= 0)
		close(dir);
	arena_free(a);
	return rc;
}
