/* Files of feeds. */
#include "control/fetch_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define STATE_MAX 16384u /* octets of a state file */

/* What root writes must stay the daemon's. */
static void give(int fd, const char *dir)
{
	struct stat st;

	if (geteuid() == 0 && stat(dir, &st) == 0 && fchown(fd, st.st_uid, st.st_gid) < 0)
		return; /* then root will write the next one too */
}

static const char *parent(struct arena *a, const char *path)
{
	size_t slash = str_rchr(str_c(path), '/');

	return slash == SIZE_MAX ? "." : arena_cstr(a, str_of(path, slash ? slash : 1));
}

static int write_all(int fd, struct str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		s = str_skip(s, (size_t)n);
	}
	return fsync(fd);
}

static void sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int put(struct arena *a, const char *path, struct str octets)
{
	const char *aside = arena_printf(a, "%s.new", path).p, *dir = parent(a, path);
	int fd, rc;

	if (unlink(aside) < 0 && errno != ENOENT)
		return -1;
	fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	give(fd, dir);
	rc = write_all(fd, octets);
	if (close(fd) < 0 || rc < 0 || rename(aside, path) < 0) {
		rc = errno;
		unlink(aside);
		errno = rc;
		return -1;
	}
	sync_dir(dir);
	return 0;
}

int fetch_put(const char *path, struct str octets, struct err *e)
{
	struct arena *a = arena_new(0);
	int rc = put(a, path, octets);

	if (rc < 0)
		err_set(e, "%s: %s", path, strerror(errno));
	arena_free(a);
	return rc;
}

void fetch_touch(const char *path)
{
	utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW);
}

int fetch_dir(const char *state, struct err *e)
{
	struct arena *a = arena_new(0);
	const char *dir = arena_printf(a, "%s/feeds", state).p;
	int fd, rc;

	mkdir(state, 0750); /* by whoever fetches before there was a daemon */
	rc = mkdir(dir, 0755);

	if (rc < 0 && errno != EEXIST) {
		err_set(e, "%s: %s", dir, strerror(errno));
		arena_free(a);
		return -1;
	}
	fd = rc == 0 ? open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (fd >= 0) {
		give(fd, state);
		close(fd);
	}
	arena_free(a);
	return 0;
}

/* ---- state ---- */

void fetch_say(char why[FETCH_WHY_MAX], struct str text)
{
	size_t n = text.n < FETCH_WHY_MAX ? text.n : FETCH_WHY_MAX - 1;

	for (size_t i = 0; i < n; i++)
		why[i] = text.p[i];
	for (size_t i = 0; i < n; i++)
		if (why[i] < 32 || why[i] > 126)
			why[i] = '?';
	why[n] = 0;
}

static void get_text(const json_t *j, const char *key, char *out, size_t cap)
{
	const char *s = json_string_value(json_object_get(j, key));

	if (s && str_printable(str_c(s)))
		snprintf(out, cap, "%s", s);
}

static int64_t get_int(const json_t *j, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(j, key));

	return n > 0 ? n : 0;
}

static uint64_t get_hex(const json_t *j, const char *key)
{
	char text[17] = "";
	uint64_t v = 0;

	get_text(j, key, text, sizeof text);
	for (const char *p = text; *p && ch_hex(*p) >= 0; p++)
		v = v << 4 | (unsigned)ch_hex(*p);
	return v;
}

static void set_hex(json_t *j, const char *key, uint64_t v)
{
	char text[17];

	snprintf(text, sizeof text, "%016llx", (unsigned long long)v);
	json_object_set_new(j, key, json_string(text));
}

static void from_json(const json_t *j, struct fetch_state *s)
{
	s->same = get_hex(j, "same");
	s->asked = get_hex(j, "asked");
	get_text(j, "etag", s->etag, sizeof s->etag);
	get_text(j, "modified", s->modified, sizeof s->modified);
	get_text(j, "sha256", s->sha256, sizeof s->sha256);
	get_text(j, "why", s->why, sizeof s->why);
	s->tried = get_int(j, "tried");
	s->fetched = get_int(j, "fetched");
	s->changed = get_int(j, "changed");
	s->not_before = get_int(j, "not_before");
	s->entries = (uint64_t)get_int(j, "entries");
	s->octets = (uint64_t)get_int(j, "octets");
	s->failures = (unsigned)get_int(j, "failures") & 0xffff;
	s->shrunk = (unsigned)get_int(j, "shrunk") & 0xff;
}

void fetch_state_read(const char *path, struct fetch_state *s)
{
	struct arena *a = arena_new(0);
	struct str text;
	json_t *j = NULL;

	*s = (struct fetch_state){ 0 };
	if (file_read(a, path, STATE_MAX, &text, NULL) == 0)
		j = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(j))
		from_json(j, s);
	json_decref(j);
	arena_free(a);
}

int fetch_state_write(const char *path, const struct fetch_state *s, struct err *e)
{
	json_t *j = json_object();
	char *text;
	int rc;

	set_hex(j, "same", s->same);
	set_hex(j, "asked", s->asked);
	json_object_set_new(j, "etag", json_string(s->etag));
	json_object_set_new(j, "modified", json_string(s->modified));
	json_object_set_new(j, "sha256", json_string(s->sha256));
	json_object_set_new(j, "why", json_string(s->why));
	json_object_set_new(j, "tried", json_integer(s->tried));
	json_object_set_new(j, "fetched", json_integer(s->fetched));
	json_object_set_new(j, "changed", json_integer(s->changed));
	json_object_set_new(j, "not_before", json_integer(s->not_before));
	json_object_set_new(j, "entries", json_integer((json_int_t)s->entries));
	json_object_set_new(j, "octets", json_integer((json_int_t)s->octets));
	json_object_set_new(j, "failures", json_integer(s->failures));
	json_object_set_new(j, "shrunk", json_integer(s->shrunk));
	text = json_dumps(j, JSON_INDENT(1));
	json_decref(j);
	if (!text)
		bug("no memory for JSON");
	rc = fetch_put(path, str_c(text), e);
	free(text);
	return rc;
}
