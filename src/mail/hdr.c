/* The header list: exact octets in, fields with their exact octets out. */
#include "mail/hdr.h"

void hdr_init(struct hdr_list *h, struct arena *a)
{
	*h = (struct hdr_list){ .arena = a };
}

static bool visible(char c)
{
	return c >= 33 && c <= 126;
}

bool hdr_like(struct str name, struct str want)
{
	size_t k = 0;

	for (size_t i = 0; i < name.n && name.p[i] != ':'; i++) {
		if (!visible(name.p[i]))
			continue;
		if (k == want.n || ch_lower(name.p[i]) != ch_lower(want.p[k]))
			return false;
		k++;
	}
	return k == want.n;
}

void hdr_drop(struct hdr_list *h, struct str name, unsigned flag)
{
	h->flags |= flag;
	h->dropped++;
	if (h->gone.n < HDR_MAX_GONE)
		VEC_PUSH(h->arena, h->gone) =
			(struct hdr_gone){ arena_dup(h->arena, str_sub(name, 0, HDR_MAX_NAME)),
					   h->v.n };
	if (hdr_like(name, STR("from")))
		h->hidden_from++;
}

static struct str name_trim(struct str name)
{
	while (name.n && ch_wsp(name.p[name.n - 1]))
		name.n--;
	return name;
}

/* Octets of value once every LF has its CR. */
static size_t crlf_size(struct str value)
{
	size_t n = value.n;

	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] == '\n' && (i == 0 || value.p[i - 1] != '\r'))
			n++;
	return n;
}

/* What some reader takes for the beginning of a line inside a field: is it a From for it? */
static void look_at_line(struct hdr_list *h, struct str rest)
{
	size_t n = 0;

	while (n < rest.n && rest.p[n] != '\r' && rest.p[n] != '\n')
		n++;
	if (n && !ch_wsp(rest.p[0]) && hdr_like(str_sub(rest, 0, n), STR("from")))
		h->hidden_from++;
}

static void look_at_octets(struct hdr_list *h, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\0') {
			h->flags |= HDR_F_NUL;
		} else if (s.p[i] == '\n') {
			look_at_line(h, str_skip(s, i + 1));
		} else if (s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n')) {
			h->flags |= HDR_F_BARE_CR;
			look_at_line(h, str_skip(s, i + 1));
		} else if ((unsigned char)s.p[i] > 127) {
			h->flags |= HDR_F_8BIT;
		}
	}
}

static size_t copy_value(char *to, struct str value)
{
	size_t n = 0;

	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '\n' && (i == 0 || value.p[i - 1] != '\r'))
			to[n++] = '\r';
		to[n++] = value.p[i];
	}
	return n;
}

static struct str drop_line_end(struct str value)
{
	if (value.n && value.p[value.n - 1] == '\n')
		value.n--;
	else
		return value;
	if (value.n && value.p[value.n - 1] == '\r')
		value.n--;
	return value;
}

static bool name_is_odd(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!visible(name.p[i]) || name.p[i] == ':')
			return true;
	return name.n == 0;
}

/* The limit that a field of size octets would break, 0 if none. */
static unsigned over_limit(const struct hdr_list *h, size_t name, size_t size)
{
	if (name > HDR_MAX_NAME || size > HDR_MAX_FIELD)
		return HDR_F_TOO_LONG;
	if (h->v.n >= HDR_MAX_FIELDS)
		return HDR_F_TOO_MANY;
	return size > HDR_MAX_BLOCK - h->octets ? HDR_F_TOO_BIG : 0;
}

const struct hdr *hdr_add(struct hdr_list *h, struct str name, struct str value)
{
	struct str bare = name_trim(name);
	unsigned flag = over_limit(h, bare.n, name.n > value.n ? name.n : value.n);
	struct hdr f = { 0 };
	char *raw;
	size_t n;

	value = drop_line_end(value);
	if (!flag)
		flag = over_limit(h, bare.n, name.n + 1 + crlf_size(value) + 2);
	if (flag) {
		hdr_drop(h, name, flag);
		return NULL;
	}
	raw = arena_alloc(h->arena, name.n + 1 + crlf_size(value) + 2);
	if (name.n)
		memcpy(raw, name.p, name.n);
	raw[name.n] = ':';
	n = copy_value(raw + name.n + 1, value);
	memcpy(raw + name.n + 1 + n, "\r\n", 2);
	f.name = str_of(raw, bare.n);
	f.value = str_of(raw + name.n + 1, n);
	f.raw = str_of(raw, name.n + 1 + n + 2);
	f.odd = bare.n != name.n || name_is_odd(bare);
	h->octets += f.raw.n;
	h->flags |= f.odd ? HDR_F_ODD_NAME : 0u;
	look_at_octets(h, f.raw);
	VEC_PUSH(h->arena, h->v) = f;
	return &h->v.p[h->v.n - 1];
}

const struct hdr *hdr_find(const struct hdr_list *h, struct str name, size_t i)
{
	for (size_t k = 0; k < h->v.n; k++)
		if (str_ieq(h->v.p[k].name, name) && i-- == 0)
			return &h->v.p[k];
	return NULL;
}

size_t hdr_count(const struct hdr_list *h, struct str name)
{
	size_t n = 0;

	for (size_t k = 0; k < h->v.n; k++)
		n += str_ieq(h->v.p[k].name, name);
	return n;
}

/* Length of the line end of a fold at i, 0 if there is none. */
static size_t fold_at(struct str v, size_t i)
{
	size_t n = v.p[i] == '\r' && i + 1 < v.n && v.p[i + 1] == '\n' ? 2 : v.p[i] == '\n' ? 1 : 0;

	return n && i + n < v.n && ch_wsp(v.p[i + n]) ? n : 0;
}

struct str hdr_unfold(struct arena *a, struct str value)
{
	struct str v = str_trim(value);
	size_t n = 0, fold;
	char *p;

	if (str_chr(v, '\n') == SIZE_MAX)
		return v;
	p = arena_alloc(a, v.n);
	for (size_t i = 0; i < v.n; i++) {
		fold = fold_at(v, i);
		if (fold)
			i += fold - 1;
		else
			p[n++] = v.p[i];
	}
	return str_of(p, n);
}
