/* Postfix's main.cf as text (postconf(5)): "name = value", continued on lines that begin with white
 * space; empty lines and lines that begin with # are passed over, also between continuation lines.
 */
#include "cmd/maincf.h"

#include "base/buf.h"

struct setting {
	size_t from, to; /* octets of the logical line, its last line end included */
	struct str value;
};

static struct str line_at(struct str text, size_t from)
{
	struct str rest = str_skip(text, from);
	size_t n = str_chr(rest, '\n');

	return str_sub(rest, 0, n == SIZE_MAX ? rest.n : n + 1);
}

static bool continues(struct str line)
{
	return line.n && ch_wsp(line.p[0]) && str_trim(line).n && str_trim(line).p[0] != '#';
}

static bool passes_over(struct str line)
{
	struct str t = str_trim(line);

	return !t.n || t.p[0] == '#';
}

/* Reads the logical line that begins at from: its end, and its value if it sets name. */
static bool read_setting(struct arena *a, struct str text, size_t from, struct str name,
			 struct setting *out)
{
	struct buf value = { .arena = a };
	struct str line = line_at(text, from), rest = line;
	size_t at = from + line.n;
	struct str key = str_trim(str_cut(&rest, '='));

	out->from = from;
	out->to = at;
	if (!rest.p || !str_eq(key, name))
		return false;
	buf_add(&value, str_trim(rest));
	while (at < text.n) {
		struct str more = line_at(text, at);
		at += more.n;
		if (continues(more)) {
			buf_addc(&value, ' ');
			buf_add(&value, str_trim(more));
			out->to = at;
		} else if (!passes_over(more)) {
			break;
		}
	}
	out->value = str_trim(buf_str(&value));
	return true;
}

static bool find_last(struct arena *a, struct str text, struct str name, struct setting *out)
{
	struct setting one;
	bool found = false;

	for (size_t at = 0; at < text.n; at += line_at(text, at).n) {
		struct str line = line_at(text, at);
		if (ch_wsp(line.p[0]) || line.p[0] == '#' || !read_setting(a, text, at, name, &one))
			continue;
		*out = one;
		found = true;
	}
	return found;
}

struct str maincf_get(struct arena *a, struct str text, struct str name)
{
	struct setting s;

	return find_last(a, text, name, &s) ? s.value : STR_NULL;
}

/* What a setting that is replaced had between its lines. */
static void keep_comments(struct buf *out, struct str old)
{
	for (size_t at = 0; at < old.n; at += line_at(old, at).n)
		if (passes_over(line_at(old, at)))
			buf_add(out, line_at(old, at));
}

struct str maincf_set(struct arena *a, struct str text, struct str name, struct str value)
{
	struct buf out = { .arena = a };
	struct setting s = { .from = text.n, .to = text.n };

	if (find_last(a, text, name, &s) && str_eq(s.value, value))
		return text;
	buf_add(&out, str_sub(text, 0, s.from));
	if (out.n && out.p[out.n - 1] != '\n')
		buf_addc(&out, '\n');
	buf_add(&out, name);
	buf_add(&out, STR(" = "));
	buf_add(&out, value);
	buf_addc(&out, '\n');
	keep_comments(&out, str_sub(text, s.from, s.to - s.from));
	buf_add(&out, str_skip(text, s.to));
	return buf_str(&out);
}

/* ---- milters ---- */

struct str maincf_socket(struct arena *a, struct str socket, struct str queue_directory)
{
	struct str rest = str_skip(socket, str_chr(socket, ':') + 1), port = str_cut(&rest, '@');

	if (rest.p)
		return arena_printf(
			a, str_chr(rest, ':') == SIZE_MAX ? "inet:%.*s:%.*s" : "inet:[%.*s]:%.*s",
			STR_ARG(rest), STR_ARG(port));
	while (queue_directory.n > 1 && queue_directory.p[queue_directory.n - 1] == '/')
		queue_directory.n--;
	if (queue_directory.n && str_starts(port, queue_directory) &&
	    str_starts(str_skip(port, queue_directory.n), STR("/")))
		port = str_skip(port, queue_directory.n + 1);
	return arena_printf(a, "unix:%.*s", STR_ARG(port));
}

/* Cuts the next name off *list, without the braces of { name, option = value }. */
static struct str next_milter(struct str *list)
{
	size_t n = 0;
	struct str one;

	while (list->n && (ch_fws(list->p[0]) || list->p[0] == ',' || list->p[0] == '{'))
		*list = str_skip(*list, 1);
	while (n < list->n && !ch_fws(list->p[n]) && list->p[n] != ',')
		n++;
	one = str_sub(*list, 0, n);
	*list = str_skip(*list, n);
	if (one.n && one.p[one.n - 1] == '}' && one.p[0] != '$')
		one.n--;
	return one;
}

/* Whether the value is $name, ${name} or $(name). */
static bool names_parameter(struct str value, struct str name)
{
	if (!value.n || value.p[0] != '$')
		return false;
	value = str_skip(value, 1);
	if (value.n > 2 && (value.p[0] == '{' || value.p[0] == '('))
		value = str_sub(value, 1, value.n - 2);
	return str_eq(value, name);
}

struct str maincf_with(struct arena *a, struct str list, struct str socket)
{
	struct str rest = list, one;

	while ((one = next_milter(&rest)).n)
		if (str_eq(one, socket))
			return list;
	return list.n ? arena_printf(a, "%.*s, %.*s", STR_ARG(list), STR_ARG(socket)) : socket;
}

struct str maincf_attach(struct arena *a, struct str text, struct str socket)
{
	const struct str smtpd = STR("smtpd_milters"), other = STR("non_smtpd_milters");
	const struct str fault = STR("milter_default_action");
	struct str queue = maincf_get(a, text, STR("queue_directory"));
	struct str before = maincf_get(a, text, smtpd), after;

	socket = maincf_socket(a, socket, queue.n ? queue : STR("/var/spool/postfix"));
	after = maincf_with(a, before, socket);
	if (!str_eq(after, before) && names_parameter(maincf_get(a, text, other), smtpd))
		text = maincf_set(a, text, other, before);
	text = maincf_set(a, text, smtpd, after);
	return maincf_get(a, text, fault).p ? text : maincf_set(a, text, fault, STR("tempfail"));
}
