/* DMARC policy records (RFC 9989 4.7 and 4.8): one TXT text into its tags. */
#include "auth/dmarc/dmarc.h"

enum tag { T_P, T_SP, T_NP, T_PSD, T_T, T_ADKIM, T_ASPF, T_RUA, T_RUF, T_FO, T_COUNT };

static const char *const tag_names[T_COUNT] = {
	[T_P] = "p",	     [T_SP] = "sp",	[T_NP] = "np",	 [T_PSD] = "psd", [T_T] = "t",
	[T_ADKIM] = "adkim", [T_ASPF] = "aspf", [T_RUA] = "rua", [T_RUF] = "ruf", [T_FO] = "fo",
};

static const char *const policy_words[] = {
	[DMARC_P_NONE] = "none",
	[DMARC_P_QUARANTINE] = "quarantine",
	[DMARC_P_REJECT] = "reject",
};

/* What stood in the record, before it is judged. A tag that is there twice has no value (RFC 6376
 * 3.2 forbids it, and which one was meant is anybody's guess). */
struct tags {
	struct str value[T_COUNT];
	bool seen[T_COUNT];
};

const char *dmarc_policy_word(enum dmarc_policy p)
{
	return policy_words[p];
}

static struct str trim_wsp(struct str s)
{
	while (s.n && ch_wsp(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && ch_wsp(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* "v" *WSP "=" *WSP "DMARC1": the name in any case (an ABNF literal), the value exactly. */
static bool is_version(struct str tag)
{
	struct str name = str_cut(&tag, '=');

	return tag.p && str_ieq(trim_wsp(name), STR("v")) && str_eq(trim_wsp(tag), STR("DMARC1"));
}

/* One tag=value into its place; what is not known or not a tag is ignored (RFC 9989 4.7). */
static void take_tag(struct tags *t, struct str tag)
{
	struct str name = trim_wsp(str_cut(&tag, '='));
	struct str value = trim_wsp(tag);

	if (!tag.p)
		return;
	for (size_t i = 0; i < T_COUNT; i++) {
		if (!str_ieq(name, str_c(tag_names[i])))
			continue;
		t->value[i] = t->seen[i] || !str_printable(value) ? STR_NULL : value;
		t->seen[i] = true;
	}
}

/* True: not there, or there and valid. */
static bool read_policy(const struct tags *t, enum tag tag, enum dmarc_policy *p, bool *has)
{
	*has = false;
	if (!t->seen[tag])
		return true;
	for (size_t i = 0; i < sizeof policy_words / sizeof *policy_words; i++) {
		if (!str_ieq(t->value[tag], str_c(policy_words[i])))
			continue;
		*p = (enum dmarc_policy)i;
		*has = true;
	}
	return *has;
}

/* A one-letter value out of those allowed, in lower case, or its default. */
static char read_letter(const struct tags *t, enum tag tag, struct str allowed, char otherwise)
{
	struct str v = t->value[tag];
	char c;

	if (v.n != 1)
		return otherwise;
	c = ch_lower(v.p[0]);
	return str_chr(allowed, c) == SIZE_MAX ? otherwise : c;
}

/* RFC 3986: a scheme, ":", and at least one of the characters that URIs are made of. */
static bool is_uri(struct str s)
{
	size_t colon = str_chr(s, ':');

	if (colon == SIZE_MAX || colon + 1 >= s.n || !ch_alpha(s.p[0]))
		return false;
	for (size_t i = 1; i < colon; i++)
		if (!ch_alnum(s.p[i]) && str_chr(STR("+-."), s.p[i]) == SIZE_MAX)
			return false;
	for (size_t i = colon + 1; i < s.n; i++)
		if (!ch_alnum(s.p[i]) && str_chr(STR("-._~:/?#[]@!$&'()*+;=%"), s.p[i]) == SIZE_MAX)
			return false;
	return true;
}

/* The list as written, cut after DMARC_MAX_URIS; absent if not one of them is a URI. */
static struct str read_uris(const struct tags *t, enum tag tag)
{
	struct str rest = t->value[tag], all = rest;
	bool any = false;
	size_t n = 0, end = 0;

	while (rest.p && n < DMARC_MAX_URIS) {
		struct str uri = str_cut(&rest, ',');
		end = (size_t)(uri.p + uri.n - all.p);
		any = any || is_uri(trim_wsp(uri));
		n++;
	}
	return any ? trim_wsp(str_sub(all, 0, end)) : STR_NULL;
}

/* RFC 9989 4.10.1: which policy can be had from it. */
static bool read_policies(const struct tags *t, struct dmarc_record *rec, struct str *reason)
{
	bool p = read_policy(t, T_P, &rec->p, &rec->has_p) && rec->has_p;
	bool sp = read_policy(t, T_SP, &rec->sp, &rec->has_sp);
	bool np = read_policy(t, T_NP, &rec->np, &rec->has_np);

	if (p && sp && np)
		return true;
	rec->p = rec->sp = rec->np = DMARC_P_NONE;
	rec->has_p = rec->has_sp = rec->has_np = false;
	if (rec->rua.p)
		return true;
	*reason = p ? STR("sp= or np= is not valid, and no rua=") : STR("no valid p=, and no rua=");
	return false;
}

bool dmarc_record_parse(struct arena *a, struct str txt, struct dmarc_record *rec,
			struct str *reason)
{
	bool too_long = txt.n > DMARC_MAX_RECORD;
	struct tags t = { 0 };

	(void)a;
	*rec = (struct dmarc_record){ .psd = 'u' };
	*reason = STR_NULL;
	if (!is_version(str_cut(&txt, ';')))
		return false;
	if (too_long) {
		*reason = STR("the record is too long");
		return false;
	}
	while (txt.p) {
		struct str tag = str_cut(&txt, ';');
		take_tag(&t, tag);
	}
	rec->psd = read_letter(&t, T_PSD, STR("ynu"), 'u');
	rec->testing = read_letter(&t, T_T, STR("yn"), 'n') == 'y';
	rec->strict_dkim = read_letter(&t, T_ADKIM, STR("rs"), 'r') == 's';
	rec->strict_spf = read_letter(&t, T_ASPF, STR("rs"), 'r') == 's';
	rec->rua = read_uris(&t, T_RUA);
	rec->ruf = read_uris(&t, T_RUF);
	rec->fo = t.value[T_FO];
	return read_policies(&t, rec, reason);
}
