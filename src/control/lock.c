/* One trainer at a time for a state directory. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/control.h"

#define STEP_US 20000

int control_lock(const char *state, uint64_t wait_ms, struct err *e)
{
	uint64_t until = clock_mono_ms() + wait_ms;
	int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC), why;

	if (fd < 0)
		return err_set(e, "%s: %s", state, strerror(errno));
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		why = errno;
		if ((why == EWOULDBLOCK || why == EINTR) && clock_mono_ms() < until) {
			usleep(STEP_US);
			continue;
		}
		close(fd);
		err_set(e, "%s: %s", state,
			why == EWOULDBLOCK ? "another process trains the classifier"
					   : strerror(why));
		errno = why;
		return -1;
	}
	return fd;
}

void control_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}
