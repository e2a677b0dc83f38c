/* Reports about our mail, in words. */
#include "cmd/report_show.h"

#include <stdio.h>

#include "base/clock.h"
#include "cmd/remembered.h"
#include "cmd/show.h"
#include "mail/domain.h"

/* ---- what was wrong ---- */

static bool related(struct str a, struct str b)
{
	return a.n && b.n && (domain_within(a, b) || domain_within(b, a));
}

static void say_dkim(struct buf *b, const struct sum_group *g)
{
	if (!g->ndkim)
		buf_add(b, STR("not signed"));
	for (size_t i = 0; i < g->ndkim; i++) {
		const struct report_dkim *d = &g->dkim[i];

		buf_add(b, i ? STR(", ") : STR(""));
		if (str_eq(d->result, STR("pass")))
			buf_addf(b, "signed by d=%.*s, not aligned", STR_ARG(d->domain));
		else
			buf_addf(b, "DKIM %.*s of d=%.*s", STR_ARG(d->result), STR_ARG(d->domain));
		if (d->selector.n)
			buf_addf(b, " (selector %.*s)", STR_ARG(d->selector));
	}
}

static void say_spf(struct buf *b, const struct sum_group *g)
{
	if (!g->spf_result.n) {
		buf_add(b, STR("no result of SPF"));
		return;
	}
	buf_addf(b, "SPF %.*s of %.*s", STR_ARG(g->spf_result),
		 STR_ARG(g->spf_domain.n ? g->spf_domain : STR("no domain")));
	if (str_eq(g->spf_result, STR("pass")) || !related(g->spf_domain, g->header_from))
		buf_add(b, STR(", not aligned"));
}

struct str report_why(struct arena *a, const struct sum_group *g)
{
	struct buf b = { .arena = a };

	if (g->what.n) {
		buf_add(&b, g->what);
		if (g->mx.n)
			buf_addf(&b, " (%.*s)", STR_ARG(g->mx));
	} else if (!g->dkim_aligned && !g->spf_aligned && !g->rest) {
		say_dkim(&b, g);
		buf_add(&b, STR("; "));
		say_spf(&b, g);
	}
	return buf_str(&b);
}

/* ---- lines ---- */

static const char *fate(const struct sum_group *g)
{
	static const char *const words[] = { "delivered", "quarantined", "rejected" };

	return words[g->disposition];
}

static void print_source(const struct sum_group *g)
{
	char ip[IP_TEXT_MAX];

	ip_format(&g->source, ip);
	printf("%10llu  %-24s  ", (unsigned long long)g->count,
	       ip[0]	 ? ip
	       : g->rest ? "(other sources)"
			 : "(source not told)");
}

static void print_group(struct arena *a, const struct sum_group *g, struct str domain)
{
	print_source(g);
	if (g->header_from.n && !str_eq(g->header_from, domain)) {
		show_text(stdout, g->header_from, NULL);
		fputs(": ", stdout);
	}
	if (g->dkim_aligned || g->spf_aligned) {
		printf("pass (%s)", g->dkim_aligned && g->spf_aligned ? "DKIM, SPF"
				    : g->dkim_aligned		      ? "DKIM"
								      : "SPF");
		return;
	}
	show_text(stdout, report_why(a, g), NULL);
	if (g->what.n)
		return;
	printf("%s%s", g->rest ? "" : "; ", fate(g));
	if (g->override.n) {
		fputs(" (", stdout);
		show_text(stdout, g->override, NULL);
		putchar(')');
	}
}

static const char *kind_title(enum report_kind k)
{
	static const char *const words[] = { "nothing", "DMARC", "TLS", "complaints",
					     "failure reports" };

	return words[k];
}

static void print_rate(enum report_kind k, uint64_t good, uint64_t bad)
{
	uint64_t all = good + bad;

	if (k == REPORT_ABUSE || k == REPORT_FAILURE)
		printf("%llu", (unsigned long long)bad);
	else
		printf("%llu of %llu %s (%.1f %%)", (unsigned long long)good,
		       (unsigned long long)all, k == REPORT_TLS ? "sessions good" : "pass",
		       all ? (double)good / (double)all * 100 : 100.0);
}

/* ---- one report ---- */

void report_show(struct arena *a, struct str file, const struct report_sum *s, size_t n)
{
	show_text(stdout, file, NULL);
	puts(":");
	for (size_t i = 0; i < n; i++) {
		printf("  %s report ", s[i].kind == REPORT_ABUSE     ? "abuse"
				       : s[i].kind == REPORT_FAILURE ? "failure"
								     : kind_title(s[i].kind));
		show_text(stdout, s[i].id, NULL);
		fputs(s[i].reporter.n ? " of " : "", stdout);
		show_text(stdout, s[i].reporter, NULL);
		printf(", %.*s to %.*s\n  ", STR_ARG(remembered_time(a, s[i].begin * 1000)),
		       STR_ARG(remembered_time(a, s[i].end * 1000)));
		show_text(stdout, s[i].domain, NULL);
		fputs(": ", stdout);
		print_rate(s[i].kind, s[i].good, s[i].bad);
		if (s[i].policy.n) {
			fputs(", policy ", stdout);
			show_text(stdout, s[i].policy, NULL);
		}
		putchar('\n');
		for (size_t k = 0; k < s[i].group.n; k++) {
			print_group(a, &s[i].group.p[k], s[i].domain);
			putchar('\n');
		}
	}
}

/* ---- the summary ---- */

static void print_line(struct arena *a, const struct summary_line *l, struct str domain)
{
	print_group(a, &l->group, domain);
	if (l->reporters.n) {
		fputs(" [", stdout);
		show_text(stdout, l->reporters, NULL);
		puts(l->unverified ? "; unverified]" : "]");
	} else {
		putchar('\n');
	}
}

void report_show_summary(struct arena *a, const struct summary *s, bool passing)
{
	printf("%zu reports, %.*s to %.*s%s\n", s->reports,
	       STR_ARG(remembered_time(a, s->from * 1000)),
	       STR_ARG(remembered_time(a, s->to * 1000)), s->cut ? "; not all of them" : "");
	for (size_t i = 0; i < s->domain.n; i++) {
		const struct summary_domain *d = &s->domain.p[i];

		putchar('\n');
		show_text(stdout, d->domain, NULL);
		printf(" %s: ", kind_title(d->kind));
		print_rate(d->kind, d->good, d->bad);
		if (d->policy.n) {
			fputs(", policy ", stdout);
			show_text(stdout, d->policy, NULL);
		}
		printf(", %zu reports of %zu reporters", d->reports, d->nreporters);
		if (d->unverified)
			printf(", %zu unverified", d->unverified);
		putchar('\n');
		for (size_t k = 0; k < d->line.n; k++)
			if (passing || !summary_passes(&d->line.p[k]))
				print_line(a, &d->line.p[k], d->domain);
	}
}
