/* What tests of DNS lists share: lists, rules that ask them, a board, and messages. */
#ifndef TESTS_UNIT_CHECKS_DNSLIST_WORLD_H
#define TESTS_UNIT_CHECKS_DNSLIST_WORLD_H

#include "unit/scan/world.h"

#include "checks/dnslist/zone.h"

#define STANZAS_MAX 12
#define USES_MAX 24

#define DOM_STANZA                                                                                 \
	"dom zone=dom.test scopes=helo,rdns,mailfrom,from,replyto,dkim,url,urlhost listed=none "   \
	"unlisted=none"
#define IP_STANZA "ip zone=ip.test scopes=client,received,urlip v6=nibble"

struct lists_world {
	struct world w;
	struct judge judge;
	struct stanza stanza[STANZAS_MAX];
	struct rule_use use[USES_MAX];
	struct predicate_arg arg[USES_MAX][3];
	struct view_env view;
	struct content_env content;
	struct view_net net;
};

struct letter {
	const char *ip, *user, *helo, *from, *headers, *body;
};

/* stanzas: lines without their first word; uses: lines of arguments of dnslist(), blanks between.
 * Of lists_try -1 and *e: the rules refuse them. */
int lists_try(struct lists_world *l, const char *conf, const char *zone, const char *stanzas,
	      const char *uses, struct err *e);
void lists_open(struct lists_world *l, const char *conf, const char *zone, const char *stanzas,
		const char *uses);
void lists_close(struct lists_world *l);

struct scan *lists_begin(struct lists_world *l, const struct letter *m); /* at connect */
struct scan *lists_mail(struct lists_world *l, const struct letter *m);	 /* judged */

/* text: predicate, blank, arguments with blanks between. What it shows; "-": it does not hold. */
const char *lists_say(struct lists_world *l, struct scan *s, const char *text);
/* Distinct questions under that name. */
unsigned lists_asked(struct lists_world *l, const char *suffix);
uint64_t lists_counted(struct lists_world *l, const char *cell, enum board_count what);

#endif
