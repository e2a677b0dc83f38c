/* Raw messages to events: features and digests. */
#include "learn/features_message.h"

void learn_event_read(struct arena *a, struct hash_key key, struct str octets,
		      struct learn_event *out)
{
	struct features_message *m = ARENA_NEW(a, struct features_message);

	features_message_read(a, octets, m);
	features_read(a, key, &m->headers, m->content, m->head, &out->f);
	near_read(a, key, m->content, &out->near);
	if (!pyzor_digest_content(a, &m->headers, m->content, out->pyzor))
		out->pyzor[0] = '\0';
}
