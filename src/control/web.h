/*
 * Pages by HTTP for who watches the daemon: GET and HEAD of a few paths that are made when they are
 * asked for. It listens on this machine only, and answers nobody who names another host (a page of
 * somebody else's in a browser here).
 */
#ifndef CONTROL_WEB_H
#define CONTROL_WEB_H

#include "base/arena.h"
#include "base/err.h"
#include "conf/conf.h"

#define WEB_CLIENTS_MAX 64u
#define WEB_CLIENT_OCTETS (16u * 1024u) /* of a request, and of the answer's header */
#define WEB_PATIENCE_S 30u

extern const struct conf_opt metrics_options[]; /* metrics.listen */

/* The socket of option metrics.listen, before privileges are given up; *fd is -1 if there is none.
 * -1 and *e. */
int web_bind(const struct conf *c, int *fd, struct err *e);

struct web_answer {
	unsigned status; /* 200 */
	const char *type;
	struct str body;
};
struct web_page {
	const char *path; /* "/metrics" */
	void (*make)(void *arg, struct arena *a, struct web_answer *out);
};

struct loop;
struct web;
/* page: ends in a row without path; outlives it. fd is its own from
 * here on. NULL and *e. */
struct web *web_new(struct loop *l, int fd, const struct web_page *page, void *arg, struct err *e);
void web_free(struct web *w); /* NULL is fine */

#endif
