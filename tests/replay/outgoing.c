/* What leaves in a replay: key files and a signer that holds them, and a message as it left. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/sign/signing.h"
#include "replay/replay.h"
#include "sign/keys.h"

static const char *key_dir(struct replay *r)
{
	if (!r->dir[0]) {
		memcpy(r->dir, "/tmp/merlon-replay.XXXXXX", sizeof "/tmp/merlon-replay.XXXXXX");
		if (!mkdtemp(r->dir))
			replay_fault(r, "no directory for keys");
		r->held = sign_keys_new();
	}
	return r->dir;
}

void replay_rules(struct replay *r, struct str rest)
{
	r->rules = arena_dup(r->a, rest);
}

void replay_nosigner(struct replay *r, struct str rest)
{
	(void)rest;
	r->nosigner = true;
}

/* private ed25519|rsa BITS SELECTOR._domainkey.DOMAIN */
void replay_private(struct replay *r, struct str rest)
{
	struct str type = str_cut(&rest, ' ');
	uint64_t bits = 0;
	struct sign_key key;
	struct err e;

	if (str_eq(type, STR("rsa")) && !str_u64(str_cut(&rest, ' '), 8192, &bits))
		replay_fault(r, "expected rsa BITS NAME");
	if (sign_key_make(r->a, bits ? KEY_RSA : KEY_ED25519, (unsigned)bits,
			  arena_printf(r->a, "%s/%.*s", key_dir(r), STR_ARG(rest)).p, (uid_t)-1,
			  &key, &e) < 0)
		replay_fault(r, "%s", e.text);
	else
		zone_add(r->zone, arena_dup(r->a, rest), DNS_TXT, sign_key_record(r->a, &key));
}

struct str replay_keys_text(struct replay *r, struct str text)
{
	struct buf b = { .arena = r->a };
	size_t at;

	while ((at = str_find(text, STR("@KEYS@"))) != SIZE_MAX) {
		buf_add(&b, str_sub(text, 0, at));
		buf_add(&b, str_c(key_dir(r)));
		text = str_skip(text, at + 6);
	}
	buf_add(&b, text);
	return buf_str(&b);
}

/* As the supervisor does it: the files of this configuration, loaded, settled. */
bool replay_keys_settle(struct replay *r)
{
	struct sign_file *f;
	struct err e;
	size_t n;

	if (!r->held)
		return true;
	f = signing_files(r->setup, r->dir, &n);
	for (size_t i = 0; i < n; i++)
		sign_keys_load(r->held, r->a, &f[i], (uid_t)-1);
	if (signing_settled(r->setup, &e) < 0) {
		replay_fault(r, "%s", e.text);
		return false;
	}
	if (r->nosigner) {
		sign_keys_free(r->held);
		r->held = sign_keys_new();
	}
	r->env.signer = sign_client_local(r->loop, r->held);
	return true;
}

static int forget(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void replay_keys_free(struct replay *r)
{
	sign_client_free(r->env.signer);
	sign_keys_free(r->held);
	if (r->dir[0])
		nftw(r->dir, forget, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- a message as it left ---- */

static void without(struct hdr_list *h, struct str name, unsigned index)
{
	for (size_t i = 0; i < h->v.n; i++) {
		if (!str_ieq(h->v.p[i].name, name) || --index)
			continue;
		memmove(&h->v.p[i], &h->v.p[i + 1], (h->v.n - i - 1) * sizeof h->v.p[0]);
		h->v.n--;
		return;
	}
}

static void on_top(struct replay *r, struct hdr_list *h, const struct edit *e)
{
	struct hdr_list out;

	hdr_init(&out, r->a);
	hdr_add(&out, e->name, arena_printf(r->a, " %.*s", STR_ARG(e->value)));
	for (size_t i = 0; i < h->v.n; i++)
		hdr_add(&out, h->v.p[i].name, h->v.p[i].value);
	*h = out;
}

/* The fields of the last scan with its edits, as an MTA applies them. */
void replay_left(struct replay *r, struct hdr_list *out)
{
	const struct scan *s = r->scan;

	for (size_t i = 0; i < s->headers.v.n; i++)
		hdr_add(out, s->headers.v.p[i].name, s->headers.v.p[i].value);
	for (size_t i = 0; i < s->verdict.edits.n; i++) {
		const struct edit *e = &s->verdict.edits.p[i];
		if (e->op == EDIT_INSERT)
			on_top(r, out, e);
		else if (e->op == EDIT_DELETE)
			without(out, e->name, e->index);
	}
}
