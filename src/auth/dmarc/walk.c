/* The DNS tree walk: its names, their records, and the organisational domain they make. */
#include "auth/dmarc/walk.h"

#include "mail/domain.h"

#define PREFIX "_dmarc."
#define SKIP_TO 7u /* RFC 9989 4.10 step 4: from eight labels and more straight to seven */

static const struct dns_answer *ask(struct dns *dns, struct str domain)
{
	char name[sizeof PREFIX + DOMAIN_MAX] = PREFIX;

	if (domain.n > DOMAIN_MAX)
		domain.n = DOMAIN_MAX;
	memcpy(name + sizeof PREFIX - 1, domain.p, domain.n);
	name[sizeof PREFIX - 1 + domain.n] = '\0';
	return dns_ask(dns, name, DNS_TXT);
}

/* Steps 2 and 6: what is no DMARC record does not count; if several do, none does. */
static void read_answer(struct arena *a, const struct dns_answer *ans, struct dmarc_node *node)
{
	node->at = DMARC_AT_NONE;
	for (size_t i = 0; i < ans->n; i++) {
		struct dmarc_record rec;
		struct str why;
		bool usable = dmarc_record_parse(a, ans->rr[i].data, &rec, &why);

		if (!usable && !why.p)
			continue;
		if (node->at != DMARC_AT_NONE) {
			node->at = DMARC_AT_MANY;
			return;
		}
		node->at = DMARC_AT_RECORD;
		node->record = rec;
		node->usable = usable;
		node->reason = why;
	}
}

struct dmarc_node dmarc_node_read(struct arena *a, struct dns *dns, struct str domain)
{
	struct dmarc_node node = { .domain = domain };
	const struct dns_answer *ans = ask(dns, domain);

	if (!ans)
		node.at = DMARC_AT_WAIT;
	else if (ans->status == DNS_TEMPFAIL || ans->status == DNS_BOGUS)
		node.at = DMARC_AT_FAILED;
	else if (ans->status != DNS_OK)
		node.at = DMARC_AT_NONE;
	else
		read_answer(a, ans, &node);
	return node;
}

/* The labels of the name that is asked for after one of so many. */
static size_t next_labels(size_t labels)
{
	return labels > SKIP_TO ? SKIP_TO : labels - 1;
}

void dmarc_walk_ask(struct dns *dns, struct str domain)
{
	for (size_t k = domain_labels(domain); k > 0; k = next_labels(k))
		ask(dns, domain_last(domain, k));
}

/* RFC 9989 4.10.2 rules 1 and 2; a record of the start with psd=y only ends the walk. */
static bool ends_walk(struct dmarc_walk *w, const struct dmarc_node *node)
{
	char psd = node->record.psd;

	if (psd == 'n')
		w->org = node->domain;
	if (psd == 'y' && node != w->node) {
		w->org = domain_last(w->node[0].domain, domain_labels(node->domain) + 1);
		w->psd = node;
	}
	if (psd == 'y' && node == w->node)
		w->org = node->domain;
	return psd == 'n' || psd == 'y';
}

/* From the longest name to the shortest; rule 3 (the fewest labels) is the last one that stays. */
static void evaluate(struct dmarc_walk *w)
{
	w->org = w->node[0].domain;
	for (size_t i = 0; i < w->n; i++) {
		const struct dmarc_node *node = &w->node[i];

		if (node->at == DMARC_AT_WAIT) {
			w->wait = true;
			return;
		}
		if (node->at == DMARC_AT_FAILED) {
			w->failed = w->failed ? w->failed : node;
			w->org = node->domain;
		}
		if (node->at != DMARC_AT_RECORD)
			continue;
		if (ends_walk(w, node))
			return;
		w->org = node->domain;
	}
}

void dmarc_walk_run(struct arena *a, struct dns *dns, struct str domain, struct dmarc_walk *w)
{
	*w = (struct dmarc_walk){ 0 };
	for (size_t k = domain_labels(domain); k > 0 && w->n < DMARC_MAX_QUERIES;
	     k = next_labels(k))
		w->node[w->n++] = dmarc_node_read(a, dns, domain_last(domain, k));
	evaluate(w);
}
