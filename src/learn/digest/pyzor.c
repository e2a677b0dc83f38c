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

/* Of nothing, and of what everybody sends alone. */
static const char *const common[] = {
	"da39a3ee5e6b4b0d3255bfef95601890afd80709",
	"06caed4402adfc816a54ac9101615f877c026848", /* Enviado desde mi iPhone */
	"0793616056aa13d86c0fe010393a92aeb9ae07d4", /* Enviado do meu iPhone */
	"547d3c83e29f1335e38c1b57b4342454c4de8e49", /* Envoyé de mon iPhone */
	"1bb3d2bd2531c2746f809a88d13506099c0fbc98", /* Get Outlook for Android */
	"afc9593e20b79379cb1225dff33eaa42528b656e", /* Get Outlook for iOS */
	"2ceb646e55ca729a92b1d986b91a0f41466fa128", /* Inviato da iPhone */
	"ff229b485758de0fb304f790e0ff45c4c4e35955", /* Please find attached. */
	"31bd8d0eb184eb6f122daf972a04dfa24ac28d2a", /* Please see attached. */
	"48209b63097d60bd2e6ff9f43e2ab149a60b6bd4", /* See attached */
	"9ede833dfe4a327dc4287871c358f8753ae6fbd5", /* Sent from Mail for Windows */
	"9718a695ad614038e0e851747f8257b0e5a58bcd", /* Sent from Mail for Windows 10 */
	"c0c23b96b8ab697c0050668a24a2429bbc1523f2", /* Sent from Outlook for iOS */
	"f4d42891839c60643fe8ce62d2baf81c1f4cfab4", /* Sent from Yahoo Mail for iPhone */
	"b44c847e783c2aedb9a293857cba6c7aac9996f1", /* Sent from Yahoo Mail on Android */
	"04e6c778d2fec9d3a507b05433cec37d068ba2b9", /* Sent from my Galaxy */
	"7cc82e4d4c9048a435536b22e7014a3e20c7ef06", /* Sent from my Samsung Galaxy smartphone. */
	"1d091f69450af3fd738f29f65c85f03fdd05fe2d", /* Sent from my iPad */
	"d3d6058584c3031c15205392b7cbc45fb525bc11", /* Sent from my iPhone */
	"2b5e55d06d613d67f7568d503ff43fb31668c543", /* Test message */
	"aef7ab6b2021d8d65b6baff669ffd3b33c93f45d", /* Thank you */
	"95ddc2c446087c88c9bf74f2aaa89b32bfc5c7aa", /* Thank you! */
	"50171a24de05c75d4cbeb71045ee2d8ae50f7262", /* Thanks a lot */
	"0b6bcb20e39f1e70a0a3f87d2710d59b0200803c", /* This is a test */
	"c3a8e8d987f07843792d2ab1823b04cc3cb87482", /* This is a test. */
	"9d424f829afd469df93705caa0fa0386fa7237cb", /* Verstuurd vanaf mijn iPhone */
	"8d5aa90606a44b1fdd254c05805c5481356b0906", /* Von meinem iPhone gesendet */
};

bool pyzor_common(const char *digest)
{
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		if (strcmp(digest, common[i]) == 0)
			return true;
	return false;
}
