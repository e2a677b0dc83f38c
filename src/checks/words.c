/* Lists of words in the arguments of predicates. */
#include "checks/words.h"

static bool separates(char c)
{
	return c == ',' || c == '|' || ch_fws(c);
}

bool words_has(struct str list, const char *word)
{
	size_t i = 0;

	while (i < list.n) {
		size_t from;
		while (i < list.n && separates(list.p[i]))
			i++;
		from = i;
		while (i < list.n && !separates(list.p[i]))
			i++;
		if (i > from && str_ieq(str_sub(list, from, i - from), str_c(word)))
			return true;
	}
	return false;
}
