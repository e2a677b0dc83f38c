/* From what a rule's author writes, /.../i or m{...}x, to an expression and its flags. */
#include "base/err.h"
#include "ruleset/pattern/pattern.h"

static char closing(char open)
{
	static const char pairs[] = "{}()<>[]";
	const char *at = memchr(pairs, open, sizeof pairs - 1);

	return at && (at - pairs) % 2 == 0 ? at[1] : open;
}

/* Where the expression begins, and its end mark; 0: it is bare. */
static char opening(struct str *s)
{
	size_t skip = 0;

	if (str_starts(*s, STR("/")))
		skip = 1;
	else if (str_starts(*s, STR("qr")) && s->n > 2 && !ch_alnum(s->p[2]) && s->p[2] != '_')
		skip = 3;
	else if (str_starts(*s, STR("m")) && s->n > 1 && !ch_alnum(s->p[1]) && s->p[1] != '_')
		skip = 2;
	if (skip == 0 || ch_wsp(s->p[skip - 1]) || s->p[skip - 1] == '\\')
		return 0;
	*s = str_skip(*s, skip);
	return closing(s->p[-1]);
}

static int modifiers(struct str mods, unsigned *flags, bool *no_capture, struct err *e)
{
	static const struct {
		char c;
		unsigned flag;
	} known[] = {
		{ 'i', PATTERN_CASELESS },
		{ 'm', PATTERN_MULTILINE },
		{ 's', PATTERN_DOTALL },
		{ 'x', PATTERN_EXTENDED },
		{ 'a', 0 },
		{ 'd', 0 },
		{ 'l', 0 },
		{ 'u', 0 },
		{ 'p', 0 },
		{ 'n', 0 },
	};

	for (size_t i = 0; i < mods.n; i++) {
		size_t k = 0;

		while (k < sizeof known / sizeof known[0] && known[k].c != mods.p[i])
			k++;
		if (k == sizeof known / sizeof known[0])
			return err_set(e, "unknown modifier '%c' after the expression", mods.p[i]);
		*flags |= known[k].flag;
		*no_capture |= mods.p[i] == 'n';
	}
	return 0;
}

/* The end mark must not stand in the expression without a backslash, unless it is a bracket. */
static bool stray(struct str text, char end)
{
	if (end == '}' || end == ')' || end == ']')
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\\')
			i++;
		else if (text.p[i] == end)
			return true;
	}
	return false;
}

int pattern_split(struct arena *a, struct str written, struct str *text, unsigned *flags,
		  struct err *e)
{
	struct str s = str_trim(written);
	bool no_capture = false;
	char end = opening(&s);
	size_t at = s.n;

	*flags = 0;
	*text = s;
	if (end == 0)
		return 0;
	while (at > 0 && ch_alpha(s.p[at - 1]))
		at--;
	if (at == 0 || s.p[at - 1] != end)
		return err_set(e, "the expression has no closing '%c'", end);
	*text = str_sub(s, 0, at - 1);
	if (modifiers(str_skip(s, at), flags, &no_capture, e) != 0)
		return -1;
	if (stray(*text, end))
		return err_set(e, "'%c' in the expression without a backslash", end);
	if (no_capture)
		*text = arena_printf(a, "(?n)%.*s", STR_ARG(*text));
	return 0;
}
