/* The public suffix list: its rules in one map, looked up label by label from the right. */
#include "mail/psl.h"

#include "base/file.h"
#include "base/map.h"
#include "mail/domain.h"

#define PRIVATE_MARK "// ===BEGIN PRIVATE DOMAINS==="

enum rule {
	RULE_EXACT = 1,	    /* "name": it is a suffix */
	RULE_WILD = 2,	    /* "*.name": all directly below it are */
	RULE_EXCEPTION = 4, /* "!name": but this one is not */
	RULE_ICANN = 8,	    /* not of the section of private domains */
};

struct psl {
	struct map *rules; /* name -> unsigned char: enum rule, or-ed */
	size_t labels;	   /* of the longest name */
	bool private_part; /* the reader is past the mark of the private section */
};

static void add_rule(struct arena *a, struct psl *p, struct str name, enum rule kind)
{
	unsigned char *kinds = map_get(p->rules, name);
	unsigned section = p->private_part ? 0 : RULE_ICANN;

	if (!kinds) {
		kinds = ARENA_NEW(a, unsigned char);
		map_put(p->rules, name, kinds);
	}
	*kinds = (unsigned char)(*kinds | kind | section);
	if (domain_labels(name) > p->labels)
		p->labels = domain_labels(name);
}

/* A line up to its first white space is a rule. A U-label that this ICU does not know yet is left
 * out: a newer list must not keep an older system from starting. False: no rule at all. */
static bool read_line(struct arena *a, struct psl *p, struct str line)
{
	enum rule kind = RULE_EXACT;
	size_t end = 0;
	struct str name;

	if (str_starts(line, STR(PRIVATE_MARK)))
		p->private_part = true;
	while (end < line.n && !ch_fws(line.p[end]))
		end++;
	line.n = end;
	if (!line.n || str_starts(line, STR("//")))
		return true;
	if (str_starts(line, STR("*."))) {
		kind = RULE_WILD;
		line = str_skip(line, 2);
	} else if (line.p[0] == '!') {
		kind = RULE_EXCEPTION;
		line = str_skip(line, 1);
	} else if (str_eq(line, STR("*"))) {
		return true; /* the default rule */
	}
	name = domain_read(a, line, 0);
	if (!name.p)
		return line.n && !str_ascii(line);
	add_rule(a, p, name, kind);
	return true;
}

struct psl *psl_load(struct arena *a, const char *path, struct err *e)
{
	struct arena *tmp = arena_new(0);
	struct psl *p = ARENA_NEW(a, struct psl);
	struct str text;
	struct err why;
	int line = 0, bad = 0;

	p->rules = map_new(a, false);
	if (file_read(tmp, path, PSL_MAX_FILE, &text, &why) < 0) {
		arena_free(tmp);
		err_at(e, path, 0, "%s", why.text);
		return NULL;
	}
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_skip(text, 3);
	while (text.p && !bad) {
		line++;
		if (!read_line(a, p, str_cut(&text, '\n')))
			bad = line;
	}
	arena_free(tmp);
	if (bad)
		err_at(e, path, bad, "not a rule of a public suffix list");
	else if (!map_len(p->rules))
		err_set(e, "%s: no public suffix list, it has no rules", path);
	return bad || !map_len(p->rules) ? NULL : p;
}

struct str psl_registrable(const struct psl *p, struct str domain)
{
	size_t n = domain_labels(domain), suffix = 1;

	for (size_t k = 1; k <= n && k <= p->labels; k++) {
		const unsigned char *kinds = map_get(p->rules, domain_last(domain, k));
		if (!kinds)
			continue;
		if (*kinds & RULE_EXCEPTION) {
			suffix = k - 1;
			break;
		}
		if (*kinds & RULE_EXACT && k > suffix)
			suffix = k;
		if (*kinds & RULE_WILD && n > k)
			suffix = k + 1;
	}
	return n > suffix ? domain_last(domain, suffix + 1) : STR_NULL;
}

bool psl_listed(const struct psl *p, struct str domain)
{
	const unsigned char *kinds = map_get(p->rules, domain_last(domain, 1));

	return kinds && *kinds & RULE_ICANN;
}
