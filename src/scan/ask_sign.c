/* Signatures that a scan asks the signer for. */
#include "scan/ask.h"
#include "scan/priv.h"

static const struct sign_reply gone = { .status = SIGN_GONE };

struct sign_wait {
	struct sign_wait *next;
	struct scan *scan;
	unsigned char id[SIGN_ID];
	struct str digest;
	struct sign_call *call; /* under way */
	struct sign_reply reply;
	bool answered;
	uint64_t waiting;
};

static void settle(struct sign_wait *w, const struct sign_reply *r)
{
	w->call = NULL;
	w->answered = true;
	w->reply = *r;
	w->reply.signature = arena_dup(w->scan->arena, r->signature);
	scan_asks_wake(w->scan, w->waiting);
}

static void came(void *arg, const struct sign_reply *r)
{
	struct sign_wait *w = arg;

	settle(w, r);
	scan_kick(w->scan);
}

static struct sign_wait *find(const struct scan_priv *p, const unsigned char *id, struct str digest)
{
	for (struct sign_wait *w = p->signs; w; w = w->next)
		if (!memcmp(w->id, id, SIGN_ID) && str_eq(w->digest, digest))
			return w;
	return NULL;
}

const struct sign_reply *scan_sign(struct scan *s, const struct sign_key *key, struct str digest)
{
	struct scan_priv *p = s->priv;
	struct sign_wait *w = find(p, key->id, digest);

	if (!w) {
		if (p->closed || p->nsigns == SCAN_MAX_SIGN || !s->env->signer ||
		    s->flags & SCAN_F_LOCAL)
			return &gone;
		w = ARENA_NEW(s->arena, struct sign_wait);
		*w = (struct sign_wait){ .next = p->signs,
					 .scan = s,
					 .digest = arena_dup(s->arena, digest) };
		memcpy(w->id, key->id, SIGN_ID);
		p->signs = w;
		p->nsigns++;
		w->call =
			sign_ask(s->env->signer, w->id, w->digest, s->env->setup->sign_ms, came, w);
	}
	if (!w->answered && p->running < SCAN_MAX_CHECKS)
		w->waiting |= UINT64_C(1) << p->running;
	return w->answered ? &w->reply : NULL;
}

void scan_signs_close(struct scan *s)
{
	for (struct sign_wait *w = s->priv->signs; w; w = w->next) {
		sign_cancel(w->call);
		if (!w->answered)
			settle(w, &gone);
	}
}

void scan_signs_names(const struct scan *s, struct buf *out)
{
	for (const struct sign_wait *w = s->priv->signs; w; w = w->next)
		if (!w->answered)
			buf_addf(out, "%ssigner", out->n ? " " : "");
}
