/* Chooses from what an MTA offers: which actions we may use, which packets and replies are left
 * out. */
#include "milter/negotiate.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

/* What a verdict can ask for. */
#define WANT_ACTIONS                                                                               \
	(SMFIF_ADDHDRS | SMFIF_CHGBODY | SMFIF_ADDRCPT | SMFIF_DELRCPT | SMFIF_CHGHDRS |           \
	 SMFIF_QUARANTINE | SMFIF_SETSYMLIST)

/*
 * No stage before the end of the message answers anything but "go on". But Postfix keeps back what
 * has no reply until something has one: without replies to CONNECT and MAIL all that it says would
 * come with the content, and nothing could be looked up before.
 */
#define WANT_NO_REPLY                                                                              \
	(SMFIP_NR_HDR | SMFIP_NR_HELO | SMFIP_NR_RCPT | SMFIP_NR_DATA | SMFIP_NR_UNKN |            \
	 SMFIP_NR_EOH | SMFIP_NR_BODY)
#define WANT_STEPS (WANT_NO_REPLY | SMFIP_NOUNKNOWN | SMFIP_NODATA | SMFIP_HDR_LEADSPC)
#define SIZES (SMFIP_MDS_256K | SMFIP_MDS_1M)

/* Bits that exist from a version on. */
static const struct {
	uint32_t version, actions, steps;
} known[] = {
	{ 2, SMFI_V2_ACTS, SMFI_V2_PROT },
	{ 3, SMFI_V2_ACTS, SMFI_V2_PROT | SMFIP_NOUNKNOWN },
	{ 4, SMFI_V2_ACTS, SMFI_V2_PROT | SMFIP_NOUNKNOWN | SMFIP_NODATA },
	{ 5, SMFI_V2_ACTS, SMFI_V2_PROT | SMFIP_NOUNKNOWN | SMFIP_NODATA },
	{ 6, SMFI_CURR_ACTS, SMFI_CURR_PROT | SIZES },
};

const struct negotiate_macros negotiate_macros[] = {
	{ SMFIM_CONNECT, "j v _ {daemon_name} {if_addr} {client_ptr}" },
	{ SMFIM_HELO, "{tls_version} {cipher}" },
	{ SMFIM_ENVFROM, "i {auth_authen} {auth_type} {tls_version} {cipher}" },
	{ SMFIM_ENVRCPT, "i" },
	{ SMFIM_EOM, "i" },
	{ SMFIM_EOH, "i" },
	{ 0, NULL },
};

void negotiate_choose(uint32_t version, uint32_t actions, uint32_t steps, struct negotiated *n)
{
	size_t row = 0;

	n->version = version > NEGOTIATE_MAX ? NEGOTIATE_MAX : version;
	while (row + 1 < sizeof known / sizeof *known && known[row].version < n->version)
		row++;
	n->actions = actions & known[row].actions & (uint32_t)WANT_ACTIONS;
	n->steps = steps & known[row].steps & (uint32_t)(WANT_STEPS | SIZES);
	if (n->steps & SMFIP_MDS_1M)
		n->steps &= ~(uint32_t)SMFIP_MDS_256K;
}

bool negotiate_read(struct str data, struct negotiated *n)
{
	uint32_t version, actions, steps;

	if (!packet_u32(&data, &version) || !packet_u32(&data, &actions) ||
	    !packet_u32(&data, &steps) || version < NEGOTIATE_MIN)
		return false;
	negotiate_choose(version, actions, steps, n);
	return true;
}

void negotiate_write(const struct negotiated *n, struct packet_out *o)
{
	size_t begun = packet_begin(o, SMFIC_OPTNEG);

	packet_add_u32(o, n->version);
	packet_add_u32(o, n->actions);
	packet_add_u32(o, n->steps);
	if (n->actions & SMFIF_SETSYMLIST)
		for (const struct negotiate_macros *m = negotiate_macros; m->macros; m++) {
			packet_add_u32(o, (uint32_t)m->stage);
			packet_addz(o, str_c(m->macros));
		}
	packet_end(o, begun);
}

bool negotiate_wants_reply(const struct negotiated *n, char cmd)
{
	static const struct {
		char cmd;
		uint32_t no_reply;
	} t[] = {
		{ SMFIC_CONNECT, SMFIP_NR_CONN }, { SMFIC_HELO, SMFIP_NR_HELO },
		{ SMFIC_MAIL, SMFIP_NR_MAIL },	  { SMFIC_RCPT, SMFIP_NR_RCPT },
		{ SMFIC_DATA, SMFIP_NR_DATA },	  { SMFIC_HEADER, SMFIP_NR_HDR },
		{ SMFIC_EOH, SMFIP_NR_EOH },	  { SMFIC_BODY, SMFIP_NR_BODY },
		{ SMFIC_UNKNOWN, SMFIP_NR_UNKN }, { SMFIC_BODYEOB, 0 },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (t[i].cmd == cmd)
			return !(n->steps & t[i].no_reply);
	return false;
}
