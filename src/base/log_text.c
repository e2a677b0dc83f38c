/* Log lines as logfmt or JSON: escaping, and cutting without breaking the form. */
#include "base/log_text.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define CAP_MIN 64u
#define KEY_MAX 48u

/* What must still fit after any cut: a closing quote and the longer tail. */
#define TAIL_LOGFMT " cut=true"
#define TAIL_JSON ",\"cut\":true}"
#define TAIL_ROOM sizeof("\"" TAIL_JSON)

struct out {
	char *p;
	size_t n, limit;
	enum log_format fmt;
	bool cut;
};

/* All of s or nothing; after the first thing that did not fit nothing is taken any more. */
static void put(struct out *o, struct str s)
{
	if (o->cut || o->n + s.n > o->limit) {
		o->cut = true;
		return;
	}
	memcpy(o->p + o->n, s.p, s.n);
	o->n += s.n;
}

/* Code points that a terminal or a pager would act upon instead of showing them. */
static bool unsafe(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} range[] = {
		{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x061c, 0x061c },
		{ 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 },
	};

	for (size_t i = 0; i < sizeof range / sizeof *range; i++)
		if (c >= range[i].from && c <= range[i].to)
			return true;
	return false;
}

/* The n octets at s as \xNN; JSON knows no \x, so there it is the text of one. */
static void put_hex(struct out *o, struct str s)
{
	char text[4 * 5 + 1];
	size_t n = 0;

	for (size_t i = 0; i < s.n && i < 4; i++)
		n += (size_t)snprintf(text + n, sizeof text - n,
				      o->fmt == LOG_JSON ? "\\\\x%02x" : "\\x%02x",
				      (unsigned char)s.p[i]);
	put(o, str_of(text, n));
}

static void put_char(struct out *o, struct str c, uint32_t code)
{
	char text[8];

	if (code == '"' || code == '\\') {
		text[0] = '\\';
		text[1] = (char)code;
		put(o, str_of(text, 2));
	} else if (!unsafe(code)) {
		put(o, c);
	} else if (o->fmt == LOG_JSON) {
		snprintf(text, sizeof text, "\\u%04" PRIx32, code & 0xffff);
		put(o, str_of(text, 6));
	} else {
		put_hex(o, c);
	}
}

static void put_text(struct out *o, struct str s)
{
	while (s.n && !o->cut) {
		uint32_t code = 0;
		size_t n = utf8_read(s, &code);

		if (n)
			put_char(o, str_sub(s, 0, n), code);
		else
			put_hex(o, str_sub(s, 0, n = 1));
		s = str_skip(s, n);
	}
}

/* Keys come from the code; whatever is not of a name's characters is '_'. */
static size_t key_text(char out[KEY_MAX], const char *key)
{
	size_t n = 0;

	for (; key[n] && n < KEY_MAX; n++)
		out[n] = ch_alnum(key[n]) || strchr("_-.", key[n]) ? key[n] : '_';
	return n;
}

/* The key and what stands before its value, as one piece with the value's first part. */
static void put_key(struct out *o, const char *key, struct str first)
{
	char name[KEY_MAX], piece[KEY_MAX + 32];
	int klen = (int)key_text(name, key);
	bool json = o->fmt == LOG_JSON;
	int n = snprintf(piece, sizeof piece, json ? "%s\"%.*s\":%.*s" : "%s%.*s=%.*s",
			 o->n <= (json ? 1u : 0u) ? "" : (json ? "," : " "), klen, name,
			 STR_ARG(first));

	put(o, str_of(piece, (size_t)n));
}

static void put_str(struct out *o, const char *key, struct str value)
{
	put_key(o, key, STR("\""));
	if (o->cut)
		return;
	put_text(o, value);
	o->p[o->n++] = '"'; /* TAIL_ROOM has it */
}

static void put_field(struct out *o, const struct log_field *f)
{
	char num[32];
	uint64_t us = f->i < 0 ? 0 - (uint64_t)f->i : (uint64_t)f->i;
	int n;

	switch (f->type) {
	case LOG_T_STR:
		if (f->s.p)
			put_str(o, f->key, f->s);
		return;
	case LOG_T_INT:
		n = snprintf(num, sizeof num, "%" PRId64, f->i);
		break;
	case LOG_T_MS:
		n = snprintf(num, sizeof num, "%s%" PRIu64 ".%03" PRIu64, f->i < 0 ? "-" : "",
			     us / 1000, us % 1000);
		break;
	default:
		bug("log: field type %d", (int)f->type);
	}
	put_key(o, f->key, str_of(num, (size_t)n));
}

static void put_time(struct out *o)
{
	struct timespec now;
	struct tm tm;
	char text[96];

	clock_gettime(CLOCK_REALTIME, &now);
	if (!gmtime_r(&now.tv_sec, &tm))
		memset(&tm, 0, sizeof tm);
	snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		 now.tv_nsec / 1000000);
	put_str(o, "time", str_c(text));
}

size_t log_text(char *out, size_t cap, enum log_format fmt, enum log_level l, const char *proc,
		const char *event, const struct log_field *f, size_t n)
{
	static const char *const level[] = { "error", "warn", "info", "debug" };
	struct out o = { .p = out, .fmt = fmt };

	if (cap < CAP_MIN) {
		if (cap)
			out[0] = '\0';
		return 0;
	}
	o.limit = cap - 1 - TAIL_ROOM;
	if (fmt == LOG_JSON)
		put(&o, STR("{"));
	put_time(&o);
	put_str(&o, "level", str_c(level[l]));
	if (proc[0])
		put_str(&o, "proc", str_c(proc));
	put_str(&o, "event", str_c(event));
	for (size_t i = 0; i < n && !o.cut; i++)
		put_field(&o, &f[i]);
	struct str tail = fmt == LOG_JSON ? STR(TAIL_JSON) : STR(TAIL_LOGFMT);
	if (!o.cut)
		tail = fmt == LOG_JSON ? STR("}") : STR("");
	memcpy(o.p + o.n, tail.p, tail.n);
	o.n += tail.n;
	o.p[o.n] = '\0';
	return o.n;
}
