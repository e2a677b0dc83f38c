/* The way a message came: one relay a hand-over, and which of them are ours. */
#include "mail/view/relays_priv.h"

#include "base/buf.h"

struct view_trace {
	VEC(struct view_relay) relays;
	size_t unparseable;
	size_t trusted_fields, internal_fields; /* Received fields of ours, client's included */
	struct str text[4];
};

/* The state of the walk from the newest field to the oldest. */
struct walk {
	struct view *v;
	struct view_trace *t;
	bool trusted, internal, msa;
	bool mailfetch; /* a fetcher's mark would still be believed */
	struct str scanner_from;
};

static bool net_has(const struct view_nets *n, struct str text)
{
	struct ip ip;

	if (text.n >= IP_TEXT_MAX || !ip_parse(text, &ip))
		return false;
	for (size_t i = 0; i < n->n; i++)
		if (cidr_has(&n->p[i].net, &ip))
			return !n->p[i].not ;
	return ip_is_loopback(&ip);
}

/* SpamAssassin's guess where no networks are told: private addresses and authenticated clients are
 * ours, up to the first that is neither. */
static void judge_guess(struct walk *w, const struct view_relay *r)
{
	if (!r->ip_private && !r->auth.n)
		w->trusted = w->internal = false;
}

static void judge_nets(struct walk *w, struct view_relay *r)
{
	const struct view_env *e = &w->v->env;
	const struct view_nets *trusted = e->trusted.n ? &e->trusted : &e->internal;
	const struct view_nets *internal = e->internal.n ? &e->internal : &e->trusted;

	if (!r->auth.n && !net_has(trusted, r->ip)) {
		w->trusted = w->internal = false;
		return;
	}
	if (!r->auth.n && !net_has(internal, r->ip))
		w->internal = false;
	if (e->msa.n && net_has(&e->msa, r->ip))
		w->msa = r->msa = true;
}

static void add_relay(struct walk *w, struct view_relay r)
{
	r.ip_private = view_ip_private(r.ip);
	if (w->trusted && !w->msa) {
		if (w->v->env.trusted.n || w->v->env.internal.n)
			judge_nets(w, &r);
		else
			judge_guess(w, &r);
	}
	r.trusted = w->trusted;
	r.internal = w->internal;
	w->mailfetch = r.trusted;
	w->t->trusted_fields += r.trusted;
	w->t->internal_fields += r.internal;
	VEC_PUSH(w->v->arena, w->t->relays) = r;
}

static struct view_relay relay_of(const struct hop *h)
{
	return (struct view_relay){ .ip = h->f.ip,
				    .rdns = h->f.rdns,
				    .helo = h->f.helo,
				    .by = h->f.by,
				    .ident = h->f.ident,
				    .id = h->id,
				    .auth = h->auth,
				    .envfrom = h->envfrom,
				    .no_rdns = !h->f.rdns.n && h->looked_up };
}

static void add_line(struct walk *w, struct str line)
{
	struct str scanner = w->scanner_from;
	struct view_relay r;
	struct hop h;

	w->scanner_from = STR_NULL;
	switch (hop_read(w->v->arena, line, &h)) {
	case HOP_RELAY:
		r = relay_of(&h);
		r.envfrom = scanner.n ? scanner : r.envfrom;
		add_relay(w, r);
		return;
	case HOP_UNPARSEABLE:
		w->t->unparseable++;
		break;
	case HOP_FETCHED:
		if (w->mailfetch)
			w->t->relays.n = 0;
		break;
	case HOP_QMAIL_SCANNER:
		w->scanner_from = h.envfrom;
		break;
	default:
		break;
	}
	w->t->trusted_fields += w->trusted;
	w->t->internal_fields += w->internal;
}

static void add_client(struct walk *w)
{
	const struct view_client *c = w->v->client;
	char text[IP_TEXT_MAX];
	struct hop h = { .f = { .rdns = c->rdns, .helo = c->helo, .by = c->by } };

	if (!c->ip.family)
		return;
	h.f.ip = arena_dup(w->v->arena, str_c(ip_format(&c->ip, text)));
	h.auth = c->auth_user.n ? STR("ESMTPA") : STR("");
	h.envfrom = w->v->mail_from;
	h.looked_up = true;
	hop_tidy(w->v->arena, &h);
	add_relay(w, relay_of(&h));
}

static const struct str default_origins[] = {
	{ "X-Yahoo-Post-IP", 15 },
	{ "X-Originating-IP", 16 },
	{ "X-Apparently-From", 17 },
	{ "X-SenderIP", 10 },
	{ "X-AOL-IP", 8 },
	{ "X-MS-Exchange-CrossTenant-OriginalAttributedTenantConnectingIp", 63 },
};

/* Webmail that says where its user sat: the oldest relay. */
static void add_origins(struct walk *w)
{
	const struct view_env *e = &w->v->env;
	const struct str *names = e->originating ? e->originating : default_origins;
	size_t n =
		e->originating ? e->noriginating : sizeof default_origins / sizeof *default_origins;

	for (size_t i = 0; i < n; i++) {
		const struct view_lines *l = view_header_lines(w->v, names[i]);
		struct str s = l->n ? l->p[l->n - 1].text : STR_NULL;
		size_t len = 0;
		for (size_t k = 0; k < s.n && !len; k++) {
			len = view_ip_at(s, k);
			s = len ? str_sub(s, k, len) : s;
		}
		if (len)
			add_line(w, arena_printf(w->v->arena, "from X-Originating-IP: %.*s",
						 STR_ARG(s)));
	}
}

static struct view_trace *trace(struct view *v)
{
	const struct view_lines *l;
	struct walk w = { v, v->trace, true, true, false, true, STR_NULL };

	if (v->trace)
		return v->trace;
	w.t = v->trace = ARENA_NEW(v->arena, struct view_trace);
	if (v->client)
		add_client(&w);
	l = view_header_lines(v, STR("Received"));
	for (size_t i = 0; i < l->n && i < RELAYS_MAX_FIELDS; i++)
		add_line(&w, l->p[i].text);
	add_origins(&w);
	return w.t;
}

const struct view_relay *view_relays(struct view *v, size_t *n)
{
	struct view_trace *t = trace(v);

	*n = t->relays.n;
	return t->relays.p;
}

size_t view_relays_unparseable(struct view *v)
{
	return trace(v)->unparseable;
}

void view_relay_counts(struct view *v, size_t *trusted, size_t *internal)
{
	struct view_trace *t = trace(v);

	*trusted = t->trusted_fields;
	*internal = t->internal_fields;
}

struct str view_relays_envelope(struct view *v)
{
	struct view_trace *t = trace(v);

	for (size_t i = 0; i < t->relays.n; i++)
		if (!t->relays.p[i].trusted)
			return t->relays.p[i].envfrom;
	return t->relays.n ? t->relays.p[t->relays.n - 1].envfrom : STR_NULL;
}

static void add_text(struct buf *b, const struct view_relay *r)
{
	const struct {
		const char *before;
		struct str value;
	} parts[] = {
		{ "[ ip=", r->ip },
		{ " rdns=", r->rdns },
		{ " helo=", r->helo },
		{ " by=", r->by },
		{ " ident=", r->ident },
		{ " envfrom=", r->envfrom },
		{ r->internal ? " intl=1 id=" : " intl=0 id=", r->id },
		{ " auth=", r->auth },
	};

	if (b->n)
		buf_addc(b, ' ');
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		buf_add(b, str_c(parts[i].before));
		buf_add(b, parts[i].value);
	}
	buf_add(b, r->msa ? STR(" msa=1 ]") : STR(" msa=0 ]"));
}

static const char *const kinds[4] = { "Untrusted", "Trusted", "External", "Internal" };

struct str view_relays_text(struct view *v, struct str which)
{
	struct view_trace *t = trace(v);
	size_t k = 0;

	while (k < 4 && !str_ieq(which, str_c(kinds[k])))
		k++;
	if (k == 4)
		return STR_NULL;
	if (!t->text[k].p) {
		struct buf b = { .arena = v->arena };
		for (size_t i = 0; i < t->relays.n; i++) {
			const struct view_relay *r = &t->relays.p[i];
			if ((k < 2 ? r->trusted : r->internal) == (k & 1))
				add_text(&b, r);
		}
		t->text[k] = buf_str(&b);
	}
	return t->text[k];
}
