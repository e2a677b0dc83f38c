/* One value: text to a checked number, word, string or list. */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "conf/fault.h"

struct value {
	bool set; /* in the file */
	struct place place;
	bool b;
	int64_t i; /* also octets, milliseconds, index of a word */
	double f;
	struct str s;		 /* as it was written */
	const struct str *items; /* CONF_LIST */
	size_t n;
};

#define WHY_MAX 400u

/*
 * Reads s into v, which gets b, i, f and s. False: why has what was expected instead. A list's
 * items are checked with value_item.
 */
bool value_parse(const struct conf_opt *o, struct str s, struct value *v, char why[WHY_MAX]);
bool value_item(const struct conf_opt *o, struct str item, char why[WHY_MAX]);

/* Reads the default of o, lists as {"a", "b"} included. */
bool value_default(struct arena *a, const struct conf_opt *o, struct value *v, char why[WHY_MAX]);

/* "whole number", "size", ...: the type in words, for the manual. */
const char *value_type(enum conf_type t);

#endif
