/* A disk that takes 300 ms to be sure of anything: put in front of the C library by LD_PRELOAD. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

static void take_long(void)
{
	const struct timespec t = { 0, 300000000 };

	nanosleep(&t, NULL);
}

PUBLIC int fsync(int fd)
{
	take_long();
	return (int)syscall(SYS_fsync, fd);
}

PUBLIC int fdatasync(int fd)
{
	take_long();
	return (int)syscall(SYS_fdatasync, fd);
}
