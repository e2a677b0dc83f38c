/* The keys that sign reports: active ones of the domain that reports are from. */
#include "control/report/reporter.h"

#include "base/log.h"

void reporter_keys(struct reporter *r)
{
	uint64_t stamp = r->args.state ? keyring_stamp(r->args.state) : 0;
	struct keyring ring = { 0 };
	struct err e;

	if (r->keys_read && stamp == r->stamp)
		return;
	r->keys_read = true;
	r->stamp = stamp;
	r->nkeys = 0;
	arena_free(r->keys_arena);
	r->keys_arena = arena_new(0);
	if (r->args.state && r->args.signer &&
	    keyring_read(r->keys_arena, r->args.state, r->args.keys, &ring, &e) < 0)
		LOG(LOG_LVL_WARN, "report_keys_failed", F_CSTR("reason", e.text));
	for (size_t i = 0; i < ring.v.n && r->nkeys < SEND_KEYS_MAX; i++)
		if (ring.v.p[i].state == KEY_ACTIVE &&
		    str_eq(ring.v.p[i].domain, r->args.settings->from_domain))
			r->key[r->nkeys++] = &ring.v.p[i];
	if (!r->nkeys)
		LOG(LOG_LVL_WARN, "reports_unsigned",
		    F_STR("domain", r->args.settings->from_domain));
	r->world.key = r->key;
	r->world.nkeys = r->nkeys;
}
