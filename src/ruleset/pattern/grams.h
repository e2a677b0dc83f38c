/*
 * Many literals at once over one line, without regard to case: each is found by its rarest gram of
 * two to four octets, hashed, and then compared. One pass, whatever the number of literals.
 */
#ifndef RULESET_PATTERN_GRAMS_H
#define RULESET_PATTERN_GRAMS_H

#include "base/vec.h"

struct grams;

struct grams *grams_new(struct arena *a);

/* id is among those of which the literals that are added for it must be there in need places. The
 * bytes are in lower case, one or more, and live as long as the arena. */
void grams_add(struct grams *g, struct str literal, uint32_t id, uint32_t need);
void grams_build(struct grams *g);

/* Sets the bits of all ids that have their literals in the line. count: room for the number of ids.
 */
void grams_scan(const struct grams *g, struct str line, uint64_t *bits, uint8_t *count);

#endif
