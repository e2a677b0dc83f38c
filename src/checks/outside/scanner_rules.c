/* What rules can ask of virus scanners' verdicts. */
#include "checks/outside/scanner.h"

static const struct scanner_result *result(const struct scan *s)
{
	return scan_result(s, &check_antivirus);
}

/*
 * Patterns with "!" in front are those that the name must not fit; of the others, where there are
 * any, it must fit one.
 */
static bool fits(struct str name, const struct predicate_arg *arg, size_t n)
{
	bool wanted = false, fit = false;

	for (size_t i = 0; i < n; i++) {
		struct str pattern = arg[i].text;
		bool not = str_starts(pattern, STR("!"));
		bool match = str_iglob(str_skip(pattern, not ), name);
		if (not &&match)
			return false;
		wanted |= !not ;
		fit |= !not &&match;
	}
	return fit || !wanted;
}

enum kind { MALWARE = 1, HEURISTIC = 2, BLOCKED = 4 };

/* The first name of these kinds that fits is the evidence. */
static bool find(const struct scan *s, unsigned kinds, const struct predicate_arg *arg, size_t n,
		 struct str *evidence)
{
	const struct scanner_result *f = result(s);

	for (size_t i = 0; f && i < f->nfound; i++) {
		const struct scanner_finding *x = &f->found[i];
		enum kind kind = x->blocked ? BLOCKED : x->heuristic ? HEURISTIC : MALWARE;
		if (!(kinds & kind) || !fits(x->name, arg, n))
			continue;
		*evidence = x->name;
		return true;
	}
	return false;
}

static bool av_malware(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	return find(s, MALWARE, arg, n, evidence);
}

static bool av_heuristic(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	return find(s, HEURISTIC, arg, n, evidence);
}

static bool av_blocked(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	return find(s, BLOCKED, arg, n, evidence);
}

static bool av_failed(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct scanner_result *f = result(s);

	(void)arg;
	(void)n;
	if (!f || !f->why.p)
		return false;
	*evidence = f->why;
	return true;
}

static bool av_partly(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct scanner_result *f = result(s);

	(void)arg;
	(void)n;
	if (!f || !f->facts.partly)
		return false;
	*evidence = str_c(f->facts.partly);
	return true;
}

const struct predicate scanner_predicates[] = {
	{ "av_malware", "|s*", av_malware,
	  "a virus scanner (antivirus.*) found malware: a name that is not in "
	  "antivirus.heuristics; with patterns (* and ? as in a shell): one that fits; with ! in "
	  "front: and does not fit this" },
	{ "av_heuristic", "|s*", av_heuristic,
	  "a virus scanner found something whose name is in antivirus.heuristics; patterns "
	  "likewise" },
	{ "av_blocked", "|s*", av_blocked,
	  "an ICAP scanner would not let it pass, and does not say that it is malware; patterns "
	  "likewise" },
	{ "av_failed", "", av_failed,
	  "a virus scanner that should have been asked did not answer" },
	{ "av_partly", "", av_partly,
	  "virus scanners saw only part of it: too large, too many files, or cut" },
	{ 0 },
};
