/*
 * Backups of SpamAssassin's Bayes data base: lines "t", messages of spam, of ham, time, and the
 * last five octets of the word's SHA-1 in hexadecimal. Words of the text, which it keeps as they
 * stand there, can be found again where they stand in other mail; those of header fields cannot.
 */
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/err.h"
#include "cmd/import.h"
#include "learn/features_message.h"
#include "learn/tokens.h"

#define HASHED 5u   /* octets of a word's hash */
#define SHORTEST 3u /* octets of a word that SpamAssassin keeps whole */
#define LONGEST 15u

struct hashed_word {
	uint64_t hash;
	uint32_t spam, ham;
};

struct import_hashed {
	struct import *m;
	struct hash_key key;
	VEC(struct hashed_word) words; /* by hash */
};

static int by_hash(const void *x, const void *y)
{
	const struct hashed_word *a = x, *b = y;

	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

static bool hex(struct str s, uint64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < s.n; i++) {
		int d = ch_hex(s.p[i]);
		if (d < 0)
			return false;
		*v = *v << 4 | (uint64_t)d;
	}
	return s.n == 2 * HASHED;
}

static uint64_t hash_of(struct str word)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	uint64_t v = 0;

	if (EVP_Digest(word.p, word.n, sum, &n, EVP_sha1(), NULL) != 1 || n < HASHED)
		bug("SHA-1");
	for (unsigned i = n - HASHED; i < n; i++)
		v = v << 8 | sum[i];
	return v;
}

/* ---- the backup ---- */

static bool take_token(struct import_hashed *h, struct str rest)
{
	struct str spam = str_cut(&rest, '\t'), ham = str_cut(&rest, '\t');
	uint64_t a, b, hash;

	str_cut(&rest, '\t'); /* when it was seen last */
	if (!str_u64(spam, UINT32_MAX, &a) || !str_u64(ham, UINT32_MAX, &b) || !hex(rest, &hash))
		return false;
	VEC_PUSH(h->m->arena, h->words) = (struct hashed_word){ hash, (uint32_t)a, (uint32_t)b };
	h->m->lines++;
	return true;
}

/* "v", number, name and perhaps a remark. */
static bool take_variable(struct import *m, struct str rest)
{
	struct str number = str_cut(&rest, '\t'), name = str_cut(&rest, ' ');
	uint64_t v;

	if (!str_u64(number, UINT32_MAX, &v))
		return false;
	if (str_eq(name, STR("num_spam")))
		m->messages[LEARN_SPAM] = (uint32_t)v;
	else if (str_eq(name, STR("num_nonspam")))
		m->messages[LEARN_HAM] = (uint32_t)v;
	else if (str_eq(name, STR("db_version")))
		return v == 3;
	return true;
}

/* Lines of messages it has seen, "s", say nothing that could be used. */
static bool take_line(struct import_hashed *h, struct str line)
{
	struct str kind = str_cut(&line, '\t');

	if (str_eq(kind, STR("t")))
		return take_token(h, line);
	if (str_eq(kind, STR("v")))
		return take_variable(h->m, line);
	return str_eq(kind, STR("s"));
}

struct import_hashed *import_spamassassin(struct import *m, struct hash_key key, struct str backup,
					  struct err *e)
{
	struct import_hashed *h = ARENA_NEW(m->arena, struct import_hashed);

	h->m = m;
	h->key = key;
	while (backup.n) {
		struct str line = str_trim(str_cut(&backup, '\n'));
		if (line.n && !take_line(h, line)) {
			err_set(e, "not a backup of version 3 (sa-learn --backup)");
			return NULL;
		}
	}
	if (!m->messages[LEARN_SPAM] && !m->messages[LEARN_HAM]) {
		err_set(e, "no num_spam, no num_nonspam: not a backup (sa-learn --backup)");
		return NULL;
	}
	if (h->words.n)
		qsort(h->words.p, h->words.n, sizeof *h->words.p, by_hash);
	return h;
}

/* ---- words that stand in mail ---- */

static const struct hashed_word *find(const struct import_hashed *h, struct str word)
{
	const struct hashed_word want = { .hash = hash_of(word) };

	return h->words.n ? bsearch(&want, h->words.p, h->words.n, sizeof want, by_hash) : NULL;
}

static struct str in_capitals(struct str word, char *out)
{
	for (size_t i = 0; i < word.n; i++)
		out[i] = word.p[i] >= 'a' && word.p[i] <= 'z' ? (char)(word.p[i] - 32) : word.p[i];
	return str_of(out, word.n);
}

/* A word of the text, as it is written here: in lower case. There it may be in capitals too. */
static void try_word(struct import_hashed *h, struct str word, uint32_t bucket)
{
	const struct hashed_word *w;
	char capitals[LONGEST];

	if (word.n < SHORTEST || word.n > LONGEST || h->m->place[bucket] ||
	    str_chr(word, ':') != SIZE_MAX)
		return;
	if ((w = find(h, word)) != NULL) {
		import_add(h->m, bucket, w->ham, w->spam);
		h->m->taken++;
	}
	if ((w = find(h, in_capitals(word, capitals))) != NULL &&
	    !str_eq(str_of(capitals, word.n), word)) {
		import_add(h->m, bucket, w->ham, w->spam);
		h->m->taken++;
	}
}

void import_spamassassin_mail(struct import_hashed *h, struct str octets)
{
	struct arena *a = arena_new(0);
	struct features f;

	features_of_octets(a, h->key, octets, &f);
	for (size_t i = 0; i < f.ntoken; i++)
		try_word(h, f.token[i].text, f.token[i].bucket);
	arena_free(a);
}
