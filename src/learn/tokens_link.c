/* Tokens of links: the host, the domains above it, and the words of the path. */
#include "learn/tokens.h"

#define LABELS_MAX 8u
#define PATH_WORDS 32u

static void host(struct token_set *t, const struct url *u)
{
	struct str name = u->host;

	for (size_t i = 0; i < LABELS_MAX && name.n; i++) {
		tokens_add(t, STR("url:"), name, STR(""));
		if (u->flags & URL_IP)
			return;
		str_cut(&name, '.');
		if (str_chr(name, '.') == SIZE_MAX)
			return;
	}
}

static void path(struct token_set *t, struct str s)
{
	struct word_reader r = { .in = s };
	struct str word;

	for (size_t i = 0; i < PATH_WORDS && word_next(&r, &word); i++)
		tokens_add(t, STR("path:"), word, STR(""));
}

void tokens_links(struct token_set *t, const url_vec *urls)
{
	for (size_t i = 0; i < urls->n && t->n < t->max; i++) {
		const struct url *u = &urls->p[i];
		if (u->part == UINT32_MAX)
			continue;
		host(t, u);
		path(t, u->path);
		path(t, u->query);
	}
}
