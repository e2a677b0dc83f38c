/* A finished scan as JSON. */
#include "scan/report.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "scan/ask.h"
#include "scan/priv.h"

json_t *report_str(struct str s)
{
	struct arena *a;
	struct buf out;
	json_t *j;

	if (!s.p)
		return json_null();
	a = arena_new(s.n + 256);
	out = (struct buf){ .arena = a };
	while (s.n) {
		uint32_t code;
		size_t n = utf8_read(s, &code);
		buf_add(&out, n ? str_sub(s, 0, n) : STR("\xef\xbf\xbd"));
		s = str_skip(s, n ? n : 1);
	}
	j = json_stringn_nocheck(buf_str(&out).p, out.n);
	arena_free(a);
	return j;
}

json_t *report_word(const char *z)
{
	return z ? json_string(z) : json_null();
}

static json_t *symbols(const struct verdict *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->symbols.n; i++) {
		const struct symbol *y = &v->symbols.p[i];
		json_t *j = json_object();
		json_object_set_new(j, "name", report_str(y->name));
		json_object_set_new(j, "score", json_real(y->score));
		json_object_set_new(j, "evidence", report_str(y->evidence));
		json_object_set_new(j, "group", report_str(y->group));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *subrules(const struct verdict *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->subrules.n; i++)
		json_array_append_new(list, report_str(v->subrules.p[i]));
	return list;
}

static json_t *edits(const struct verdict *v)
{
	static const char *const op[] = { "insert",   "delete",	  "quarantine",
					  "add_rcpt", "del_rcpt", "replace_body" };
	json_t *list = json_array();

	for (size_t i = 0; i < v->edits.n; i++) {
		const struct edit *d = &v->edits.p[i];
		json_t *j = json_object();
		json_object_set_new(j, "op", json_string(op[d->op]));
		if (d->op == EDIT_INSERT || d->op == EDIT_DELETE) {
			json_object_set_new(j, "index", json_integer(d->index));
			json_object_set_new(j, "name", report_str(d->name));
		}
		if (d->op != EDIT_DELETE)
			json_object_set_new(j, "value", report_str(d->value));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *timing(const struct scan_priv *p)
{
	json_t *j = json_object();

	json_object_set_new(j, "total", json_real((double)p->total_us / 1000));
	json_object_set_new(j, "dns", json_real((double)p->dns_us / 1000));
	json_object_set_new(j, "rules", json_real((double)p->rules_us / 1000));
	return j;
}

/* action, score and threshold: null when nothing was judged. */
static void judgement(const struct scan *s, json_t *root)
{
	const struct verdict *v = &s->verdict;
	bool judged = !(s->flags & SCAN_F_AUTH_ONLY);
	json_t *at = json_null();

	if (judged) {
		at = json_object();
		json_object_set_new(at, "tag", json_real(v->tag_at));
		json_object_set_new(at, "reject", json_real(v->reject_at));
	}
	json_object_set_new(root, "action",
			    judged ? json_string(action_word(v->action)) : json_null());
	json_object_set_new(root, "score", judged ? json_real(v->score) : json_null());
	json_object_set_new(root, "threshold", at);
}

json_t *scan_report(struct scan *s, struct str file)
{
	const struct scan_setup *setup = s->env->setup;
	json_t *root = json_object();

	json_object_set_new(root, "file", report_str(file));
	judgement(s, root);
	json_object_set_new(root, "auth", json_object());
	for (size_t i = 0; i < setup->n; i++)
		if (setup->check[i]->report)
			setup->check[i]->report(s, root);
	json_object_set_new(root, "authentication_results",
			    report_str(s->verdict.authentication_results));
	json_object_set_new(root, "symbols", symbols(&s->verdict));
	if (s->flags & SCAN_F_SUBRULES)
		json_object_set_new(root, "subrules", subrules(&s->verdict));
	json_object_set_new(root, "edits", edits(&s->verdict));
	json_object_set_new(root, "timing_ms", timing(s->priv));
	json_object_set_new(root, "dns_queries", json_integer(scan_dns_count(s)));
	return root;
}
