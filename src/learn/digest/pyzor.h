/*
 * Pyzor: the digest of a message and the packets of the protocol (version 2.1: pyzor 1.0's
 * documentation of its protocol; no RFC).
 */
#ifndef LEARN_DIGEST_PYZOR_H
#define LEARN_DIGEST_PYZOR_H

#include "mail/content.h"

#define PYZOR_DIGEST 40u /* hexadecimal digits */
#define PYZOR_PACKET_MAX 8192u
#define PYZOR_BATCH 15u /* digests of one packet */

/* Digest of a whole message as octets (LF or CRLF lines, any charset, NULs): byte for byte what
 * `pyzor digest` prints. false: it has no text to digest. */
bool pyzor_digest(struct arena *a, struct str message, char out[PYZOR_DIGEST + 1]);

/* The same of a message that is read already. */
bool pyzor_digest_content(struct arena *a, const struct hdr_list *headers, struct content *content,
			  char out[PYZOR_DIGEST + 1]);

/* The lines that are hashed, in order, without line ends: for `merlon digest --lines`. */
struct str pyzor_predigest(struct arena *a, struct str message);

/* Digests that mean nothing: of no text, and of texts that everybody sends. */
bool pyzor_common(const char *digest);

#define PYZOR_PORT 24441u
/* "pyzor.example@24441", "192.0.2.1", "::1@24441". */
bool pyzor_address_parse(struct str s, struct str *host, uint16_t *port);
/* What a key file holds: "key", or "salt,key" as `pyzor genkey` prints it. */
bool pyzor_key_read(struct str text, struct str *key);
bool pyzor_user_valid(struct str user); /* what can stand in a field, at most 64 octets */

struct pyzor_account {
	struct str user; /* "anonymous": unsigned key */
	struct str key;	 /* hexadecimal */
};

enum pyzor_verb { PYZOR_CHECK, PYZOR_REPORT, PYZOR_WHITELIST, PYZOR_PING, PYZOR_INFO, PYZOR_VERBS };

/* "check"; and the other way, PYZOR_VERBS: none of that name. */
struct str pyzor_verb_word(enum pyzor_verb verb);
enum pyzor_verb pyzor_verb_find(struct str word);
bool pyzor_is_digest(struct str s); /* 40 hexadecimal digits */

struct pyzor_request {
	enum pyzor_verb verb;
	uint16_t thread;
	int64_t time; /* seconds since 1970 */
	struct str user, signature;
	struct str digest[PYZOR_BATCH];
	size_t ndigests;
	struct str spec;    /* Op-Spec, of report and whitelist */
	struct str to_sign; /* the octets that the signature is of */
};

struct pyzor_reply {
	uint16_t thread;
	unsigned code; /* 200, 400, 401, 403, 413, 500 */
	struct str diag;
	uint64_t count, wl_count;
	int64_t entered, updated, wl_entered, wl_updated; /* -1: never */
};

struct str pyzor_request_format(struct arena *a, const struct pyzor_request *r,
				const struct pyzor_account *who);
/* False: no request of this protocol; thread is set even then, if it stands there. An operation
 * that is none of ours is PYZOR_VERBS. */
bool pyzor_request_parse(struct arena *a, struct str s, struct pyzor_request *out);
/* Whether it was signed with that key, not over 300 s ago or ahead. */
bool pyzor_request_genuine(const struct pyzor_request *r, const struct pyzor_account *who,
			   int64_t now);
struct str pyzor_reply_format(struct arena *a, const struct pyzor_reply *r, enum pyzor_verb verb);
bool pyzor_reply_parse(struct arena *a, struct str s, struct pyzor_reply *out);

#endif
