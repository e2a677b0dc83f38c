/* What is known of a message when a model is asked about it. */
#include <math.h>

#include "checks/llm/opinion.h"
#include "checks/memory/identity.h"

#define SYMBOLS_MAX 12u

static void read_auth(const struct scan *s, struct llm_facts *f)
{
	const struct spf_facts *spf = scan_result(s, &check_spf);
	const struct dkim_result *dkim = scan_result(s, &check_dkim);
	const struct arc_result *arc = scan_result(s, &check_arc);
	const struct dmarc_facts *dmarc = scan_result(s, &check_dmarc);

	if (spf)
		f->spf = str_c(auth_word(spf->mailfrom.code));
	if (dkim)
		f->dkim = str_c(auth_word(dkim->n ? dkim->sig[0].result : AUTH_NONE));
	for (size_t i = 0; dkim && i < dkim->n; i++)
		if (dkim->sig[i].result == AUTH_PASS)
			f->dkim = str_c(auth_word(AUTH_PASS));
	if (arc)
		f->arc = str_c(auth_word(arc->code));
	if (dmarc)
		f->dmarc = str_c(auth_word(dmarc->r.code));
}

static void read_sender(struct scan *s, struct llm_facts *f)
{
	const struct sender_facts *sender = scan_result(s, &check_sender);
	const struct identity *k = scan_config(s, &check_sender);

	if (sender) {
		f->known = sender->genuine && sender->known;
		f->reply = sender->genuine && sender->reply;
		f->first_contact = sender->asked && !sender->seen && !sender->known;
	}
	if (k) {
		f->own_domain = k->local;
		f->nown = k->nlocal;
	}
	f->list = hdr_find(&s->headers, STR("List-Id"), 0) != NULL;
}

/* The heaviest first. */
static void read_symbols(struct scan *s, struct llm_facts *f)
{
	const struct verdict *v = scan_preliminary(s);
	struct str *name = ARENA_ARRAY(s->arena, struct str, SYMBOLS_MAX);
	double score[SYMBOLS_MAX];
	size_t n = 0;

	if (!v)
		v = &s->verdict;
	for (size_t i = 0; i < v->symbols.n; i++) {
		double here = fabs(v->symbols.p[i].score);
		size_t at = n;
		while (at > 0 && score[at - 1] < here)
			at--;
		if (at == SYMBOLS_MAX)
			continue;
		n += n < SYMBOLS_MAX;
		for (size_t k = n - 1; k > at; k--) {
			score[k] = score[k - 1];
			name[k] = name[k - 1];
		}
		score[at] = here;
		name[at] = v->symbols.p[i].name;
	}
	f->symbol = name;
	f->nsymbols = n;
	f->score = v->score;
}

void opinion_read(struct scan *s, struct llm_facts *out)
{
	*out = (struct llm_facts){
		.from = &s->from,
		.headers = &s->headers,
		.content = s->content,
		.mail_from = s->mail_raw,
		.helo = s->helo,
		.client_name = s->client.host,
		.rcpt = s->rcpts.p,
		.nrcpts = s->rcpts.n,
	};
	read_auth(s, out);
	read_sender(s, out);
	read_symbols(s, out);
}
