/*
 * The one reader of domain names. Plain ASCII names are read here; names with A-labels or other
 * octets go through ICU's UTS 46, and what comes out is held against the same letter-digit-hyphen
 * rule (which is UTS 46's UseSTD3ASCIIRules, except that "_" can be let in).
 */
#include "mail/domain.h"

#include <unicode/uidna.h>

#define LABEL_MAX_OCTETS 63u
#define INPUT_MAX 1024u /* octets given to ICU; the longest U-label form is shorter */
#define ICU_OPTIONS                                                                                \
	(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII |                \
	 UIDNA_NONTRANSITIONAL_TO_UNICODE)

enum form {
	FORM_BAD,
	FORM_PLAIN, /* letters, digits, hyphens; no A-label */
	FORM_ALABEL,
};

static bool ldh_label(struct str l, unsigned flags)
{
	if (l.n == 0 || l.n > LABEL_MAX_OCTETS || l.p[0] == '-' || l.p[l.n - 1] == '-')
		return false;
	for (size_t i = 0; i < l.n; i++)
		if (!ch_alnum(l.p[i]) && l.p[i] != '-' &&
		    !(l.p[i] == '_' && (flags & DOMAIN_UNDERSCORE)))
			return false;
	return true;
}

/* Holds an ASCII name without a dot at its end against the rule. */
static enum form ldh_name(struct str s, unsigned flags)
{
	enum form form = FORM_PLAIN;
	struct str l;

	if (s.n == 0 || s.n > DOMAIN_MAX)
		return FORM_BAD;
	while (s.p) {
		l = str_cut(&s, '.');
		if (str_istarts(l, STR("xn--"))) {
			form = FORM_ALABEL;
			if (!ldh_label(l, 0))
				return FORM_BAD;
		} else if (!ldh_label(l, flags)) {
			return FORM_BAD;
		}
	}
	return form;
}

static struct str without_last_dot(struct str s)
{
	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

/*
 * UTS 46 also complains of "--" in third and fourth place. In plain labels that is common in the
 * DNS and harmless; it counts only where an A-label hides it.
 */
static bool hyphens_are_plain(const UIDNA *idna, struct str s)
{
	struct str l;
	char u[4 * INPUT_MAX];

	while (s.p) {
		UIDNAInfo info = UIDNA_INFO_INITIALIZER;
		UErrorCode err = U_ZERO_ERROR;
		l = str_cut(&s, '.');
		if (!str_istarts(l, STR("xn--")))
			continue;
		uidna_labelToUnicodeUTF8(idna, l.p, (int32_t)l.n, u, sizeof u, &info, &err);
		if (U_FAILURE(err) || info.errors)
			return false;
	}
	return true;
}

/* ToASCII into out; octets written, 0 when it is refused. */
static size_t to_ascii(struct str s, char *out, size_t cap)
{
	UIDNAInfo info = UIDNA_INFO_INITIALIZER;
	UErrorCode err = U_ZERO_ERROR;
	UIDNA *idna = uidna_openUTS46(ICU_OPTIONS, &err);
	int32_t n = 0;

	if (U_SUCCESS(err))
		n = uidna_nameToASCII_UTF8(idna, s.p, (int32_t)s.n, out, (int32_t)cap, &info, &err);
	if (U_FAILURE(err) || (info.errors & ~(uint32_t)UIDNA_ERROR_HYPHEN_3_4) ||
	    (info.errors && !hyphens_are_plain(idna, str_of(out, (size_t)n))))
		n = 0;
	if (idna)
		uidna_close(idna);
	return (size_t)n;
}

/*
 * Where "_" labels lead ("sel._domainkey.", "_dmarc."), their length, dot included: they are no
 * part of the host name and must not make UTS 46's bidi rule fail for it. 0 if there are none.
 */
static size_t service_labels(struct str s, unsigned flags)
{
	size_t last = str_rchr(s, '_'), dot;

	if (!(flags & DOMAIN_UNDERSCORE) || last == SIZE_MAX)
		return 0;
	dot = str_chr(str_skip(s, last), '.');
	if (dot == SIZE_MAX || ldh_name(str_sub(s, 0, last + dot), flags) != FORM_PLAIN)
		return 0;
	return last + dot + 1;
}

static struct str read_idn(struct arena *a, struct str s, unsigned flags)
{
	char out[DOMAIN_MAX + 2];
	size_t head = service_labels(s, flags), n;
	struct str name;

	if (head > DOMAIN_MAX || head == s.n)
		return STR_NULL;
	if (head)
		memcpy(out, s.p, head);
	n = to_ascii(str_skip(s, head), out + head, sizeof out - head);
	if (n == 0)
		return STR_NULL;
	name = without_last_dot(str_of(out, head + n));
	if (!str_ascii(name) || ldh_name(name, flags) == FORM_BAD)
		return STR_NULL;
	return arena_lower(a, name);
}

struct str domain_read(struct arena *a, struct str s, unsigned flags)
{
	struct str bare = without_last_dot(s);

	if (s.n == 0 || s.n > INPUT_MAX)
		return STR_NULL;
	if (!str_ascii(s))
		return read_idn(a, s, flags);
	switch (ldh_name(bare, flags)) {
	case FORM_PLAIN:
		return arena_lower(a, bare);
	case FORM_ALABEL:
		return read_idn(a, s, flags);
	case FORM_BAD:
		break;
	}
	return STR_NULL;
}

struct str domain_unicode(struct arena *a, struct str domain)
{
	UIDNAInfo info = UIDNA_INFO_INITIALIZER;
	UErrorCode err = U_ZERO_ERROR;
	char out[4 * INPUT_MAX];
	size_t head = service_labels(domain, DOMAIN_UNDERSCORE);
	struct str name = str_skip(domain, head);
	int32_t n = 0;
	UIDNA *idna;

	if (name.n > DOMAIN_MAX || !str_ascii(domain) ||
	    ldh_name(name, DOMAIN_UNDERSCORE) != FORM_ALABEL)
		return domain;
	idna = uidna_openUTS46(ICU_OPTIONS, &err);
	if (U_SUCCESS(err))
		n = uidna_nameToUnicodeUTF8(idna, name.p, (int32_t)name.n, out, sizeof out, &info,
					    &err);
	if (idna)
		uidna_close(idna);
	if (U_FAILURE(err) || (info.errors & ~(uint32_t)UIDNA_ERROR_HYPHEN_3_4))
		return domain;
	return arena_printf(a, "%.*s%.*s", (int)head, domain.p, (int)n, out);
}

bool domain_within(struct str sub, struct str name)
{
	if (name.n == 0 || sub.n < name.n || !str_eq(str_skip(sub, sub.n - name.n), name))
		return false;
	return sub.n == name.n || sub.p[sub.n - name.n - 1] == '.';
}

size_t domain_labels(struct str domain)
{
	size_t n = domain.n ? 1 : 0;

	for (size_t i = 0; i < domain.n; i++)
		n += domain.p[i] == '.';
	return n;
}

struct str domain_last(struct str domain, size_t n)
{
	size_t i = domain.n;

	if (n == 0)
		return str_skip(domain, domain.n);
	while (i > 0) {
		if (domain.p[i - 1] == '.' && --n == 0)
			break;
		i--;
	}
	return str_skip(domain, i);
}
