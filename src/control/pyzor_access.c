/* Accounts of the Pyzor server, and what each may do. */
#include "base/buf.h"
#include "base/vec.h"
#include "control/pyzor.h"

#define WORDS_MAX 64u

struct rule {
	unsigned verbs; /* bits */
	bool all, allow;
	struct str user[WORDS_MAX];
	size_t nusers;
};

struct pyzor_access {
	VEC(struct pyzor_account) accounts;
	VEC(struct rule) rules;
	bool given; /* there is a file of rules */
};

#define ALL_VERBS ((1u << PYZOR_VERBS) - 1)

const struct pyzor_account *pyzor_access_account(const struct pyzor_access *p, struct str user)
{
	for (size_t i = 0; i < p->accounts.n; i++)
		if (str_eq(p->accounts.p[i].user, user))
			return &p->accounts.p[i];
	return NULL;
}

/* The next line with something in it; comments are cut off. */
static bool next_line(struct str *text, unsigned *number, struct str *line)
{
	while (text->n) {
		*line = str_cut(text, '\n');
		++*number;
		line->n = str_chr(*line, '#') == SIZE_MAX ? line->n : str_chr(*line, '#');
		*line = str_trim(*line);
		if (line->n)
			return true;
	}
	return false;
}

static int read_accounts(struct arena *a, struct pyzor_access *p, struct str text, struct err *e)
{
	unsigned number = 0;
	struct str line;

	while (next_line(&text, &number, &line)) {
		struct pyzor_account one = { .key = line };

		one.user = str_trim(str_cut(&one.key, ':'));
		if (!one.key.p || !one.user.n || !pyzor_user_valid(one.user) ||
		    !pyzor_key_read(one.key, &one.key) || pyzor_access_account(p, one.user))
			return err_set(e, "line %u: not \"user : key\", or a user twice", number);
		if (p->accounts.n == PYZOR_ACCOUNTS_MAX)
			return err_set(e, "line %u: more than %u accounts", number,
				       PYZOR_ACCOUNTS_MAX);
		VEC_PUSH(a, p->accounts) = one;
	}
	return 0;
}

/* Cuts a word off; "": there is none. */
static struct str next_word(struct str *s)
{
	size_t n = 0;
	struct str word;

	*s = str_trim(*s);
	while (n < s->n && !ch_wsp(s->p[n]))
		n++;
	word = str_sub(*s, 0, n);
	*s = str_skip(*s, n);
	return word;
}

static bool read_verbs(struct str list, unsigned *verbs)
{
	struct str word;

	if (str_eq(list, STR("all")))
		*verbs = ALL_VERBS;
	while (!str_eq(list, STR("all")) && (word = next_word(&list)).n) {
		enum pyzor_verb v = pyzor_verb_find(word);

		if (v == PYZOR_VERBS && !str_eq(word, STR("pong")))
			return false;
		if (v != PYZOR_VERBS)
			*verbs |= 1u << v;
	}
	return true;
}

static bool read_rule(struct arena *a, struct str line, struct rule *r)
{
	struct str rest = arena_lower(a, line), verbs = str_trim(str_cut(&rest, ':'));
	struct str users = rest.p ? str_trim(str_cut(&rest, ':')) : STR_NULL, word;

	rest = rest.p ? str_trim(rest) : STR_NULL;
	r->allow = str_eq(rest, STR("allow"));
	if ((!r->allow && !str_eq(rest, STR("deny"))) || !verbs.n || !users.n ||
	    !read_verbs(verbs, &r->verbs))
		return false;
	r->all = str_eq(users, STR("all"));
	while (!r->all && (word = next_word(&users)).n) {
		if (r->nusers == WORDS_MAX)
			return false;
		r->user[r->nusers++] = word;
	}
	return true;
}

static int read_rules(struct arena *a, struct pyzor_access *p, struct str text, struct err *e)
{
	unsigned number = 0;
	struct str line;

	while (next_line(&text, &number, &line)) {
		struct rule r = { 0 };

		if (!read_rule(a, line, &r))
			return err_set(e, "line %u: not \"operations : users : allow|deny\"",
				       number);
		if (p->rules.n == PYZOR_RULES_MAX)
			return err_set(e, "line %u: more than %u rules", number, PYZOR_RULES_MAX);
		VEC_PUSH(a, p->rules) = r;
	}
	return 0;
}

struct pyzor_access *pyzor_access_read(struct arena *a, struct str accounts, struct str access,
				       struct err *e)
{
	struct pyzor_access *p = ARENA_NEW(a, struct pyzor_access);

	p->given = access.p != NULL;
	if (read_accounts(a, p, accounts, e) < 0 || read_rules(a, p, access, e) < 0)
		return NULL;
	return p;
}

static bool names(const struct pyzor_access *p, const struct rule *r, struct str user)
{
	if (r->all)
		return pyzor_access_account(p, user) != NULL;
	for (size_t i = 0; i < r->nusers; i++)
		if (str_ieq(r->user[i], user))
			return true;
	return false;
}

bool pyzor_access_may(const struct pyzor_access *p, struct str user, enum pyzor_verb verb)
{
	bool may = false;

	if (verb >= PYZOR_VERBS)
		return false;
	if (!p->given)
		return pyzor_access_account(p, user) || verb != PYZOR_WHITELIST;
	for (size_t i = 0; i < p->rules.n; i++)
		if ((p->rules.p[i].verbs >> verb & 1) && names(p, &p->rules.p[i], user))
			may = p->rules.p[i].allow;
	return may;
}
