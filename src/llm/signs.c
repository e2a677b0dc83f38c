/* Signs that a message talks to a model: its texts, seen and unseen, looked through. */
#include "llm/finder.h"

#include <stdint.h>

#include "mail/html/html.h"
#include "mail/mime/mime.h"
#include "mail/url/host.h"

#define TEXT_HEAD (1u << 20)   /* octets of one text, from its beginning */
#define TEXT_TAIL (256u << 10) /* and from its end */
#define CODED_MAX (256u << 10) /* octets that are read in rot13 and backwards */
#define FIELD_MAX 16384u
#define TAG_NAME_MAX 64u /* octets of the name of a tag that HTML does not have */
#define EVIDENCE_MAX 96u

enum {
	HOW_HIDDEN = 1,
	HOW_ENCODED = 2,
	HOW_TURNED = 4, /* rot13, backwards: what is honest text becomes noise, in which only */
};			/* the plainest phrase counts */

static const struct {
	unsigned sign;
	const char *name;
} names[] = {
	{ LLM_SIGN_INSTRUCTION, "instruction" },
	{ LLM_SIGN_ROLE, "role" },
	{ LLM_SIGN_ANSWER, "answer" },
	{ LLM_SIGN_HIDDEN, "hidden" },
	{ LLM_SIGN_TAGS, "tags" },
	{ LLM_SIGN_ADDRESSED, "addressed" },
	{ LLM_SIGN_ENCODED, "encoded" },
	{ LLM_SIGN_PADDING, "padding" },
};

const char *llm_sign_name(unsigned sign)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].sign == sign)
			return names[i].name;
	return NULL;
}

struct finder {
	struct arena *arena; /* of the answer */
	struct arena *scratch;
	const struct llm_phrases *p;
	unsigned signs;
	struct str evidence;
};

/* Where each concept was seen last in a text, plus one. */
struct places {
	size_t last[CONCEPTS];
};

/* ---- phrases ---- */

static void found(struct finder *f, unsigned sign, unsigned how, struct str text, size_t at)
{
	size_t from = at > EVIDENCE_MAX ? at - EVIDENCE_MAX : 0;

	if (!(f->signs &
	      (LLM_SIGN_INSTRUCTION | LLM_SIGN_ROLE | LLM_SIGN_ANSWER | LLM_SIGN_ADDRESSED))) {
		while (from < at && ((unsigned char)text.p[from] & 0xC0) == 0x80)
			from++;
		f->evidence = str_trim(arena_dup(f->arena, str_sub(text, from, at - from)));
	}
	f->signs |= sign | (how & HOW_HIDDEN ? (unsigned)LLM_SIGN_HIDDEN : 0u) |
		    (how & HOW_ENCODED ? (unsigned)LLM_SIGN_ENCODED : 0u);
}

static bool together(const struct places *x, unsigned need, size_t at, size_t within)
{
	size_t low = at > within ? at - within : 0;

	for (unsigned bits = need; bits; bits &= bits - 1) {
		size_t last = x->last[__builtin_ctz(bits)];

		if (!last || last - 1 < low)
			return false;
	}
	return true;
}

static void hit(struct finder *f, struct places *x, unsigned concepts, size_t at, unsigned how,
		struct str text, size_t shown)
{
	for (unsigned bits = concepts; bits; bits &= bits - 1)
		x->last[__builtin_ctz(bits)] = at + 1;
	for (const struct phrase_rule *r = llm_phrase_rules; r->sign; r++)
		if ((r->need & concepts) && (how || !(f->signs & r->sign)) &&
		    (!(how & HOW_TURNED) || r == llm_phrase_rules) &&
		    together(x, r->need, at, r->within))
			found(f, r->sign, how, text, shown);
}

/* One folded form of a text alone. */
static void look(struct finder *f, struct fold t, unsigned how)
{
	struct places x = { 0 };
	uint16_t state = 0;

	for (size_t i = 0; i < t.s.n; i++) {
		state = automaton_step(&f->p->words, state, t.s.p[i]);
		if (f->p->words.out[state])
			hit(f, &x, f->p->words.out[state], t.at[i], how, t.s, i + 1);
	}
}

/* Words and signs side by side, in the order of the text. */
static void look_both(struct finder *f, struct fold words, struct fold signs, unsigned how)
{
	const struct automaton *w = &f->p->words, *s = &f->p->signs;
	struct places x = { 0 };
	uint16_t ws = 0, ss = 0;
	size_t i = 0, k = 0;

	while (i < words.s.n || k < signs.s.n) {
		if (k >= signs.s.n || (i < words.s.n && words.at[i] <= signs.at[k])) {
			ws = automaton_step(w, ws, words.s.p[i++]);
			if (w->out[ws])
				hit(f, &x, w->out[ws], words.at[i - 1], how, words.s, i);
		} else {
			ss = automaton_step(s, ss, signs.s.p[k++]);
			if (s->out[ss])
				hit(f, &x, s->out[ss], signs.at[k - 1], how, signs.s, k);
		}
	}
}

/* ---- forged boundaries ---- */

/* "MAIL 32-hexadecimal-digits BEGIN" or END, as our own question has it. */
static bool fence_at(struct str s)
{
	size_t n = 0;

	s = str_trim(str_skip(s, 4));
	while (n < s.n && ch_hex(s.p[n]) >= 0)
		n++;
	s = str_trim(str_skip(s, n));
	return n >= 8 && (str_istarts(s, STR("END")) || str_istarts(s, STR("BEGIN")));
}

static void look_fence(struct finder *f, struct str normal, unsigned how)
{
	for (size_t i = 0; i + 16 < normal.n; i++)
		if ((normal.p[i] == 'M' || normal.p[i] == 'm') &&
		    (!i || !ch_alnum(normal.p[i - 1])) &&
		    str_istarts(str_skip(normal, i), STR("MAIL ")) &&
		    fence_at(str_sub(normal, i, 96)))
			found(f, LLM_SIGN_ROLE, how, normal, i + 16);
}

/* ---- texts ---- */

/* What is looked at of a text: head and tail of a long one. */
static struct str bounded(struct finder *f, struct str s)
{
	if (s.n <= TEXT_HEAD + TEXT_TAIL)
		return s;
	return arena_printf(f->scratch, "%.*s\n%.*s", STR_ARG(str_sub(s, 0, TEXT_HEAD)),
			    STR_ARG(str_skip(s, s.n - TEXT_TAIL)));
}

/* All of a text is made plain, or its end would not be looked at; of one that grows, so much. */
static size_t plain_max(struct str text)
{
	size_t all = LLM_GROWTH * text.n, most = 2 * (TEXT_HEAD + TEXT_TAIL);

	return all < most ? all : most;
}

static void look_plain(struct finder *f, struct str text, unsigned how)
{
	struct str normal = llm_normal(f->scratch, text, plain_max(text));
	struct fold words = fold_words(f->scratch, normal), disguise, head;

	look_both(f, words, fold_signs(f->scratch, normal), how);
	look_fence(f, normal, how);
	disguise = fold_disguise(f->scratch, normal);
	if (disguise.s.n)
		look(f, disguise, how);
	if (how & HOW_ENCODED)
		return;
	head = (struct fold){ str_sub(words.s, 0, CODED_MAX), words.at };
	look(f, fold_rot13(f->scratch, head), how | HOW_ENCODED | HOW_TURNED);
	look(f, fold_backwards(f->scratch, head), how | HOW_ENCODED | HOW_TURNED);
}

static void look_text(struct finder *f, struct str text, unsigned how)
{
	struct str hidden, coded;
	bool tags = false;

	if (!text.n)
		return;
	text = bounded(f, text);
	if (str_find(text, STR("&#")) != SIZE_MAX)
		text = html_unescape(f->scratch, text);
	look_plain(f, text, how);
	hidden = decode_invisible(f->scratch, text, &tags);
	if (tags) {
		f->signs |= LLM_SIGN_TAGS;
		look_plain(f, hidden, how | HOW_HIDDEN | HOW_ENCODED);
	}
	coded = decode_runs(f->scratch, text);
	if (coded.n)
		look_plain(f, coded, how | HOW_ENCODED);
	arena_reset(f->scratch);
}

/* ---- carriers ---- */

static bool spoken_attribute(struct str name)
{
	static const char *const list[] = { "alt",	   "title",
					    "aria-label",  "placeholder",
					    "content",	   "value",
					    "summary",	   "label",
					    "description", "aria-description",
					    "data-prompt", "data-instruction",
					    "data-text",   "data-note",
					    "abbr",	   "data-content",
					    "data-ai",	   "name",
					    "longdesc" };

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (str_ieq(name, str_c(list[i])))
			return true;
	return str_istarts(name, STR("data-"));
}

/* What markup says besides text: comments, attributes, scripts and sheets, one after another. */
static struct str markup(struct arena *a, struct str html)
{
	struct buf b = { .arena = a };
	struct html_lexer l = { .in = str_sub(html, 0, HTML_MAX_OCTETS) };
	struct html_token *t = ARENA_NEW(a, struct html_token);

	while (html_next(&l, t)) {
		bool said = t->kind == HTML_COMMENT || (t->kind == HTML_TEXT && t->literal);

		if (said) {
			buf_add(&b, t->text);
			buf_add(&b, STR(" \n"));
		}
		if (t->kind == HTML_START && str_find(t->name, STR("-")) != SIZE_MAX)
			buf_addf(&b, "<%.*s \n", STR_ARG(str_sub(t->name, 0, TAG_NAME_MAX)));
		for (size_t i = 0; t->kind == HTML_START && i < t->nattrs; i++)
			if (t->attr[i].value.n > 12 && spoken_attribute(t->attr[i].name)) {
				buf_add(&b, html_unescape_attr(a, t->attr[i].value));
				buf_add(&b, STR(" \n"));
			}
	}
	return buf_str(&b);
}

static void look_parts(struct finder *f, struct content *c)
{
	for (size_t i = 0; i < c->mime->parts.n; i++) {
		const struct mime_part *p = &c->mime->parts.p[i];
		struct arena *a;

		if (p->multipart || p->message)
			continue;
		if (content_html(c, i)) {
			a = arena_new(0);
			look_text(f, markup(a, mime_text(c->mime, i)), HOW_HIDDEN);
			arena_free(a);
		} else if (str_eq(p->type, STR("text")) &&
			   (str_eq(p->disposition, STR("attachment")) ||
			    !str_eq(p->subtype, STR("plain")))) {
			look_text(f, mime_text(c->mime, i), 0);
		}
	}
}

static void look_files(struct finder *f, struct content *c)
{
	const content_file_vec *files = content_files(c);

	for (size_t i = 0; i < files->n && i < 100; i++) {
		const struct archive *x = files->p[i].archive;

		look_text(f, str_sub(files->p[i].name, 0, FIELD_MAX), 0);
		for (size_t k = 0; x && k < x->entries.n && k < 100; k++)
			look_text(f, str_sub(x->entries.p[k].name, 0, FIELD_MAX), HOW_HIDDEN);
	}
}

static void look_links(struct finder *f, struct content *c)
{
	const url_vec *urls = content_urls(c);
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };

	for (size_t i = 0; i < urls->n; i++) {
		struct str s = urls->p[i].raw;

		if (s.n < 32)
			continue;
		s = url_percent_decode(a, s);
		for (size_t k = 0; k < s.n; k++)
			buf_addc(&b, s.p[k] == '+' ? ' ' : s.p[k]);
		buf_add(&b, STR(" \n"));
	}
	look_text(f, buf_str(&b), HOW_HIDDEN);
	arena_free(a);
}

static void look_fields(struct finder *f, const struct hdr_list *h)
{
	static const char *const seen[] = { "Subject", "From", "Reply-To", "Sender", "To", "Cc" };
	static const char *const unseen[] = {
		"Comments",	   "Keywords", "Organization", "X-Mailer", "User-Agent",
		"Thread-Topic",	   "List-Id",  "X-Comment",    "X-Note",   "Content-Description",
		"X-Instructions",  "X-AI",     "Summary",      "X-Prompt", "X-LLM",
		"List-Unsubscribe"
	};
	const size_t nseen = sizeof(seen) / sizeof(*seen);

	for (size_t i = 0; i < nseen + sizeof(unseen) / sizeof(*unseen); i++) {
		struct str name = str_c(i < nseen ? seen[i] : unseen[i - nseen]);
		const struct hdr *x;

		for (size_t k = 0; k < 4 && (x = hdr_find(h, name, k)); k++) {
			struct arena *a = arena_new(0);

			look_text(f, mime_words(a, str_sub(x->value, 0, FIELD_MAX)),
				  i < nseen ? 0 : HOW_HIDDEN);
			arena_free(a);
		}
	}
}

unsigned llm_signs(struct arena *a, const struct llm_phrases *p, const struct llm_facts *f,
		   struct str *evidence)
{
	struct finder x = { .arena = a, .scratch = arena_new(65536), .p = p };

	look_fields(&x, f->headers);
	if (f->content) {
		look_text(&x, content_visible(f->content), 0);
		look_text(&x, content_hidden(f->content), HOW_HIDDEN);
		look_parts(&x, f->content);
		look_files(&x, f->content);
		look_links(&x, f->content);
		if (is_padded(bounded(&x, content_visible(f->content))))
			x.signs |= LLM_SIGN_PADDING;
	}
	arena_free(x.scratch);
	*evidence = x.evidence;
	return x.signs;
}
