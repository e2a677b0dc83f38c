/*
 * Packets of the milter protocol: 4 octets of length (big-endian, of what follows), a command,
 * data. The reader is pushed octets in any split; the writer appends to a buffer that is sent at
 * once.
 */
#ifndef MILTER_PACKET_H
#define MILTER_PACKET_H

#include "base/str.h"
#include "base/ip.h"

#define PACKET_MAX                                                                                 \
	(1024u * 1024u + 64u * 1024u) /* length field: body chunks of 1 MiB, and slack             \
				       */
#define PACKET_CHUNK 65535u	      /* of a replaced body */

enum packet_step {
	PACKET_MORE, /* all octets were taken; the packet is not complete */
	PACKET_READY,
	PACKET_BAD, /* length 0 or over PACKET_MAX, or no command of the protocol: close */
};

/*
 * cmd: one of SMFIC_*. Body packets (SMFIC_BODY, SMFIC_BODYEOB) are handed out in pieces as they
 * come, last only with the final one (which may be empty); all others whole. data points into the
 * input or into the reader: until the next call.
 */
struct packet {
	char cmd;
	bool last;
	struct str data;
};

/* Zero is a reader that waits for a packet. */
struct packet_reader {
	uint8_t head[5];
	uint8_t nhead;
	uint32_t need; /* octets of data still to come */
	char *p;       /* data of a packet that came in parts */
	size_t n, cap;
};

/* Takes octets from the front of *in up to the end of one packet or body piece. */
enum packet_step packet_read(struct packet_reader *r, struct str *in, struct packet *out);
/* Between two packets: nothing of the next one has come. */
bool packet_reader_idle(const struct packet_reader *r);
/* Gives its memory back; between packets it can go on as before. */
void packet_reader_fini(struct packet_reader *r);

/* The next NUL-terminated field of *data; a NUL missing at the very end is overlooked. Absent: no
 * more. */
struct str packet_field(struct str *data);
/* Big-endian number at the front of *data; false if it is too short. */
bool packet_u32(struct str *data, uint32_t *v);
/* Data of SMFIC_CONNECT. An address that cannot be read, or of a unix socket, is family 0. False:
 * malformed. */
bool packet_connect(struct str data, struct str *host, struct ip *ip);
/* Data of SMFIC_HEADER: a name, and all the rest but one NUL (a NUL inside the value is kept). */
bool packet_header(struct str data, struct str *name, struct str *value);

/* What is to be sent. Zero is empty. */
struct packet_out {
	char *p;
	size_t n, cap;
};

/* A packet with nothing in it yet; then its data; then its length is set by packet_end. */
size_t packet_begin(struct packet_out *o, char cmd);
void packet_add(struct packet_out *o, struct str s);
void packet_add_u32(struct packet_out *o, uint32_t v);
/* s without NULs, and a NUL. */
void packet_addz(struct packet_out *o, struct str s);
void packet_end(struct packet_out *o, size_t begun);
void packet_simple(struct packet_out *o, char cmd);
void packet_out_fini(struct packet_out *o);

#endif
