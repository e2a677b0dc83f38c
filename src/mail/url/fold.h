/* Text with the usual disguises of URLs undone, and where each octet came from. */
#ifndef MAIL_URL_FOLD_H
#define MAIL_URL_FOLD_H

#include "base/arena.h"

enum fold_mark {
	FOLD_DISGUISE =
		1, /* [.], (dot), hxxp, full-width letters: written to be undone by people */
	FOLD_INVISIBLE = 2, /* something that is not seen stood before it */
};

struct folded {
	struct str s;	     /* the text undone */
	struct str raw;	     /* the text */
	const uint32_t *at;  /* for each octet of s its place in raw; NULL: the same */
	const uint8_t *mark; /* for each octet of s: enum fold_mark; NULL: none */
};

/* Linear in text, which has at most UINT32_MAX octets (what is over is not looked at). */
struct folded fold_text(struct arena *a, struct str text);

/* The place in raw of octet i of s (the end for s.n); the marks of the octets [from, to). */
size_t fold_place(const struct folded *f, size_t i);
unsigned fold_marks(const struct folded *f, size_t from, size_t to);

#endif
