/* The octets of a compiled set, for those who write, read and try to break them. */
#ifndef FEED_SET_H
#define FEED_SET_H

#include "base/hash.h"
#include "feed/feed.h"

/*
 * The header, in the byte order of the machine that compiled it, then for each entry its print
 * (u64, ascending), then in the same order its second print (u32). A print is SipHash-1-3 of a tag
 * and the value; the second one is of another key.
 */
#define SET_MAGIC "MERLNFD1" /* 8 octets, with the version of the layout */
#define SET_ORDER 0x01020304u

enum set_tag {
	TAG_URL,
	TAG_DIR,    /* and what is below */
	TAG_HOST,   /* and what is below */
	TAG_EXACT,  /* host alone */
	TAG_BELOW,  /* what is below a host */
	TAG_NET4,   /* bits (u8), 4 octets with zeros behind the bits */
	TAG_NET6,   /* the same with 16 */
	TAG_DIGEST, /* octets */
	TAG_ADDRESS,
	TAGS
};

struct set_head {
	char magic[8];
	uint32_t order;
	uint32_t tags; /* bit: enum set_tag, one at least is there */
	struct hash_key key;
	uint64_t seal;	   /* set_seal */
	uint64_t n;	   /* entries */
	uint64_t bits4;	   /* bit: a network of that length is there */
	uint64_t bits6[3]; /* the same, of 0 to 128 */
};

struct set_print {
	uint64_t a;
	uint32_t b;
};

struct feed_set {
	const struct set_head *head;
	const uint64_t *a;
	const uint32_t *b;
	void *map; /* NULL: of memory */
	size_t size;
};

/* Octets of a set of n entries. */
static inline size_t set_size(size_t n)
{
	return sizeof(struct set_head) + n * (sizeof(uint64_t) + sizeof(uint32_t));
}

struct set_print set_print(const struct hash_key *k, enum set_tag tag, struct str value);

/* A keyed sum of everything but itself; octets is a whole set. */
uint64_t set_seal(const void *octets, size_t n);

/* The value of TAG_NET4 or TAG_NET6: tag, octets into out, their number. bits is within the
 * family's width. */
#define SET_NET_MAX 17u
struct str set_net(const struct ip *ip, unsigned bits, char out[SET_NET_MAX]);

#endif
