/* A verdict for people. */
#include <stdio.h>

#include "checks/checks.h"
#include "cmd/judge.h"
#include "cmd/show.h"
#include "scan/ask.h"

static void field(FILE *out, const char *label, struct str value)
{
	if (!value.n)
		return;
	fprintf(out, " %s=", label);
	show_text(out, value, NULL);
}

static void reason(FILE *out, struct str why)
{
	if (!why.n)
		return;
	fputs(" (", out);
	show_text(out, why, NULL);
	fputc(')', out);
}

static void print_spf(FILE *out, const char *what, const struct spf_result *r)
{
	fprintf(out, "  spf    %-10s %s", auth_word(r->code), what);
	field(out, "domain", r->domain);
	field(out, "by", r->mechanism);
	reason(out, r->reason);
	if (r->explanation.n) {
		fputs("\n           explanation: ", out);
		show_text(out, r->explanation, NULL);
	}
	fputc('\n', out);
}

static void print_dkim(FILE *out, const struct dkim_result *r)
{
	if (r->n == 0)
		fputs("  dkim   none\n", out);
	for (size_t i = 0; i < r->n; i++) {
		const struct dkim_sig *g = &r->sig[i];
		fprintf(out, "  dkim   %-10s", auth_word(g->result));
		field(out, "d", g->domain);
		field(out, "s", g->selector);
		field(out, "a", str_c(g->algorithm));
		if (g->key_bits)
			fprintf(out, " bits=%u", g->key_bits);
		reason(out, g->reason);
		fputc('\n', out);
	}
}

static void print_dmarc(FILE *out, const struct dmarc_facts *f)
{
	fprintf(out, "  dmarc  %-10s", auth_word(f->r.code));
	field(out, "from", f->r.from_domain);
	field(out, "record", f->r.policy_domain);
	if (f->r.policy_domain.n)
		fprintf(out, " %s=%s disposition=%s", f->r.policy_tag,
			dmarc_policy_word(f->r.policy), dmarc_policy_word(f->disposition));
	field(out, "overridden_by", f->override_by);
	reason(out, f->r.reason);
	fputc('\n', out);
}

static void print_auth(struct scan *s, FILE *out)
{
	const struct iprev_result *rev = scan_result(s, &check_iprev);
	const struct spf_facts *spf = scan_result(s, &check_spf);
	const struct dkim_result *dkim = scan_result(s, &check_dkim);
	const struct arc_result *arc = scan_result(s, &check_arc);
	const struct dmarc_facts *dmarc = scan_result(s, &check_dmarc);

	if (rev) {
		fprintf(out, "  iprev  %-10s", auth_word(rev->code));
		field(out, "name", rev->name);
		reason(out, rev->reason);
		fputc('\n', out);
	}
	if (spf) {
		print_spf(out, "helo", &spf->helo);
		print_spf(out, "mailfrom", &spf->mailfrom);
	}
	if (dkim)
		print_dkim(out, dkim);
	if (arc) {
		fprintf(out, "  arc    %-10s", auth_word(arc->code));
		reason(out, arc->reason);
		fputc('\n', out);
	}
	if (dmarc)
		print_dmarc(out, dmarc);
}

static void print_symbols(const struct verdict *v, FILE *out)
{
	for (size_t i = 0; i < v->symbols.n; i++) {
		const struct symbol *y = &v->symbols.p[i];
		fprintf(out, "  %6.2f %-24.*s", y->score, STR_ARG(y->name));
		reason(out, y->evidence);
		fputc('\n', out);
	}
}

void judge_print_text(struct scan *s, struct str name, FILE *out)
{
	const struct verdict *v = &s->verdict;

	show_text(out, name, NULL);
	if (s->flags & SCAN_F_AUTH_ONLY) {
		fputc('\n', out);
	} else {
		fprintf(out, ": %s, score %.2f (tag %.2f, reject %.2f)", action_word(v->action),
			v->score, v->tag_at, v->reject_at);
		if (v->reply.code) {
			fprintf(out, "; reply %u %.*s ", v->reply.code, STR_ARG(v->reply.enhanced));
			show_text(out, v->reply.text, NULL);
		}
		fputc('\n', out);
	}
	print_auth(s, out);
	print_symbols(v, out);
	fprintf(out, "  %u DNS questions\n", scan_dns_count(s));
}
