/* Postfix's main.cf as text: parameters read and set without losing a comment or a blank. */
#ifndef CMD_MAINCF_H
#define CMD_MAINCF_H

#include "base/arena.h"

/* The value of a parameter (the last one set counts), folds joined by blanks; absent if not set. */
struct str maincf_get(struct arena *a, struct str text, struct str name);

/* The text with the parameter set: in place of the last line that sets it, else at the end; as it
 * is if the value is there already. Comments between the lines of an old value stay behind it. */
struct str maincf_set(struct arena *a, struct str text, struct str name, struct str value);

/* Our socket ("inet:8891@127.0.0.1", "unix:/path") as Postfix writes it. One below the queue
 * directory becomes relative to it: so it is found from inside the chroot and from outside. */
struct str maincf_socket(struct arena *a, struct str socket, struct str queue_directory);

/* The list of milters with socket in it, at its end if it is new. */
struct str maincf_with(struct arena *a, struct str list, struct str socket);

/*
 * What main.cf becomes: the filter among smtpd_milters, and a default action if there is none. What
 * sendmail(1) puts in on this host comes to a milter as if from 127.0.0.1 and would fail the DMARC
 * policy of its own domain: a non_smtpd_milters that says "$smtpd_milters" becomes what that was.
 */
struct str maincf_attach(struct arena *a, struct str text, struct str socket);

#endif
