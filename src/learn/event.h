/* One message to be learnt, on its way from who saw it to who trains. */
#ifndef LEARN_EVENT_H
#define LEARN_EVENT_H

#include "learn/digest/near.h"
#include "learn/digest/pyzor.h"
#include "learn/model.h"

enum learn_source {
	LEARN_PERSON, /* somebody said so: `merlon learn`, a feedback address */
	LEARN_TRAP,
	LEARN_AUTO, /* independent evidence (never the classifier's own vote) */
	LEARN_IMPORT,
	LEARN_SOURCES
};
const char *learn_source_word(enum learn_source s);

struct learn_event {
	enum learn_class to; /* LEARN_NONE: forget */
	enum learn_source source;
	struct str user; /* "user@domain" or "domain" whose counts change too; "" global only */
	int64_t when_ms;
	struct features f;
	struct near near;	      /* whose counts change with it */
	char pyzor[PYZOR_DIGEST + 1]; /* "": none */
};

/* Octets for logs and sockets. Parse checks everything: false for any other octets. */
struct str event_format(struct arena *a, const struct learn_event *e);
bool event_parse(struct arena *a, struct str s, struct learn_event *out);

#endif
