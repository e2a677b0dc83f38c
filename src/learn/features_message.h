/*
 * A raw message read for the classifier and the digests alone: header split, MIME, texts, features.
 * For whoever has octets and no scan: `merlon classify`, `merlon learn`, attachments that are
 * messages. Octets have LF or CRLF; an mbox "From " line in front is skipped.
 */
#ifndef LEARN_FEATURES_MESSAGE_H
#define LEARN_FEATURES_MESSAGE_H

#include "learn/event.h"

struct features_message {
	struct hdr_list headers;
	struct content *content; /* complete */
	struct str head;	 /* FEATURES_RAW octets of the body, CRLF */
};
void features_message_read(struct arena *a, struct str octets, struct features_message *out);

/* Everything in the arena. */
void features_of_octets(struct arena *a, struct hash_key key, struct str octets,
			struct features *out);

/* What an event says of a message: features, near-duplicate and Pyzor digests. The rest of *out is
 * left as it is. */
void learn_event_read(struct arena *a, struct hash_key key, struct str octets,
		      struct learn_event *out);

#endif
