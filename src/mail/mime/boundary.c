/*
 * Delimiter lines (RFC 2046 5.1.1). A line is compared with every open boundary, of which there are
 * at most MIME_MAX_DEPTH, each comparison bounded by the boundary's length; their last octets come
 * first, since there boundaries differ most.
 *
 * Mail programs want nothing but blanks after the boundary, though RFC 2046 lets a line go on. The
 * first reading does as they do; a line that goes on asks for a second one.
 */
#include "mail/mime/mime_priv.h"

static bool blank(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ch_wsp(s.p[i]))
			return false;
	return true;
}

/* What the line is for one boundary. *goes_on: it begins as its delimiter. */
static enum mime_line line_kind(struct str line, struct str boundary, bool loose, bool *goes_on)
{
	struct str rest;

	*goes_on = false;
	if (!boundary.n || line.n < boundary.n ||
	    line.p[boundary.n - 1] != boundary.p[boundary.n - 1] || !str_starts(line, boundary))
		return MIME_L_TEXT;
	rest = str_skip(line, boundary.n);
	if (blank(rest))
		return MIME_L_DELIMITER;
	if (str_starts(rest, STR("--")) && (loose || blank(str_skip(rest, 2))))
		return MIME_L_CLOSE;
	*goes_on = true;
	return loose ? MIME_L_DELIMITER : MIME_L_TEXT;
}

/*
 * The innermost wins, but a container that is not closed wins over one that is, and of two
 * boundaries that both fit ("b" and "b--") the longer one.
 */
static bool better(const struct mime_part *p, const struct mime_part *than)
{
	if (!than || p->boundary.n > than->boundary.n)
		return true;
	return p->boundary.n == than->boundary.n && than->priv->closed && !p->priv->closed;
}

enum mime_line mime_line_kind(struct mime_scan *s, struct str line, size_t *level)
{
	struct str rest = str_skip(line, 2);
	const struct mime_part *best = NULL, *longer = NULL;
	enum mime_line kind = MIME_L_TEXT;
	bool goes_on;

	for (size_t i = s->open_n; i-- > 0;) {
		const struct mime_part *p = &s->m->parts.p[s->open[i]];
		enum mime_line k = line_kind(rest, p->boundary, s->loose, &goes_on);

		if (goes_on)
			longer = p;
		if (k == MIME_L_TEXT || !better(p, best))
			continue;
		best = p;
		kind = k;
		*level = i;
	}
	if (longer && !best)
		longer->priv->loose = true;
	return kind;
}
