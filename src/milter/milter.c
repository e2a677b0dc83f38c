/* The room's face: chooses the engine and hands calls on to it. */
#include "milter/milter.h"

#include "milter/engine.h"

struct milter *milter_start(const struct scan_env *env, const struct conf *c,
			    struct milter_listener *l, size_t n, struct err *e)
{
	struct milter_config cfg;

	milter_config_read(c, &cfg);
	return cfg.libmilter ? lib_start(env, &cfg, l, n, e) : wire_start(env, &cfg, l, n, e);
}

void milter_drain(struct milter *m, uint64_t grace_ms, void (*done)(void *arg), void *arg)
{
	m->ops->drain(m, grace_ms, done, arg);
}

void milter_free(struct milter *m)
{
	if (m)
		m->ops->free(m);
}

const struct milter_stats *milter_stats(const struct milter *m)
{
	return &m->stats;
}
