/* Tokens of header fields: words under the name of their field, pairs of a subject's, and
 * which field follows which. */
#include "learn/fields.h"
#include "learn/tokens.h"

/* What a field says, in UTF-8. */
static struct str value_of(struct arena *a, struct str value)
{
	if (str_find(value, STR("=?")) == SIZE_MAX && str_ascii(value))
		return value;
	return mime_words(a, value);
}

/* What of a time is the same every day: what stands behind the minutes. */
static struct str end_of_time(struct str s)
{
	size_t at = str_rchr(s, ':');

	return at == SIZE_MAX ? s : str_skip(s, at);
}

static struct str text_of(struct arena *a, const struct hdr *h)
{
	enum field_use use = field_use(h->name);
	struct str s = value_of(a, h->value);
	size_t semicolon = str_rchr(s, ';');

	if (use == FIELD_DATE)
		return end_of_time(s);
	if (use == FIELD_ORIGIN && semicolon != SIZE_MAX)
		return str_sub(s, 0, semicolon);
	return s;
}

/* Pairs of words stand for more than their words in a subject; in other fields they say once more
 * what the words say. */
static void field(struct token_set *t, const struct hdr *h, struct str name)
{
	struct word_reader r = { .in = text_of(t->arena, h), .field = true };
	bool pairs = str_eq(name, STR("subject"));
	char before[sizeof r.out];
	struct str word, last = str_of(before, 0);
	struct str prefix = arena_printf(t->arena, "%.*s:", STR_ARG(name));

	for (size_t i = 0; i < TOKENS_FIELD && t->n < t->max && word_next(&r, &word); i++) {
		tokens_add(t, prefix, word, STR(""));
		if (pairs && last.n)
			tokens_add(t, prefix, last, word);
		memcpy(before, word.p, word.n);
		last = str_of(before, word.n);
	}
}

void tokens_headers(struct token_set *t, const struct hdr_list *headers)
{
	size_t *which = arena_alloc(t->arena, arena_mul(headers->v.n, sizeof *which));
	size_t n = fields_read(headers, which);
	struct str before = STR("");

	for (size_t i = 0; i < n && t->n < t->max; i++) {
		const struct hdr *h = &headers->v.p[which[i]];
		struct str name = arena_lower(t->arena, str_sub(h->name, 0, TOKEN_MAX));
		field(t, h, name);
		tokens_add(t, STR("order:"), before, name);
		before = name;
	}
}
