/* The shared log. */
#include "control/train.h"

struct joint {
	struct trainer *t;
	uint64_t machine;
	uint64_t out_id, shipped;
};

struct joint *joint_new(struct trainer *t)
{
	struct joint *j = ARENA_NEW(t->arena, struct joint);

	j->t = t;
	return j;
}

void joint_free(struct joint *j)
{
	(void)j;
}

void joint_poke(struct joint *j)
{
	(void)j;
}

void joint_out(struct joint *j, uint64_t id)
{
	j->out_id = id;
}

bool joint_mine(const struct joint *j, struct origin o)
{
	return o.machine == j->machine;
}

uint64_t joint_waiting(const struct joint *j)
{
	return j->out_id - j->shipped;
}

void joint_applied(struct joint *j, bool failed)
{
	(void)j;
	(void)failed;
}
