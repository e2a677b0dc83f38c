/*
 * Databases of countries, networks and cities (MaxMind DB files: GeoLite2, db-ip, IPinfo and others
 * of that format). A file is copied into sealed memory before it is read, so that whoever truncates
 * it or writes over it cannot hurt us (LIMITS 5.23); processes forked later share that memory.
 */
#ifndef CHECKS_OUTSIDE_GEO_DB_H
#define CHECKS_OUTSIDE_GEO_DB_H

#include <maxminddb.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"

#define GEO_FILE_MAX (UINT64_C(1) << 30) /* octets of a database */
#define GEO_NAME_MAX 64u		 /* octets of a name that are kept */

/* What databases know of an address; absent and 0: nothing. In the arena it was asked with. */
struct geo_place {
	struct str country; /* ISO 3166-1, two capital letters */
	struct str city, org;
	uint32_t asn;
};

/* The state of a file: the same, and nobody has touched it. */
struct geo_stamp {
	uint64_t device, inode, size;
	int64_t mtime_ns, ctime_ns;
	bool there;
};

struct geo_db {
	const char *path;
	const char *where; /* file:line of the option */
	MMDB_s mmdb;
	bool open;
	struct geo_stamp seen;	/* at the last look */
	struct geo_stamp tried; /* when it was read, or could not be */
};

/* Takes in the file as it is now. -1 and *e (without its path): it cannot be read, is no database,
 * or changes while it is read; db is as it was. */
int geo_db_load(struct geo_db *db, struct err *e);

/*
 * Looks at the file: 1, it has changed and the new one is in place; 0, nothing to do (unchanged,
 * still changing: it is read when two looks find it alike); -1 and *e, the new one is not to be had
 * and the old one stays. That is said once for each state of the file.
 */
int geo_db_renew(struct geo_db *db, struct err *e);

void geo_db_close(struct geo_db *db);

/* Adds to what is known of ip what this database knows and out has not. A database that is broken
 * inside knows nothing. */
void geo_db_look(const struct geo_db *db, struct arena *a, const struct ip *ip,
		 struct geo_place *out);

#endif
