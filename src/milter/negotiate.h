/* What MTA and filter agree on at the start of a milter connection (SMFIC_OPTNEG). */
#ifndef MILTER_NEGOTIATE_H
#define MILTER_NEGOTIATE_H

#include "milter/packet.h"

#define NEGOTIATE_MIN 2u
#define NEGOTIATE_MAX 6u

struct negotiated {
	uint32_t version;
	uint32_t actions; /* SMFIF_* that we may use */
	uint32_t steps;	  /* SMFIP_* that both sides keep */
};

/*
 * Reads the MTA's offer (what follows the three numbers is passed over) and chooses: never a bit
 * that was not offered, nor one that the version does not know. False: malformed, or version < 2.
 */
bool negotiate_read(struct str data, struct negotiated *n);
/* The choice alone, for an engine that reads offers by other means. */
void negotiate_choose(uint32_t version, uint32_t actions, uint32_t steps, struct negotiated *n);
/* Our answer, with the macros we want where SMFIF_SETSYMLIST was offered. */
void negotiate_write(const struct negotiated *n, struct packet_out *o);

/* Macros wanted at a stage (SMFIM_*); ends in a row without macros. */
struct negotiate_macros {
	int stage;
	const char *macros;
};
extern const struct negotiate_macros negotiate_macros[];

/* Whether the MTA waits for an answer to this command; false for those that never get one. */
bool negotiate_wants_reply(const struct negotiated *n, char cmd);

#endif
