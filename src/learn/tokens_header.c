/* Tokens of header fields: words under the name of their field, pairs of them, and which field
 * follows which. */
#include "learn/tokens.h"

/* What a field says, in UTF-8. */
static struct str value_of(struct arena *a, struct str value)
{
	if (str_find(value, STR("=?")) == SIZE_MAX && str_ascii(value))
		return value;
	return mime_words(a, value);
}

static void field(struct token_set *t, const struct hdr *h, struct str name)
{
	struct word_reader r = { .in = value_of(t->arena, h->value), .field = true };
	char before[sizeof r.out];
	struct str word, last = str_of(before, 0);
	struct str prefix = arena_printf(t->arena, "%.*s:", STR_ARG(name));

	for (size_t i = 0; i < TOKENS_FIELD && t->n < t->max && word_next(&r, &word); i++) {
		tokens_add(t, prefix, word, STR(""));
		if (last.n)
			tokens_add(t, prefix, last, word);
		memcpy(before, word.p, word.n);
		last = str_of(before, word.n);
	}
}

void tokens_headers(struct token_set *t, const struct hdr_list *headers)
{
	struct str before = STR("");

	for (size_t i = 0; i < headers->v.n && t->n < t->max; i++) {
		const struct hdr *h = &headers->v.p[i];
		struct str name = arena_lower(t->arena, str_sub(h->name, 0, TOKEN_MAX));
		if (features_ignore(h->name) || features_added(h->name))
			continue;
		field(t, h, name);
		tokens_add(t, STR("order:"), before, name);
		before = name;
	}
}
