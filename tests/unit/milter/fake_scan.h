/*
 * Scans for tests of the milter room: they write down what they are told, and judge as a header
 * "X-Do" orders. Linked in place of libscan.
 */
#ifndef TESTS_FAKE_SCAN_H
#define TESTS_FAKE_SCAN_H

#include "base/buf.h"
#include "scan/scan.h"

/* env.arg points here. */
struct fake {
	struct arena *arena;
	struct buf log; /* "new 192.0.2.1 host inbound; helo x; mail <a@b>; ...": if arena is set */
	size_t live, made, judged;
	struct scan *held[1024]; /* X-Do: hold */
	size_t nheld;
	size_t peak; /* most scans held at once */
};

void fake_env(struct fake *f, struct loop *loop, struct scan_env *env);
/* Lets the i-th scan that is held have its verdict, as from the loop. */
void fake_release(struct fake *f, size_t i);

/*
 * X-Do, one word a field: reject tempfail discard quarantine edits body hold later percent inject
 * (anything else: accept).
 */

#endif
