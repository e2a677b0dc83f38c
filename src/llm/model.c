/* Model files: how an endpoint's model is spoken to, with which prompt, and what its numbers mean.
 */
#include "llm/priv.h"

#include "base/file.h"
#include "base/utf8.h"
#include "conf/conf.h"

#define MODEL_FILE_MAX 65536u
#define PROMPT_MAX 16384u
#define POINTS_MAX 64u

/* Members of the request that "reasoning" may not replace. */
static const char *const reserved[] = {
	"messages", "model", "response_format",	     "format", "stream", "max_tokens", "tools",
	"n",	    "seed",  "max_completion_tokens"
};

static bool json_object_text(struct str value, char *why, size_t cap)
{
	json_t *root;
	bool ok;

	if (!value.n)
		return true;
	root = value.n <= 1024 ? json_loadb(value.p, value.n, JSON_REJECT_DUPLICATES, NULL) : NULL;
	ok = json_is_object(root);
	for (size_t i = 0; ok && i < sizeof(reserved) / sizeof(*reserved); i++)
		ok = !json_object_get(root, reserved[i]);
	json_decref(root);
	if (!ok)
		(void)snprintf(why, cap,
			       "a JSON object of at most 1024 octets, without members of our own");
	return ok;
}

static bool path_text(struct str value, char *why, size_t cap)
{
	if (value.n <= 512 && str_printable(value) && value.p[0] == '/' &&
	    str_chr(value, ' ') == SIZE_MAX)
		return true;
	(void)snprintf(why, cap, "a path that begins with a slash");
	return false;
}

static bool point_read(struct str value, double *said, double *true_p)
{
	struct str rest = value, first = str_cut(&rest, ':');

	return str_f64(first, said) && str_f64(rest, true_p) && *said >= 0 && *said <= 1 &&
	       *true_p >= 0 && *true_p <= 1;
}

static bool point_text(struct str value, char *why, size_t cap)
{
	double x, y;

	if (point_read(value, &x, &y))
		return true;
	(void)snprintf(why, cap, "\"SAID:TRUE\", two numbers from 0 to 1");
	return false;
}

static const struct conf_opt options[] = {
	{ "model.dialect", CONF_ENUM, "openai", "openai|llamacpp|vllm|ollama|azure", NULL,
	  "how the endpoint differs from OpenAI's chat completions", false },
	{ "model.name", CONF_STR, "", NULL, NULL, "what the endpoint calls the model", false },
	{ "model.path", CONF_STR, "/v1/chat/completions", NULL, path_text,
	  "path of the endpoint; of Azure with deployment and api-version", false },
	{ "model.prompt", CONF_STR, "prompts/default.md", NULL, NULL,
	  "file of the system role, relative to this one", false },
	{ "model.max_tokens", CONF_INT, "256", "32..4096", NULL, "tokens of an answer", false },
	{ "model.max_tokens_field", CONF_ENUM, "max_tokens", "max_tokens|max_completion_tokens",
	  NULL, "how the request says so", false },
	{ "model.temperature", CONF_FLOAT, "0", "-1..2", NULL,
	  "0: the likeliest answer; -1: not sent (models that refuse it)", false },
	{ "model.seed", CONF_INT, "1", "-1..2147483647", NULL, "-1: not sent", false },
	{ "model.json_schema", CONF_BOOL, "true", NULL, NULL,
	  "the request carries the schema of the answer", false },
	{ "model.marking", CONF_ENUM, "datamark", "datamark|base64|plain", NULL,
	  "how the mail's text is set apart", false },
	{ "model.price_in", CONF_FLOAT, "0", "0..1000000", NULL,
	  "money for a million tokens that go in", false },
	{ "model.price_out", CONF_FLOAT, "0", "0..1000000", NULL, "and that come out", false },
	{ "model.tokens_per_octet", CONF_FLOAT, "0.35", "0.01..4", NULL,
	  "for estimates before the endpoint has counted", false },
	{ "model.reasoning", CONF_STR, "", NULL, json_object_text,
	  "members added to the request, as JSON: what switches thinking off", false },
	{ "model.code_fence", CONF_BOOL, "false", NULL, NULL,
	  "the answer may stand between three backquotes", false },
	{ "model.think_block", CONF_BOOL, "false", NULL, NULL,
	  "a <think> block may stand before the answer", false },
	{ "model.calibration", CONF_LIST, NULL, NULL, point_text,
	  "pairs SAID:TRUE of p_spam, rising: what an answer is worth", false },
	{ NULL, 0, NULL, NULL, NULL, NULL, false },
};

/* The first fault only. */
static void keep_fault(void *arg, const char *line)
{
	struct err *e = arg;

	if (e && !e->text[0])
		(void)err_set(e, "%s", line);
}

static int points(struct arena *a, const struct conf *c, struct llm_model *m, struct err *e)
{
	const struct str *item;
	size_t n = conf_list(c, "model.calibration", &item);
	double(*p)[2] = arena_alloc(a, arena_mul(n + 1, sizeof(*p)));

	if (n > POINTS_MAX)
		return err_set(e, "%s: model.calibration: more than %u pairs",
			       conf_where(c, "model.calibration"), POINTS_MAX);
	for (size_t i = 0; i < n; i++) {
		(void)point_read(item[i], &p[i][0], &p[i][1]);
		if (i && (p[i][0] <= p[i - 1][0] || p[i][1] < p[i - 1][1]))
			return err_set(e, "%s: model.calibration: pairs must rise",
				       conf_where(c, "model.calibration"));
	}
	m->npoints = n;
	m->point = p;
	return 0;
}

static int prompt(struct arena *a, const struct conf *c, const char *path, struct llm_model *m,
		  struct err *e)
{
	struct str name = conf_str(c, "model.prompt");
	const char *where = conf_where(c, "model.prompt"), *file = file_beside(a, path, name);
	struct err why = { 0 };
	struct str base = str_c(file);

	if (file_read(a, file, PROMPT_MAX, &m->prompt, &why) < 0)
		return err_set(e, "%s: model.prompt: %s: %s",
			       str_eq(str_c(where), STR("default")) ? path : where, file, why.text);
	if (!utf8_valid(m->prompt) || memchr(m->prompt.p, 0, m->prompt.n))
		return err_set(e, "%s:1: not UTF-8", file);
	if (str_find(m->prompt, STR("{{boundary}}")) == SIZE_MAX ||
	    str_find(m->prompt, STR("{{canary}}")) == SIZE_MAX)
		return err_set(e, "%s:1: a prompt must say {{boundary}} and {{canary}}", file);
	if (str_rchr(base, '/') != SIZE_MAX)
		base = str_skip(base, str_rchr(base, '/') + 1);
	m->prompt_name = str_iends(base, STR(".md")) ? str_sub(base, 0, base.n - 3) : base;
	return 0;
}

static struct str file_stem(struct arena *a, const char *path)
{
	struct str s = str_c(path);

	if (str_rchr(s, '/') != SIZE_MAX)
		s = str_skip(s, str_rchr(s, '/') + 1);
	return arena_dup(a, str_iends(s, STR(".conf")) ? str_sub(s, 0, s.n - 5) : s);
}

static void values(const struct conf *c, struct llm_model *m)
{
	m->dialect = (enum llm_dialect)conf_enum(c, "model.dialect");
	m->model = conf_str(c, "model.name");
	m->path = conf_str(c, "model.path");
	m->max_tokens = (unsigned)conf_int(c, "model.max_tokens");
	m->long_tokens = conf_enum(c, "model.max_tokens_field") == 1;
	m->temperature = conf_float(c, "model.temperature");
	m->seed = conf_int(c, "model.seed");
	m->json_schema = conf_bool(c, "model.json_schema");
	m->marking = (enum llm_marking)conf_enum(c, "model.marking");
	m->price_in = conf_float(c, "model.price_in");
	m->price_out = conf_float(c, "model.price_out");
	m->tokens_per_octet = conf_float(c, "model.tokens_per_octet");
	m->reasoning = conf_str(c, "model.reasoning");
	m->fence = conf_bool(c, "model.code_fence");
	m->think = conf_bool(c, "model.think_block");
}

const struct llm_model *llm_model_load(struct arena *a, const char *path, struct err *e)
{
	const struct conf_opt *const tables[] = { options, NULL };
	struct llm_model *m = ARENA_NEW(a, struct llm_model);
	struct buf version = { .arena = a };
	struct err why = { 0 };
	const struct conf *c;
	struct str text;

	if (file_read(a, path, MODEL_FILE_MAX, &text, &why) < 0)
		return (void)err_set(e, "%s: %s", path, why.text), NULL;
	c = conf_load_text(a, path, text, tables, keep_fault, &why);
	if (!c)
		return (void)err_set(e, "%s", why.text), NULL;
	m->name = file_stem(a, path);
	values(c, m);
	if (prompt(a, c, path, m, e) < 0 || points(a, c, m, e) < 0)
		return NULL;
	buf_add(&version, text);
	buf_addc(&version, 0);
	buf_add(&version, m->prompt);
	memcpy(m->hash, llm_sha256(a, buf_str(&version), 8), sizeof(m->hash));
	return m;
}

double llm_calibrated(const struct llm_model *m, double said)
{
	size_t i = 0;
	double x0, y0, x1, y1;

	if (!m->npoints)
		return said;
	if (said <= m->point[0][0])
		return m->point[0][1];
	while (i < m->npoints && m->point[i][0] < said)
		i++;
	if (i == m->npoints)
		return m->point[i - 1][1];
	x0 = m->point[i - 1][0], y0 = m->point[i - 1][1];
	x1 = m->point[i][0], y1 = m->point[i][1];
	return y0 + (y1 - y0) * (said - x0) / (x1 - x0);
}
