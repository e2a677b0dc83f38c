/* The wire engine's way to play a verdict: packets appended to a struct packet_out (the arg). */
#ifndef MILTER_REPLY_H
#define MILTER_REPLY_H

#include "milter/apply.h"

extern const struct apply_ops reply_ops;

#endif
