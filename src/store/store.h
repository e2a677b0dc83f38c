/*
 * What the site remembers, behind one verb: a batch of operations in, one answer for each out.
 * SQLite keeps it for one machine, Redis for many; nobody who asks can tell them apart. Every
 * operation works on one key and is atomic; a batch is not (a STORE_DURABLE one is, in SQLite).
 *
 * Keys are octets, at most STORE_KEY_MAX, "ns:rest" by convention (ns: letters, the user's of this
 * header: "rep", "grey", "rate", ...; a log has a key like any record). Time to live is in
 * milliseconds from now, 0 is for ever. Wall-clock times are milliseconds since 1970 by the clock
 * of whoever holds the data, so that all who share it agree.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"

struct loop;
struct store;
struct store_call;

#define STORE_KEY_MAX 512u
#define STORE_VALUE_MAX (1u << 20)
#define STORE_BATCH_MAX 256u /* operations of one batch */
#define STORE_SUMS 4u	     /* numbers of a STORE_ADD record */
#define STORE_PAGE_MAX 1000u /* entries of one STORE_READ or STORE_WALK answer */

enum store_kind {
	STORE_GET, /* the value of key, as STORE_PUT or STORE_NEW left it */
	STORE_PUT, /* value, ttl_ms */
	STORE_NEW, /* value, ttl_ms: only if there is none. Answer: STORE_NONE, it was put; STORE_OK
		      with the value that was there and stays */
	STORE_DEL, /* any kind of record; STORE_NONE: there was none */
	STORE_ADD, /* adds delta[] to the sums of key. Each sum halves with half_life_ms[i] (0:
		      never). Answer: sum[] after it, created_ms, updated_ms. ttl_ms counts from
		      this touch; with STORE_F_WINDOW from the first one, after which the sums begin
		      anew. With all deltas 0 nothing is written: a look; of what is not there it
		      answers STORE_OK with zeros, created_ms too */
	STORE_TAKE, /* a leaky bucket: level falls by rate per second; cost is added if the level is
		       then at most burst. Answer: STORE_OK with sum[0] the level (STORE_F_LOOK: of
		       now); admitted */
	STORE_JOIN, /* puts member into the set of key, ttl_ms from now for that member, at most
		       limit members (0: 1000; the one that ends first leaves). Answer: sum[0]
		       members now, admitted: it was not in before. STORE_F_LOOK: only looks;
		       admitted: it is in */
	STORE_LEASE, /* the lease of key for value (who I am), ttl_ms; renewed by its owner. Answer:
			admitted; sum[0] the fencing number, which rises with each change of owner;
			value the owner. All who ask give the same ttl_ms: where it is on this
			machine, it never ends later than that from now, whatever the clock was.
			STORE_F_RELEASE: gives it back */
	STORE_APPEND,  /* value to the end of the log of key, of which the newest limit stay (0:
			  10000). Answer: id */
	STORE_READ,    /* entries of the log of key after id, at most limit (0: STORE_PAGE_MAX),
			  fewer where they are large (1 MiB in sum). Answer: entry[]; none: that
			  was the last */
	STORE_WALK,    /* every record, a page at a time: value is the cursor of the page before (""
			  first). Answer: entry[] of raw records, value the next cursor ("": that
			  was the last) */
	STORE_RESTORE, /* a raw record of STORE_WALK (value) as it was, its time to live included */
	STORE_KINDS
};

enum store_flag {
	STORE_F_WINDOW = 1,
	STORE_F_LOOK = 2,
	STORE_F_RELEASE = 4,
};

struct store_op {
	enum store_kind kind;
	unsigned flags; /* enum store_flag */
	struct str key, value, member;
	uint64_t ttl_ms;
	double delta[STORE_SUMS];
	uint64_t half_life_ms[STORE_SUMS];
	double cost, burst, rate; /* STORE_TAKE */
	uint64_t limit;
	uint64_t id; /* STORE_READ */
};

enum store_status {
	STORE_OK,
	STORE_NONE,   /* there is no such record (GET, DEL, READ of no log), or NEW has put it */
	STORE_FAILED, /* not known: nobody to ask, no answer in time, a record of another kind */
	STORE_FULL,   /* not written: no room on disk, a limit */
};

struct store_entry {
	uint64_t id;
	struct str value;
};

/* Octets live as long as the callback that gets the answer. */
struct store_answer {
	enum store_status status;
	bool local;    /* by the fallback of this process: the store could not be asked. It
			  counts, admits and joins by what came here since; what GET and DEL do
			  not find there is STORE_FAILED, not STORE_NONE */
	bool admitted; /* TAKE, JOIN, LEASE */
	struct str value;
	double sum[STORE_SUMS];
	int64_t created_ms, updated_ms; /* ADD */
	uint64_t id;			/* APPEND */
	const struct store_entry *entry;
	size_t nentry;
};

/* What store_send makes of a call. The fallback answers neither: they are STORE_FAILED then. */
enum store_call_flag {
	STORE_DURABLE = 1, /* answered when it is on disk, all of it or nothing (SQLite) */
	STORE_SLOW = 2,	   /* no deadline and no breaker: for tools and the trainer */
};

/* a[i] answers op[i]. Runs exactly once, from the loop, never from inside store_send, unless the
 * call was cancelled. */
typedef void store_done_fn(void *arg, const struct store_answer *a, size_t n);

/*
 * Sends a batch; ops and what they point to are copied. Never fails: what cannot be asked is
 * answered by the fallback (local) or with STORE_FAILED, at the latest after the store's deadline.
 * done NULL: nobody waits for it.
 */
struct store_call *store_send(struct store *s, const struct store_op *op, size_t n, unsigned flags,
			      store_done_fn *done, void *arg);

/* done will not run; what was sent is done all the same. NULL is fine. */
void store_cancel(struct store_call *c);

/* The same for tools, turning the loop: answers and their octets in the arena. */
const struct store_answer *store_wait(struct store *s, struct arena *a, const struct store_op *op,
				      size_t n, unsigned flags);

/* ---- opening ---- */

struct store_limits {
	uint64_t deadline_ms;	    /* of a call; 0: 250 */
	unsigned breaker_errors;    /* failures in breaker_window_ms that open it; 0: 5 */
	uint64_t breaker_window_ms; /* 0: 10000 */
	uint64_t breaker_open_ms;   /* then one call tries again; 0: 5000 */
	size_t fallback_entries;    /* records the fallback holds at most; 0: 65536 */
};

/* Called on each change: up, or why not. For the log and metrics. */
typedef void store_state_fn(void *arg, bool up, const char *why);

/*
 * The data base file path, in this process (the control process, tools). readonly: nothing is
 * written, and another process may have it open. NULL and *e: it cannot be had. A file that is
 * damaged is set aside as path.damaged-TIME, logged, and a new one begun.
 */
struct store *store_sqlite(struct loop *l, const char *path, bool readonly, struct err *e);

/* The store that a process serves at the unix socket path (store/server.h). Connects when it can,
 * again and again. */
struct store *store_remote(struct loop *l, const char *path, const struct store_limits *lim);

/* Records in this process's memory: for tests, and tools without a state directory. */
struct store *store_memory(struct loop *l);

struct store_redis_config {
	const struct str *server; /* "unix:/path", "host:port", "[v6]:port" */
	size_t nservers;
	enum redis_mode { REDIS_SINGLE, REDIS_SENTINEL, REDIS_CLUSTER } mode;
	struct str master; /* Sentinel: the name of the master */
	struct str user, password, sentinel_password;
	unsigned database;
	bool tls;
	struct str ca, cert, key; /* TLS: files */
	struct str prefix;	  /* of all keys; "" means "merlon:" */
};

/* NULL and *e: a setting that cannot be (TLS where the library has none, a server that is no
 * address). Redis itself may be down: it is connected to when it is there. */
struct store *store_redis(struct loop *l, const struct store_redis_config *c,
			  const struct store_limits *lim, struct err *e);

/* Whether store_redis would take these settings; nobody is asked. -1 and *e. */
int store_redis_check(const struct store_redis_config *c, struct err *e);

void store_free(struct store *s); /* waits for nothing; cancels what is under way. NULL is fine */

void store_watch(struct store *s, store_state_fn *fn, void *arg);
bool store_up(const struct store *s);

/* Counted since the store was opened. */
struct store_stats {
	uint64_t calls, ops, failed, local, round_trips, late_ms_max;
	uint64_t opened; /* the breaker */
	uint64_t reconnects;
};
const struct store_stats *store_stats(const struct store *s);

/* For tests: what the clock of a store in this process says, in ms since 1970. NULL: the wall
 * clock. */
void store_clock(struct store *s, int64_t (*now_ms)(void *arg), void *arg);

#endif
