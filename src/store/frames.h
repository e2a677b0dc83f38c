/* A connection that carries frames (store/wire.h), both ends alike: bounded, never blocking. */
#ifndef STORE_FRAMES_H
#define STORE_FRAMES_H

#include "base/str.h"
#include "io/loop.h"

struct frames;

/* A payload has come; valid during the call. False: it is nonsense. frames_free is fine inside. */
typedef bool frames_fn(void *arg, struct str payload);
/* The other end is gone, or talks nonsense: why. Never from inside frames_send; frames_free is to
 * follow. */
typedef void frames_lost_fn(void *arg, const char *why);

/* fd: connected; it is closed with the frames. */
struct frames *frames_new(struct loop *l, int fd, frames_fn *got, frames_lost_fn *lost, void *arg);
void frames_free(struct frames *f); /* NULL is fine */

/* Sends a whole frame: what the other end does not take at once waits. */
void frames_send(struct frames *f, struct str frame);

/* Whether to read on: paused, no further frame is handed over, and nothing more is read. */
void frames_pause(struct frames *f, bool pause);

size_t frames_waiting(const struct frames *f); /* octets that are not sent yet */
size_t frames_held(const struct frames *f);    /* octets in memory, of both directions */

/* Since when (clock_mono_ms) a half frame waits for its rest, or octets to be sent for the other
 * end to take some; 0: neither does. */
uint64_t frames_stuck_since(const struct frames *f);

#endif
