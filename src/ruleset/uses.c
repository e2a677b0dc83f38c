/* What checks are told of the rules: lines that are theirs, and who asks their predicates. */
#include "ruleset/loader.h"

/* A word that ends in "*" ("hashbl_acl_*") stands for any that begins so; those few are tried one
 * by one, all others are looked up. */
void loader_words(struct loader *l)
{
	const struct scan_setup *setup = l->reader.setup;

	l->stanza_words = map_new(l->set->arena, false);
	for (size_t i = 0; i < setup->n; i++) {
		const char *const *word = setup->check[i]->directives;

		for (; word && *word; word++) {
			struct str w = str_c(*word);

			if (w.n && w.p[w.n - 1] == '*')
				VEC_PUSH(l->set->arena, l->stanza_families) =
					str_sub(w, 0, w.n - 1);
			else
				map_put(l->stanza_words, w, l);
		}
	}
}

static bool read_by_check(const struct loader *l, struct str word)
{
	for (size_t i = 0; i < l->stanza_families.n; i++)
		if (str_starts(word, l->stanza_families.p[i]))
			return true;
	return map_get(l->stanza_words, word) != NULL;
}

bool loader_stanza(struct loader *l, const struct rule_line *line)
{
	if (!read_by_check(l, line->word))
		return false;
	VEC_PUSH(l->set->arena, l->set->stanzas) =
		(struct stanza){ line->word, line->rest, line->file, line->line };
	return true;
}

void ruleset_uses(struct ruleset *set)
{
	struct rule_use *use = ARENA_ARRAY(set->arena, struct rule_use, set->rules.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < set->rules.n; i++) {
		const struct rule *r = set->rules.p[i];
		if (r->kind == RULE_EVAL && r->live && r->predicate)
			use[n++] = (struct rule_use){ .predicate = r->predicate,
						      .arg = r->arg,
						      .n = r->nargs,
						      .rule = r->name,
						      .word = r->word,
						      .tflags = r->tflags,
						      .file = r->file,
						      .line = r->line };
	}
	set->judge.use = use;
	set->judge.nuses = n;
	set->judge.stanza = set->stanzas.p;
	set->judge.nstanzas = set->stanzas.n;
}
