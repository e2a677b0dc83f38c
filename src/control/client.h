/*
 * The control socket (a unix socket, option control.socket): how `merlon learn` and others reach
 * the control process. Frames: length (u32, big-endian, of what follows), type (u8), payload.
 */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include "control/trainer.h"

struct control_client;

/* Connects and says hello, waiting at most 2 s. NULL and *e: nobody listens, another version. */
struct control_client *control_connect(struct arena *a, const char *path, struct err *e);
void control_close(struct control_client *c);

/* Key of the installation, and what is learnt so far, from the hello. */
struct hash_key control_key(const struct control_client *c);
struct model_counts control_counts(const struct control_client *c);

/* Sends one event; waits for its result. -1 and *err: the connection is gone. Up to
 * CONTROL_IN_FLIGHT (control/frame.h) may be sent before the first result is read; results come in
 * the order of the events. */
int control_learn_begin(struct control_client *c, const struct learn_event *e, struct err *err);
int control_learn_end(struct control_client *c, enum trainer_result *r, struct err *err);

/* One line of JSON: what the control process has counted. */
int control_status(struct control_client *c, struct arena *a, struct str *json, struct err *err);
/* What workers ask outside and how it goes: an array (scan/board.h, board_report). */
int control_board(struct control_client *c, struct arena *a, struct str *json, struct err *err);
/* What is counted: an array (control/metrics.h). */
int control_metrics(struct control_client *c, struct arena *a, struct str *json, struct err *err);

#endif
