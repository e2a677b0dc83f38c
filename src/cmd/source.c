/* Messages from files, directories, mailboxes and standard input. */
#include "cmd/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mail/msg.h"

#define MESSAGE_MAX (512u * 1024u * 1024u)
#define DIR_DEPTH_MAX 32u

/* ---- reading ---- */

static int read_fd(int fd, const char *path, char **p, size_t *n, struct err *e)
{
	size_t cap = 64 * 1024;
	ssize_t got;

	*n = 0;
	*p = malloc(cap);
	while (*p && (got = read(fd, *p + *n, cap - *n)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || *n > MESSAGE_MAX) {
			free(*p);
			return err_set(e, "%s: %s", path,
				       got < 0 ? strerror(errno) : "larger than 512 MiB");
		}
		*n += (size_t)got;
		if (*n == cap) {
			char *more = realloc(*p, cap *= 2);
			if (!more)
				bug("out of memory");
			*p = more;
		}
	}
	if (!*p)
		bug("out of memory");
	return 0;
}

int source_read(const char *path, char **p, size_t *n, struct err *e)
{
	int fd, rc;

	if (strcmp(path, "-") == 0)
		return read_fd(STDIN_FILENO, "standard input", p, n, e);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, "%s: %s", path, strerror(errno));
	rc = read_fd(fd, path, p, n, e);
	close(fd);
	return rc;
}

/* ---- mailboxes ---- */

/* "From sender Mon Jan  2 15:04:05 2006", as mbox separators are; not any line that begins so. */
static bool is_separator(struct str line)
{
	static const char days[] = "MonTueWedThuFriSatSun";
	size_t at;

	if (!str_starts(line, STR("From ")))
		return false;
	line = str_skip(line, 5);
	at = str_chr(line, ' ');
	if (at == SIZE_MAX)
		return false;
	line = str_trim(str_skip(line, at));
	if (line.n < 20)
		return false;
	for (size_t d = 0; d < sizeof days - 1; d += 3)
		if (str_starts(line, str_of(days + d, 3)))
			return str_chr(line, ':') != SIZE_MAX;
	return false;
}

/* Offset of the next separator at or behind from: a line after an empty one. */
static size_t next_separator(struct str box, size_t from)
{
	while (from < box.n) {
		size_t at = str_find(str_skip(box, from), STR("\nFrom "));
		struct str line;
		if (at == SIZE_MAX)
			return box.n;
		at += from;
		line = str_skip(box, at + 1);
		line = str_sub(line, 0, str_chr(line, '\n'));
		if (at > 0 && (box.p[at - 1] == '\n' || box.p[at - 1] == '\r') &&
		    is_separator(line))
			return at + 1;
		from = at + 1;
	}
	return box.n;
}

static void each_in_box(const char *path, struct str box, source_fn *fn, void *arg)
{
	struct arena *a;
	size_t end = str_starts(box, STR("From ")) ? next_separator(box, 0) : box.n;
	size_t from = 0;

	if (end == box.n) {
		fn(arg, str_c(path), box);
		return;
	}
	a = arena_new(0);
	for (unsigned i = 1; from < box.n; i++) {
		fn(arg, arena_printf(a, "%s:%u", path, i), str_sub(box, from, end - from));
		from = end;
		end = next_separator(box, from + 1);
	}
	arena_free(a);
}

static int each_in_file(const char *path, source_fn *fn, void *arg, struct err *e)
{
	char *p;
	size_t n;

	if (source_read(path, &p, &n, e) < 0)
		return -1;
	each_in_box(path, str_of(p, n), fn, arg);
	free(p);
	return 0;
}

/* ---- directories, by an explicit list of those still to be read ---- */

struct walk {
	struct arena *arena;
	VEC(struct str) todo; /* paths, last first */
	VEC(unsigned) depth;
};

static int not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int push_entries(struct walk *w, struct str dir, unsigned depth, struct err *e)
{
	struct dirent **entry;
	int n = scandir(dir.p, &entry, not_hidden, alphasort);

	if (n < 0)
		return err_set(e, "%s: %s", dir.p, strerror(errno));
	for (int i = n; i-- > 0;) {
		VEC_PUSH(w->arena, w->todo) =
			arena_printf(w->arena, "%s/%s", dir.p, entry[i]->d_name);
		VEC_PUSH(w->arena, w->depth) = depth + 1;
		free(entry[i]);
	}
	free(entry);
	return 0;
}

static int walk(struct walk *w, source_fn *fn, void *arg, struct err *e)
{
	while (w->todo.n) {
		struct str path = w->todo.p[--w->todo.n];
		unsigned depth = w->depth.p[--w->depth.n];
		struct stat st;
		int rc = 0;
		if (stat(path.p, &st) < 0)
			return err_set(e, "%s: %s", path.p, strerror(errno));
		if (S_ISDIR(st.st_mode) && depth < DIR_DEPTH_MAX)
			rc = push_entries(w, path, depth, e);
		else if (depth == 0 || S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode))
			rc = each_in_file(path.p, fn, arg, e);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int source_each(const char *path, source_fn *fn, void *arg, struct err *e)
{
	struct walk w = { 0 };
	int rc;

	if (strcmp(path, "-") == 0)
		return each_in_file(path, fn, arg, e);
	w.arena = arena_new(0);
	VEC_PUSH(w.arena, w.todo) = arena_dup(w.arena, str_c(path));
	VEC_PUSH(w.arena, w.depth) = 0;
	rc = walk(&w, fn, arg, e);
	arena_free(w.arena);
	return rc;
}

/* ---- to a scan ---- */

struct feeding {
	struct scan *scan;
	const struct envelope *envelope;
	bool begun;
};

static struct str return_path(struct scan *s)
{
	const struct hdr *h = hdr_find(&s->headers, STR("Return-Path"), 0);

	struct str path = h ? str_trim(hdr_unfold(s->arena, h->value)) : STR("");
	size_t end = str_rchr(path, '>');

	/* A comment may follow (RFC 5322 3.6.7). */
	return str_starts(path, STR("<")) && end != SIZE_MAX ? str_sub(path, 0, end + 1) : path;
}

/* The header block is complete: the envelope, then its end. */
static void begin(struct feeding *f)
{
	const struct envelope *v = f->envelope;

	if (f->begun)
		return;
	f->begun = true;
	scan_helo(f->scan, v->helo.p ? v->helo : STR(""));
	scan_mail(f->scan, v->mail_from.p ? v->mail_from : return_path(f->scan));
	for (size_t i = 0; i < v->nrcpt; i++)
		scan_rcpt(f->scan, v->rcpt[i]);
	scan_eoh(f->scan);
}

static void take_body(void *arg, struct str octets)
{
	struct feeding *f = arg;

	begin(f);
	scan_body(f->scan, octets);
}

struct scan *source_scan(const struct scan_env *env, const struct envelope *env_from,
			 struct str octets, unsigned flags, scan_done_fn *done, void *arg)
{
	struct scan_client client = { .ip = env_from->ip,
				      .host = env_from->host,
				      .tls = env_from->tls,
				      .auth_user = env_from->auth_user };
	struct feeding f = { .envelope = env_from };
	struct msg_reader *r;

	f.scan = scan_new(env, &client, flags);
	r = msg_new(f.scan->arena, &f.scan->headers, take_body, &f);
	msg_feed(r, octets);
	msg_end(r);
	begin(&f);
	scan_eom(f.scan, done, arg);
	return f.scan;
}
