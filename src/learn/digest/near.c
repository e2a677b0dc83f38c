/* Digests for near copies: minima of shingles in bands, files, the shape of HTML. */
#include "learn/digest/near.h"

#include "base/buf.h"
#include "learn/digest/near_words.h"

#define SHINGLE 2u
#define MINIMA (NEAR_BANDS * NEAR_ROWS)
#define SHAPE_MIN_TAGS 24u /* fewer are the shape of many a page */
#define FILE_MIN_OCTETS 512u

struct minima {
	uint32_t m[MINIMA];
};

/* The seeds of the permutations, by splitmix64 (Steele, Lea, Flood 2014) from a constant: what is
 * secret is the key of the words' hashes. */
struct permutations {
	uint32_t flip[MINIMA], times[MINIMA];
};

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static void permutations_init(struct permutations *p)
{
	uint64_t state = 24441;

	for (size_t i = 0; i < MINIMA; i++) {
		uint64_t z = splitmix(&state);

		p->flip[i] = (uint32_t)z;
		p->times[i] = (uint32_t)(z >> 32) | 1;
	}
}

static void minima_add(struct minima *m, const struct permutations *p, uint64_t shingle)
{
	uint32_t h = (uint32_t)(shingle >> 32);

	for (size_t i = 0; i < MINIMA; i++) {
		uint32_t v = (h ^ p->flip[i]) * p->times[i];

		v ^= v >> 15;
		m->m[i] = v < m->m[i] ? v : m->m[i];
	}
}

static uint64_t shingle_of(const uint64_t *word)
{
	uint64_t h = word[0];

	for (size_t i = 1; i < SHINGLE; i++)
		h = (h ^ h >> 29) * UINT64_C(0x9E3779B97F4A7C15) + word[i];
	return splitmix(&h);
}

static void read_text(struct arena *a, struct hash_key key, struct str text, struct near *out)
{
	struct near_words *w = ARENA_NEW(a, struct near_words);
	struct permutations p;
	struct minima m;

	near_words_read(a, key, text, w);
	out->words = w->n;
	if (w->n < NEAR_MIN_WORDS)
		return;
	permutations_init(&p);
	memset(&m, 0xFF, sizeof m);
	for (size_t i = 0; i + SHINGLE <= w->n; i++)
		minima_add(&m, &p, shingle_of(w->hash + i));
	out->has_text = true;
	for (size_t i = 0; i < NEAR_BANDS; i++) {
		uint32_t band[NEAR_ROWS + 1] = { (uint32_t)i };

		memcpy(band + 1, m.m + i * NEAR_ROWS, NEAR_ROWS * sizeof *band);
		out->band[i] = hash_sip13(key, str_of((const char *)band, sizeof band));
	}
}

/* ---- shape ---- */

struct shape {
	struct hash_key key;
	uint64_t hash;
	size_t tags;
};

static void add_tags(struct shape *sh, struct str html)
{
	struct html_lexer l = { .in = html };
	static const size_t most = HTML_MAX_TAGS;
	struct html_token t;

	while (sh->tags < most && html_next(&l, &t)) {
		if (t.kind != HTML_START)
			continue;
		sh->hash = (sh->hash ^ hash_sip13_fold(sh->key, t.name)) *
			   UINT64_C(0x9E3779B97F4A7C15);
		sh->tags++;
	}
}

static void read_shape(struct hash_key key, struct content *content, struct near *out)
{
	struct shape sh = { .key = key, .hash = key.k0 };
	struct mime *m = content->mime;

	for (size_t i = 0; i < m->parts.n; i++) {
		const struct mime_part *p = &m->parts.p[i];

		if (str_eq(p->type, STR("text")) && str_eq(p->subtype, STR("html")) &&
		    !str_eq(p->disposition, STR("attachment")) && content_html(content, i))
			add_tags(&sh, str_sub(mime_text(m, i), 0, HTML_MAX_OCTETS));
	}
	if (sh.tags < SHAPE_MIN_TAGS)
		return;
	out->has_shape = true;
	out->shape = hash_sip13(key, str_of((const char *)&sh.hash, sizeof sh.hash));
}

/* ---- files ---- */

static bool has_file(const struct near *n, const uint8_t *sha)
{
	for (size_t i = 0; i < n->nfiles; i++)
		if (memcmp(n->file[i], sha, sizeof n->file[i]) == 0)
			return true;
	return false;
}

static void read_files(struct content *content, struct near *out)
{
	const content_file_vec *files = content_files(content);
	struct mime *m = content->mime;

	for (size_t i = 0; i < files->n && out->nfiles < NEAR_FILES; i++) {
		uint32_t part = files->p[i].part;
		const uint8_t *sha;

		if (m->parts.p[part].multipart || mime_data(m, part).n < FILE_MIN_OCTETS)
			continue;
		sha = mime_sha256(m, part);
		if (!has_file(out, sha))
			memcpy(out->file[out->nfiles++], sha, sizeof *out->file);
	}
}

void near_read(struct arena *a, struct hash_key key, struct content *content, struct near *out)
{
	struct arena *scratch = arena_new(0);

	(void)a;
	memset(out, 0, sizeof *out);
	read_text(scratch, key, content_visible(content), out);
	read_shape(key, content, out);
	read_files(content, out);
	arena_free(scratch);
}

/* "near:NS:" and octets in hexadecimal digits. */
static struct str key_of(struct arena *a, const char *ns, const uint8_t *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	struct buf b = { .arena = a };

	buf_room(&b, sizeof "near:x:" + 2 * n);
	buf_add(&b, STR("near:"));
	buf_add(&b, str_c(ns));
	buf_addc(&b, ':');
	for (size_t i = 0; i < n; i++) {
		buf_addc(&b, digit[p[i] >> 4]);
		buf_addc(&b, digit[p[i] & 15]);
	}
	return buf_str(&b);
}

static struct str key_of_number(struct arena *a, const char *ns, uint64_t v)
{
	uint8_t octet[sizeof v];

	for (size_t i = 0; i < sizeof v; i++)
		octet[i] = (uint8_t)(v >> 8 * (sizeof v - 1 - i));
	return key_of(a, ns, octet, sizeof octet);
}

size_t near_keys(struct arena *a, const struct near *n, struct str out[NEAR_KEYS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; n->has_text && i < NEAR_BANDS; i++)
		out[count++] = key_of_number(a, "b", n->band[i]);
	if (n->has_shape)
		out[count++] = key_of_number(a, "s", n->shape);
	for (size_t i = 0; i < n->nfiles && i < NEAR_FILES; i++)
		out[count++] = key_of(a, "f", n->file[i], sizeof n->file[i]);
	return count;
}

unsigned near_common(const struct near *x, const struct near *y)
{
	unsigned n = 0;

	for (size_t i = 0; x->has_text && y->has_text && i < NEAR_BANDS; i++)
		n += x->band[i] == y->band[i];
	return n;
}
