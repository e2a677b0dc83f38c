/* What rules can ask about copies of a message. */
#include <math.h>

#include "checks/memory/digest.h"

/* SpamAssassin's defaults of pyzor_count_min, pyzor_welcomelist_min and _factor (4.0). */
#define SA_COUNT 5u
#define SA_WELCOME 10u
#define SA_FACTOR 0.2

static const struct digest_found *found(const struct scan *s)
{
	return scan_result(s, &check_digest);
}

/* Counts fade by halves; one that was n is n until half of the last one is gone. */
static bool at_least(double sum, double n)
{
	return sum >= n - 0.5;
}

static bool told(struct scan *s, bool holds, struct str *evidence, const char *what, double n)
{
	if (holds)
		*evidence = arena_printf(s->arena, "%s %.0f times", what, fmax(1, round(n)));
	return holds;
}

static bool digest_spam(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct digest_found *f = found(s);

	(void)n;
	return f && told(s, !f->mixed && at_least(f->facts.spam, arg[0].number), evidence,
			 "nearly the same was learnt as spam", f->facts.spam);
}

static bool digest_ham(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct digest_found *f = found(s);

	(void)n;
	return f && told(s, !f->mixed && at_least(f->facts.ham, arg[0].number), evidence,
			 "nearly the same was learnt as ham", f->facts.ham);
}

static bool digest_trap(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct digest_found *f = found(s);

	(void)n;
	return f && told(s, !f->mixed && at_least(f->facts.trap, arg[0].number), evidence,
			 "nearly the same came to a trap", f->facts.trap);
}

static bool digest_bulk(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct digest_found *f = found(s);

	(void)n;
	return f && told(s, at_least(f->facts.seen, arg[0].number), evidence,
			 "nearly the same was seen", f->facts.seen);
}

static bool file_spam(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct digest_found *f = found(s);

	(void)n;
	return f && told(s, digest_bad(&f->file) && at_least(f->facts.file_spam, arg[0].number),
			 evidence, "the same file came with spam", f->facts.file_spam);
}

static bool shape_spam(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct digest_found *f = found(s);

	(void)n;
	return f && told(s, digest_bad(&f->shape) && at_least(f->facts.shape_spam, arg[0].number),
			 evidence, "a page laid out the same came with spam", f->facts.shape_spam);
}

static bool pyzor_count_over(struct scan *s, const struct predicate_arg *arg, size_t n,
			     struct str *evidence)
{
	const struct digest_found *f = found(s);

	(void)n;
	return f && f->facts.pyzor_answered &&
	       told(s, (double)f->facts.pyzor_count > arg[0].number, evidence, "reported",
		    (double)f->facts.pyzor_count);
}

static bool pyzor_whitelisted(struct scan *s, const struct predicate_arg *arg, size_t n,
			      struct str *evidence)
{
	const struct digest_found *f = found(s);

	(void)n;
	return f && f->facts.pyzor_answered &&
	       told(s, (double)f->facts.pyzor_wl >= arg[0].number, evidence, "called good",
		    (double)f->facts.pyzor_wl);
}

static bool check_pyzor(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct digest_found *f = found(s);
	double count, good;

	(void)arg;
	(void)n;
	if (!f || !f->facts.pyzor_answered)
		return false;
	count = (double)f->facts.pyzor_count;
	good = (double)f->facts.pyzor_wl;
	return told(s, count >= SA_COUNT && !(good >= SA_WELCOME && good >= count * SA_FACTOR),
		    evidence, "reported", count);
}

const struct predicate digest_predicates[] = {
	{ "digest_spam", "n", digest_spam,
	  "a nearly equal text was learnt as spam so often, and not as ham too" },
	{ "digest_ham", "n", digest_ham,
	  "a nearly equal text was learnt as ham so often, and not as spam too" },
	{ "digest_trap", "n", digest_trap, "nearly equal texts came to spam traps so often" },
	{ "digest_bulk", "n", digest_bulk, "nearly equal texts were seen so often" },
	{ "file_spam", "n", file_spam,
	  "a file of it came so often with what was learnt as spam, and hardly with ham" },
	{ "shape_spam", "n", shape_spam,
	  "its HTML is laid out as that of so many messages learnt as spam, and hardly of ham" },
	{ "pyzor_count_over", "n", pyzor_count_over,
	  "more than so many reports at a Pyzor server (pyzor.servers)" },
	{ "pyzor_whitelisted", "n", pyzor_whitelisted, "called good so often at a Pyzor server" },
	{ "check_pyzor", "", check_pyzor,
	  "as SpamAssassin's: 5 reports, and called good less than 10 times or than a fifth of "
	  "them" },
	{ 0 },
};
