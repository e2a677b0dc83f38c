/* Inside of the header views: what their files share. */
#ifndef MAIL_VIEW_HEADER_PRIV_H
#define MAIL_VIEW_HEADER_PRIV_H

#include "mail/view/names.h"

#define VIEW_MAX_FIELD 8192u   /* octets of a field's value that rules see */
#define VIEW_MAX_NAME 256u     /* octets of a field's name */
#define VIEW_MAX_HEADER 65536u /* octets of ALL */
#define VIEW_MAX_ADDRS 1000u   /* addresses of one field */
#define VIEW_MAX_ENDS 16u      /* places where the end of an address is looked for */

typedef VEC(struct view_line) view_line_vec;

struct view_head {
	struct map *cache; /* spec -> struct view_lines */
	bool has_envelope;
	struct str envelope;
};

struct view_addr {
	struct str phrase, address; /* absent: none */
};

/* header_decode.c; white space is Perl's \s of octets: space, \t to \r. */
bool view_space(char c);
struct str view_trim(struct str s);
/* As view_decode_value, without trimming. */
struct str view_decode_text(struct arena *a, struct str name, struct str s);

/* header_addr.c: the addresses of a field's value (RFC 5322 3.4, leniently); in order. */
struct view_addr *view_addresses(struct arena *a, struct str raw, size_t *n);

/* header_host.c: the host of an address or of any text; absent: none. */
struct str view_host_of(const struct view *v, struct str line, bool is_addr);
struct str view_ip_of(struct str line);

/* header_envelope.c */
struct str view_envelope_from(struct view *v); /* absent: not known */

/* relays.c: how many Received fields (parseable or not) belong to the trusted, internal ones. */
void view_relay_counts(struct view *v, size_t *trusted, size_t *internal);
struct str view_relays_text(struct view *v, struct str which); /* "trusted", ... */
struct str view_relays_envelope(struct view *v); /* MAIL FROM by the newest untrusted; absent */

#endif
