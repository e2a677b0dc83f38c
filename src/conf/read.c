/*
 * libconfuse: from checked names to values. All its options are strings and lists of strings, since
 * it stops at the first value of a wrong type; the types are ours.
 */
#include "conf/read.h"

#include <confuse.h>
#include <stdlib.h>

#include "base/err.h"

static void mute(cfg_t *cfg, const char *fmt, va_list ap)
{
	(void)cfg, (void)fmt, (void)ap; /* what it could say was found before */
}

static cfg_opt_t *options_of(struct arena *a, const struct section *s)
{
	cfg_opt_t *o = ARENA_ARRAY(a, cfg_opt_t, s->rows.n + s->sections.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s->rows.n; i++) {
		const struct row *r = s->rows.p[i];
		const char *name = arena_cstr(a, r->leaf);
		if (r->opt->type == CONF_LIST)
			o[n++] = (cfg_opt_t)CFG_STR_LIST(name, NULL, CFGF_NODEFAULT);
		else
			o[n++] = (cfg_opt_t)CFG_STR(name, NULL, CFGF_NODEFAULT);
	}
	o[n + s->sections.n] = (cfg_opt_t)CFG_END();
	return o;
}

/* The sections of s behind its rows, whose options are in subs. */
static void add_sections(struct arena *a, const struct section *s, cfg_opt_t *o,
			 cfg_opt_t *const *subs)
{
	for (size_t i = 0; i < s->sections.n; i++) {
		const struct section *k = s->sections.p[i];
		const char *name = arena_cstr(a, k->name);
		cfg_flag_t flags = k->titled ? CFGF_MULTI | CFGF_TITLE : CFGF_NONE;
		o[s->rows.n + i] = (cfg_opt_t)CFG_SEC(name, subs[i], flags);
	}
}

static cfg_opt_t *all_options(struct arena *a, const struct section *root)
{
	cfg_opt_t *top = options_of(a, root);
	cfg_opt_t **subs = ARENA_ARRAY(a, cfg_opt_t *, root->sections.n);

	for (size_t i = 0; i < root->sections.n; i++) {
		const struct section *s = root->sections.p[i];
		cfg_opt_t **inner = ARENA_ARRAY(a, cfg_opt_t *, s->sections.n);
		subs[i] = options_of(a, s);
		for (size_t j = 0; j < s->sections.n; j++)
			inner[j] = options_of(a, s->sections.p[j]);
		add_sections(a, s, subs[i], inner);
	}
	add_sections(a, root, top, subs);
	return top;
}

static cfg_t *section_in(struct arena *a, cfg_t *cfg, const struct section *s, size_t instance)
{
	if (!s->parent)
		return cfg;
	if (s->titled)
		return cfg_gettsec(cfg, arena_cstr(a, s->name),
				   arena_cstr(a, s->instances.p[instance].title));
	if (s->parent->parent)
		cfg = cfg_getsec(cfg, arena_cstr(a, s->parent->name));
	return cfg ? cfg_getsec(cfg, arena_cstr(a, s->name)) : NULL;
}

static void wrong(struct faults *f, const struct row *r, const struct value *v, struct str found,
		  const char *why)
{
	char shown[FAULT_SHOW];

	fault_at(f, v->place, "%s: found %s, expected %s", r->opt->name,
		 r->opt->secret ? "\"***\"" : fault_show(shown, found), why);
}

static void read_list(struct arena *a, const struct setting *set, struct value *v, cfg_opt_t *opt,
		      struct faults *f)
{
	const struct value *def = &set->row->def;
	VEC(struct str) items = { 0 };
	char why[WHY_MAX];

	for (size_t i = 0; set->append && i < def->n; i++)
		VEC_PUSH(a, items) = def->items[i];
	for (unsigned i = 0; i < cfg_opt_size(opt); i++) {
		struct str item = arena_dup(a, str_c(cfg_opt_getnstr(opt, i)));
		if (!value_item(set->row->opt, item, why))
			wrong(f, set->row, v, item, why);
		VEC_PUSH(a, items) = item;
	}
	v->items = items.p;
	v->n = items.n;
}

static void read_one(struct arena *a, cfg_t *cfg, const struct setting *set, struct faults *f)
{
	const struct row *r = set->row;
	struct value *v = &r->section->instances.p[set->instance].values[r->slot];
	cfg_t *sec = section_in(a, cfg, r->section, set->instance);
	cfg_opt_t *opt = sec ? cfg_getopt(sec, arena_cstr(a, r->leaf)) : NULL;
	char why[WHY_MAX];

	if (!opt)
		bug("option %s: not where it was read", r->opt->name);
	if (r->opt->type == CONF_LIST) {
		read_list(a, set, v, opt, f);
	} else {
		struct str s = arena_dup(a, str_c(cfg_opt_getnstr(opt, 0)));
		if (!value_parse(r->opt, s, v, why))
			wrong(f, r, v, s, why);
	}
}

void read_values(struct arena *a, struct table *t, const struct text *text,
		 const struct settings *settings, struct faults *f)
{
	cfg_t *cfg = cfg_init(all_options(a, t->root), CFGF_NONE);

	if (!cfg)
		bug("out of memory");
	cfg_set_error_function(cfg, mute);
	if (cfg_parse_buf(cfg, text->p) != CFG_SUCCESS)
		fault_at(f, text_place(text, (unsigned)cfg->line),
			 "found what libconfuse cannot read in the section that begins here");
	else
		for (size_t i = 0; i < settings->v.n; i++)
			read_one(a, cfg, &settings->v.p[i], f);
	cfg_free(cfg);
}
