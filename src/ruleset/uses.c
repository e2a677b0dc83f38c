/* What checks are told of the rules: lines that are theirs, and who asks their predicates. */
#include "ruleset/loader.h"

/* "hashbl_acl_*": any word that begins so. */
static bool is_word(struct str word, struct str known)
{
	if (known.n && known.p[known.n - 1] == '*')
		return str_starts(word, str_sub(known, 0, known.n - 1));
	return str_eq(word, known);
}

static bool reads(const struct check *c, struct str word)
{
	for (size_t i = 0; c->directives && c->directives[i]; i++)
		if (is_word(word, str_c(c->directives[i])))
			return true;
	return false;
}

bool loader_stanza(struct loader *l, const struct rule_line *line)
{
	const struct scan_setup *setup = l->reader.setup;

	for (size_t i = 0; i < setup->n; i++) {
		if (!reads(setup->check[i], line->word))
			continue;
		VEC_PUSH(l->set->arena, l->set->stanzas) =
			(struct stanza){ line->word, line->rest, line->file, line->line };
		return true;
	}
	return false;
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
