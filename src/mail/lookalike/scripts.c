/*
 * What is wrong with a label whatever it imitates: scripts that no language mixes, characters that
 * no name has, digits of two systems, heaps of marks (TR 39 3 and 5).
 */
#include <unicode/putil.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>

#include "mail/lookalike/priv.h"
#include "mail/url/chars.h"

#define MARKS_MAX 2u /* of one letter, of those that go with any script */

/* Scripts that people still write and TR 39 does not recommend: their names are no less honest. */
static const char living[] =
	"[[:Script=Cherokee:][:Script=Mongolian:][:Script=Nko:][:Script=Syriac:]"
	"[:Script=Tifinagh:][:Script=Canadian_Aboriginal:][:Script=Yi:][:Script=Balinese:]"
	"[:Script=Javanese:][:Script=Sundanese:][:Script=Vai:][:Script=Adlam:]"
	"[:Script=Hanifi_Rohingya:][:Script=Osage:][:Script=Newa:][:Script=Ol_Chiki:]"
	"[:Script=Chakma:][:Script=Tai_Tham:][:Script=Tai_Le:][:Script=New_Tai_Lue:]"
	"[:Script=Lepcha:][:Script=Limbu:][:Script=Meetei_Mayek:][:Script=Cham:]"
	"[:Script=Kayah_Li:][:Script=Lisu:][:Script=Saurashtra:][:Script=Batak:]"
	"[:Script=Buginese:][:Script=Miao:][:Script=Bamum:][:Script=Wancho:]]";

/* Letters of African alphabets that TR 39 finds uncommon. */
static const UChar32 african[] = { 0x188, 0x192, 0x199, 0x1b4, 0x1dd, 0x253, 0x254, 0x256,
				   0x257, 0x25b, 0x260, 0x263, 0x268, 0x269, 0x26f, 0x272,
				   0x289, 0x28a, 0x28b, 0x28c, 0x292, 0x14b };

static bool make_allowed(struct lookalike *l)
{
	UErrorCode err = U_ZERO_ERROR;
	UChar pattern[sizeof living];
	USet *more;

	u_charsToUChars(living, pattern, sizeof living);
	more = uset_openPattern(pattern, -1, &err);
	l->allowed = uset_openEmpty();
	uset_addAll(l->allowed, uspoof_getRecommendedSet(&err));
	uset_addAll(l->allowed, uspoof_getInclusionSet(&err));
	if (U_SUCCESS(err))
		uset_addAll(l->allowed, more);
	uset_addRange(l->allowed, 0, 0x7f);
	for (size_t i = 0; i < sizeof african / sizeof *african; i++)
		uset_add(l->allowed, african[i]);
	uset_addRange(l->allowed, 0x200c, 0x200d); /* where they may stand, UTS 46 knows */
	uset_freeze(l->allowed);
	uset_close(more);
	return U_SUCCESS(err);
}

static void close_spoof(void *arg)
{
	uspoof_close(arg);
}

static void close_set(void *arg)
{
	uset_close(arg);
}

bool look_spoof_init(struct lookalike *l)
{
	UErrorCode err = U_ZERO_ERROR;

	l->spoof = uspoof_open(&err);
	if (U_FAILURE(err))
		return false;
	arena_cleanup(l->arena, close_spoof, l->spoof);
	uspoof_setRestrictionLevel(l->spoof, USPOOF_MODERATELY_RESTRICTIVE);
	uspoof_setChecks(l->spoof,
			 USPOOF_RESTRICTION_LEVEL | USPOOF_MIXED_NUMBERS | USPOOF_HIDDEN_OVERLAY,
			 &err);
	if (!make_allowed(l))
		return false;
	arena_cleanup(l->arena, close_set, l->allowed);
	return U_SUCCESS(err);
}

static bool mark_of_any(uint32_t c)
{
	return (c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) ||
	       (c >= 0x1dc0 && c <= 0x1dff) || (c >= 0x20d0 && c <= 0x20ff);
}

/* Characters, one by one. */
static unsigned odd_chars(const struct lookalike *l, struct str s)
{
	unsigned reasons = 0, marks = 0;
	uint32_t c;

	for (size_t i = 0; i < s.n; i += char_at(s, i, &c)) {
		char_at(s, i, &c);
		marks = mark_of_any(c) ? marks + 1 : 0;
		if (marks > MARKS_MAX)
			reasons |= LOOKALIKE_MARKS;
		if (char_bidi(c))
			reasons |= LOOKALIKE_BIDI;
		else if (char_invisible(c) && c != 0x200c && c != 0x200d)
			reasons |= LOOKALIKE_INVISIBLE;
		else if (c >= 0x80 && !uset_contains(l->allowed, (UChar32)c))
			reasons |= LOOKALIKE_RESTRICTED;
	}
	return reasons;
}

/* Scripts of a word, as far as they matter here. */
struct mix {
	bool latin, cyrillic, greek, other;
};

static struct mix mix_of(struct str word)
{
	struct mix m = { false };
	uint32_t c;

	for (size_t i = 0; i < word.n; i += char_at(word, i, &c)) {
		UErrorCode err = U_ZERO_ERROR;
		UScriptCode script;
		char_at(word, i, &c);
		script = uscript_getScript((UChar32)c, &err);
		m.latin |= script == USCRIPT_LATIN;
		m.cyrillic |= script == USCRIPT_CYRILLIC;
		m.greek |= script == USCRIPT_GREEK;
		m.other |= script != USCRIPT_LATIN && script != USCRIPT_CYRILLIC &&
			   script != USCRIPT_GREEK && script != USCRIPT_COMMON &&
			   script != USCRIPT_INHERITED;
	}
	return m;
}

/* "it-школа": words of one alphabet each, none of which could pass for another. */
static bool words_apart(const struct lookalike *l, struct arena *a, struct str label)
{
	while (label.p) {
		struct str word = str_cut(&label, '-');
		struct mix m = mix_of(word);
		if (m.latin + m.cyrillic + m.greek + m.other > 1)
			return false;
		if ((m.cyrillic || m.greek) && str_ascii(look_skeleton(l, a, word)))
			return false;
	}
	return true;
}

/* Latin letters, and others that all look like Latin ones: "fօօd" with Armenian letters. */
static bool reads_latin(const struct look_label *label)
{
	struct mix m = mix_of(label->text);

	return m.latin && (m.cyrillic || m.greek || m.other) && str_ascii(label->skel);
}

/* Letters of Cyrillic that hardly a language has, and that are Latin to the eye. */
static bool rare_twins(const struct look_label *label)
{
	static const char *const rare[] = { "ԁ", "ԛ", "ԝ", "ѵ", "ӏ" };

	if (!str_ascii(label->skel))
		return false;
	for (size_t i = 0; i < sizeof rare / sizeof *rare; i++)
		if (str_find(label->text, str_c(rare[i])) != SIZE_MAX)
			return true;
	return false;
}

unsigned look_scripts(const struct lookalike *l, struct arena *a, const struct look_label *label,
		      bool latin_tld)
{
	UErrorCode err = U_ZERO_ERROR;
	unsigned reasons;
	int32_t found;

	if (label->ascii)
		return 0;
	reasons = odd_chars(l, label->text);
	found = uspoof_check2UTF8(l->spoof, label->text.p, (int32_t)label->text.n, NULL, &err);
	if (U_FAILURE(err))
		return reasons;
	if (found & USPOOF_RESTRICTION_LEVEL && !words_apart(l, a, label->text))
		reasons |= LOOKALIKE_MIXED_SCRIPT;
	if (found & USPOOF_MIXED_NUMBERS)
		reasons |= LOOKALIKE_DIGITS;
	if (found & USPOOF_HIDDEN_OVERLAY)
		reasons |= LOOKALIKE_MARKS;
	if (reads_latin(label))
		reasons |= LOOKALIKE_MIXED_SCRIPT;
	if (latin_tld && rare_twins(label))
		reasons |= LOOKALIKE_WHOLE_SCRIPT;
	return reasons;
}

unsigned look_styled(struct str s)
{
	UErrorCode err = U_ZERO_ERROR;
	const UNormalizer2 *nfkc = unorm2_getNFKCInstance(&err);
	unsigned styled = 0;
	uint32_t c;

	if (U_FAILURE(err) || str_ascii(s))
		return 0;
	for (size_t i = 0; i < s.n; i += char_at(s, i, &c)) {
		UChar part[8];
		int32_t n;
		bool plain = true;
		char_at(s, i, &c);
		if (c < 0x2070 && c != 0x17f)
			continue;
		n = unorm2_getDecomposition(nfkc, (UChar32)c, part, 8, &err);
		for (int32_t k = 0; k < n && U_SUCCESS(err); k++)
			plain = plain && part[k] < 0x80 && ch_alnum((char)part[k]);
		if (U_SUCCESS(err) && n > 0 && plain)
			styled |= c >= 0xff00 && c <= 0xffef ? 2 : 1;
		err = U_ZERO_ERROR;
	}
	return styled;
}
