/* Cuts the payload of an ARC-Authentication-Results field into results, and folds it. */
#include "auth/arc/results.h"

#include "auth/arc/seal.h"
#include "auth/authres/authres.h"
#include "auth/dkim/compose.h"

#define LINE_MAX_OCTETS 998u /* RFC 5322 2.1.1 */

/* Where one octet stands: in how many comments, or in a quoted string. */
struct place {
	size_t depth;
	bool quoted, escaped;
};

static bool is_outside(const struct place *p)
{
	return !p->depth && !p->quoted && !p->escaped;
}

static void step(struct place *p, char c)
{
	bool was = p->escaped;

	p->escaped = false;
	if (was)
		return;
	if (c == '\\' && (p->quoted || p->depth))
		p->escaped = true;
	else if (c == '"' && !p->depth)
		p->quoted = !p->quoted;
	else if (c == '(' && !p->quoted)
		p->depth++;
	else if (c == ')' && !p->quoted && p->depth)
		p->depth--;
}

struct str arc_result_next(struct str *rest)
{
	struct place p = { 0 };
	struct str all = *rest;

	for (size_t i = 0; i < all.n; i++) {
		if (all.p[i] == ';' && is_outside(&p)) {
			*rest = str_skip(all, i + 1);
			return str_trim(str_sub(all, 0, i));
		}
		step(&p, all.p[i]);
	}
	*rest = STR_NULL;
	return str_trim(all);
}

/* The words of a result, one blank between them; folded where that is not inside a quoted string.
 * Control characters become "?". False: a line would be too long. */
static bool put_result(struct composer *w, struct arena *a, struct str s, bool last)
{
	struct buf word = { .arena = a };
	struct place p = { 0 };
	bool spaced = true;

	for (size_t i = 0; i <= s.n; i++) {
		bool blank = i < s.n && ch_fws(s.p[i]) && !p.quoted && !p.escaped;

		if (i < s.n && !blank) {
			unsigned char c = (unsigned char)s.p[i];

			step(&p, s.p[i]);
			if (c != '\r' && c != '\n')
				buf_addc(&word, (c < 32 && c != '\t') || c == 127 ? '?' : s.p[i]);
			continue;
		}
		if (i == s.n && !last)
			buf_addc(&word, ';');
		if (word.n > LINE_MAX_OCTETS - 2)
			return false;
		if (word.n)
			composer_put(w, buf_str(&word), spaced);
		word.n = 0;
	}
	return true;
}

/* One result on a line of its own, after what is there; nothing, if it does not fit. */
static void add_result(struct composer *w, struct arena *a, struct str s)
{
	struct composer before = *w;

	buf_addc(&w->out, ';');
	w->col = COMPOSE_LINE; /* a new line */
	if (put_result(w, a, s, true) && w->out.n <= AUTHRES_MAX_FIELD)
		return;
	w->out.n = before.out.n;
	w->col = before.col;
}

struct str arc_results_fold(struct arena *a, unsigned instance, struct str payload)
{
	struct composer w;
	struct str rest = payload;
	struct str id = arc_result_next(&rest);

	composer_begin(&w, a, STR("ARC-Authentication-Results"));
	buf_addf(&w.out, "i=%u;", instance);
	w.col += w.out.n;
	if (!put_result(&w, a, id, true))
		composer_put(&w, STR("invalid"), true);
	while (rest.p) {
		struct str one = arc_result_next(&rest);

		if (one.n)
			add_result(&w, a, one);
	}
	return buf_str(&w.out);
}

struct str arc_results_of(struct arena *a, const struct hdr_list *headers, struct str authserv_id)
{
	struct buf out = { .arena = a };
	size_t n = 0;

	buf_add(&out, authserv_id);
	for (size_t i = 0; i < headers->v.n; i++) {
		const struct hdr *f = &headers->v.p[i];
		struct authres res;
		struct str rest = f->value;

		if (!str_ieq(f->name, STR("Authentication-Results")) ||
		    !authres_parse(a, f->value, &res) || !str_ieq(res.authserv_id, authserv_id))
			continue;
		arc_result_next(&rest); /* the id */
		for (size_t k = 0; k < res.n && rest.p; k++) {
			struct str one = arc_result_next(&rest);

			if (n == AUTHRES_MAX_RESULTS || out.n + one.n + 2 > AUTHRES_MAX_FIELD)
				break;
			buf_add(&out, STR("; "));
			buf_add(&out, one);
			n++;
		}
	}
	if (!n)
		buf_add(&out, STR("; none"));
	return buf_str(&out);
}
