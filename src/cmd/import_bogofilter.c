/* Word lists of bogofilter, as "bogoutil -d" writes them: word, messages of spam, of ham, date. */
#include "cmd/import.h"
#include "learn/tokens.h"

/* What stands in front of words of header fields there and here; of the others bogofilter does not
 * say which field they were in. */
static const struct {
	struct str theirs, ours;
} prefixes[] = {
	{ STR("subj:"), STR("subject:") },
	{ STR("from:"), STR("from:") },
	{ STR("to:"), STR("to:") },
	{ STR("rcvd:"), STR("received:") },
};
static const struct str without[] = { STR("rtrn:"), STR("head:"), STR("mime:"), STR("url:") };

/* Our word for theirs: it must be one word here too. */
static bool take_word(struct import *m, struct hash_key key, struct str prefix, struct str s,
		      bool field, uint32_t ham, uint32_t spam)
{
	struct word_reader r = { .in = s, .field = field };
	struct str word, more;
	uint32_t bucket;

	if (!word_next(&r, &word))
		return false;
	bucket = tokens_bucket(key,
			       arena_printf(m->arena, "%.*s%.*s", STR_ARG(prefix), STR_ARG(word)));
	if (word_next(&r, &more))
		return false;
	import_add(m, bucket, ham, spam);
	return true;
}

static bool take(struct import *m, struct hash_key key, struct str s, uint32_t ham, uint32_t spam)
{
	for (size_t i = 0; i < sizeof without / sizeof *without; i++)
		if (str_starts(s, without[i]))
			return false;
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (str_starts(s, prefixes[i].theirs))
			return take_word(m, key, prefixes[i].ours,
					 str_skip(s, prefixes[i].theirs.n), true, ham, spam);
	return take_word(m, key, STR(""), s, false, ham, spam);
}

/* "word spam ham date"; words hold no blanks. */
static bool split(struct str line, struct str *word, uint32_t *spam, uint32_t *ham)
{
	uint64_t a, b;

	*word = str_cut(&line, ' ');
	if (!word->n || !str_u64(str_cut(&line, ' '), UINT32_MAX, &a) ||
	    !str_u64(str_cut(&line, ' '), UINT32_MAX, &b))
		return false;
	*spam = (uint32_t)a;
	*ham = (uint32_t)b;
	return true;
}

int import_bogofilter(struct import *m, struct hash_key key, struct str dump, struct err *e)
{
	while (dump.n) {
		struct str line = str_trim(str_cut(&dump, '\n')), word;
		uint32_t spam, ham;
		if (!line.n)
			continue;
		if (!split(line, &word, &spam, &ham))
			return err_set(e, "not a dump of a word list (bogoutil -d)");
		if (str_eq(word, STR(".MSG_COUNT"))) {
			m->messages[LEARN_SPAM] = spam;
			m->messages[LEARN_HAM] = ham;
		} else if (word.p[0] != '.') {
			m->lines++;
			m->taken += take(m, key, word, ham, spam);
		}
	}
	if (!m->messages[LEARN_SPAM] && !m->messages[LEARN_HAM])
		return err_set(e, "no .MSG_COUNT: not a dump of a word list (bogoutil -d)");
	return 0;
}
