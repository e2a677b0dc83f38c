/* Fuzz: a spool file as a crash may leave it, and what says how far it was read. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/spool_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAME "0000000000000001-0000000000000001"

static void write_file(const char *dir, const char *name, struct str s)
{
	char path[256];
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, s.p, s.n) != (ssize_t)s.n)
		abort();
	close(fd);
}

/* All of it is read or passed over, and the file leaves. */
static void read_all(const char *state, struct arena *a)
{
	struct spool_reader *r = spool_reader_new(state, NULL);
	struct spool_record rec[16];
	size_t files;

	while (spool_read(r, a, rec, 16) > 0)
		continue;
	spool_commit(r, NULL);
	if (spool_waiting(r, &files) || files)
		abort();
	spool_reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct log_config quiet = { LOG_LVL_ERROR, LOG_LOGFMT, "stderr" };
	char state[] = "/tmp/fuzz_spool.XXXXXX", dir[64], mark[64];
	struct str s = str_of((const char *)data, size), marks = STR_NULL;
	struct arena *a = arena_new(0);

	log_open(&quiet, NULL);
	if (size && data[0] == 'm') /* the first line is of the marks */
		marks = str_cut(&s, '\n');
	if (!mkdtemp(state))
		abort();
	snprintf(dir, sizeof dir, "%s/spool", state);
	snprintf(mark, sizeof mark, "%s/" SPOOL_MARK, dir);
	mkdir(dir, 0700);
	if (marks.p)
		write_file(dir, SPOOL_MARK, str_skip(marks, 1));
	write_file(dir, NAME, s);
	read_all(state, a);
	unlink(mark);
	if (rmdir(dir) < 0 || rmdir(state) < 0)
		abort();
	arena_free(a);
	return 0;
}
