/* Pyzor's packets: fields in lines, a signature over them (pyzor 1.0, protocol 2.1). */
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/buf.h"
#include "learn/digest/pyzor.h"

#define FIELDS_MAX 64u
#define TIME_SLACK 300 /* seconds */
#define SHA1_OCTETS 20u

static const struct str verbs[PYZOR_VERBS] = {
	[PYZOR_CHECK] = { "check", 5 },		[PYZOR_REPORT] = { "report", 6 },
	[PYZOR_WHITELIST] = { "whitelist", 9 }, [PYZOR_PING] = { "ping", 4 },
	[PYZOR_INFO] = { "info", 4 },
};

struct str pyzor_verb_word(enum pyzor_verb verb)
{
	return verb < PYZOR_VERBS ? verbs[verb] : STR("?");
}

enum pyzor_verb pyzor_verb_find(struct str word)
{
	unsigned v = 0;

	while (v < PYZOR_VERBS && !str_eq(word, verbs[v]))
		v++;
	return (enum pyzor_verb)v;
}

bool pyzor_is_digest(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ch_hex(s.p[i]) < 0)
			return false;
	return s.n == PYZOR_DIGEST;
}

/* ---- signatures ---- */

static void sha1(struct str s, uint8_t out[SHA1_OCTETS])
{
	uint8_t sum[EVP_MAX_MD_SIZE] = { 0 };

	EVP_Digest(s.p ? s.p : "", s.n, sum, NULL, EVP_sha1(), NULL);
	memcpy(out, sum, SHA1_OCTETS);
}

static struct str hex(struct arena *a, const uint8_t *p, size_t n)
{
	struct buf b = { .arena = a };

	buf_hex(&b, p, n);
	return buf_str(&b);
}

/* SHA-1 of "SHA-1 of the text:time:SHA-1 of user:key", the last in hexadecimal. */
static struct str sign(struct arena *a, struct str text, int64_t time,
		       const struct pyzor_account *who)
{
	struct buf b = { .arena = a };
	struct str key = arena_lower(a, who->key);
	uint8_t sum[SHA1_OCTETS];

	sha1(text, sum);
	buf_add(&b, str_of((const char *)sum, sizeof sum));
	sha1(arena_printf(a, "%.*s:%.*s", STR_ARG(who->user), STR_ARG(key)), sum);
	buf_addf(&b, ":%lld:", (long long)time);
	buf_add(&b, hex(a, sum, sizeof sum));
	sha1(buf_str(&b), sum);
	return hex(a, sum, sizeof sum);
}

bool pyzor_request_genuine(const struct pyzor_request *r, const struct pyzor_account *who,
			   int64_t now)
{
	struct arena *a;
	struct str want;
	bool same;

	if (!str_eq(r->user, who->user) || r->time < now - TIME_SLACK || r->time > now + TIME_SLACK)
		return false;
	a = arena_new(0);
	want = sign(a, r->to_sign, r->time, who);
	same = r->signature.n == want.n && CRYPTO_memcmp(want.p, r->signature.p, want.n) == 0;
	arena_free(a);
	return same;
}

/* ---- writing ---- */

struct str pyzor_request_format(struct arena *a, const struct pyzor_request *r,
				const struct pyzor_account *who)
{
	struct buf b = { .arena = a };
	struct str signature;

	buf_addf(&b, "Op: %.*s\n", STR_ARG(verbs[r->verb]));
	for (size_t i = 0; i < r->ndigests && i < PYZOR_BATCH; i++)
		buf_addf(&b, "Op-Digest: %.*s\n", STR_ARG(r->digest[i]));
	if (r->verb == PYZOR_REPORT || r->verb == PYZOR_WHITELIST)
		buf_addf(&b, "Op-Spec: %.*s\n", STR_ARG(r->spec.n ? r->spec : STR("20,3,60,3")));
	buf_addf(&b, "Thread: %u\nPV: 2.1\nUser: %.*s\nTime: %lld\n", r->thread, STR_ARG(who->user),
		 (long long)r->time);
	signature = sign(a, str_sub(buf_str(&b), 0, b.n - 1), r->time, who);
	buf_addf(&b, "Sig: %.*s\n\n", STR_ARG(signature));
	return buf_str(&b);
}

static struct str clean(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n && i < 200; i++)
		buf_addc(&b, s.p[i] >= ' ' && s.p[i] < 127 ? s.p[i] : '?');
	return buf_str(&b);
}

static long long when(int64_t t)
{
	return t < 0 ? 0 : (long long)t;
}

struct str pyzor_reply_format(struct arena *a, const struct pyzor_reply *r, enum pyzor_verb verb)
{
	struct buf b = { .arena = a };

	buf_addf(&b, "Code: %u\nDiag: %.*s\nPV: 2.1\nThread: %u\n", r->code,
		 STR_ARG(clean(a, r->diag)), r->thread);
	if (r->code == 200 && verb == PYZOR_INFO)
		buf_addf(&b, "Entered: %lld\nUpdated: %lld\nWL-Entered: %lld\nWL-Updated: %lld\n",
			 when(r->entered), when(r->updated), when(r->wl_entered),
			 when(r->wl_updated));
	if (r->code == 200 && (verb == PYZOR_INFO || verb == PYZOR_CHECK))
		buf_addf(&b, "Count: %llu\nWL-Count: %llu\n", (unsigned long long)r->count,
			 (unsigned long long)r->wl_count);
	buf_addc(&b, '\n');
	return buf_str(&b);
}

/* ---- reading ---- */

struct field {
	struct str name, value;
};

/* The next line that is a field; empty lines are passed over (old clients double line ends). False:
 * there is none, or too many. */
static bool next_field(struct str *rest, unsigned *n, struct field *f)
{
	while (rest->n) {
		struct str line = str_cut(rest, '\n');
		size_t colon;

		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		colon = str_chr(line, ':');
		if (colon == SIZE_MAX || colon == 0 || ch_wsp(*line.p))
			continue;
		if (++*n > FIELDS_MAX)
			return false;
		f->name = str_sub(line, 0, colon);
		f->value = str_trim(str_skip(line, colon + 1));
		return true;
	}
	return false;
}

static bool is(const struct field *f, const char *name)
{
	return str_ieq(f->name, str_c(name));
}

/* "2.x"; absent: not there. */
static bool version_fits(struct str v)
{
	return v.n && v.p[0] == '2' && (v.n == 1 || v.p[1] == '.');
}

struct seen {
	struct str op, version;
	bool thread, time, bad;
};

static void take_number(struct str s, uint64_t max, bool *there, struct seen *seen, uint64_t *out)
{
	*there = true;
	if (!str_u64(s, max, out))
		seen->bad = true;
}

static void take_digest(struct pyzor_request *r, struct str s, struct seen *seen)
{
	if (!pyzor_is_digest(s) || r->ndigests == PYZOR_BATCH)
		seen->bad = true;
	else
		r->digest[r->ndigests++] = s;
}

static void take_field(struct pyzor_request *r, const struct field *f, struct seen *seen)
{
	uint64_t v = 0;

	if (is(f, "Op")) {
		seen->op = f->value;
	} else if (is(f, "PV")) {
		seen->version = f->value;
	} else if (is(f, "Op-Digest")) {
		take_digest(r, f->value, seen);
	} else if (is(f, "Op-Spec")) {
		r->spec = f->value;
		if (!str_printable(f->value))
			seen->bad = true;
	} else if (is(f, "User")) {
		r->user = f->value;
	} else if (is(f, "Sig")) {
		r->signature = f->value;
	} else if (is(f, "Thread")) {
		take_number(f->value, UINT16_MAX, &seen->thread, seen, &v);
		r->thread = (uint16_t)v;
	} else if (is(f, "Time")) {
		take_number(f->value, INT64_MAX / 2, &seen->time, seen, &v);
		r->time = (int64_t)v;
	}
}

bool pyzor_request_parse(struct arena *a, struct str s, struct pyzor_request *out)
{
	struct buf signed_text = { .arena = a };
	struct seen seen = { 0 };
	unsigned n = 0;
	struct field f;

	*out = (struct pyzor_request){ .verb = PYZOR_VERBS, .user = STR("anonymous") };
	if (s.n > PYZOR_PACKET_MAX)
		return false;
	while (next_field(&s, &n, &f)) {
		take_field(out, &f, &seen);
		if (is(&f, "Sig"))
			continue;
		if (signed_text.n)
			buf_addc(&signed_text, '\n');
		buf_add(&signed_text, f.name);
		buf_add(&signed_text, STR(": "));
		buf_add(&signed_text, f.value);
	}
	if (!out->user.n)
		out->user = STR("anonymous");
	out->to_sign = buf_str(&signed_text);
	out->verb = pyzor_verb_find(seen.op);
	return n <= FIELDS_MAX && !seen.bad && seen.thread && version_fits(seen.version) &&
	       (out->ndigests || out->verb == PYZOR_PING || out->verb == PYZOR_VERBS);
}

static int64_t time_of(struct str s)
{
	uint64_t v;

	return str_u64(s, INT64_MAX / 2, &v) && v ? (int64_t)v : -1;
}

static bool take_reply(struct pyzor_reply *r, const struct field *f)
{
	uint64_t v = 0;

	if (is(f, "Code")) {
		if (!str_u64(f->value, 999, &v))
			return false;
		r->code = (unsigned)v;
	} else if (is(f, "Thread")) {
		if (!str_u64(f->value, UINT16_MAX, &v))
			return false;
		r->thread = (uint16_t)v;
	} else if (is(f, "Count")) {
		return str_u64(f->value, UINT64_MAX, &r->count);
	} else if (is(f, "WL-Count")) {
		return str_u64(f->value, UINT64_MAX, &r->wl_count);
	} else if (is(f, "Diag")) {
		r->diag = f->value;
	} else if (is(f, "Entered")) {
		r->entered = time_of(f->value);
	} else if (is(f, "Updated")) {
		r->updated = time_of(f->value);
	} else if (is(f, "WL-Entered")) {
		r->wl_entered = time_of(f->value);
	} else if (is(f, "WL-Updated")) {
		r->wl_updated = time_of(f->value);
	}
	return true;
}

bool pyzor_reply_parse(struct arena *a, struct str s, struct pyzor_reply *out)
{
	unsigned n = 0;
	struct field f;

	(void)a;
	*out = (struct pyzor_reply){
		.entered = -1, .updated = -1, .wl_entered = -1, .wl_updated = -1
	};
	if (s.n > PYZOR_PACKET_MAX)
		return false;
	while (next_field(&s, &n, &f))
		if (!take_reply(out, &f))
			return false;
	return n <= FIELDS_MAX && out->code >= 100;
}

/* ---- configuration ---- */

bool pyzor_address_parse(struct str s, struct str *host, uint16_t *port)
{
	size_t at = str_rchr(s, '@');
	uint64_t v = PYZOR_PORT;

	*host = at == SIZE_MAX ? s : str_sub(s, 0, at);
	if (at != SIZE_MAX && (!str_u64(str_skip(s, at + 1), UINT16_MAX, &v) || v == 0))
		return false;
	*port = (uint16_t)v;
	return host->n > 0 && host->n <= 253 && str_printable(*host) &&
	       str_chr(*host, ' ') == SIZE_MAX;
}

bool pyzor_key_read(struct str text, struct str *key)
{
	struct str line = str_trim(text);
	size_t comma = str_chr(line, ',');

	if (comma != SIZE_MAX)
		line = str_trim(str_skip(line, comma + 1));
	for (size_t i = 0; i < line.n; i++)
		if (ch_hex(line.p[i]) < 0)
			return false;
	*key = line;
	return line.n > 0 && line.n <= 256;
}

bool pyzor_user_valid(struct str user)
{
	return user.n <= 64 && str_printable(user) && str_chr(user, ':') == SIZE_MAX &&
	       str_chr(user, ' ') == SIZE_MAX;
}
