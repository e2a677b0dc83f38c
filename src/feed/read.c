/* Readers of lists, comma-separated values and hosts files. */
#include "feed/entry.h"

#include "base/buf.h"

/* ---- one entry a line ---- */

void read_list(struct entries *x, struct str text, const struct feed_format *f)
{
	struct str line, value, rest;

	while (entry_line(x, &text, &line)) {
		value = rest = entry_text(line, "#;");
		if (!value.n) {
			x->counts->comments++;
			continue;
		}
		if (str_find(value, STR("://")) == SIZE_MAX)
			value = entry_word(&rest);
		entry_add(x, f->kind, value, SCOPE_ALL);
	}
}

/* ---- comma-separated values ---- */

/* Where the record at the beginning of s ends: behind a line end that is not quoted, or at its end.
 * A quote that is not closed within FEED_MAX_LINE ends with its line. */
static size_t record_end(struct str s)
{
	struct str near = str_sub(s, 0, FEED_MAX_LINE);
	const char *line = memchr(s.p, '\n', s.n);
	size_t first = line ? (size_t)(line - s.p) + 1 : s.n;
	bool quoted = false;

	for (size_t i = 0; i < near.n; i++) {
		if (near.p[i] == '"')
			quoted = !quoted;
		else if (near.p[i] == '\n' && !quoted)
			return i + 1;
	}
	return !quoted && near.n == s.n ? s.n : first;
}

/* The field at the beginning of *s, quotes undone; *s becomes what is behind its separator, absent
 * at the record's end. */
static struct str next_field(struct arena *a, struct str *s, char separator)
{
	struct buf b = { .arena = a };
	size_t i = 1;

	while (s->n && ch_wsp(s->p[0]) && s->p[0] != separator)
		*s = str_skip(*s, 1);
	if (!s->n || s->p[0] != '"')
		return str_trim(str_cut(s, separator));
	for (; i < s->n; i++) {
		if (s->p[i] == '"' && (i + 1 == s->n || s->p[i + 1] != '"'))
			break;
		if (s->p[i] == '"')
			i++;
		buf_addc(&b, s->p[i]);
	}
	*s = str_skip(*s, i + 1);
	str_cut(s, separator);
	return str_trim(buf_str(&b));
}

static struct str column(struct entries *x, struct str record, const struct feed_format *f)
{
	struct str field = STR_NULL;

	for (unsigned i = 0; i < f->column; i++) {
		if (!record.p)
			return STR_NULL;
		field = next_field(x->scratch, &record, f->separator);
	}
	return field;
}

static void csv_record(struct entries *x, struct str record, const struct feed_format *f)
{
	struct str value;

	x->counts->lines++;
	if (record.n > FEED_MAX_LINE) {
		x->counts->too_long++;
		return;
	}
	record = str_trim(record);
	if (!record.n || record.p[0] == '#') {
		x->counts->comments++;
		return;
	}
	value = column(x, record, f);
	if (!value.n || memchr(value.p, 0, value.n))
		x->counts->bad++;
	else
		entry_add(x, f->kind, value, SCOPE_ALL);
}

void read_csv(struct entries *x, struct str text, const struct feed_format *f)
{
	while (text.n && !entry_full(x)) {
		size_t n;
		if (text.p[0] == '#') { /* what it says may hold a quote */
			str_cut(&text, '\n');
			x->counts->lines++;
			x->counts->comments++;
			continue;
		}
		n = record_end(text);
		csv_record(x, str_sub(text, 0, n), f);
		text = str_skip(text, n);
	}
}

/* ---- hosts files ---- */

/* Names that such files have for the machine itself. */
static bool own_name(struct str name)
{
	return str_chr(name, '.') == SIZE_MAX || str_ieq(name, STR("localhost.localdomain")) ||
	       str_ieq(name, STR("0.0.0.0"));
}

static bool nowhere(struct str address)
{
	static const struct ip zero4 = { .family = 4 }, zero6 = { .family = 6 };
	struct ip ip;

	return ip_parse(address, &ip) &&
	       (ip_is_loopback(&ip) || ip_eq(&ip, &zero4) || ip_eq(&ip, &zero6));
}

void read_hosts(struct entries *x, struct str text, const struct feed_format *f)
{
	struct str line, rest, address;
	struct ip ip;

	(void)f;
	while (entry_line(x, &text, &line)) {
		rest = entry_text(line, "#");
		address = entry_word(&rest);
		if (!address.n || (!nowhere(address) && ip_parse(address, &ip))) {
			x->counts->comments++;
			continue;
		}
		if (!nowhere(address) || !rest.n) {
			x->counts->bad++;
			continue;
		}
		while (rest.n) {
			struct str name = entry_word(&rest);
			if (!own_name(name))
				entry_add(x, FEED_HOST, name, SCOPE_SELF);
		}
	}
}
