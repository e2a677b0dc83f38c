/*
 * The log: one event a line, logfmt or JSON, to stderr, syslog or a file. Never blocks: what the
 * sink does not take at once is dropped and counted (LIMITS 5.22).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"
#include "base/str.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARN, LOG_LVL_INFO, LOG_LVL_DEBUG };
enum log_format { LOG_LOGFMT, LOG_JSON };

struct log_config {
	enum log_level level;
	enum log_format format;
	const char *target; /* "stderr", "syslog" (/dev/log), "syslog:/path", or "file:/path" */
};

/*
 * The process's log sink (one of the two globals). Before it is called: logfmt, info, to stderr.
 * Called again it opens the target anew (after rotation); on -1 the old sink stays. A file that
 * takes no more (disk full) is tried again with every line, and the line goes to syslog meanwhile.
 * A process that must outlive its log's reader ignores SIGPIPE.
 */
int log_open(const struct log_config *cfg, struct err *e);

/* The name that stands in front of syslog lines and as proc= in all ("supervisor", "worker1"). */
void log_proc(const char *name);

enum log_type { LOG_T_STR, LOG_T_INT, LOG_T_MS };
struct log_field {
	const char *key;
	enum log_type type;
	struct str s;
	int64_t i; /* LOG_T_MS: microseconds, printed as milliseconds with three decimals */
};

#define F_STR(key, v) ((struct log_field){ (key), LOG_T_STR, (v), 0 })
#define F_CSTR(key, v) ((struct log_field){ (key), LOG_T_STR, str_c(v), 0 })
#define F_INT(key, v) ((struct log_field){ (key), LOG_T_INT, STR_NULL, (int64_t)(v) })
#define F_MS(key, us) ((struct log_field){ (key), LOG_T_MS, STR_NULL, (int64_t)(us) })

/* Octets of a line with its newline: what a pipe takes in one piece (PIPE_BUF). */
#define LOG_LINE_MAX 4096u

/*
 * One line in one write: time, level, proc, event, then the fields. Strings are quoted; C0, C1,
 * DEL, U+2028/9, bidi controls and octets that are not UTF-8 are escaped, in logfmt as \xNN for
 * each octet, in JSON as \uNNNN, and as the text \xNN what is not UTF-8. A line is cut between
 * characters at LOG_LINE_MAX and then ends in a field cut=true. A string field whose p is NULL is
 * left out.
 */
void log_event(enum log_level l, const char *event, const struct log_field *f, size_t n);
#define LOG(level, event, ...)                                                                     \
	log_event((level), (event), (const struct log_field[]){ __VA_ARGS__ },                     \
		  sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))

bool log_on(enum log_level l);

/*
 * Formats one line as log_event would, without newline and without sending it, into out[cap] and
 * adds a NUL; its length (0 if cap is under 64). For tests.
 */
size_t log_line(char *out, size_t cap, enum log_format fmt, enum log_level l, const char *event,
		const struct log_field *f, size_t n);

/* Lines the sink refused since the start (a file's that went to syslog instead too). */
uint64_t log_dropped(void);

#pragma GCC visibility pop

#endif
