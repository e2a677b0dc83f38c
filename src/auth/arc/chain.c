/* Collects ARC sets and checks that they are a chain. */
#include "auth/arc/chain.h"

#include "auth/arc/arc.h"

enum part { PART_NONE, PART_AAR, PART_AMS, PART_AS };

static enum part part_of(const struct hdr *f)
{
	static const struct {
		struct str name;
		enum part part;
	} parts[] = {
		{ STR("ARC-Authentication-Results"), PART_AAR },
		{ STR("ARC-Message-Signature"), PART_AMS },
		{ STR("ARC-Seal"), PART_AS },
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (str_ieq(f->name, parts[i].name))
			return parts[i].part;
	return PART_NONE;
}

/* ---- the instance of an AAR ---- */

/* Skips one comment at the front, nested ones in it; unchanged if it is not closed. */
static struct str skip_comment(struct str s)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return str_skip(s, i + 1);
	}
	return s;
}

static struct str skip_cfws(struct str s)
{
	for (;;) {
		struct str before = s;

		while (s.n && ch_fws(s.p[0]))
			s = str_skip(s, 1);
		if (s.n && s.p[0] == '(')
			s = skip_comment(s);
		if (s.n == before.n)
			return s;
	}
}

/* "i=N;" must stand first (4.1.1). 0: it does not. */
static unsigned aar_instance(struct str value, struct str *payload)
{
	struct str s = skip_cfws(value);
	size_t digits = 0;
	unsigned instance;

	if (!s.n || s.p[0] != 'i')
		return 0;
	s = skip_cfws(str_skip(s, 1));
	if (!s.n || s.p[0] != '=')
		return 0;
	s = skip_cfws(str_skip(s, 1));
	while (digits < s.n && ch_digit(s.p[digits]))
		digits++;
	instance = signature_instance(str_sub(s, 0, digits));
	s = skip_cfws(str_skip(s, digits));
	if (!s.n || s.p[0] != ';')
		return 0;
	*payload = str_skip(s, 1);
	return instance;
}

/* ---- collecting ---- */

static void set_fault(struct arc_chain *chain, const char *fault)
{
	if (!chain->fault)
		chain->fault = fault;
}

static struct arc_parts *set_for(struct arc_chain *chain, unsigned instance)
{
	if (!instance) {
		set_fault(chain, "bad instance i=");
		return NULL;
	}
	if (instance > chain->highest)
		chain->highest = instance;
	return &chain->set[instance - 1];
}

static void take_aar(struct arc_chain *chain, const struct hdr *f)
{
	struct str payload = STR_NULL;
	struct arc_parts *set = set_for(chain, aar_instance(f->value, &payload));

	if (!set)
		return;
	if (set->aar)
		set_fault(chain, "two ARC-Authentication-Results of one instance");
	set->aar = f;
	set->payload = payload;
}

static void take_ams(struct arena *a, struct arc_chain *chain, const struct hdr *f)
{
	struct signature *s = ARENA_NEW(a, struct signature);
	struct arc_parts *set;

	signature_read(a, SIG_AMS, f, s);
	set = set_for(chain, s->instance);
	if (!set)
		return;
	if (set->ams)
		set_fault(chain, "two ARC-Message-Signatures of one instance");
	set->ams = s;
}

static void take_as(struct arena *a, struct arc_chain *chain, const struct hdr *f)
{
	struct signature *s = ARENA_NEW(a, struct signature);
	struct arc_parts *set;

	signature_read(a, SIG_AS, f, s);
	set = set_for(chain, s->instance);
	if (!set)
		return;
	if (set->as)
		set_fault(chain, "two ARC-Seals of one instance");
	set->as = s;
}

static void collect(struct arena *a, const struct hdr_list *headers, struct arc_chain *chain)
{
	for (size_t i = 0; i < headers->v.n; i++) {
		const struct hdr *f = &headers->v.p[i];
		enum part part = part_of(f);

		if (part == PART_NONE)
			continue;
		if (++chain->fields > 3 * ARC_MAX_SETS) {
			set_fault(chain, "too many ARC fields");
			return;
		}
		if (!chain->set)
			chain->set = ARENA_ARRAY(a, struct arc_parts, ARC_MAX_SETS);
		if (part == PART_AAR)
			take_aar(chain, f);
		else if (part == PART_AMS)
			take_ams(a, chain, f);
		else
			take_as(a, chain, f);
	}
}

/* ---- checking ---- */

/* Steps 2 and 3 of 5.2 for one set: whole, readable, and a status that fits its place. */
static void check_set(struct arc_chain *chain, size_t i)
{
	const struct arc_parts *set = &chain->set[i];

	if (!set->aar || !set->ams || !set->as)
		set_fault(chain, "incomplete ARC set");
	else if (set->as->fault)
		set_fault(chain, set->as->fault);
	else if (!set->as->query)
		set_fault(chain, "s= and d= are no name");
	else if (set->as->cv == CV_FAIL)
		chain->ended = true;
	else if (set->as->cv != (i ? CV_PASS : CV_NONE))
		set_fault(chain, "wrong status cv= for its place");
}

void arc_chain_read(struct arena *a, const struct hdr_list *headers, struct arc_chain *chain)
{
	*chain = (struct arc_chain){ 0 };
	collect(a, headers, chain);
	for (size_t i = 0; i < chain->highest; i++)
		check_set(chain, i);
	if (chain->fields && headers->dropped)
		set_fault(chain, "header fields over the limit");
	if (chain->fields && !chain->highest)
		set_fault(chain, "bad instance i=");
	if (chain->fault) {
		chain->ended = false;
		return;
	}
	chain->n = chain->highest;
	if (chain->ended)
		chain->fault = "the chain was ended by cv=fail";
}
