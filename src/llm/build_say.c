/* How one value gets into a question. */
#include "llm/build.h"

#include <stdlib.h>

#include "mail/domain.h"

/* Everything before this gives UTF-8; a way that does not is to cost a few letters, no worker. */
static json_t *ascii_string(struct str s)
{
	char *text = malloc(s.n + 1);
	json_t *v;

	if (!text)
		bug("no memory for a text");
	for (size_t i = 0; i < s.n; i++)
		text[i] = (unsigned char)s.p[i] < 0x80 ? s.p[i] : '?';
	v = json_stringn(text, s.n);
	free(text);
	return v;
}

json_t *build_string(struct str s)
{
	json_t *v = json_stringn(s.p ? s.p : "", s.n);

	return v ? v : ascii_string(s);
}

void build_say(struct builder *b, const char *key, struct str value)
{
	buf_add(&b->said, str_c(key));
	buf_addf(&b->said, ":%zu:", value.n);
	buf_add(&b->said, value);
	buf_addc(&b->said, '\n');
}

/* The beginning of s, whole characters, without half a placeholder. */
static struct str shortened(struct str s, size_t max)
{
	size_t n = s.n, open;

	if (s.n <= max)
		return s;
	for (n = max; n && ((unsigned char)s.p[n] & 0xC0) == 0x80; n--)
		continue;
	s = str_sub(s, 0, n);
	open = str_rchr(s, '[');
	if (open != SIZE_MAX && s.n - open < 9 && str_chr(str_skip(s, open), ']') == SIZE_MAX)
		s = str_sub(s, 0, open);
	return s;
}

struct str build_plain(struct builder *b, struct str text, size_t max)
{
	text = llm_normal(b->arena, text, 4 * max);
	if (b->mode == LLM_REDACTED)
		text = llm_redact(b->arena, b->names, text);
	return shortened(text, max);
}

static struct str base64(struct arena *a, struct str s)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)s.p[i] << 16;

		if (i + 1 < s.n)
			v |= (uint32_t)(unsigned char)s.p[i + 1] << 8;
		if (i + 2 < s.n)
			v |= (unsigned char)s.p[i + 2];
		buf_addc(&b, digit[v >> 18]);
		buf_addc(&b, digit[v >> 12 & 63]);
		buf_addc(&b, i + 1 < s.n ? digit[v >> 6 & 63] : '=');
		buf_addc(&b, i + 2 < s.n ? digit[v & 63] : '=');
	}
	return buf_str(&b);
}

struct str build_marked(struct builder *b, struct str plain)
{
	struct buf out = { .arena = b->arena };

	if (b->model->marking == LLM_PLAIN)
		return plain;
	if (b->model->marking == LLM_BASE64)
		return base64(b->arena, plain);
	for (size_t i = 0; i < plain.n; i++)
		if (plain.p[i] == ' ' || plain.p[i] == '\n')
			buf_add(&out, b->mark);
		else
			buf_addc(&out, plain.p[i]);
	return buf_str(&out);
}

void build_say_text(struct builder *b, const char *key, struct str plain)
{
	build_say(b, key, b->mode == LLM_REDACTED ? plain : llm_unname(b->arena, b->names, plain));
}

void build_text(struct builder *b, json_t *object, const char *key, struct str text, size_t max)
{
	struct str plain;

	if (!text.n)
		return;
	plain = build_plain(b, text, max);
	if (!plain.n)
		return;
	build_say_text(b, key, plain);
	if (b->mode == LLM_FEATURES)
		return;
	json_object_set_new(object, key, build_string(build_marked(b, plain)));
	b->anything = true;
}

void build_word(struct builder *b, json_t *object, const char *key, struct str word)
{
	if (!word.n)
		return;
	word = llm_normal(b->arena, word, BUILD_NAME_MAX);
	build_say(b, key, word);
	json_object_set_new(object, key, build_string(word));
}

void build_count(struct builder *b, json_t *object, const char *key, size_t n)
{
	if (!n)
		return;
	build_say(b, key, arena_printf(b->arena, "%zu", n));
	json_object_set_new(object, key, json_integer((json_int_t)n));
}

void build_true(struct builder *b, json_t *object, const char *key)
{
	build_say(b, key, STR("true"));
	json_object_set_new(object, key, json_true());
}

static bool is_own(const struct builder *b, struct str host)
{
	for (size_t i = 0; i < b->facts->nown; i++)
		if (domain_within(host, b->facts->own_domain[i]))
			return true;
	return false;
}

void build_host(struct builder *b, json_t *object, const char *key, struct str host)
{
	struct str said = host;

	if (!host.n)
		return;
	if (is_own(b, host)) {
		json_object_set_new(object, arena_printf(b->arena, "%s_is_own", key).p,
				    json_true());
		build_say(b, key, STR("own"));
	}
	if (b->mode == LLM_FEATURES)
		said = str_c(llm_sha256(
			b->arena,
			arena_printf(b->arena, "%.*s/%.*s", STR_ARG(b->own), STR_ARG(host)), 4));
	else
		said = build_plain(b, host, 253);
	build_say(b, key, said);
	json_object_set_new(object, key, build_string(said));
}
