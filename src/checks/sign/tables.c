/* OpenDKIM's tables and the list of senders as a configuration names them. */
#include "checks/sign/policy.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "mail/domain.h"

/* ---- the keys of a row in which "%" stands ---- */

static int add_use(struct arena *a, struct signing_config *k, struct signing_row *r,
		   struct str author, struct err *e)
{
	struct signing_use *u = ARENA_NEW(a, struct signing_use);
	struct str path = odk_percent(a, r->key.path, author);
	bool fixed = author.n == 0;

	u->domain = domain_read(a, r->key.domain.n ? r->key.domain : author, DOMAIN_UNDERSCORE);
	u->selector = arena_lower(a, odk_percent(a, r->key.selector, author));
	u->where = arena_printf(a, "%s:%d", k->key_table->name, r->key.line).p;
	u->named = fixed;
	if (!u->domain.n || signing_selector_fault(u->selector))
		return fixed ? err_set(e, "%s: no domain or selector: \"%.*s:%.*s\"", u->where,
				       STR_ARG(r->key.domain), STR_ARG(r->key.selector))
			     : 0;
	if (!signing_name_ok(a, u->domain, u->selector)) {
		LOG(LOG_LVL_WARN, "key_unusable", F_STR("domain", u->domain),
		    F_STR("selector", u->selector), F_CSTR("file", u->where),
		    F_CSTR("reason", SIGNING_NO_NAME));
		return 0;
	}
	u->path = signing_path(a, u->where, path);
	if (map_put(r->uses, author.n ? author : STR("%"), u))
		return 0; /* the same author twice: the same key */
	VEC_PUSH(a, k->named) = u;
	return 0;
}

static bool is_open(const struct odk_key *key)
{
	return !key->domain.n || str_chr(key->path, '%') != SIZE_MAX ||
	       str_chr(key->selector, '%') != SIZE_MAX;
}

static const struct signing_row *row_of(const struct signing_config *k, struct str name)
{
	const struct odk_row *row = odk_find(k->key_table, name);

	return row ? &k->row[row - k->key_table->rows.p] : NULL;
}

/* Whether a signer's row may lead to that key. */
static bool names(struct arena *a, const struct signing_config *k, const struct odk_row *signer,
		  struct str domain, const struct signing_row *r)
{
	struct str list = odk_signer_read(a, signer, domain).key;

	if (row_of(k, list) == r)
		return true;
	while (list.n)
		if (row_of(k, str_trim(str_cut(&list, ','))) == r)
			return true;
	return false;
}

/* The authors' domains that the signers' table names without a star. */
static void add_listed(struct arena *a, struct signing_config *k, struct signing_row *r)
{
	const struct odk_set *t = k->signing_table;

	for (size_t i = 0; t && i < t->rows.n; i++) {
		struct str key = t->rows.p[i].key, host = str_skip(key, str_rchr(key, '@') + 1);
		struct str domain = domain_read(a, host, DOMAIN_UNDERSCORE);

		if (domain.n && !map_get(r->uses, domain) && names(a, k, &t->rows.p[i], domain, r))
			(void)add_use(a, k, r, domain, NULL);
	}
}

/* Those whose key is there: "%" is (a part of) one name in the path. */
static void add_present(struct arena *a, struct signing_config *k, struct signing_row *r)
{
	struct str path = str_c(signing_path(a, k->key_table->name, r->key.path));
	struct str head = str_sub(path, 0, str_chr(path, '%'));
	size_t slash = str_rchr(head, '/');
	struct str before = str_skip(head, slash + 1), rest = str_skip(path, head.n + 1);
	struct str after = str_sub(rest, 0, str_chr(rest, '/'));
	DIR *d = slash == SIZE_MAX || head.n == path.n
			 ? NULL
			 : opendir(arena_cstr(a, str_sub(path, 0, slash + 1)));
	const struct dirent *x;

	while (d && (x = readdir(d))) {
		struct str name = str_c(x->d_name), domain;
		if (name.n <= before.n + after.n || !str_starts(name, before) ||
		    !str_iends(name, after))
			continue;
		name = str_sub(name, before.n, name.n - before.n - after.n);
		domain = domain_read(a, name, DOMAIN_UNDERSCORE);
		if (!domain.n || map_get(r->uses, domain) ||
		    access(arena_cstr(a, odk_percent(a, path, domain)), F_OK) < 0)
			continue;
		(void)add_use(a, k, r, domain, NULL);
	}
	if (d)
		closedir(d);
}

static int read_row(struct arena *a, struct signing_config *k, size_t i, struct err *e)
{
	struct signing_row *r = &k->row[i];
	const struct odk_row *row = &k->key_table->rows.p[i];
	const char *why;

	if (!odk_key_read(row, &r->key, &why))
		return err_at(e, k->key_table->name, row->line, "%s%s", why,
			      k->key_table->kind == ODK_CSL
				      ? "; a file is named by file:, or begins with / or ."
				      : "");
	if (r->key.in_table)
		return err_at(
			e, k->key_table->name, row->line,
			"a private key stands in the table itself, where more than the signer "
			"can read it: write it to a file and name that");
	r->uses = map_new(a, false);
	if (!is_open(&r->key))
		return add_use(a, k, r, STR_NULL, e);
	add_listed(a, k, r);
	add_present(a, k, r);
	return 0;
}

/* ---- what a signer's row names ---- */

static void take_use(const struct signing_row *r, struct str author, const struct signing_use **out,
		     size_t *n)
{
	const struct signing_use *u = map_get(r->uses, is_open(&r->key) ? author : STR("%"));

	for (size_t i = 0; u && i < *n; i++)
		if (str_eq(out[i]->domain, u->domain) && str_eq(out[i]->selector, u->selector))
			u = NULL;
	if (u && *n < SIGNING_MAX)
		out[(*n)++] = u;
}

void signing_table_uses(struct arena *a, const struct signing_config *k, struct str name,
			struct str author, const struct signing_use **out, size_t *n)
{
	const struct signing_row *r = row_of(k, name);

	(void)a;
	if (r) {
		take_use(r, author, out, n);
		return;
	}
	while (name.n && *n < SIGNING_MAX) {
		r = row_of(k, str_trim(str_cut(&name, ',')));
		if (r)
			take_use(r, author, out, n);
	}
}

static int check_signers(struct arena *a, struct signing_config *k, struct err *e)
{
	const struct odk_set *t = k->signing_table;

	for (size_t i = 0; i < t->rows.n; i++) {
		struct odk_signer g = odk_signer_read(a, &t->rows.p[i], STR("%"));
		struct str rest = g.key;
		bool whole = str_eq(rest, STR("%")) || (rest.n && row_of(k, rest));

		if (!g.key.n)
			return err_at(e, t->name, g.line, "no key is named");
		while (!whole && rest.n) {
			struct str name = str_trim(str_cut(&rest, ','));
			if (!row_of(k, name))
				return err_at(e, t->name, g.line, "there is no key \"%.*s\" in %s",
					      STR_ARG(name), k->key_table->name);
		}
	}
	return 0;
}

/* ---- loading ---- */

static int load(struct arena *a, const struct conf *c, const char *option, struct odk_set **out,
		struct err *e)
{
	struct str spec = conf_str(c, option);
	const char *where = conf_where(c, option);
	struct err why;

	*out = NULL;
	if (!spec.n)
		return 0;
	*out = ARENA_NEW(a, struct odk_set);
	if (odk_load(a, spec, signing_file_of(a, where), *out, &why) < 0)
		return err_set(e, "%s: %s: %s", where, option, why.text);
	if ((*out)->kind == ODK_CSL)
		(*out)->name = arena_printf(a, "%s: %s, entry", where, option).p;
	return 0;
}

int signing_tables(struct arena *a, const struct conf *c, struct signing_config *k, struct err *e)
{
	if (load(a, c, "sign.key_table", &k->key_table, e) < 0 ||
	    load(a, c, "sign.signing_table", &k->signing_table, e) < 0 ||
	    load(a, c, "sign.internal_hosts", &k->internal, e) < 0 ||
	    load(a, c, "sign.trusted_hosts", &k->trusted, e) < 0)
		return -1;
	if (!k->key_table && !k->signing_table)
		return 0;
	if (!k->key_table || !k->signing_table)
		return err_set(
			e, "%s: sign.key_table and sign.signing_table go together",
			conf_where(c, k->key_table ? "sign.key_table" : "sign.signing_table"));
	k->row = ARENA_ARRAY(a, struct signing_row, k->key_table->rows.n);
	for (size_t i = 0; i < k->key_table->rows.n; i++)
		if (read_row(a, k, i, e) < 0)
			return -1;
	return check_signers(a, k, e);
}

/* ---- users and what they may write in From ---- */

static bool read_allowed(struct arena *a, struct str word, struct str *out)
{
	size_t at = str_rchr(word, '@');
	struct str domain =
		domain_read(a, str_skip(word, at == SIZE_MAX ? 0 : at + 1), DOMAIN_UNDERSCORE);

	*out = word;
	if (str_eq(word, STR("*")))
		return true;
	if (!domain.n)
		return false;
	*out = at == SIZE_MAX || at == 0
		       ? domain
		       : arena_printf(a, "%.*s@%.*s", STR_ARG(arena_lower(a, str_sub(word, 0, at))),
				      STR_ARG(domain));
	return true;
}

static int read_sender(struct arena *a, struct map *senders, struct str line, const char *path,
		       int number, struct err *e)
{
	struct str user = str_word(&line), word;
	struct signing_sender *s = map_get(senders, user);

	if (!s) {
		s = ARENA_NEW(a, struct signing_sender);
		map_put(senders, user, s);
	}
	while ((word = str_word(&line)).n) {
		struct str allowed;
		while (word.n && word.p[word.n - 1] == ',')
			word.n--;
		if (!word.n)
			continue;
		if (!read_allowed(a, word, &allowed))
			return err_at(e, path, number,
				      "found \"%.*s\", expected an address, a domain or *",
				      STR_ARG(word));
		VEC_PUSH(a, s->allowed) = allowed;
	}
	return 0;
}

int signing_senders(struct arena *a, const struct conf *c, struct signing_config *k, struct err *e)
{
	struct str option = conf_str(c, "sign.senders"), text;
	const char *where = conf_where(c, "sign.senders"), *path;
	struct err why;

	if (!option.n)
		return 0;
	path = signing_path(a, where, option);
	if (file_read(a, path, SIGNING_FILE_MAX, &text, &why) < 0)
		return err_set(e, "%s: sign.senders: %s: %s", where, path, why.text);
	k->senders = map_new(a, true);
	for (int line = 1; text.n; line++) {
		struct str rest = str_cut(&text, '\n');
		rest = str_trim(str_cut(&rest, '#'));
		if (line > (int)SIGNING_SENDERS_MAX)
			return err_at(e, path, line, "more than %u lines", SIGNING_SENDERS_MAX);
		if (rest.n && read_sender(a, k->senders, rest, path, line, e) < 0)
			return -1;
	}
	return 0;
}
