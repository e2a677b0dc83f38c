/* Who comes to the control socket: any number of clients, of which none can hurt another. */
#ifndef CONTROL_DOOR_H
#define CONTROL_DOOR_H

#include "control/trainer.h"
#include "scan/board.h"

struct door;

#define DOOR_CLIENTS_MAX 256u	/* more are closed at once */
#define DOOR_PATIENCE_MS 10000u /* for a hello, for the rest of a frame, for what is not read */

/* fd: a listening socket, not closed by us. model: whose key and counts the hello says.
 * patience_ms: DOOR_PATIENCE_MS but in tests. */
struct door *door_new(struct loop *l, int fd, struct trainer *t, const struct model *model,
		      uint64_t patience_ms);

/* What the board says to those who ask; NULL, and before: nothing. */
void door_board(struct door *d, const struct board *b);
/* What is counted, to those who ask (control/metrics.h); a new reference. */
typedef json_t *door_metrics_fn(void *arg);
void door_metrics(struct door *d, door_metrics_fn *fn, void *arg);

/* Nobody is let in and nothing is read any more; results still go out. */
void door_close(struct door *d);

/* Answers that are not sent yet. */
bool door_busy(const struct door *d);

/* After the trainer: nothing comes from there any more. */
void door_free(struct door *d);

#endif
