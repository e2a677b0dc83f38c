/* The text of one log line: what log.c sends and log_line shows. */
#ifndef BASE_LOG_TEXT_H
#define BASE_LOG_TEXT_H

#include "base/log.h"

/*
 * Formats a line without its newline into out[cap], followed by a NUL; its length, always below
 * cap. What does not fit is cut between characters, the open value is closed, and a field "cut"
 * (true) comes last, so the line is still well-formed. A cap under 64 gives the empty line.
 */
size_t log_text(char *out, size_t cap, enum log_format fmt, enum log_level l, const char *proc,
		const char *event, const struct log_field *f, size_t n);

#endif
