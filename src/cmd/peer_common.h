/* The table of directives that the three programs share. */
#ifndef CMD_PEER_COMMON_H
#define CMD_PEER_COMMON_H

#include "cmd/peer.h"

extern const struct peer_directive peer_common[];

#endif
