/* Display names in one form: words in small letters, in order of the alphabet. */
#include "checks/memory/names.h"

#include <stdlib.h>

#include "base/buf.h"

#define NAME_MIN 6u
#define NAME_MAX_OCTETS 128u
#define WORDS_MIN 2u
#define WORDS_MAX 6u

static bool in_word(char c)
{
	return ch_alnum(c) || (unsigned char)c > 127;
}

static int by_text(const void *a, const void *b)
{
	return str_icmp(*(const struct str *)a, *(const struct str *)b);
}

/* The words of the name; 0: not two to six. */
static size_t split(struct str name, struct str word[WORDS_MAX])
{
	size_t n = 0, i = 0;

	while (i < name.n) {
		size_t from = i;
		while (i < name.n && in_word(name.p[i]))
			i++;
		if (i == from) {
			i++;
			continue;
		}
		if (n == WORDS_MAX)
			return 0;
		word[n++] = str_sub(name, from, i - from);
	}
	return n < WORDS_MIN ? 0 : n;
}

struct str names_key(struct scan *s, struct str domain, struct str name)
{
	struct str word[WORDS_MAX], part[2] = { domain };
	struct buf out = { .arena = s->arena };
	size_t n;

	if (name.n < NAME_MIN || name.n > NAME_MAX_OCTETS || str_chr(name, '@') != SIZE_MAX)
		return STR_NULL;
	n = split(name, word);
	if (!n)
		return STR_NULL;
	qsort(word, n, sizeof *word, by_text);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_addc(&out, ' ');
		buf_add(&out, arena_lower(s->arena, word[i]));
	}
	part[1] = memory_hash(s, buf_str(&out));
	return memory_key(s, "name", part, 2);
}
