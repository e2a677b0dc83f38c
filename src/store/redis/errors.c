/* The table of Redis's errors. */
#include "store/redis/errors.h"

static const struct {
	const char *word;
	enum redis_action action;
} table[] = {
	{ "MOVED", REDIS_MOVED },      { "ASK", REDIS_ASK },
	{ "TRYAGAIN", REDIS_AGAIN },   { "CLUSTERDOWN", REDIS_NOMAP },
	{ "CROSSSLOT", REDIS_DATA },   { "NOSCRIPT", REDIS_SCRIPT },
	{ "READONLY", REDIS_MASTER },  { "MASTERDOWN", REDIS_MASTER },
	{ "UNBLOCKED", REDIS_MASTER }, /* became a replica meanwhile */
	{ "WRONGTYPE", REDIS_DATA },   { "OOM", REDIS_FULL },
	{ "MISCONF", REDIS_FULL },    /* its disk is full */
	{ "NOREPLICAS", REDIS_FULL }, /* too few to be safe */
	{ "NOAUTH", REDIS_CLOSE },    /* a password was set meanwhile */
	{ "WRONGPASS", REDIS_FAULT },  { "NOPERM", REDIS_FAULT },
	{ "LOADING", REDIS_FAULT },    { "BUSY", REDIS_FAULT },
	{ "ERR", REDIS_FAULT },
};

enum redis_action redis_error_action(struct str text)
{
	struct str rest = text, word = str_cut(&rest, ' ');

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(word, str_c(table[i].word)))
			return table[i].action;
	return REDIS_FAULT;
}

bool redis_error_where(struct str text, const char *host, unsigned *slot, struct redis_addr *a)
{
	uint64_t number, port;
	struct str at;
	size_t colon;

	str_cut(&text, ' ');
	if (!str_u64(str_cut(&text, ' '), 16383, &number))
		return false;
	at = str_cut(&text, ' ');
	colon = str_rchr(at, ':');
	if (colon == SIZE_MAX || !str_u64(str_skip(at, colon + 1), 65535, &port))
		return false;
	at = str_sub(at, 0, colon);
	*slot = (unsigned)number;
	return redis_addr_numeric(at.n ? at : str_c(host), port, a);
}
