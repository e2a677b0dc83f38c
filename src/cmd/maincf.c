/* Postfix's main.cf as text (postconf(5)): "name = value", continued on lines that begin with white
 * space; lines that begin with # are comments, also between continuation lines. */
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

	return t.n && t.p[0] == '#';
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

struct str maincf_set(struct arena *a, struct str text, struct str name, struct str value)
{
	struct buf out = { .arena = a };
	struct setting s = { .from = text.n, .to = text.n };

	find_last(a, text, name, &s);
	buf_add(&out, str_sub(text, 0, s.from));
	if (out.n && out.p[out.n - 1] != '\n')
		buf_addc(&out, '\n');
	buf_add(&out, name);
	buf_add(&out, STR(" = "));
	buf_add(&out, value);
	buf_addc(&out, '\n');
	buf_add(&out, str_skip(text, s.to));
	return buf_str(&out);
}
