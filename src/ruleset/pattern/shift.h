/*
 * Rows of octet classes, all at once over one line: Shift-And with optional and repeated classes
 * (Navarro and Raffinot, Flexible Pattern Matching in Strings, 2002, section 4.4), 64 bits a word.
 */
#ifndef RULESET_PATTERN_SHIFT_H
#define RULESET_PATTERN_SHIFT_H

#include "ruleset/pattern/seq.h"

struct shift;

struct shift *shift_new(struct arena *a);
void shift_add(struct shift *s, struct seq row, uint32_t id);
void shift_build(struct shift *s);

/* Sets the bits of all ids whose row is in the line. */
void shift_scan(const struct shift *s, struct str line, uint64_t *bits);

/* 64-bit words of state. */
size_t shift_words(const struct shift *s);

#endif
