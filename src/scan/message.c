/* The line of the log that says what became of a message. */
#include "base/clock.h"
#include "base/log.h"
#include "scan/ask.h"
#include "scan/priv.h"

#define MAX_FIELDS (SCAN_MAX_CHECKS + 16u)
#define SYMBOLS_MAX 1000u /* octets of their names */

struct line {
	struct log_field field[MAX_FIELDS];
	size_t n;
};

static void add(struct line *l, const char *key, struct str text)
{
	l->field[l->n++] = F_STR(key, text);
}

static struct str symbols(const struct scan *s)
{
	struct buf b = { .arena = s->arena };

	for (size_t i = 0; i < s->verdict.symbols.n && b.n < SYMBOLS_MAX; i++)
		buf_addf(&b, "%s%.*s", i ? "," : "", STR_ARG(s->verdict.symbols.p[i].name));
	return buf_str(&b);
}

static void add_words(struct line *l, const struct scan *s)
{
	const struct scan_setup *c = s->env->setup;

	for (size_t i = 0; i < c->n; i++) {
		const char *word = c->check[i]->word ? c->check[i]->word(s) : NULL;
		if (word)
			add(l, c->check[i]->name, str_c(word));
	}
}

void scan_log_message(const struct scan *s)
{
	const struct verdict *v = &s->verdict;
	struct line l = { .n = 0 };
	char ip[IP_TEXT_MAX];
	struct str without = scan_without(s);

	add(&l, "qid", s->client.queue_id);
	if (s->client.ip.family)
		add(&l, "client", str_c(ip_format(&s->client.ip, ip)));
	add(&l, "helo", s->helo);
	add(&l, "from", s->mail_raw);
	l.field[l.n++] = F_INT("rcpts", s->nrcpts);
	add(&l, "author", s->from.domain);
	add(&l, "profile", s->client.profile);
	add_words(&l, s);
	add(&l, "action", str_c(action_word(v->action)));
	add(&l, "reason", v->reason);
	add(&l, "score", arena_printf(s->arena, "%.2f", v->score));
	add(&l, "symbols", symbols(s));
	if (s->flags & SCAN_F_CACHED)
		add(&l, "cached", STR("yes"));
	if (without.n)
		add(&l, "without", without);
	if (s->flags & (SCAN_F_PATTERNS | SCAN_F_CPU))
		add(&l, "limit", s->flags & SCAN_F_CPU ? STR("cpu") : STR("patterns"));
	l.field[l.n++] = F_INT("dns", scan_dns_count(s));
	l.field[l.n++] = F_MS("ms", clock_mono_us() - s->priv->eom_us);
	log_event(LOG_LVL_INFO, "message", l.field, l.n);
}
