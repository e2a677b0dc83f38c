/* Whole files into memory: regular ones only, and their size is looked at first. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define SECRET_MAX 4096u

int file_read_fd(struct arena *a, int fd, size_t max, struct str *out, struct err *e)
{
	struct stat st;
	size_t size, n = 0;
	ssize_t got;
	char *p;

	if (fstat(fd, &st) != 0)
		return err_set(e, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, "not a file");
	if (st.st_size < 0 || (uint64_t)st.st_size > max)
		return err_set(e, "over %zu octets", max);
	size = (size_t)st.st_size;
	p = arena_alloc(a, size + 1);
	while (n < size && (got = read(fd, p + n, size - n)) != 0) {
		if (got > 0)
			n += (size_t)got;
		else if (errno != EINTR)
			return err_set(e, "%s", strerror(errno));
	}
	*out = str_of(p, n);
	return 0;
}

int file_read(struct arena *a, const char *path, size_t max, struct str *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (fd < 0)
		return err_set(e, "%s", strerror(errno));
	rc = file_read_fd(a, fd, max, out, e);
	close(fd);
	return rc;
}

bool file_world_readable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & S_IROTH);
}

int file_secret(struct arena *a, const char *path, const char *option, struct str *out,
		struct err *e)
{
	struct str text;

	if (file_read(a, path, SECRET_MAX, &text, e) < 0)
		return -1;
	if (file_world_readable(path))
		LOG(LOG_LVL_WARN, "secret_readable_by_all", F_CSTR("option", option),
		    F_CSTR("file", path));
	*out = str_cut(&text, '\n');
	return 0;
}

const char *file_beside(struct arena *a, const char *from, struct str path)
{
	struct str dir = str_c(from);
	size_t slash = str_rchr(dir, '/');

	if (str_starts(path, STR("/")) || slash == SIZE_MAX)
		return arena_cstr(a, path);
	return arena_printf(a, "%.*s/%.*s", STR_ARG(str_sub(dir, 0, slash)), STR_ARG(path)).p;
}

const char *file_shipped(struct arena *a, const char *name)
{
	static const struct {
		int up;
		const char *below;
	} places[] = { { 1, "" }, { 2, "" }, { 2, "share/merlon/" } };
	char exe[4096];
	ssize_t got = readlink("/proc/self/exe", exe, sizeof exe);
	const char *denied = NULL;
	struct str dir[3] = { str_of(exe, got > 0 ? (size_t)got : 0) };
	struct stat st;

	for (int up = 1; up < 3; up++) {
		size_t slash = str_rchr(dir[up - 1], '/');
		dir[up] = str_sub(dir[up - 1], 0, slash == SIZE_MAX ? 0 : slash);
	}
	for (size_t i = 0; dir[0].n && i < sizeof places / sizeof *places; i++) {
		const char *path = arena_printf(a, "%.*s/%s%s", STR_ARG(dir[places[i].up]),
						places[i].below, name)
					   .p;
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return path;
		if (errno == EACCES && !denied)
			denied = path;
	}
	return denied ? denied : arena_printf(a, "%s/%s", MERLON_DATADIR, name).p;
}
