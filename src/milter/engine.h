/* What the two engines and the room's face share. Not for other rooms. */
#ifndef MILTER_ENGINE_H
#define MILTER_ENGINE_H

#include "milter/milter.h"

/* The options of the room, read once. */
struct milter_config {
	bool libmilter;
	uint64_t timeout_command; /* ms, before the content of the first message */
	uint64_t timeout_content; /* ms, in content, between messages, and for unsent replies */
	uint64_t progress;	  /* ms between progress packets */
	size_t max_sessions, max_scanning, queue;
};
void milter_config_read(const struct conf *c, struct milter_config *cfg);

struct milter_ops {
	void (*drain)(struct milter *m, uint64_t grace_ms, void (*done)(void *), void *arg);
	void (*free)(struct milter *m);
};

/* First member of both engines. */
struct milter {
	const struct milter_ops *ops;
	struct milter_stats stats;
};

struct milter *wire_start(const struct scan_env *env, const struct milter_config *cfg,
			  const struct milter_listener *l, size_t n, struct err *e);
/* One listener, which libmilter binds; a second engine of this kind in a process is an error. */
struct milter *lib_start(const struct scan_env *env, const struct milter_config *cfg,
			 const struct milter_listener *l, size_t n, struct err *e);

#endif
