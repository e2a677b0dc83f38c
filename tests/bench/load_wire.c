/* The load generator's packets: what Postfix tells a filter, macros included. */
#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include "tests/bench/load.h"

static void put_u32(struct buf *out, uint32_t v)
{
	v = htonl(v);
	buf_add(out, str_of((const char *)&v, sizeof v));
}

/* Begins a packet; its length is filled in by end_packet(out, the returned offset). */
static size_t begin_packet(struct buf *out, char command)
{
	size_t at = out->n;

	put_u32(out, 0);
	buf_addc(out, command);
	return at;
}

static void end_packet(struct buf *out, size_t at)
{
	uint32_t n = htonl((uint32_t)(out->n - at - sizeof n));

	memcpy(out->p + at, &n, sizeof n);
}

static void put_string(struct buf *out, struct str s)
{
	buf_add(out, s);
	buf_addc(out, '\0');
}

static void put_macro(struct buf *out, struct str name, struct str value)
{
	put_string(out, name);
	put_string(out, value);
}

static size_t begin_macros(struct buf *out, char command)
{
	size_t at = begin_packet(out, SMFIC_MACRO);

	buf_addc(out, command);
	return at;
}

void put_negotiate(struct buf *out)
{
	size_t at = begin_packet(out, SMFIC_OPTNEG);

	put_u32(out, SMFI_PROT_VERSION);
	put_u32(out, SMFI_CURR_ACTS);
	put_u32(out, SMFI_CURR_PROT);
	end_packet(out, at);
}

void put_connect(struct buf *out, const struct mail *m)
{
	bool v6 = str_chr(m->client_ip, ':') != SIZE_MAX;
	uint16_t port = htons(40000);
	size_t at = begin_macros(out, SMFIC_CONNECT);

	put_macro(out, STR("j"), STR("mx.example.org"));
	put_macro(out, STR("{daemon_name}"), STR("mx.example.org"));
	put_macro(out, STR("{daemon_addr}"), STR("127.0.0.1"));
	put_macro(out, STR("v"), STR("Postfix 3.7.11"));
	end_packet(out, at);
	at = begin_packet(out, SMFIC_CONNECT);
	put_string(out, m->helo);
	buf_addc(out, v6 ? SMFIA_INET6 : SMFIA_INET);
	buf_add(out, str_of((const char *)&port, sizeof port));
	if (v6)
		buf_add(out, STR("IPv6:"));
	put_string(out, m->client_ip);
	end_packet(out, at);
}

void put_helo(struct buf *out, const struct mail *m)
{
	size_t at;

	end_packet(out, begin_macros(out, SMFIC_HELO));
	at = begin_packet(out, SMFIC_HELO);
	put_string(out, m->helo);
	end_packet(out, at);
}

static void put_address(struct buf *out, char command, struct str address)
{
	size_t at = begin_packet(out, command);

	buf_addc(out, '<');
	buf_add(out, address);
	put_string(out, STR(">"));
	end_packet(out, at);
}

void put_from(struct buf *out, const struct mail *m)
{
	size_t at = begin_macros(out, SMFIC_MAIL);
	size_t sign = str_rchr(m->from, '@');

	put_macro(out, STR("{mail_addr}"), m->from);
	put_macro(out, STR("{mail_host}"),
		  sign == SIZE_MAX ? STR("") : str_skip(m->from, sign + 1));
	put_macro(out, STR("{mail_mailer}"), STR("smtp"));
	end_packet(out, at);
	put_address(out, SMFIC_MAIL, m->from);
}

void put_rcpt(struct buf *out, struct str rcpt)
{
	size_t at = begin_macros(out, SMFIC_RCPT);

	put_macro(out, STR("{rcpt_addr}"), rcpt);
	put_macro(out, STR("{rcpt_host}"), STR("example.org"));
	put_macro(out, STR("{rcpt_mailer}"), STR("virtual"));
	end_packet(out, at);
	put_address(out, SMFIC_RCPT, rcpt);
}

static void put_queue_id(struct buf *out, char command, const char *queue_id)
{
	size_t at = begin_macros(out, command);

	put_macro(out, STR("i"), str_c(queue_id));
	end_packet(out, at);
}

void put_data(struct buf *out, const char *queue_id)
{
	put_queue_id(out, SMFIC_DATA, queue_id);
	end_packet(out, begin_packet(out, SMFIC_DATA));
}

/* Without HDR_LEADSPC the MTA takes the blank after the colon off. */
void put_header(struct buf *out, const struct field *f, bool leading_space)
{
	size_t at = begin_packet(out, SMFIC_HEADER);
	bool cut = !leading_space && f->value.n > 0 && f->value.p[0] == ' ';

	put_string(out, f->name);
	put_string(out, str_skip(f->value, cut));
	end_packet(out, at);
}

void put_eoh(struct buf *out)
{
	end_packet(out, begin_packet(out, SMFIC_EOH));
}

void put_body(struct buf *out, struct str chunk)
{
	size_t at = begin_packet(out, SMFIC_BODY);

	buf_add(out, chunk);
	end_packet(out, at);
}

void put_eom(struct buf *out, const char *queue_id)
{
	put_queue_id(out, SMFIC_BODYEOB, queue_id);
	end_packet(out, begin_packet(out, SMFIC_BODYEOB));
}

void put_quit(struct buf *out)
{
	end_packet(out, begin_packet(out, SMFIC_QUIT));
}
