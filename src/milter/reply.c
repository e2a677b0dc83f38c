/* A verdict's actions as packets of the milter protocol. */
#include "milter/reply.h"

#include <libmilter/mfdef.h>

#include "milter/packet.h"

static bool out_insert(void *arg, unsigned index, struct str name, struct str value)
{
	struct packet_out *o = arg;
	size_t p = packet_begin(o, SMFIR_INSHEADER);

	packet_add_u32(o, index);
	packet_addz(o, name);
	packet_addz(o, value);
	packet_end(o, p);
	return true;
}

static bool out_erase(void *arg, struct str name, unsigned index)
{
	struct packet_out *o = arg;
	size_t p = packet_begin(o, SMFIR_CHGHEADER);

	packet_add_u32(o, index);
	packet_addz(o, name);
	packet_addz(o, STR(""));
	packet_end(o, p);
	return true;
}

static bool out_text(struct packet_out *o, char cmd, struct str text)
{
	size_t p = packet_begin(o, cmd);

	packet_addz(o, text);
	packet_end(o, p);
	return true;
}

static bool out_add_rcpt(void *arg, struct str rcpt)
{
	return out_text(arg, SMFIR_ADDRCPT, rcpt);
}

static bool out_del_rcpt(void *arg, struct str rcpt)
{
	return out_text(arg, SMFIR_DELRCPT, rcpt);
}

static bool out_quarantine(void *arg, struct str reason)
{
	return out_text(arg, SMFIR_QUARANTINE, reason);
}

static bool out_body(void *arg, struct str chunk)
{
	struct packet_out *o = arg;
	size_t p = packet_begin(o, SMFIR_REPLBODY);

	packet_add(o, chunk);
	packet_end(o, p);
	return true;
}

static void out_final(void *arg, enum apply_final f, const struct apply_reply *reply)
{
	struct packet_out *o = arg;
	size_t p;

	if (f == FINAL_ACCEPT || f == FINAL_DISCARD) {
		packet_simple(o, f == FINAL_ACCEPT ? SMFIR_ACCEPT : SMFIR_DISCARD);
		return;
	}
	p = packet_begin(o, SMFIR_REPLYCODE);
	packet_add(o, str_c(reply->code));
	packet_add(o, STR(" "));
	packet_add(o, str_c(reply->enhanced));
	packet_add(o, STR(" "));
	packet_addz(o, str_c(reply->text));
	packet_end(o, p);
}

const struct apply_ops reply_ops = {
	.insert = out_insert,
	.erase = out_erase,
	.add_rcpt = out_add_rcpt,
	.del_rcpt = out_del_rcpt,
	.quarantine = out_quarantine,
	.body = out_body,
	.final = out_final,
};
