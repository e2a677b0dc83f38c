/* Faults of a configuration text: one printable line each, up to a number of them. */
#include "conf/fault.h"

#include <stdarg.h>

void fault_at(struct faults *f, struct place at, const char *fmt, ...)
{
	char line[1024];
	int n;
	va_list ap;

	if (f->n++ >= CONF_FAULTS_MAX)
		return;
	if (f->n == CONF_FAULTS_MAX) {
		f->fn(f->arg, "too many faults: the rest is not shown");
		return;
	}
	if (at.line)
		n = snprintf(line, sizeof line, "%.400s:%u: ", at.file, at.line);
	else
		n = snprintf(line, sizeof line, "%.400s: ", at.file);
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof line - (size_t)n, fmt, ap);
	va_end(ap);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	f->fn(f->arg, line);
}

const char *fault_show(char out[FAULT_SHOW], struct str s)
{
	size_t n = 0;

	out[n++] = '"';
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (n + 9 > FAULT_SHOW) {
			memcpy(out + n, "...", 3);
			n += 3;
			break;
		}
		if (c >= ' ' && c < 0x7f)
			out[n++] = (char)c;
		else
			n += (size_t)snprintf(out + n, 5, "\\x%02x", c);
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}
