/* Private keys: what is read and what is refused, in words; what they sign verifies. */
#include "lib/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "sign/keys.h"
#include "unit/sign/pems.h"

struct world {
	struct arena *a;
	struct sign_keys *keys;
	char dir[64];
	EVP_PKEY *rsa, *ed25519;
};

static int begin(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	w->a = arena_new(0);
	w->keys = sign_keys_new();
	w->rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
	w->ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	snprintf(w->dir, sizeof w->dir, "/tmp/test_keys.XXXXXX");
	*state = w;
	return mkdtemp(w->dir) ? 0 : -1;
}

static const char *path(struct world *w, const char *name)
{
	return arena_printf(w->a, "%s/%s", w->dir, name).p;
}

static int end(void **state)
{
	struct world *w = *state;
	DIR *d = opendir(w->dir);

	for (struct dirent *f; d && (f = readdir(d));)
		if (f->d_name[0] != '.' && unlink(path(w, f->d_name)) < 0)
			rmdir(path(w, f->d_name));
	closedir(d);
	rmdir(w->dir);
	EVP_PKEY_free(w->rsa);
	EVP_PKEY_free(w->ed25519);
	sign_keys_free(w->keys);
	arena_free(w->a);
	free(w);
	return 0;
}

static const char *write_file(struct world *w, const char *name, struct str text, mode_t mode)
{
	const char *p = path(w, name);
	int fd;

	unlink(p);
	fd = open(p, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return p;
}

/* ---- texts ---- */

static struct str joined(struct world *w, struct str one, const char *between, struct str two)
{
	return arena_printf(w->a, "%.*s%s%.*s", STR_ARG(one), between, STR_ARG(two));
}

/* The same text without the octet c. */
static struct str without(struct world *w, struct str s, char c)
{
	struct buf b = { .arena = w->a };

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != c)
			buf_addc(&b, s.p[i]);
	return buf_str(&b);
}

/* What stands between the PEM lines, in one line. */
static struct str armourless(struct world *w, struct str pem)
{
	size_t from = str_chr(pem, '\n'), to = str_find(pem, STR("-----END"));

	return without(w, str_sub(pem, from, to - from), '\n');
}

/* The pair with one of its numbers replaced by another of the same key. */
static struct str swapped(struct world *w, const char *name, const char *by)
{
	static const char *const all[] = { "n",
					   "e",
					   "d",
					   "rsa-factor1",
					   "rsa-factor2",
					   "rsa-exponent1",
					   "rsa-exponent2",
					   "rsa-coefficient1" };
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *v[8] = { NULL };
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params;
	struct str s;

	for (size_t i = 0; i < 8; i++) {
		const char *from = strcmp(all[i], name) == 0 ? by : all[i];
		EVP_PKEY_get_bn_param(w->rsa, from, &v[i]);
		OSSL_PARAM_BLD_push_BN(build, all[i], v[i]);
	}
	params = OSSL_PARAM_BLD_to_param(build);
	assert_true(EVP_PKEY_fromdata_init(ctx) > 0);
	assert_true(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) > 0);
	s = pem_of(w->a, pkey, PEM_PKCS8);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	for (size_t i = 0; i < 8; i++)
		BN_free(v[i]);
	return s;
}

/* A key of so many bits, as far as its modulus says; for what is refused by its size. */
static struct str pretended(struct world *w, int bits, BN_ULONG exponent)
{
	static const char *const rest[] = { "d",
					    "rsa-factor1",
					    "rsa-factor2",
					    "rsa-exponent1",
					    "rsa-exponent2",
					    "rsa-coefficient1" };
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *n = BN_new(), *e = BN_new();
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params;
	struct str s;

	BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
	BN_set_word(e, exponent);
	OSSL_PARAM_BLD_push_BN(build, "n", n);
	OSSL_PARAM_BLD_push_BN(build, "e", e);
	for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
		OSSL_PARAM_BLD_push_BN(build, rest[i], e);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_true(EVP_PKEY_fromdata_init(ctx) > 0);
	assert_true(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) > 0);
	s = pem_of(w->a, pkey, PEM_TRADITIONAL);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	return s;
}

static struct str ec_pem(struct world *w, enum pem form)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	struct str s = pem_of(w->a, pkey, form);

	EVP_PKEY_free(pkey);
	return s;
}

/* fault: NULL is read, else what its text begins with. */
static void expect(struct world *w, const char *what, struct str text, enum key_type type,
		   unsigned bits, const char *fault)
{
	struct sign_key key = { 0 };
	struct str why;
	bool ok = sign_keys_add(w->keys, w->a, text, &key, &why);

	if (fault && (ok || !str_starts(why, str_c(fault))))
		fail_msg("%s: \"%.*s\", expected \"%s\"", what, STR_ARG(why), fault);
	if (!fault && (!ok || why.n || key.type != type || key.bits != bits))
		fail_msg("%s: \"%.*s\", %u bits", what, STR_ARG(why), key.bits);
}

static void test_forms(void **state)
{
	struct world *w = *state;
	struct str pkcs8 = pem_of(w->a, w->rsa, PEM_PKCS8);
	struct str pkcs1 = pem_of(w->a, w->rsa, PEM_TRADITIONAL);
	struct str ed = pem_of(w->a, w->ed25519, PEM_PKCS8);
	struct str public = pem_of(w->a, w->rsa, PEM_PUBLIC);
	const struct {
		const char *what;
		struct str text;
		unsigned bits;
	} rsa[] = {
		{ "PKCS#8", pkcs8, 1024 },
		{ "PKCS#1", pkcs1, 1024 },
		{ "PKCS#8 in one line", without(w, pkcs8, '\n'), 1024 },
		{ "words before", joined(w, STR("Bag Attributes: no\n"), "", pkcs8), 1024 },
		{ "its public half behind it", joined(w, pkcs1, "\n", public), 1024 },
		{ "its public half before it", joined(w, public, "", pkcs1), 1024 },
		{ "bare DER of PKCS#8", armourless(w, pkcs8), 1024 },
		{ "bare DER of PKCS#1", armourless(w, pkcs1), 1024 },
	};

	for (size_t i = 0; i < sizeof rsa / sizeof *rsa; i++)
		expect(w, rsa[i].what, rsa[i].text, KEY_RSA, rsa[i].bits, NULL);
	expect(w, "RSA of 1032 bits", pem_rsa(w->a, 1032), KEY_RSA, 1032, NULL);
	expect(w, "RSA of 2048 bits", pem_rsa(w->a, 2048), KEY_RSA, 2048, NULL);
	expect(w, "Ed25519", ed, KEY_ED25519, 256, NULL);
	expect(w, "bare Ed25519", armourless(w, ed), KEY_ED25519, 256, NULL);
	expect(w, "seed", STR(SEED_TEXT), KEY_ED25519, 256, NULL);
	expect(w, "seed with CRLF", STR(" " SEED_TEXT "\r\n"), KEY_ED25519, 256, NULL);
}

static void test_refused(void **state)
{
	struct world *w = *state;
	struct str pkcs8 = pem_of(w->a, w->rsa, PEM_PKCS8);
	struct str pkcs1 = pem_of(w->a, w->rsa, PEM_TRADITIONAL);
	struct str bare = armourless(w, pkcs1);
	const struct {
		const char *what;
		struct str text;
		const char *fault;
	} cases[] = {
		{ "empty", STR_NULL, "holds no private key" },
		{ "blank", STR(" \n\t\n"), "holds no private key" },
		{ "words", STR("no key at all, sorry"), "holds no private key" },
		{ "seed without padding", STR("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"),
		  "holds no private key" },
		{ "a seed of 31", STR("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyufw=="),
		  "is damaged" },
		{ "a seed of 33", STR("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2Cg"),
		  "is damaged" },
		{ "text behind the padding", STR("nWGx=nWGx"), "holds no private key" },
		{ "NUL", str_of(SEED_TEXT, sizeof SEED_TEXT), "holds no private key" },
		{ "public", pem_of(w->a, w->rsa, PEM_PUBLIC), "holds no private key" },
		{ "encrypted PKCS#8", pem_of(w->a, w->rsa, PEM_ENCRYPTED), "is encrypted" },
		{ "encrypted PKCS#1", pem_of(w->a, w->rsa, PEM_ENCRYPTED_TRADITIONAL),
		  "is encrypted" },
		{ "EC in PKCS#8", ec_pem(w, PEM_PKCS8), "is a key of neither" },
		{ "EC", ec_pem(w, PEM_TRADITIONAL), "is a key of neither" },
		{ "two keys", joined(w, pkcs8, "", pkcs1), "holds more than one private key" },
		{ "no END", str_sub(pkcs8, 0, pkcs8.n - 10), "is damaged: PEM" },
		{ "BEGIN alone", STR("-----BEGIN "), "is damaged: PEM" },
		{ "another END", joined(w, str_sub(pkcs8, 0, pkcs8.n - 15), "X", pkcs8),
		  "is damaged: PEM" },
		{ "not base64",
		  STR("-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n"),
		  "is damaged: not base64" },
		{ "nothing inside", STR("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"),
		  "is damaged" },
		{ "a seed inside",
		  STR("-----BEGIN PRIVATE KEY-----\n" SEED_TEXT "\n-----END PRIVATE KEY-----\n"),
		  "is a key of neither" },
		{ "cut", str_sub(bare, 0, bare.n / 2 / 4 * 4), "is damaged" },
		{ "octets behind", joined(w, bare, "", STR("AAAA")),
		  bare.p[bare.n - 1] == '=' ? "holds no private key" : "is damaged" },
		{ "short", pem_rsa(w->a, 512), "is RSA of 512 bits, under 1024" },
		{ "just short", pretended(w, 1023, 65537), "is RSA of 1023 bits, under 1024" },
		{ "just long", pretended(w, 4097, 65537), "is RSA of 4097 bits, over 4096" },
		{ "long", pretended(w, 8192, 65537), "is RSA of 8192 bits, over 4096" },
		{ "even exponent", pretended(w, 1024, 65536), "is RSA with a public exponent" },
		{ "exponent 1", pretended(w, 1024, 1), "is RSA with a public exponent" },
		{ "large exponent", pretended(w, 1024, 0x100000001),
		  "is RSA with a public exponent" },
		{ "made up", pretended(w, 1024, 65537), "is damaged: its numbers" },
		{ "another dP", swapped(w, "rsa-exponent1", "rsa-exponent2"),
		  "is damaged: its numbers" },
		{ "another dQ", swapped(w, "rsa-exponent2", "rsa-exponent1"),
		  "is damaged: its numbers" },
		{ "another qInv", swapped(w, "rsa-coefficient1", "rsa-factor1"),
		  "is damaged: its numbers" },
		{ "p twice", swapped(w, "rsa-factor2", "rsa-factor1"), "is damaged: its numbers" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(w, cases[i].what, cases[i].text, KEY_RSA, 0, cases[i].fault);
}

/* ---- files ---- */

static void expect_file(struct world *w, const char *p, uid_t owner, const char *fault)
{
	struct sign_file f = { .path = p, .where = "test:1" };
	bool ok = sign_keys_load(w->keys, w->a, &f, owner);

	assert_true(f.known);
	assert_int_equal(f.ok, ok);
	if (ok != !fault || (fault && !str_starts(f.fault, str_c(fault))))
		fail_msg("%s: \"%.*s\", expected \"%s\"", p, STR_ARG(f.fault), fault ? fault : "");
}

static void test_modes(void **state)
{
	static const struct {
		mode_t mode;
		bool good;
	} cases[] = { { 0400, true },  { 0600, true },	{ 0700, true },	 { 0500, true },
		      { 0440, false }, { 0420, false }, { 0410, false }, { 0404, false },
		      { 0402, false }, { 0401, false }, { 0644, false }, { 0660, false },
		      { 0666, false }, { 0777, false } };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect_file(w, write_file(w, "key", STR(SEED_TEXT), cases[i].mode), geteuid(),
			    cases[i].good ? NULL : "may be used by others (mode 0");
}

static void test_owner(void **state)
{
	struct world *w = *state;
	const char *p = write_file(w, "key", STR(SEED_TEXT), 0400);
	uid_t me = geteuid();

	expect_file(w, p, me, NULL);
	expect_file(w, p, (uid_t)-1, NULL);
	if (me != 0) {
		expect_file(w, p, me + 1, "belongs to account");
		return;
	}
	expect_file(w, p, 54321, NULL); /* root's */
	assert_int_equal(chown(p, 54321, (gid_t)-1), 0);
	expect_file(w, p, 54321, NULL);
	expect_file(w, p, (uid_t)-1, NULL);
	expect_file(w, p, 54322, "belongs to account 54321, neither to root nor to 54322");
	expect_file(w, p, 0, "belongs to account 54321");
}

static void test_not_files(void **state)
{
	struct world *w = *state;
	const char *good = write_file(w, "key", STR(SEED_TEXT), 0400);
	const char *open_to_all = write_file(w, "open", STR(SEED_TEXT), 0644);

	assert_int_equal(mkfifo(path(w, "fifo"), 0600), 0);
	expect_file(w, path(w, "fifo"), geteuid(), "is not a regular file");
	assert_int_equal(mkdir(path(w, "dir"), 0700), 0);
	expect_file(w, path(w, "dir"), geteuid(), "is not a regular file");
	expect_file(w, path(w, "none"), geteuid(), "cannot be opened: No such file");
	expect_file(w, "/dev/zero", geteuid(), "is not a regular file");
	/* a link counts as what it leads to */
	assert_int_equal(symlink(good, path(w, "link")), 0);
	expect_file(w, path(w, "link"), geteuid(), NULL);
	assert_int_equal(symlink(open_to_all, path(w, "link2")), 0);
	expect_file(w, path(w, "link2"), geteuid(), "may be used by others");
}

static void test_size(void **state)
{
	static const struct {
		size_t n;
		const char *fault;
	} cases[] = { { SIGN_FILE_MAX, NULL }, { SIGN_FILE_MAX + 1, "is over 16384 octets" } };
	char text[SIGN_FILE_MAX + 1];
	struct world *w = *state;

	memset(text, '\n', sizeof text);
	memcpy(text, SEED_TEXT, sizeof SEED_TEXT - 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect_file(w, write_file(w, "key", str_of(text, cases[i].n), 0400), geteuid(),
			    cases[i].fault);
}

static void test_credentials(void **state)
{
	struct world *w = *state;

	unsetenv("CREDENTIALS_DIRECTORY");
	expect_file(w, "credential:dkim", geteuid(), "is a credential, and the service manager");
	setenv("CREDENTIALS_DIRECTORY", w->dir, 1);
	expect_file(w, "credential:dkim", geteuid(), "cannot be opened");
	write_file(w, "dkim", STR(SEED_TEXT), 0400);
	expect_file(w, "credential:dkim", geteuid(), NULL);
	write_file(w, "dkim", STR(SEED_TEXT), 0440); /* the unit's account, in the mask's bits */
	expect_file(w, "credential:dkim", geteuid(), NULL);
	write_file(w, "dkim", STR(SEED_TEXT), 0444);
	expect_file(w, "credential:dkim", geteuid(), "may be used by others");
	write_file(w, "dkim", STR(SEED_TEXT), 0460);
	expect_file(w, "credential:dkim", geteuid(), "may be used by others");
	expect_file(w, "credential:", geteuid(), "is no name of a credential");
	expect_file(w, "credential:../dkim", geteuid(), "is no name of a credential");
	expect_file(w, "credential:x/dkim", geteuid(), "is no name of a credential");
	expect_file(w, "credential:..", geteuid(), "is no name of a credential");
	unsetenv("CREDENTIALS_DIRECTORY");
}

/* ---- signing ---- */

static bool verifies(struct crypto *c, const struct sign_key *key, struct str digest,
		     struct str signature)
{
	const struct pubkey *public;
	unsigned bits;

	assert_int_equal(pubkey_get(c, key->type, key->public, &public, &bits), PUBKEY_OK);
	assert_int_equal(bits, key->bits);
	return pubkey_verify(c, public, HASH_SHA256, digest, signature);
}

/* Keys in turn, each many times, by the halves that everybody knows. */
static void test_sign(void **state)
{
	struct world *w = *state;
	struct str texts[] = { pem_of(w->a, w->rsa, PEM_PKCS8), pem_rsa(w->a, 2048),
			       pem_of(w->a, w->ed25519, PEM_PKCS8), STR(SEED_TEXT) };
	struct crypto *c = crypto_new();
	struct sign_key key[4];
	struct str fault;

	for (size_t i = 0; i < 4; i++)
		assert_true(sign_keys_add(w->keys, w->a, texts[i], &key[i], &fault));
	for (unsigned round = 0; round < 40; round++) {
		const struct sign_key *k = &key[round % 4];
		unsigned char digest[SIGN_DIGEST] = { (unsigned char)round }, out[SIGN_MAX];
		size_t n;
		assert_int_equal(sign_keys_sign(w->keys, k->id, digest, out, &n), SIGN_OK);
		struct str d = str_of((char *)digest, sizeof digest), s = str_of((char *)out, n);
		assert_int_equal(n, k->type == KEY_RSA ? k->bits / 8 : 64);
		assert_true(verifies(c, k, d, s));
		out[n / 2] ^= 1;
		assert_false(verifies(c, k, d, s));
	}
	crypto_free(c);
}

static void test_ids(void **state)
{
	struct world *w = *state;
	struct sign_key one, two, other;
	unsigned char digest[SIGN_DIGEST] = { 0 }, out[SIGN_MAX], id[SIGN_ID] = { 0 };
	struct str fault;
	size_t n = 1;

	assert_int_equal(sign_keys_sign(w->keys, id, digest, out, &n), SIGN_NO_KEY);
	assert_int_equal(n, 0);
	assert_true(sign_keys_add(w->keys, w->a, pem_of(w->a, w->rsa, PEM_PKCS8), &one, &fault));
	assert_true(
		sign_keys_add(w->keys, w->a, pem_of(w->a, w->rsa, PEM_TRADITIONAL), &two, &fault));
	assert_memory_equal(one.id, two.id, SIGN_ID);
	assert_true(str_eq(one.public, two.public));
	assert_true(sign_keys_add(w->keys, w->a, STR(SEED_TEXT), &other, &fault));
	assert_memory_not_equal(one.id, other.id, SIGN_ID);
	assert_str(sign_key_record(w->a, &other), "v=DKIM1; k=ed25519; p=" SEED_PUBLIC);
	assert_true(str_starts(sign_key_record(w->a, &one), STR("v=DKIM1; k=rsa; p=MIGf")));
}

/* So many, and not one more; those that are there stay. */
static void test_too_many(void **state)
{
	struct world *w = *state;
	unsigned char digest[SIGN_DIGEST] = { 0 }, out[SIGN_MAX];
	struct sign_key first, key;
	struct str fault;
	size_t n;

	for (unsigned i = 0; i <= SIGN_KEYS_MAX; i++) {
		struct arena *a = arena_new(0);
		char seed[32] = { (char)i, (char)(i >> 8), 1 };
		bool ok = sign_keys_add(w->keys, a, base64_encode(a, str_of(seed, sizeof seed)),
					&key, &fault);
		assert_int_equal(ok, i < SIGN_KEYS_MAX);
		if (i == 0)
			first = key;
		if (!ok)
			assert_str(fault, "is one more than 20000 keys");
		arena_free(a);
	}
	assert_int_equal(sign_keys_sign(w->keys, first.id, digest, out, &n), SIGN_OK);
	assert_int_equal(sign_keys_sign(w->keys, key.id, digest, out, &n), SIGN_NO_KEY);
}

/* ---- new ones ---- */

static size_t entries(struct world *w)
{
	DIR *d = opendir(w->dir);
	size_t n = 0;

	for (struct dirent *f; (f = readdir(d));)
		n += f->d_name[0] != '.';
	closedir(d);
	return n;
}

static void test_make(void **state)
{
	struct world *w = *state;
	struct sign_key made, again;
	struct sign_file f = { .path = path(w, "new") };
	struct stat st;
	struct err e;

	assert_int_equal(sign_key_make(w->a, KEY_ED25519, 0, f.path, (uid_t)-1, &made, &e), 0);
	assert_int_equal(stat(f.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_true(sign_keys_load(w->keys, w->a, &f, geteuid()));
	assert_memory_equal(f.key.id, made.id, SIGN_ID);
	assert_true(str_eq(f.key.public, made.public));
	/* what is there stays */
	assert_int_equal(sign_key_make(w->a, KEY_RSA, 1024, f.path, (uid_t)-1, &again, &e), -1);
	assert_non_null(strstr(e.text, "File exists"));
	assert_true(sign_keys_load(w->keys, w->a, &f, geteuid()));
	assert_memory_equal(f.key.id, made.id, SIGN_ID);
	assert_int_equal(entries(w), 1);
	f.path = path(w, "rsa");
	assert_int_equal(sign_key_make(w->a, KEY_RSA, 1024, f.path, geteuid(), &made, &e), 0);
	assert_true(sign_keys_load(w->keys, w->a, &f, geteuid()));
	assert_int_equal(f.key.bits, 1024);
	assert_memory_equal(f.key.id, made.id, SIGN_ID);
	assert_int_equal(entries(w), 2);
}

static void test_make_refused(void **state)
{
	struct world *w = *state;
	struct sign_key key;
	struct err e;

	assert_int_equal(
		sign_key_make(w->a, KEY_ED25519, 0, path(w, "no/dir"), (uid_t)-1, &key, &e), -1);
	assert_non_null(strstr(e.text, "No such file"));
	assert_int_equal(sign_key_make(w->a, KEY_RSA, 1023, path(w, "k"), (uid_t)-1, &key, &e), -1);
	assert_non_null(strstr(e.text, "RSA of 1023 bits"));
	assert_int_equal(sign_key_make(w->a, KEY_RSA, 4097, path(w, "k"), (uid_t)-1, &key, &e), -1);
	assert_int_equal(symlink("nowhere", path(w, "link")), 0);
	assert_int_equal(sign_key_make(w->a, KEY_ED25519, 0, path(w, "link"), (uid_t)-1, &key, &e),
			 -1);
	assert_int_equal(entries(w), 1);
}

/* Who is root gives it away; then it is that account's, whole. */
static void test_make_for(void **state)
{
	struct world *w = *state;
	struct sign_key key;
	struct stat st;
	struct err e;

	if (geteuid() != 0)
		skip();
	assert_int_equal(sign_key_make(w->a, KEY_ED25519, 0, path(w, "k"), 54321, &key, &e), 0);
	assert_int_equal(stat(path(w, "k"), &st), 0);
	assert_int_equal(st.st_uid, 54321);
	assert_int_equal(st.st_mode & 07777, 0400);
}

/* A second name shows that the octets are gone, and not the name alone. */
static void test_wipe(void **state)
{
	struct world *w = *state;
	const char *p = write_file(w, "key", STR(SEED_TEXT), 0400);
	struct str text;
	struct err e;

	assert_int_equal(link(p, path(w, "other")), 0);
	assert_int_equal(sign_key_wipe(p, &e), 0);
	assert_int_equal(access(p, F_OK), -1);
	assert_int_equal(file_read(w->a, path(w, "other"), 4096, &text, &e), 0);
	assert_int_equal(text.n, sizeof SEED_TEXT - 1);
	for (size_t i = 0; i < text.n; i++)
		assert_int_equal(text.p[i], 0);
	assert_int_equal(sign_key_wipe(p, &e), 0);
	assert_int_equal(symlink(path(w, "other"), path(w, "link")), 0);
	assert_int_equal(sign_key_wipe(path(w, "link"), &e), -1);
	assert_int_equal(mkfifo(path(w, "fifo"), 0600), 0);
	assert_int_equal(sign_key_wipe(path(w, "fifo"), &e), -1);
	assert_int_equal(access(path(w, "fifo"), F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_forms, begin, end),
		cmocka_unit_test_setup_teardown(test_refused, begin, end),
		cmocka_unit_test_setup_teardown(test_modes, begin, end),
		cmocka_unit_test_setup_teardown(test_owner, begin, end),
		cmocka_unit_test_setup_teardown(test_not_files, begin, end),
		cmocka_unit_test_setup_teardown(test_size, begin, end),
		cmocka_unit_test_setup_teardown(test_credentials, begin, end),
		cmocka_unit_test_setup_teardown(test_sign, begin, end),
		cmocka_unit_test_setup_teardown(test_ids, begin, end),
		cmocka_unit_test_setup_teardown(test_too_many, begin, end),
		cmocka_unit_test_setup_teardown(test_make, begin, end),
		cmocka_unit_test_setup_teardown(test_make_refused, begin, end),
		cmocka_unit_test_setup_teardown(test_make_for, begin, end),
		cmocka_unit_test_setup_teardown(test_wipe, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
