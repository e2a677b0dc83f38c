/* Bugs abort; the environment is reported in one line. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void bug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("merlon: bug: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	abort();
}

int err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return -1;
}

int err_at(struct err *e, const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!e)
		return -1;
	n = line > 0 ? snprintf(e->text, sizeof e->text, "%s:%d: ", file, line)
		     : snprintf(e->text, sizeof e->text, "%s: ", file);
	if (n < 0 || (size_t)n >= sizeof e->text)
		return -1;
	va_start(ap, fmt);
	vsnprintf(e->text + n, sizeof e->text - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}
