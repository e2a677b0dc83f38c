/*
 * What the protocol modules of libmailauth have in common. Each is a function from octets and DNS
 * answers to a result with a reason. None has state of its own, opens a socket or knows a scan.
 *
 * A module that needs an answer which is not here returns AUTH_WAIT; call it again, with the same
 * arguments, when an answer has come: it starts over and gives the same result however often that
 * happens. Before it returns AUTH_WAIT it has asked for everything it can already see it will
 * need, so that the whole costs its depth in round trips and not its length.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "base/dns.h"

enum auth_step { AUTH_DONE, AUTH_WAIT };

/* Result words of RFC 8601 2.7. Not every method uses every word. */
enum auth_result {
	AUTH_NONE,
	AUTH_NEUTRAL,
	AUTH_PASS,
	AUTH_POLICY,
	AUTH_SOFTFAIL,
	AUTH_FAIL,
	AUTH_TEMPERROR,
	AUTH_PERMERROR,
};

const char *auth_word(enum auth_result r); /* "none", "pass", ... */

#endif
