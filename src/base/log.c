/* The log sink: one non-blocking write a line, and a count of what was refused. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log_text.h"

#define SYSLOG_PATH "/dev/log"
#define SYSLOG_MAIL (2 << 3) /* RFC 3164 section 4.1.1: facility 2, mail system */

/* How a descriptor is written to without waiting. */
enum kind {
	KIND_NONE, /* no descriptor */
	KIND_FILE, /* a write to it does not wait */
	KIND_SOCK, /* MSG_DONTWAIT */
	KIND_POLL, /* a pipe or terminal shared with others: only when it says that it has room */
};

static struct {
	enum log_level level;
	enum log_format format;
	char proc[32];
	enum kind kind;
	int fd;
	bool open;	    /* log_open succeeded, or the first line found stderr */
	bool torn;	    /* the last line went out in part: the next begins with a newline */
	char syslog_to[96]; /* where syslog listens; "": no syslog */
	int syslog_fd;	    /* -1: not connected */
	uint64_t dropped;
} sink = { .level = LOG_LVL_INFO, .format = LOG_LOGFMT, .fd = -1, .syslog_fd = -1 };

static void close_fd(int fd)
{
	if (fd > STDERR_FILENO)
		close(fd);
}

/*
 * Stderr is often shared with other processes, so O_NONBLOCK must not be set on it. A pipe or a
 * terminal is opened a second time instead, for a file description of our own.
 */
static enum kind stderr_kind(int *fd)
{
	struct stat st;
	int own;

	*fd = STDERR_FILENO;
	if (fstat(STDERR_FILENO, &st) != 0)
		return KIND_NONE;
	if (S_ISSOCK(st.st_mode))
		return KIND_SOCK;
	if (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode))
		return KIND_FILE;
	own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own < 0)
		return KIND_POLL;
	*fd = own;
	return KIND_FILE;
}

static int syslog_connect(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int open_file(const char *path, struct err *e)
{
	int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0640);

	if (fd < 0)
		err_set(e, "log: cannot open %s: %s", path, strerror(errno));
	return fd;
}

int log_open(const struct log_config *cfg, struct err *e)
{
	const char *target = cfg->target, *syslog = SYSLOG_PATH;
	enum kind kind = KIND_NONE;
	int fd = -1;

	if (strcmp(target, "stderr") == 0) {
		kind = stderr_kind(&fd);
		syslog = "";
	} else if (strncmp(target, "file:", 5) == 0) {
		fd = open_file(target + 5, e);
		if (fd < 0)
			return -1;
		kind = KIND_FILE;
	} else if (strncmp(target, "syslog:", 7) == 0) {
		syslog = target + 7;
	} else if (strcmp(target, "syslog") != 0) {
		return err_set(
			e, "log: target \"%s\" is none of stderr, syslog, syslog:/path, file:/path",
			target);
	}
	if (strlen(syslog) >= sizeof sink.syslog_to)
		return err_set(e, "log: the path %s is too long", syslog);
	close_fd(sink.fd);
	close_fd(sink.syslog_fd);
	sink.level = cfg->level;
	sink.format = cfg->format;
	sink.kind = kind;
	sink.fd = fd;
	sink.open = true;
	sink.torn = false;
	snprintf(sink.syslog_to, sizeof sink.syslog_to, "%s", syslog);
	sink.syslog_fd = syslog[0] ? syslog_connect(syslog) : -1;
	return 0;
}

void log_proc(const char *name)
{
	snprintf(sink.proc, sizeof sink.proc, "%s", name);
}

bool log_on(enum log_level l)
{
	return l <= sink.level;
}

uint64_t log_dropped(void)
{
	return sink.dropped;
}

/* A datagram that syslog has no room for is lost; one to a syslog that restarted goes there. */
static bool syslog_send(enum log_level l, struct str line)
{
	static const int severity[] = { 3, 4, 6, 7 };
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char text[LOG_LINE_MAX + 128];
	time_t now = time(NULL);
	struct tm tm;
	int n;

	if (!localtime_r(&now, &tm))
		memset(&tm, 0, sizeof tm);
	n = snprintf(text, sizeof text, "<%d>%.3s %2d %02d:%02d:%02d merlon%s%s[%d]: %.*s",
		     SYSLOG_MAIL | severity[l], months + 3 * tm.tm_mon, tm.tm_mday, tm.tm_hour,
		     tm.tm_min, tm.tm_sec, sink.proc[0] ? "/" : "", sink.proc, (int)getpid(),
		     STR_ARG(line));
	for (int attempt = 0; attempt < 2; attempt++) {
		if (sink.syslog_fd < 0)
			sink.syslog_fd = syslog_connect(sink.syslog_to);
		if (sink.syslog_fd < 0)
			return false;
		if (send(sink.syslog_fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) == n)
			return true;
		if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
			return false;
		close_fd(sink.syslog_fd);
		sink.syslog_fd = -1;
	}
	return false;
}

static ssize_t write_now(const char *p, size_t n)
{
	struct pollfd pfd = { .fd = sink.fd, .events = POLLOUT };

	switch (sink.kind) {
	case KIND_FILE:
		return write(sink.fd, p, n);
	case KIND_SOCK:
		return send(sink.fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	case KIND_POLL:
		return poll(&pfd, 1, 0) == 1 && pfd.revents & POLLOUT ? write(sink.fd, p, n) : -1;
	default:
		return -1;
	}
}

/* line[0] is a newline that stands in front of the line and its own newline. */
static bool fd_send(const char *line, size_t n)
{
	size_t skip = sink.torn ? 0 : 1;
	ssize_t sent = write_now(line + skip, n - skip);

	if (sent <= 0)
		return false;
	sink.torn = (size_t)sent < n - skip;
	return !sink.torn;
}

void log_event(enum log_level l, const char *event, const struct log_field *f, size_t n)
{
	char line[1 + LOG_LINE_MAX];
	size_t len;
	bool ok;

	if (!log_on(l))
		return;
	if (!sink.open) {
		sink.kind = stderr_kind(&sink.fd);
		sink.open = true;
	}
	line[0] = '\n';
	len = log_line(line + 1, LOG_LINE_MAX, sink.format, l, event, f, n);
	line[1 + len] = '\n';
	ok = sink.fd >= 0 ? fd_send(line, len + 2) : syslog_send(l, str_of(line + 1, len));
	if (ok)
		return;
	sink.dropped++;
	if (sink.fd >= 0 && sink.syslog_to[0])
		syslog_send(l, str_of(line + 1, len));
}

size_t log_line(char *out, size_t cap, enum log_format fmt, enum log_level l, const char *event,
		const struct log_field *f, size_t n)
{
	return log_text(out, cap, fmt, l, sink.proc, event, f, n);
}
