/* Expressions of `meta` and `if`: numbers, names, and the operators of SpamAssassin's meta rules.
 */
#ifndef RULESET_EXPR_H
#define RULESET_EXPR_H

#include "base/vec.h"
#include "base/err.h"

#define EXPR_MAX_TOKENS 4096u /* of one expression */
#define EXPR_MAX_STACK 256u   /* nesting */

struct expr; /* compiled; lives in the arena */

/*
 * Turns a name, or a call name(argument), into a reference that value() understands. False:
 * unknown; expr_compile then fails with why (NUL-terminated, put there by resolve) or a text of its
 * own.
 */
typedef bool expr_resolve_fn(void *arg, struct str name, struct str call_arg, bool is_call,
			     size_t *ref);
typedef double expr_value_fn(void *arg, size_t ref);

/* || && ^ ! == != < <= > >= + - * / and brackets; ! and - before an operand. As in Perl, a || b is
 * a if that is not zero, else b; a && b is b if a is not zero. NULL and *e: does not parse. */
struct expr *expr_compile(struct arena *a, struct str text, expr_resolve_fn *resolve, void *arg,
			  struct err *e);

/* Division by zero is 0. */
double expr_eval(const struct expr *x, expr_value_fn *value, void *arg);

/* The i-th reference in it; false: no more. */
bool expr_ref(const struct expr *x, size_t i, size_t *ref);

/*
 * The references that it rests on: while all of these are 0, so is it, whatever the others are. Of
 * "A && (B || !C)" that is A alone. False: it is not 0 even if all references are. *on is in the
 * arena.
 */
bool expr_rests(const struct expr *x, struct arena *a, const size_t **on, size_t *n);

#endif
