/* The two clocks: monotonic for time-outs and TTLs, wall for what mail says about dates. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_mono_us(void);
static inline uint64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

/* CPU time of this process in microseconds. */
uint64_t clock_cpu_us(void);

/* Seconds since 1970-01-01 UTC. */
int64_t clock_wall(void);
int64_t clock_wall_ms(void);

#endif
