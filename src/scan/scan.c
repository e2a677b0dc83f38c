/* The life of a scan: its events, in the order of SMTP, and what checks take from it and give to
 * it. */
#include "scan/scan.h"

#include "base/clock.h"
#include "scan/priv.h"

#define ARENA_FIRST 4096u
#define COUNTED_MIN 1024u /* octets of a piece of body whose CPU time is counted */

static struct str keep(struct arena *a, struct str s)
{
	return s.p ? arena_dup(a, s) : STR_NULL;
}

static void copy_client(struct scan *s, const struct scan_client *c)
{
	s->client = *c;
	s->client.host = keep(s->arena, c->host);
	s->client.auth_user = keep(s->arena, c->auth_user);
	s->client.tls = keep(s->arena, c->tls);
	s->client.mta = keep(s->arena, c->mta);
	s->client.queue_id = keep(s->arena, c->queue_id);
	s->client.profile = keep(s->arena, c->profile.n ? c->profile : STR("inbound"));
	s->client.listener = keep(s->arena, c->listener.p ? c->listener : STR(""));
}

struct scan *scan_new(const struct scan_env *env, const struct scan_client *client, unsigned flags)
{
	struct arena *a = arena_new(ARENA_FIRST);
	struct scan *s = ARENA_NEW(a, struct scan);
	struct scan_priv *p = ARENA_NEW(a, struct scan_priv);

	s->arena = a;
	s->env = env;
	s->flags = flags;
	s->lists = env->setup->judge ? env->setup->judge->lists : NULL;
	s->now = env->now ? env->now : clock_wall();
	s->priv = p;
	p->slot = ARENA_ARRAY(a, struct slot, env->setup->n);
	p->running = SCAN_MAX_CHECKS;
	p->ask_limit = SCAN_MAX_QUERIES;
	p->reserver = SCAN_MAX_CHECKS;
	p->began_us = clock_mono_us();
	hdr_init(&s->headers, a);
	copy_client(s, client);
	s->lists = env->setup->judge ? env->setup->judge->lists : NULL;
	if (!s->lists)
		s->lists = lists_new(a);
	scan_asks_init(s);
	scan_stage_reached(s, SCAN_CONNECT);
	return s;
}

void scan_free(struct scan *s)
{
	if (!s)
		return;
	s->priv->finished = true;
	loop_cancel(s->priv->deadline);
	scan_asks_free(s);
	arena_free(s->arena);
}

void scan_helo(struct scan *s, struct str name)
{
	s->helo = arena_dup(s->arena, name);
	scan_stage_reached(s, SCAN_HELO);
}

void scan_mail(struct scan *s, struct str path)
{
	s->mail_raw = arena_dup(s->arena, path);
	s->mail_ok = addr_path(s->arena, s->mail_raw, &s->mail);
	scan_stage_reached(s, SCAN_MAIL);
}

void scan_rcpt(struct scan *s, struct str path)
{
	if (s->nrcpts++ < SCAN_MAX_RCPTS)
		VEC_PUSH(s->arena, s->rcpts) = arena_dup(s->arena, path);
}

void scan_set_queue_id(struct scan *s, struct str id)
{
	s->client.queue_id = arena_dup(s->arena, id);
}

void scan_set_auth(struct scan *s, struct str user)
{
	s->client.auth_user = arena_dup(s->arena, user);
}

void scan_set_tls(struct scan *s, struct str version)
{
	s->client.tls = arena_dup(s->arena, version);
}

/* Whoever leaves out a command of SMTP gets its stage all the same, with what is known. */
static void stages_up_to(struct scan *s, enum scan_stage stage)
{
	if (s->stage < SCAN_MAIL && stage > SCAN_MAIL && !s->mail_raw.p)
		scan_mail(s, STR(""));
	if (s->stage < stage)
		scan_stage_reached(s, stage);
}

void scan_header(struct scan *s, struct str name, struct str value)
{
	stages_up_to(s, SCAN_RCPT);
	hdr_add(&s->headers, name, value);
}

static uint64_t header_digest(const struct scan *s)
{
	uint64_t d = 1;

	for (size_t i = 0; i < s->headers.v.n; i++) {
		struct hash_key k = s->env->digest_key;
		k.k0 ^= d;
		d = hash_sip24(k, s->headers.v.p[i].raw);
	}
	return d ? d : 1;
}

/* ---- the content, for those who judge ---- */

static bool wants_content(const struct scan *s)
{
	return s->env->setup->judge && !(s->flags & (SCAN_F_AUTH_ONLY | SCAN_F_POISONED)) &&
	       !scan_passive(s);
}

/* MAIL FROM without brackets; absent: not known, or no path. */
static struct str envelope_from(const struct scan *s)
{
	if (!s->mail_raw.p || !s->mail_ok)
		return STR_NULL;
	if (!s->mail.domain.n)
		return s->mail.local.n ? s->mail.local : STR("");
	return arena_printf(s->arena, "%.*s@%.*s", STR_ARG(s->mail.local), STR_ARG(s->mail.domain));
}

static void begin_content(struct scan *s)
{
	const struct judge *j = s->env->setup->judge;
	struct view_client *client = ARENA_NEW(s->arena, struct view_client);

	*client = (struct view_client){
		.ip = s->client.ip,
		.rdns = s->client.host,
		.helo = s->helo,
		.auth_user = s->client.auth_user,
		.by = s->env->authserv_id,
	};
	s->content = content_new(s->arena, j->content, &s->headers);
	s->view = view_new(s->arena, j->view, &s->headers, s->content, client, envelope_from(s));
}

void scan_eoh(struct scan *s)
{
	stages_up_to(s, SCAN_RCPT);
	s->priv->digest = header_digest(s);
	if (s->env->poisoned && s->env->poisoned(s->env->arg, s->priv->digest))
		s->flags |= SCAN_F_POISONED;
	if (s->headers.dropped)
		s->flags |= SCAN_F_TRUNCATED;
	scan_announce(s, true);
	from_read(s->arena, &s->headers, &s->from);
	if (wants_content(s))
		begin_content(s);
	scan_announce(s, false);
	s->body = body_hash_new(s->arena, s->env->crypto);
	scan_cache_want(s);
	scan_stage_reached(s, SCAN_HEADERS);
}

static void keep_head(struct scan *s, struct str octets)
{
	size_t room = SCAN_BODY_HEAD - s->body_head.n;
	char *p;

	if (!room || !octets.n || !s->content)
		return;
	if (octets.n > room)
		octets.n = room;
	p = arena_grow(s->arena, (void *)(uintptr_t)s->body_head.p, s->body_head.n,
		       s->body_head.n + octets.n);
	memcpy(p + s->body_head.n, octets.p, octets.n);
	s->body_head = str_of(p, s->body_head.n + octets.n);
}

/* An MTA hands over tens of kB; small pieces, as of a file with odd line ends, cost less than a
 * look at the clock. */
void scan_body(struct scan *s, struct str octets)
{
	bool large = octets.n >= COUNTED_MIN;

	if (!s->body)
		scan_eoh(s);
	s->body_octets += octets.n;
	keep_head(s, octets);
	(large ? scan_announce : scan_running)(s, true);
	body_hash_feed(s->body, octets);
	emit_body_feed(&s->body_form, octets);
	if (s->content && !(large && scan_over(s)) && !(s->flags & SCAN_F_CPU))
		content_push(s->content, octets);
	(large ? scan_announce : scan_running)(s, false);
}

/* ---- for checks ---- */

bool scan_passive(const struct scan *s)
{
	return str_eq(s->client.profile, STR("reinjection"));
}

bool scan_outbound(const struct scan *s)
{
	return s->client.auth_user.n > 0 || str_eq(s->client.profile, STR("submission"));
}

static size_t index_of(const struct scan *s, const struct check *c)
{
	for (size_t i = 0; i < s->env->setup->n; i++)
		if (s->env->setup->check[i] == c)
			return i;
	return SCAN_MAX_CHECKS;
}

const void *scan_result(const struct scan *s, const struct check *c)
{
	size_t i = index_of(s, c);

	return i < SCAN_MAX_CHECKS && s->priv->slot[i].done ? s->priv->slot[i].result : NULL;
}

void scan_publish(struct scan *s, const struct check *c, const void *result)
{
	size_t i = index_of(s, c);

	if (i == SCAN_MAX_CHECKS)
		bug("check %s publishes but is not of this scan", c->name);
	s->priv->slot[i].result = result;
}

const void *scan_config(const struct scan *s, const struct check *c)
{
	size_t i = index_of(s, c);

	return i < SCAN_MAX_CHECKS ? s->env->setup->config[i] : NULL;
}

void scan_insert(struct scan *s, unsigned index, struct str name, struct str value)
{
	VEC_PUSH(s->arena, s->priv->inserts) =
		(struct edit){ .op = EDIT_INSERT, .index = index, .name = name, .value = value };
}

void scan_delete(struct scan *s, struct str name, unsigned index)
{
	VEC_PUSH(s->arena, s->priv->deletes) =
		(struct edit){ .op = EDIT_DELETE, .index = index, .name = name };
}

void scan_drop_rcpt(struct scan *s, struct str path)
{
	bool bare = !path.n || path.p[0] != '<';

	if (bare)
		path = arena_printf(s->arena, "<%.*s>", STR_ARG(path));
	VEC_PUSH(s->arena, s->priv->inserts) = (struct edit){ .op = EDIT_DEL_RCPT, .value = path };
}

void scan_require(struct scan *s, enum action a, const struct smtp_reply *reply, struct str reason)
{
	struct verdict *v = &s->verdict;

	if (a <= v->action)
		return;
	v->action = a;
	v->reason = reason;
	v->reply = reply ? *reply : (struct smtp_reply){ 0 };
}

void scan_learn(struct scan *s, const struct learn_event *event)
{
	if (s->env->learn && !s->env->readonly)
		s->env->learn(s->env->learn_arg, event);
}

void scan_symbol(struct scan *s, struct str name, double score, struct str evidence,
		 struct str group)
{
	VEC_PUSH(s->arena, s->verdict.symbols) = (struct symbol){ name, score, evidence, group };
	s->verdict.score += score;
}
