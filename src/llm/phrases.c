/* The automaton that all phrases are found with. */
#include "llm/finder.h"

#include "base/err.h"

#define STATES_MAX 60000u

struct node {
	uint16_t child, sibling; /* 0: none */
	uint16_t fail;
	uint8_t c; /* class */
	uint32_t out;
};

struct builder_of {
	struct arena *arena;
	struct automaton *m;
	struct node *node;
};

static uint16_t child_of(const struct builder_of *b, uint16_t state, uint8_t c)
{
	uint16_t n = b->node[state].child;

	while (n && b->node[n].c != c)
		n = b->node[n].sibling;
	return n;
}

static uint8_t class_of(struct automaton *m, char c)
{
	uint8_t *class = &m->class[(unsigned char)c];

	if (!*class)
		*class = (uint8_t)m->classes++;
	return *class;
}

static void add(struct builder_of *b, struct str phrase, uint32_t concepts)
{
	uint16_t state = 0;

	for (size_t i = 0; i < phrase.n; i++) {
		uint8_t c = class_of(b->m, phrase.p[i]);
		uint16_t n = child_of(b, state, c);

		if (!n) {
			if (b->m->states >= STATES_MAX)
				bug("more phrases than %u octets", STATES_MAX);
			n = (uint16_t)b->m->states++;
			b->node[n] = (struct node){ .c = c, .sibling = b->node[state].child };
			b->node[state].child = n;
		}
		state = n;
	}
	b->node[state].out |= concepts;
}

/* A phrase of words as text is folded, "_" for where a word begins or ends. */
static struct str word_phrase(struct arena *a, struct str p)
{
	bool begins = p.p[0] == '_', ends = p.p[p.n - 1] == '_' || p.p[p.n - 1] == ' ';
	struct buf b = { .arena = a };
	struct str folded;

	for (size_t i = 0; i < p.n; i++)
		buf_addc(&b, p.p[i] == '_' ? ' ' : p.p[i]);
	folded = str_trim(fold_words(a, llm_normal(a, buf_str(&b), p.n * 4)).s);
	return arena_printf(a, "%s%.*s%s", begins ? " " : "", STR_ARG(folded), ends ? " " : "");
}

static struct str sign_phrase(struct arena *a, struct str p)
{
	if (p.p[0] != '_')
		return p;
	return arena_printf(a, "\n%.*s", STR_ARG(str_skip(p, 1)));
}

static void add_rows(struct builder_of *b, const struct phrase_row *row, bool words)
{
	for (; row->phrases; row++) {
		struct str rest = str_c(row->phrases), p;

		/* A bar that closes a tag of turns belongs to it. */
		while (rest.n) {
			size_t end = 0;

			while (end < rest.n &&
			       (rest.p[end] != '|' ||
				(!words && ((end && rest.p[end - 1] == '<') ||
					    (end + 1 < rest.n && rest.p[end + 1] == '>')))))
				end++;
			p = str_sub(rest, 0, end);
			rest = str_skip(rest, end + 1);
			add(b, words ? word_phrase(b->arena, p) : sign_phrase(b->arena, p),
			    row->concepts);
		}
	}
}

/* Breadth first: where to go on when an octet does not fit, and the whole table of steps. */
static void link_states(struct builder_of *b)
{
	struct automaton *m = b->m;
	uint16_t *next = ARENA_ARRAY(b->arena, uint16_t, m->states * m->classes);
	uint32_t *out = ARENA_ARRAY(b->arena, uint32_t, m->states);
	uint16_t *queue = ARENA_ARRAY(b->arena, uint16_t, m->states);
	size_t head = 0, tail = 0;

	queue[tail++] = 0;
	while (head < tail) {
		uint16_t s = queue[head++], fail = b->node[s].fail;
		uint16_t *row = &next[(size_t)s * m->classes];

		if (s)
			memcpy(row, &next[(size_t)fail * m->classes], m->classes * sizeof(*row));
		out[s] = b->node[s].out | (s ? out[fail] : 0);
		for (uint16_t n = b->node[s].child; n; n = b->node[n].sibling) {
			b->node[n].fail = s ? row[b->node[n].c] : 0;
			row[b->node[n].c] = n;
			queue[tail++] = n;
		}
	}
	m->next = next;
	m->out = out;
}

static void build(struct arena *a, struct automaton *m, const struct phrase_row *one,
		  const struct phrase_row *two, bool words)
{
	struct arena *scratch = arena_new(0);
	struct builder_of b = { .arena = scratch, .m = m };

	b.node = ARENA_ARRAY(scratch, struct node, STATES_MAX);
	m->classes = 1;
	m->states = 1;
	add_rows(&b, one, words);
	if (two)
		add_rows(&b, two, words);
	b.arena = a;
	link_states(&b);
	arena_free(scratch);
}

const struct llm_phrases *llm_phrases_new(struct arena *a)
{
	struct llm_phrases *p = ARENA_NEW(a, struct llm_phrases);

	build(a, &p->words, llm_phrases_words, llm_phrases_more, true);
	build(a, &p->signs, llm_phrases_signs, NULL, false);
	return p;
}
