/* The sections llm_endpoint: where a model is asked, with which secrets, at what price. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "checks/llm/config.h"

#define PEM_MAX (1u << 20)
#define HEADER_MAX 1024u

#define SECTION "llm_endpoint"

struct reader {
	struct arena *arena;
	const struct conf *c;
	size_t i;
	struct str name;
	struct err *e;
};

bool opinion_is_url(struct str v, char *why, size_t cap)
{
	bool ok = http_url_ok(v, why, cap);

	if (!ok)
		snprintf(why, cap, "https://HOST[:PORT] or http://HOST[:PORT], without a user");
	return ok;
}

bool opinion_is_header(struct str v, char *why, size_t cap)
{
	size_t colon = str_chr(v, ':');

	snprintf(why, cap, "printable \"Name: value\" of at most %u octets", HEADER_MAX);
	return v.n <= HEADER_MAX && str_printable(v) && colon != SIZE_MAX && colon > 0 &&
	       str_chr(str_sub(v, 0, colon), ' ') == SIZE_MAX;
}

/* ---- files ---- */

static int refuse(const struct reader *r, const char *opt, const char *text)
{
	return err_set(r->e, "%s: " SECTION " \"%.*s\": %s: %s",
		       conf_sec_where(r->c, SECTION, r->i, opt), STR_ARG(r->name), opt, text);
}

/* Relative to the file that the option stands in. */
static const char *path_of(const struct reader *r, const char *opt)
{
	struct str where = str_c(conf_sec_where(r->c, SECTION, r->i, opt));
	size_t colon = str_rchr(where, ':');

	return file_beside(r->arena,
			   arena_cstr(r->arena, str_sub(where, 0, colon == SIZE_MAX ? 0 : colon)),
			   conf_sec_str(r->c, SECTION, r->i, opt));
}

static int unreadable(const struct reader *r, const char *opt, const char *path,
		      const struct err *why)
{
	return refuse(r, opt, arena_printf(r->arena, "%s: %s", path, why->text).p);
}

/* The file that the option names; absent if it names none. */
static int read_pem(const struct reader *r, const char *opt, struct str *out)
{
	const char *path = path_of(r, opt);
	struct err why;

	*out = STR_NULL;
	if (!conf_sec_str(r->c, SECTION, r->i, opt).n ||
	    file_read(r->arena, path, PEM_MAX, out, &why) == 0)
		return 0;
	return unreadable(r, opt, path, &why);
}

static int secret_path(const struct reader *r, const char **out)
{
	struct str name = conf_sec_str(r->c, SECTION, r->i, "key_file");
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	*out = path_of(r, "key_file");
	if (str_chr(name, '/') != SIZE_MAX)
		return 0;
	if (!dir)
		return refuse(r, "key_file",
			      "a name without a slash is a credential of the systemd unit, and "
			      "there is none (CREDENTIALS_DIRECTORY)");
	*out = arena_printf(r->arena, "%s/%.*s", dir, STR_ARG(name)).p;
	return 0;
}

static int read_secret(const struct reader *r, struct str *out)
{
	const char *path;
	struct err why;

	*out = conf_sec_str(r->c, SECTION, r->i, "key");
	if (!conf_sec_str(r->c, SECTION, r->i, "key_file").n)
		return out->n && !str_printable(*out) ? refuse(r, "key", "expected printable text")
						      : 0;
	if (secret_path(r, &path) < 0)
		return -1;
	if (file_secret(r->arena, path, SECTION ".key_file", out, &why) < 0)
		return unreadable(r, "key_file", path, &why);
	*out = str_trim(*out);
	return str_printable(*out) ? 0 : refuse(r, "key_file", "expected a line of printable text");
}

/* ---- one section ---- */

static int read_headers(const struct reader *r, struct opinion_endpoint *p)
{
	const struct str *item;
	size_t n = conf_sec_list(r->c, SECTION, r->i, "headers", &item);
	struct str key;

	if (n > OPINION_HEADERS_MAX)
		return refuse(r, "headers", "too many, expected at most 8");
	if (read_secret(r, &key) < 0)
		return -1;
	p->header[p->nheaders++] = STR("Content-Type: application/json");
	if (key.n)
		p->header[p->nheaders++] =
			arena_printf(r->arena,
				     p->model->dialect == LLM_AZURE ? "api-key: %.*s"
								    : "Authorization: Bearer %.*s",
				     STR_ARG(key));
	for (size_t k = 0; k < n; k++)
		p->header[p->nheaders++] = item[k];
	return 0;
}

static int read_tls(const struct reader *r, struct opinion_endpoint *p)
{
	struct http_tls *t = ARENA_NEW(r->arena, struct http_tls);

	if (read_pem(r, "ca", &t->ca) < 0 || read_pem(r, "cert", &t->cert) < 0 ||
	    read_pem(r, "cert_key", &t->key) < 0)
		return -1;
	if (!t->cert.n != !t->key.n)
		return refuse(r, t->cert.n ? "cert" : "cert_key",
			      "expected both a certificate and its key");
	p->tls = t->ca.n || t->cert.n ? t : NULL;
	return 0;
}

/* A name is one of the shipped ones. */
static int read_model(const struct reader *r, struct opinion_endpoint *p)
{
	struct str name = conf_sec_str(r->c, SECTION, r->i, "model");
	const char *path = path_of(r, "model");
	struct err why;

	if (!name.n)
		return err_set(r->e, "%s: " SECTION " \"%.*s\": found no model, expected its file",
			       conf_sec_where(r->c, SECTION, r->i, "url"), STR_ARG(r->name));
	if (str_chr(name, '/') == SIZE_MAX && !str_iends(name, STR(".conf")))
		path = arena_printf(r->arena, "%s/llm/%.*s.conf", file_shipped(r->arena, "models"),
				    STR_ARG(name))
			       .p;
	p->model = llm_model_load(r->arena, path, &why);
	return p->model ? 0 : refuse(r, "model", why.text);
}

static double price(const struct reader *r, const char *opt, double model)
{
	return conf_sec_is_set(r->c, SECTION, r->i, opt) ? conf_sec_float(r->c, SECTION, r->i, opt)
							 : model;
}

static struct str full_url(struct arena *a, struct str base, struct str path)
{
	while (base.n && base.p[base.n - 1] == '/')
		base.n--;
	return arena_printf(a, "%.*s%.*s", STR_ARG(base), STR_ARG(path));
}

static int read_endpoint(const struct reader *r, struct opinion_endpoint *p)
{
	struct str url = conf_sec_str(r->c, SECTION, r->i, "url");

	*p = (struct opinion_endpoint){
		.name = r->name,
		.cell = arena_printf(r->arena, "llm:%.*s", STR_ARG(r->name)),
		.unix_path = conf_sec_str(r->c, SECTION, r->i, "socket"),
		.timeout_ms = conf_sec_time_ms(r->c, SECTION, r->i, "timeout"),
		.priority = conf_sec_int(r->c, SECTION, r->i, "priority"),
		.max_inflight = (unsigned)conf_sec_int(r->c, SECTION, r->i, "max_inflight"),
		.region = conf_sec_str(r->c, SECTION, r->i, "region"),
	};
	if (!p->unix_path.n)
		p->unix_path = STR_NULL;
	if (!url.n)
		return err_set(r->e, "%s: " SECTION " \"%.*s\": found no url, expected one",
			       conf_sec_where(r->c, SECTION, r->i, "url"), STR_ARG(r->name));
	if (read_model(r, p) < 0 || read_headers(r, p) < 0 || read_tls(r, p) < 0)
		return -1;
	p->url = full_url(r->arena, url, p->model->path);
	p->price_in = price(r, "price_in", p->model->price_in);
	p->price_out = price(r, "price_out", p->model->price_out);
	return 0;
}

int opinion_endpoints(struct arena *a, const struct conf *c, struct opinion_config *k,
		      struct err *e)
{
	size_t n = conf_sections(c, SECTION);
	struct opinion_endpoint *list = ARENA_ARRAY(a, struct opinion_endpoint, n + 1);

	for (size_t i = 0; i < n; i++) {
		struct reader r = { a, c, i, conf_section_title(c, SECTION, i), e };
		if (i == OPINION_ENDPOINTS_MAX)
			return refuse(&r, "url", "there are too many, expected at most 8");
		if (read_endpoint(&r, &list[i]) < 0)
			return -1;
	}
	k->endpoint = list;
	k->nendpoints = n;
	return 0;
}

uint64_t opinion_cost(const struct opinion_endpoint *p, uint64_t tokens_in, uint64_t tokens_out)
{
	return (uint64_t)llround((double)tokens_in * p->price_in +
				 (double)tokens_out * p->price_out);
}
