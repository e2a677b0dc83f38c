/* A reply of the endpoint, read with suspicion: what is not exactly the answer asked for is none.
 */
#include "llm/priv.h"

#include <math.h>

#include "base/utf8.h"

#define DEPTH_MAX 24u /* of a reply; what is asked for has 2, wrappers of endpoints up to 8 */
#define IMITATES_MAX 64u

/* Nested no deeper than DEPTH_MAX: looked at first, since the reader of JSON recurses. */
static bool shallow(struct str s)
{
	unsigned depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '[') && ++depth > DEPTH_MAX)
			return false;
		else if (!quoted && (c == '}' || c == ']') && depth)
			depth--;
	}
	return true;
}

static json_t *load(struct str s, size_t max)
{
	if (!s.n || s.n > max || !shallow(s))
		return NULL;
	return json_loadb(s.p, s.n, JSON_REJECT_DUPLICATES, NULL);
}

static struct str text_of(const json_t *v)
{
	return json_is_string(v) ? str_of(json_string_value(v), json_string_length(v)) : STR_NULL;
}

static struct str member(const json_t *object, const char *name)
{
	return text_of(json_object_get(object, name));
}

static uint64_t count(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);
	json_int_t n = json_is_integer(v) ? json_integer_value(v) : 0;

	return n > 0 ? (uint64_t)n : 0;
}

/* ---- the wrapper ---- */

static void tokens(const json_t *root, struct llm_answer *out)
{
	const json_t *usage = json_object_get(root, "usage");

	out->tokens_in = count(usage, "prompt_tokens");
	out->tokens_out = count(usage, "completion_tokens");
	if (usage)
		return;
	out->tokens_in = count(root, "prompt_eval_count");
	out->tokens_out = count(root, "eval_count");
}

/* One of Azure's filters says that it took something away. */
static bool filtered(const json_t *results)
{
	const char *name;
	json_t *r;

	json_object_foreach((json_t *)results, name,
			    r) if (json_is_true(json_object_get(r, "filtered"))) return true;
	return false;
}

static bool filter_word(struct str s)
{
	return str_ieq(s, STR("content_filter")) || str_ieq(s, STR("ResponsibleAIPolicyViolation"));
}

/* What an error object says: {"error": {...}}, {"error": "..."}, {"object": "error", ...}. */
static enum llm_fault error_of(const json_t *root)
{
	const json_t *error = json_object_get(root, "error");
	const json_t *inner = json_object_get(error, "innererror");

	if (str_eq(member(root, "object"), STR("error")))
		error = root;
	if (!error || json_is_null(error))
		return LLM_FINE;
	if (filter_word(member(error, "code")) || filter_word(member(error, "type")) ||
	    filter_word(member(inner, "code")) ||
	    filtered(json_object_get(inner, "content_filter_result")))
		return LLM_REFUSED;
	return LLM_NO_REPLY;
}

static enum llm_fault ended(struct str reason)
{
	if (str_eq(reason, STR("length")) || str_eq(reason, STR("max_tokens")))
		return LLM_CUT;
	if (str_eq(reason, STR("content_filter")))
		return LLM_REFUSED;
	if (reason.n && !str_eq(reason, STR("stop")))
		return LLM_NOT_SCHEMA; /* it called a tool, or what else */
	return LLM_FINE;
}

/* The message of a completion; *why: it ended in no answer. */
static const json_t *message_of(const json_t *root, enum llm_fault *why)
{
	const json_t *choices = json_object_get(root, "choices"), *one = json_array_get(choices, 0);
	const json_t *message = json_object_get(choices ? one : root, "message");

	if (!json_is_object(message) || (choices && json_array_size(choices) != 1)) {
		*why = LLM_NO_REPLY;
		return NULL;
	}
	*why = ended(choices ? member(one, "finish_reason") : member(root, "done_reason"));
	if (filtered(json_object_get(one, "content_filter_results")) ||
	    member(message, "refusal").n)
		*why = LLM_REFUSED;
	if (*why == LLM_FINE && json_array_size(json_object_get(message, "tool_calls")))
		*why = LLM_NOT_SCHEMA;
	return message;
}

/* ---- the text ---- */

/* Without a leading <think> block, where the model may have one. */
static struct str after_thought(struct str s)
{
	size_t end;

	s = str_trim(s);
	if (!str_starts(s, STR("<think>")))
		return s;
	end = str_find(s, STR("</think>"));
	return end == SIZE_MAX ? STR("") : str_trim(str_skip(s, end + 8));
}

/* What stands in one fence of three backquotes that is all of s; s itself: there is none. */
static struct str unfenced(struct str s)
{
	struct str in = s;

	s = str_trim(s);
	if (!str_starts(s, STR("```")) || s.n < 7 || !str_iends(s, STR("```")))
		return in;
	s = str_sub(s, 3, s.n - 6);
	if (str_istarts(s, STR("json")))
		s = str_skip(s, 4);
	return s;
}

/* ---- the object ---- */

static bool unit(const json_t *v, double *out)
{
	*out = json_is_number(v) ? json_number_value(v) : -1;
	return isfinite(*out) && *out >= 0 && *out <= 1;
}

static bool reasons(const json_t *list, struct llm_answer *out)
{
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n > LLM_REASONS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned code;

		if (!llm_reason_find(text_of(json_array_get(list, i)), &code))
			return false;
		for (size_t k = 0; k < out->nreasons; k++)
			if (out->reason[k] == code)
				return false;
		out->reason[out->nreasons++] = code;
	}
	return true;
}

/* Printable, line ends as blanks, at most max characters (of Unicode). */
static struct str printable(struct arena *a, struct str s, size_t max)
{
	struct buf b = { .arena = a };
	size_t chars = 0;

	s = llm_normal(a, str_sub(s, 0, 8 * max), 8 * max);
	for (size_t i = 0, n; i < s.n && chars < max; i += n, chars++) {
		uint32_t code;

		n = utf8_read(str_skip(s, i), &code);
		if (!n)
			break;
		if (code == '\n')
			buf_addc(&b, ' ');
		else
			buf_add(&b, str_sub(s, i, n));
	}
	return str_trim(buf_str(&b));
}

static struct str brand(struct arena *a, struct str s)
{
	struct str p = printable(a, s, IMITATES_MAX);
	size_t n = p.n;

	for (; n > IMITATES_MAX || (n < p.n && ((unsigned char)p.p[n] & 0xC0) == 0x80); n--)
		continue;
	return str_sub(p, 0, n);
}

/* Label and number are of one mind: the ones that say "bad" are likely, ham is not. */
static bool agree(enum llm_label l, double p)
{
	switch (l) {
	case LLM_HAM:
		return p < 0.5;
	case LLM_SPAM:
	case LLM_PHISH:
	case LLM_SCAM:
	case LLM_MALWARE:
		return p >= 0.5;
	case LLM_BULK:
	case LLM_UNKNOWN:
		break;
	}
	return true;
}

/* A secret of the question in a field that is not its own. */
static bool leaks(const struct llm_question *q, struct str s)
{
	return (q->canary.n && str_ifind(s, q->canary)) ||
	       (q->boundary.n && str_ifind(s, q->boundary));
}

static enum llm_fault object(struct arena *a, const json_t *o, const struct llm_question *q,
			     struct llm_answer *out)
{
	const json_t *imitates = json_object_get(o, "imitates"), *note = json_object_get(o, "note");
	struct llm_answer x = { .tokens_in = out->tokens_in, .tokens_out = out->tokens_out };

	if (!json_is_object(o) || json_object_size(o) != 7 || !json_is_string(imitates) ||
	    !json_is_string(note) || !json_is_string(json_object_get(o, "canary")) ||
	    !llm_label_find(member(o, "label"), &x.label) ||
	    !unit(json_object_get(o, "p_spam"), &x.p_spam) ||
	    !unit(json_object_get(o, "p_phish"), &x.p_phish) ||
	    !reasons(json_object_get(o, "reasons"), &x) || !agree(x.label, x.p_spam))
		return LLM_NOT_SCHEMA;
	if (!str_eq(member(o, "canary"), q->canary) || leaks(q, text_of(note)) ||
	    leaks(q, text_of(imitates)))
		return LLM_CANARY;
	x.imitates = brand(a, text_of(imitates));
	x.note = printable(a, text_of(note), LLM_NOTE_MAX);
	*out = x;
	return LLM_FINE;
}

/* Words instead of an object, and in them what it was told: more than a fault of form. */
static bool retells(const struct llm_question *q, struct str s)
{
	return (q->boundary.n && str_ifind(s, q->boundary)) ||
	       (str_chr(s, '{') == SIZE_MAX && leaks(q, s));
}

static enum llm_fault answer(struct arena *a, const struct llm_model *m,
			     const struct llm_question *q, struct str content,
			     struct llm_answer *out)
{
	enum llm_fault fault = LLM_NOT_SCHEMA;
	json_t *o;

	if (m->think)
		content = after_thought(content);
	content = str_trim(content);
	if (!content.n)
		return LLM_CUT; /* all tokens went into thoughts */
	o = load(m->fence ? unfenced(content) : content, LLM_MAX_ANSWER);
	if (o)
		fault = object(a, o, q, out);
	else if (retells(q, content))
		fault = LLM_CANARY;
	json_decref(o);
	return fault;
}

static enum llm_fault completion(struct arena *a, const struct llm_model *m,
				 const struct llm_question *q, const json_t *root,
				 struct llm_answer *out)
{
	enum llm_fault why = error_of(root);
	const json_t *message;

	if (why != LLM_FINE)
		return why;
	message = message_of(root, &why);
	if (why != LLM_FINE)
		return why;
	return answer(a, m, q, member(message, "content"), out);
}

void llm_reply(struct arena *a, const struct llm_model *m, const struct llm_question *q,
	       struct str body, struct llm_answer *out)
{
	json_t *root = load(body, LLM_MAX_REPLY);

	*out = (struct llm_answer){ .fault = LLM_NO_REPLY, .label = LLM_UNKNOWN };
	if (json_is_object(root)) {
		tokens(root, out);
		out->fault = completion(a, m, q, root, out);
	}
	json_decref(root);
}
