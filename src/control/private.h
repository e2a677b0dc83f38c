/* What the files of this room share: sockets, limits. */
#ifndef CONTROL_PRIVATE_H
#define CONTROL_PRIVATE_H

#include "base/arena.h"
#include "base/err.h"

#define CONTROL_PATH_MAX 108u /* of a unix socket, its NUL included */

#endif
