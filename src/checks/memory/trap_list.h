/* Which addresses are traps, as the options say. */
#ifndef CHECKS_MEMORY_TRAP_LIST_H
#define CHECKS_MEMORY_TRAP_LIST_H

#include "base/err.h"
#include "conf/conf.h"

#define TRAP_FILE_MAX (64u << 20) /* octets of trap.aged_file: about two million addresses */
#define TRAP_PATTERNS_MAX 100u	  /* each is tried on every recipient */
#define TRAP_PATTERN_MAX 100u	  /* octets of one */
#define TRAP_ADDRESS_MAX 320u /* octets of an address (RFC 5321 4.5.3.1); a longer one is none */

enum trap_kind { TRAP_NONE, TRAP_ADDRESS, TRAP_PATTERN, TRAP_DOMAIN, TRAP_AGED };
const char *trap_kind_word(enum trap_kind k);

extern const struct conf_opt trap_options[];

struct trap_list;

/* In the arena, immutable. -1 and *e: a value that is none, the file cannot be read. */
int trap_list_read(struct arena *a, const struct conf *c, struct trap_list **out, struct err *e);

bool trap_list_empty(const struct trap_list *l);

/* address: "local@domain", lower case; with a "+tag" it is also looked up without. now: seconds
 * since 1970, by which users of old count or do not yet. */
enum trap_kind trap_list_find(const struct trap_list *l, struct str address, int64_t now);

#endif
