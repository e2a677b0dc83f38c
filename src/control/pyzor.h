/*
 * A Pyzor server: other sites' clients ask and report digests by UDP (learn/digest/pyzor.h), and
 * the store answers. Whoever may do what is in two files in pyzord's form.
 */
#ifndef CONTROL_PYZOR_H
#define CONTROL_PYZOR_H

#include "conf/conf.h"
#include "io/loop.h"
#include "learn/digest/pyzor.h"
#include "store/store.h"

extern const struct conf_opt pyzor_options[]; /* pyzor.listen, .accounts, .access, .rate */

/* The socket of option pyzor.listen, before privileges are given up; *fd is -1 if there is none. -1
 * and *e: it cannot be bound, or the files of accounts and rights are wrong. */
int pyzor_bind(const struct conf *c, int *fd, struct err *e);

struct pyzor_server;

/* Serves fd, which it takes over, from the store. NULL and *e: a file that cannot be read or
 * understood. */
struct pyzor_server *pyzor_server_new(struct loop *l, const struct conf *c, struct store *store,
				      int fd, struct err *e);
void pyzor_server_free(struct pyzor_server *p); /* before the store; NULL is fine */

/* ---- pyzor_access.c: who may do what ---- */

#define PYZOR_ACCOUNTS_MAX 1000u
#define PYZOR_RULES_MAX 1000u

struct pyzor_access;

/*
 * accounts: lines "user : key". access: lines "operations : users : allow|deny", where both lists
 * are words between blanks or "all" (operations, accounts); the last line that names both counts,
 * and what no line names is denied. Absent: no accounts; anonymous may check, report, ping and
 * info, accounts everything. "#" begins a comment. NULL and *e: a line that is neither.
 */
struct pyzor_access *pyzor_access_read(struct arena *a, struct str accounts, struct str access,
				       struct err *e);
const struct pyzor_account *pyzor_access_account(const struct pyzor_access *p, struct str user);
bool pyzor_access_may(const struct pyzor_access *p, struct str user, enum pyzor_verb verb);

/* ---- pyzor_rate.c: how much one client may ask ---- */

#define PYZOR_RATE_BUCKETS 4096u

struct pyzor_rate;
struct pyzor_rate *pyzor_rate_new(struct arena *a, double per_second);
/* cost: digests of the request, at least 1. addr: 4 octets, or the first 8 of an IPv6 address. */
bool pyzor_rate_take(struct pyzor_rate *r, struct str addr, double cost, uint64_t now_ms);

#endif
