/* Starts and stops the wire engine for tests, and turns its loop. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "milter/bind.h"

void rig_start(struct rig *r, const struct milter_config *cfg)
{
	struct err e = { "" };

	*r = (struct rig){ .cfg = cfg ? *cfg : (struct milter_config){ 0 } };
	snprintf(r->dir, sizeof r->dir, "/tmp/merlon-wire-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->path, sizeof r->path, "%s/s", r->dir);
	snprintf(r->socket, sizeof r->socket, "unix:%s", r->path);
	r->arena = arena_new(0);
	r->fake.log.arena = r->fake.arena = r->arena;
	r->loop = loop_new();
	fake_env(&r->fake, r->loop, &r->env);
	r->l = (struct milter_listener){ .socket = str_c(r->socket),
					 .profile = STR("inbound"),
					 .mode = 0660,
					 .where = "test",
					 .backlog = 4096,
					 .fd = -1 };
	if (bind_listen(&r->l, &e) < 0)
		fail_msg("%s", e.text);
	if (!cfg)
		r->cfg = (struct milter_config){ .timeout_command = 60000,
						 .timeout_content = 300000,
						 .progress = 10000,
						 .max_sessions = 2000,
						 .max_scanning = 64,
						 .queue = 256 };
	r->m = wire_start(&r->env, &r->cfg, &r->l, 1, &e);
	assert_non_null(r->m);
}

void rig_stop(struct rig *r)
{
	milter_free(r->m);
	assert_int_equal(r->fake.live, 0);
	loop_free(r->loop);
	milter_unbind(&r->l, true);
	assert_int_equal(rmdir(r->dir), 0);
	arena_free(r->arena);
}

void turn_for(struct rig *r, uint64_t ms)
{
	uint64_t end = clock_mono_ms() + ms;

	while (clock_mono_ms() < end)
		loop_turn(r->loop, 5);
}

void await_sessions(struct rig *r, size_t n)
{
	uint64_t end = clock_mono_ms() + 5000;

	while (milter_stats(r->m)->sessions != n && clock_mono_ms() < end)
		loop_turn(r->loop, 5);
	assert_int_equal(milter_stats(r->m)->sessions, n);
}

void open_hello(struct rig *r, struct mta *m)
{
	mta_open(m, r->loop, r->path);
	mta_hello(m);
}

void expect(struct rig *r, struct mta *m, const char *text)
{
	assert_str(mta_answers(m, r->arena, 5000), text);
}
