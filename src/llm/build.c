/* A message as a question: data behind a boundary, and the prompt that says so. */
#include "llm/build.h"

#include "mail/domain.h"

#define FITS_MAX 8u /* times that text is made shorter */

/* ---- the system role ---- */

static struct str word_list(struct arena *a, bool labels)
{
	struct buf b = { .arena = a };
	size_t n = labels ? (size_t)LLM_UNKNOWN + 1 : llm_reason_count();

	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add(&b, STR(", "));
		buf_add(&b, str_c(labels ? llm_label_word((enum llm_label)i)
					 : llm_reason_word((unsigned)i)));
	}
	return buf_str(&b);
}

/* A line may begin with the word of a marking or mode: then it stands only where that is so. */
static bool line_counts(const struct builder *b, struct str *line)
{
	static const char *const marking[] = { "{{datamark}}", "{{base64}}", "{{plain}}" };
	static const char *const mode[] = { "{{full}}", "{{redacted}}", "{{features}}" };
	bool counts = true;

	for (unsigned i = 0; i < 3; i++) {
		if (str_starts(*line, str_c(marking[i]))) {
			*line = str_skip(*line, strlen(marking[i]));
			counts = counts && i == (unsigned)b->model->marking &&
				 b->mode != LLM_FEATURES;
		}
		if (str_starts(*line, str_c(mode[i]))) {
			*line = str_skip(*line, strlen(mode[i]));
			counts = counts && i == (unsigned)b->mode;
		}
	}
	return counts;
}

static void fill_line(struct builder *b, const struct llm_question *q, struct str line,
		      struct buf *out)
{
	const struct {
		struct str name, value;
	} hole[] = {
		{ STR("{{boundary}}"), q->boundary },
		{ STR("{{canary}}"), q->canary },
		{ STR("{{mark}}"), b->mark },
		{ STR("{{labels}}"), word_list(b->arena, true) },
		{ STR("{{reasons}}"), word_list(b->arena, false) },
	};

	for (size_t at = 0; at < line.n;) {
		size_t i = 0, n = sizeof(hole) / sizeof(*hole);

		while (i < n && !str_starts(str_skip(line, at), hole[i].name))
			i++;
		if (i < n) {
			buf_add(out, hole[i].value);
			at += hole[i].name.n;
		} else {
			buf_addc(out, line.p[at++]);
		}
	}
	buf_addc(out, '\n');
}

static struct str system_role(struct builder *b, const struct llm_question *q)
{
	struct buf out = { .arena = b->arena };
	struct str rest = b->model->prompt;

	while (rest.n) {
		struct str line = str_cut(&rest, '\n');

		if (line_counts(b, &line))
			fill_line(b, q, str_trim(line), &out);
	}
	return buf_str(&out);
}

/* ---- the user role ---- */

static struct str own_hash(struct arena *a, const struct llm_facts *f)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < f->nown; i++) {
		buf_add(&b, f->own_domain[i]);
		buf_addc(&b, '\n');
	}
	return str_c(llm_sha256(a, buf_str(&b), 8));
}

/* The text that a reader sees, once, plain, as the mode allows; *left: octets left out. */
static struct str text_of(struct builder *b, size_t *left)
{
	struct str text = content_visible(b->facts->content);

	text = llm_cut(b->arena, text, BUILD_TEXT_MAX, left);
	text = llm_distinct(b->arena, text);
	text = llm_normal(b->arena, text, LLM_GROWTH * text.n); /* all of it: its end counts */
	return b->mode == LLM_REDACTED ? llm_redact(b->arena, b->names, text) : text;
}

static size_t length_of(const json_t *root)
{
	return json_dumpb(root, NULL, 0, JSON_COMPACT);
}

/* text as a member, as much of it as fits. */
static void fit_text(struct builder *b, json_t *root, struct str text, size_t max, size_t *cut)
{
	size_t base = length_of(root) + 64, room = max > base ? max - base : 0;
	size_t budget = room, left = 0;

	for (unsigned i = 0; i < FITS_MAX; i++) {
		struct str part = llm_cut(b->arena, text, budget, &left);
		size_t n;

		json_object_set_new(root, "text", build_string(build_marked(b, part)));
		if (left)
			json_object_set_new(root, "text_left_out", json_integer((json_int_t)left));
		n = length_of(root);
		if (n <= max || !budget)
			break;
		budget = i + 2 < FITS_MAX ? (size_t)((double)budget * (double)room /
						     (double)(n - base + 65) * 0.98)
					  : 0;
	}
	*cut += left;
}

/* Members that are not needed are let go until the whole fits: links first. */
static void fit(json_t *root, size_t max)
{
	static const char *const list[] = { "links", "attachments", "rules_hit" };

	for (size_t i = 0; i < 3 && length_of(root) > max; i++) {
		json_t *l = json_object_get(root, list[i]);

		while (json_array_size(l) && length_of(root) > max)
			json_array_remove(l, json_array_size(l) - 1);
	}
}

static void text(struct builder *b, json_t *root, struct llm_question *q, size_t max)
{
	struct str visible = text_of(b, &q->cut);

	build_say_text(b, "text", visible);
	if (b->mode == LLM_FEATURES)
		return;
	b->anything = b->anything || visible.n;
	fit(root, max / 2); /* no links push the text out */
	fit_text(b, root, visible, max, &q->cut);
}

/* Without text: how much of it there is, coarsely. */
static void measures(struct builder *b, json_t *root)
{
	struct str visible = content_visible(b->facts->content);
	size_t octets = visible.n, step = 1, images = 0;

	while (step * 4 <= octets)
		step *= 4;
	build_count(b, root, "text_octets_about", octets ? step : 0);
	for (size_t i = 0; i < b->facts->content->mime->parts.n; i++) {
		const struct html_doc *d = content_html(b->facts->content, i);

		images += d ? d->images : 0;
	}
	build_count(b, root, "images", images);
	b->anything = b->anything || octets;
}

static struct str subject(const struct builder *b)
{
	const struct hdr *h = hdr_find(b->facts->headers, STR("Subject"), 0);

	return h ? mime_words(b->arena, str_sub(h->value, 0, 4096)) : STR_NULL;
}

static json_t *message(struct builder *b, struct llm_question *q, size_t max)
{
	json_t *root = json_object();

	build_people(b, root);
	build_auth(b, root);
	build_client(b, root);
	build_text(b, root, "subject", subject(b), BUILD_SUBJECT_MAX);
	build_flags(b, root);
	build_links(b, root);
	build_files(b, root);
	q->hidden = content_hidden(b->facts->content).n;
	build_count(b, root, "hidden_text_octets", q->hidden);
	build_say(b, "own_domains", b->own);
	json_object_set_new(root, "own_domains", build_string(b->own));
	if (b->mode == LLM_FEATURES)
		measures(b, root);
	text(b, root, q, max);
	return root;
}

static struct str dump(struct arena *a, json_t *root)
{
	size_t n = length_of(root);
	char *p = arena_alloc(a, n + 1);

	(void)json_dumpb(root, p, n, JSON_COMPACT);
	return str_of(p, n);
}

static struct str user_role(struct builder *b, struct llm_question *q)
{
	struct str begin = arena_printf(b->arena, "MAIL %.*s BEGIN\n", STR_ARG(q->boundary));
	struct str end = arena_printf(b->arena, "\nMAIL %.*s END\n", STR_ARG(q->boundary));
	size_t max = LLM_MAX_INPUT - begin.n - end.n;
	json_t *root = message(b, q, max);
	struct str data;

	fit(root, max);
	data = dump(b->arena, root);
	json_decref(root);
	return arena_printf(b->arena, "%.*s%.*s%.*s", STR_ARG(begin), STR_ARG(data), STR_ARG(end));
}

static struct str hex(struct arena *a, const uint8_t *p, size_t n)
{
	struct buf b = { .arena = a };

	buf_hex(&b, p, n);
	return buf_str(&b);
}

void llm_build(struct arena *a, const struct llm_model *m, enum llm_privacy mode,
	       const struct llm_facts *f, const uint8_t random[32], struct llm_question *q)
{
	struct builder b = {
		.arena = a, .model = m, .mode = mode, .facts = f, .said = { .arena = a }
	};

	*q = (struct llm_question){ .boundary = hex(a, random, 16),
				    .canary = hex(a, random + 16, 8) };
	b.names = llm_names(a, f);
	b.mark = llm_mark(random[24]);
	b.own = own_hash(a, f);
	build_say(&b, "model", str_c(m->hash));
	build_say(&b, "mode", arena_printf(a, "%d", (int)mode));
	q->user = user_role(&b, q);
	q->system = system_role(&b, q);
	q->digest = str_c(llm_sha256(a, buf_str(&b.said), 16));
	q->empty = !b.anything;
	q->tokens = (size_t)((double)(q->system.n + q->user.n) * m->tokens_per_octet) + 1;
}
