/* Pyzor's digest of a message: SHA-1 over a few of its lines. */
#include "learn/digest/pyzor.h"

#include <openssl/evp.h>

#include "learn/digest/pyzor_priv.h"

#define ATOMIC_LINES 4u /* so many or fewer are hashed all */
#define SHA1_OCTETS 20u

/* Else so many lines from that per cent of them on. */
static const struct piece {
	unsigned percent, lines;
} pieces[] = { { 20, 3 }, { 60, 3 } };

static void add_part(void *arg, const struct pyzor_part *part)
{
	struct pyzor_lines *l = arg;
	struct str charset = part->type.charset.n ? part->type.charset : STR("ascii");
	struct str text = part->payload;

	if (!str_eq(part->type.main, STR("text"))) {
		if (!str_ascii(text))
			text = pyzor_text(l->arena, charset, text, PYZOR_REPLACE);
		pyzor_lines_add(l, text);
		return;
	}
	text = pyzor_decode(l->arena, part->encoding, text);
	text = pyzor_text(l->arena, charset, text, PYZOR_IGNORE);
	if (str_eq(part->type.sub, STR("html")))
		text = pyzor_html(l->arena, text);
	pyzor_lines_add(l, text);
}

static void gather(struct pyzor_lines *l, struct arena *scratch, struct str message)
{
	*l = (struct pyzor_lines){ .arena = scratch, .text = { .arena = scratch } };
	pyzor_parts(scratch, message, add_part, l);
}

/* Calls fn for each line that counts, in order. */
static void each_line(const struct pyzor_lines *l, void (*fn)(void *arg, struct str line),
		      void *arg)
{
	struct str all = buf_str(&l->text);

	if (l->v.n <= ATOMIC_LINES) {
		for (size_t i = 0; i < l->v.n; i++)
			fn(arg, str_sub(all, l->v.p[i].from, l->v.p[i].n));
		return;
	}
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		size_t first = l->v.n * pieces[i].percent / 100;

		for (size_t k = first; k < first + pieces[i].lines && k < l->v.n; k++)
			fn(arg, str_sub(all, l->v.p[k].from, l->v.p[k].n));
	}
}

static void hash_line(void *arg, struct str line)
{
	EVP_DigestUpdate(arg, line.p, line.n);
}

bool pyzor_digest(struct arena *a, struct str message, char out[PYZOR_DIGEST + 1])
{
	static const char hex[] = "0123456789abcdef";
	struct arena *scratch = arena_new(4 * message.n < 65536 ? 65536 : 0);
	EVP_MD_CTX *sha = EVP_MD_CTX_new();
	uint8_t sum[EVP_MAX_MD_SIZE] = { 0 };
	struct pyzor_lines l;

	(void)a;
	gather(&l, scratch, message);
	EVP_DigestInit_ex(sha, EVP_sha1(), NULL);
	each_line(&l, hash_line, sha);
	EVP_DigestFinal_ex(sha, sum, NULL);
	EVP_MD_CTX_free(sha);
	for (size_t i = 0; i < SHA1_OCTETS; i++) {
		out[2 * i] = hex[sum[i] >> 4];
		out[2 * i + 1] = hex[sum[i] & 15];
	}
	out[PYZOR_DIGEST] = 0;
	arena_free(scratch);
	return l.v.n > 0;
}

bool pyzor_digest_content(struct arena *a, const struct hdr_list *headers, struct content *content,
			  char out[PYZOR_DIGEST + 1])
{
	struct arena *scratch = arena_new(0);
	struct buf b = { .arena = scratch };
	bool has;

	buf_room(&b, headers->octets + content->mime->body.n + 2);
	for (size_t i = 0; i < headers->v.n; i++)
		buf_add(&b, headers->v.p[i].raw);
	buf_add(&b, STR("\r\n"));
	buf_add(&b, content->mime->body);
	has = pyzor_digest(a, buf_str(&b), out);
	arena_free(scratch);
	return has;
}

static void print_line(void *arg, struct str line)
{
	buf_add(arg, line);
	buf_addc(arg, '\n');
}

struct str pyzor_predigest(struct arena *a, struct str message)
{
	struct arena *scratch = arena_new(0);
	struct buf out = { .arena = a };
	struct pyzor_lines l;

	gather(&l, scratch, message);
	each_line(&l, print_line, &out);
	arena_free(scratch);
	return buf_str(&out);
}

/* Of nothing, and of the lines below alone. */
static const char *const common[] = {
	"da39a3ee5e6b4b0d3255bfef95601890afd80709",
};

bool pyzor_common(const char *digest)
{
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		if (strcmp(digest, common[i]) == 0)
			return true;
	return false;
}
