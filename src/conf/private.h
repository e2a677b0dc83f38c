/* What conf.c, get.c and print.c know of a configuration. */
#ifndef CONF_PRIVATE_H
#define CONF_PRIVATE_H

#include "conf/table.h"

struct conf {
	struct table *table;
};

#endif
