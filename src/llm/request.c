/* The body of a request, in the dialect of the endpoint. */
#include "llm/priv.h"

#define MESSAGE(role, text)                                                                        \
	json_pack("{s:s, s:s%}", "role", (role), "content", (text).p ? (text).p : "", (text).n)

static json_t *words(size_t n, const char *(*word)(unsigned))
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(word((unsigned)i)));
	return list;
}

static const char *label(unsigned i)
{
	return llm_label_word((enum llm_label)i);
}

/* What every implementation of schemas has: types, enumerations, required, nothing more. */
static json_t *schema(void)
{
	json_t *properties = json_object(), *required = json_array();
	const char *name;
	json_t *value;

	json_object_set_new(properties, "canary", json_pack("{s:s}", "type", "string"));
	json_object_set_new(properties, "label",
			    json_pack("{s:s, s:o}", "type", "string", "enum",
				      words((size_t)LLM_UNKNOWN + 1, label)));
	json_object_set_new(properties, "p_spam", json_pack("{s:s}", "type", "number"));
	json_object_set_new(properties, "p_phish", json_pack("{s:s}", "type", "number"));
	json_object_set_new(properties, "reasons",
			    json_pack("{s:s, s:{s:s, s:o}}", "type", "array", "items", "type",
				      "string", "enum",
				      words(llm_reason_count(), llm_reason_word)));
	json_object_set_new(properties, "imitates", json_pack("{s:s}", "type", "string"));
	json_object_set_new(properties, "note", json_pack("{s:s}", "type", "string"));
	json_object_foreach(properties, name, value)
		json_array_append_new(required, json_string(name));
	return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties,
			 "required", required, "additionalProperties", 0);
}

static json_t *messages(const struct llm_question *q)
{
	json_t *list = json_array();

	json_array_append_new(list, MESSAGE("system", q->system));
	json_array_append_new(list, MESSAGE("user", q->user));
	return list;
}

/* Ollama's own interface has its numbers in "options" and the schema as "format". */
static bool native(const struct llm_model *m)
{
	return m->dialect == LLM_OLLAMA && str_starts(m->path, STR("/api/"));
}

static void ask_native(const struct llm_model *m, json_t *root)
{
	json_t *opt = json_object();

	if (m->temperature >= 0)
		json_object_set_new(opt, "temperature", json_real(m->temperature));
	if (m->seed >= 0)
		json_object_set_new(opt, "seed", json_integer(m->seed));
	json_object_set_new(opt, "num_predict", json_integer(m->max_tokens));
	json_object_set_new(root, "options", opt);
	json_object_set_new(root, "format", m->json_schema ? schema() : json_string("json"));
}

/* Of llama.cpp the schema stands beside the type; the others wrap and name it. */
static json_t *format(const struct llm_model *m)
{
	if (m->dialect == LLM_LLAMACPP)
		return json_pack("{s:s, s:o}", "type", "json_object", "schema", schema());
	return json_pack("{s:s, s:{s:s, s:b, s:o}}", "type", "json_schema", "json_schema", "name",
			 "verdict", "strict", 1, "schema", schema());
}

static void ask_openai(const struct llm_model *m, json_t *root)
{
	if (m->temperature >= 0)
		json_object_set_new(root, "temperature", json_real(m->temperature));
	if (m->seed >= 0)
		json_object_set_new(root, "seed", json_integer(m->seed));
	json_object_set_new(root, m->long_tokens ? "max_completion_tokens" : "max_tokens",
			    json_integer(m->max_tokens));
	if (m->json_schema)
		json_object_set_new(root, "response_format", format(m));
}

struct str llm_request(struct arena *a, const struct llm_model *m, const struct llm_question *q)
{
	json_t *root = json_object(), *more = NULL;
	struct str out;
	char *text;

	if (m->model.n)
		json_object_set_new(root, "model", json_stringn(m->model.p, m->model.n));
	json_object_set_new(root, "messages", messages(q));
	json_object_set_new(root, "stream", json_false());
	if (native(m))
		ask_native(m, root);
	else
		ask_openai(m, root);
	if (m->reasoning.n) {
		more = json_loadb(m->reasoning.p, m->reasoning.n, JSON_REJECT_DUPLICATES, NULL);
		json_object_update_missing(root, more);
		/* Ours are there already: its others, such as num_ctx, go among them. */
		json_object_update_missing(json_object_get(root, "options"),
					   json_object_get(more, "options"));
		json_decref(more);
	}
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (!text)
		bug("a request that is no JSON");
	out = arena_dup(a, str_c(text));
	free(text);
	return out;
}
