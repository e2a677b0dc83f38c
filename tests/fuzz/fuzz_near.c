/* Fuzz target: words and bands take any octets; the same text has the same words, in pieces too. */
#include "base/err.h"
#include "base/buf.h"
#include "learn/digest/near_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hash_key key = { 1, 2 };
	static struct near_words x, y;
	struct arena *a = arena_new(0);
	struct str in = str_of((const char *)data, size);
	struct buf loud = { .arena = a };

	near_words_read(a, key, in, &x);
	if (x.n > NEAR_WORDS_MAX || x.n > size)
		bug("more words than octets");
	for (size_t i = 0; i < size; i++) /* blanks doubled, letters in capitals */
		if (in.p[i] >= 'a' && in.p[i] <= 'z')
			buf_addc(&loud, (char)(in.p[i] - 32));
		else if (in.p[i] == ' ')
			buf_add(&loud, STR("  "));
		else
			buf_addc(&loud, in.p[i]);
	near_words_read(a, key, buf_str(&loud), &y);
	if (x.n != y.n || memcmp(x.hash, y.hash, x.n * sizeof *x.hash) != 0)
		bug("case or blanks make other words");
	arena_free(a);
	return 0;
}
