/* What is read out of a message for the classifier. */
#include "learn/features.h"

#include <endian.h>
#include <openssl/evp.h>

#include "base/buf.h"
#include "base/err.h"
#include "learn/fields.h"
#include "learn/model.h"
#include "learn/tokens.h"

/* Of these the digest is made: what stays as it is on all ways. */
static const char *const kept[] = { "from",	   "sender",	 "reply-to",	 "to",
				    "cc",	   "subject",	 "date",	 "message-id",
				    "in-reply-to", "references", "content-type", "list-id" };

static bool listed(struct str name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(name, str_c(list[i])))
			return true;
	return false;
}
#define LISTED(name, list) listed((name), (list), sizeof(list) / sizeof *(list))

/* ---- view S ---- */

/* The first octets of the message, without what is not to be seen. */
static struct str raw(struct arena *a, const struct hdr_list *headers, struct str head)
{
	struct buf b = { .arena = a };
	size_t *which = arena_alloc(a, arena_mul(headers->v.n, sizeof *which));
	size_t n = fields_read(headers, which);

	buf_room(&b, FEATURES_RAW);
	for (size_t i = 0; i < n && b.n < FEATURES_RAW; i++) {
		const struct hdr *h = &headers->v.p[which[i]];
		if (field_use(h->name) != FIELD_DATE)
			buf_add(&b, str_sub(h->raw, 0, FEATURES_RAW - b.n));
	}
	buf_add(&b, str_sub(STR("\r\n"), 0, FEATURES_RAW - b.n));
	buf_add(&b, str_sub(head, 0, FEATURES_RAW - b.n));
	return buf_str(&b);
}

static void grams(struct arena *a, struct hash_key key, struct str s, struct features *out)
{
	uint32_t *v;
	size_t n = 0;

	if (s.n < 4)
		return;
	v = arena_alloc(a, arena_mul(s.n - 3, sizeof *v));
	for (size_t i = 0; i + 4 <= s.n; i++)
		v[i] = (uint32_t)hash_sip13(key, str_of(s.p + i, 4)) & (MODEL_S - 1);
	tokens_sort_u32(a, v, s.n - 3);
	for (size_t i = 0; i < s.n - 3; i++)
		if (n == 0 || v[i] != v[n - 1])
			v[n++] = v[i];
	out->gram = v;
	out->ngram = n;
}

/* ---- digest ---- */

static void hash_piece(EVP_MD_CTX *md, struct str s)
{
	uint64_t n = htole64(s.n);

	if (EVP_DigestUpdate(md, &n, sizeof n) != 1 || (s.n && EVP_DigestUpdate(md, s.p, s.n) != 1))
		bug("SHA-256");
}

static void digest(struct arena *a, const struct hdr_list *headers, struct str head,
		   struct str text, uint8_t out[16])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t full[EVP_MAX_MD_SIZE];

	if (!md || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
		bug("SHA-256");
	for (size_t i = 0; i < headers->v.n; i++) {
		const struct hdr *h = &headers->v.p[i];
		if (LISTED(h->name, kept)) {
			hash_piece(md, arena_lower(a, h->name));
			hash_piece(md, hdr_unfold(a, h->value));
		}
	}
	hash_piece(md, str_trim(str_sub(head, 0, FEATURES_RAW)));
	hash_piece(md, str_trim(text));
	if (EVP_DigestFinal_ex(md, full, NULL) != 1)
		bug("SHA-256");
	EVP_MD_CTX_free(md);
	memcpy(out, full, 16);
}

void features_read(struct arena *a, struct hash_key key, const struct hdr_list *headers,
		   struct content *content, struct str head, struct features *out)
{
	struct str text = content_visible(content);
	struct token_set t;

	*out = (struct features){ 0 };
	grams(a, key, raw(a, headers, head), out);
	tokens_init(&t, a, key);
	t.max = TOKENS_HEADER;
	tokens_headers(&t, headers);
	t.max = t.n + TOKENS_LINK;
	tokens_links(&t, content_urls(content));
	t.max = FEATURES_TOKENS_MAX;
	tokens_words(&t, STR(""), text);
	tokens_sort(&t);
	out->token = t.v;
	out->ntoken = t.n;
	digest(a, headers, head, text, out->digest);
}
