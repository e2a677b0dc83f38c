/* Two of the three kinds of trouble: bugs, which abort, and the environment, which is reported. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

/* Prints the text and aborts: for what cannot happen, and for no memory. */
_Noreturn void bug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * What is wrong with the environment (a bad option, a port in use). A function that takes a
 * struct err * returns -1 (or NULL) after filling it, and leaves it alone otherwise. The world
 * (a bad signature, a broken message) never fills one: it is a result.
 */
struct err {
	char text[1024]; /* one line, NUL-terminated, cut if need be: "merlon.conf:12: ..." */
};

/* Fills e (NULL is fine) and returns -1. err_at puts "file:line: " in front, "file: " for line 0.
 */
int err_set(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int err_at(struct err *e, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
