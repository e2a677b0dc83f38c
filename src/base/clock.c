/* The two clocks, read from the kernel. */
#include "base/clock.h"

#include <time.h>

#include "base/err.h"

static struct timespec now(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t) != 0)
		bug("clock %d cannot be read", (int)id);
	return t;
}

static uint64_t now_us(clockid_t id)
{
	struct timespec t = now(id);

	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t clock_mono_us(void)
{
	return now_us(CLOCK_MONOTONIC);
}

uint64_t clock_cpu_us(void)
{
	return now_us(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t clock_wall(void)
{
	return (int64_t)now(CLOCK_REALTIME).tv_sec;
}

int64_t clock_wall_ms(void)
{
	struct timespec t = now(CLOCK_REALTIME);

	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
