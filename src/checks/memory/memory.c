/* Keys of the store, one form of what is remembered by, whatever a sender puts in it; looks,
 * and lessons. */
#include "checks/memory/memory.h"

#include "base/buf.h"

#define PART_MAX 64u /* octets of a part that stands as it is */
#define PARTS_MAX 7u
#define KEY_USUAL 96u  /* octets that a key seldom exceeds */
#define SHORT_HASH 16u /* octets */

static void add_hash(struct scan *s, struct buf *out, struct str text, size_t octets)
{
	struct hash *h = hash_new(s->env->crypto, s->arena, HASH_SHA256);
	struct str sum;

	hash_feed(h, text);
	sum = str_sub(hash_end(h), 0, octets);
	buf_hex(out, sum.p, sum.n);
}

struct str memory_hash(struct scan *s, struct str text)
{
	struct buf out = { .arena = s->arena };

	add_hash(s, &out, text, SHORT_HASH);
	return buf_str(&out);
}

/* One octet longer than what stands as it is, so that nobody can write the hash of another's. */
static void add_part(struct scan *s, struct buf *out, struct str part)
{
	if (part.n <= PART_MAX && str_chr(part, '\0') == SIZE_MAX) {
		buf_add(out, part);
		return;
	}
	buf_addc(out, '#');
	add_hash(s, out, part, HASH_MAX);
}

struct str memory_key(struct scan *s, const char *ns, const struct str *part, size_t n)
{
	struct buf out = { .arena = s->arena };

	if (n > PARTS_MAX)
		bug("a key of %zu parts", n);
	buf_room(&out, KEY_USUAL);
	buf_add(&out, str_c(ns));
	buf_addc(&out, ':');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_addc(&out, '\0');
		add_part(s, &out, part[i]);
	}
	return buf_str(&out);
}

struct str memory_net(struct scan *s)
{
	struct ip ip = ip_unmapped(s->client.ip);
	unsigned keep = ip.family == 4 ? 3 : 6;
	char text[IP_TEXT_MAX];

	if (!ip.family)
		return STR("");
	memset(ip.b + keep, 0, sizeof ip.b - keep);
	return arena_printf(s->arena, "%s/%u", ip_format(&ip, text), keep * 8);
}

bool memory_look(struct scan *s, struct store_op op, struct store_answer *a)
{
	const struct store_answer *got;

	op.flags |= op.kind == STORE_JOIN ? STORE_F_LOOK : 0u;
	got = scan_store(s, &op);
	*a = (struct store_answer){ .status = STORE_FAILED };
	if (got && got->status == STORE_OK && !got->local)
		*a = *got;
	else if (got && !got->local)
		a->status = got->status;
	return got != NULL;
}

bool memory_teach(struct scan *s, enum learn_class to, enum learn_source source)
{
	const struct statistics_facts *f = scan_result(s, &check_statistics);
	struct learn_event e = {
		.to = to, .source = source, .user = STR(""), .when_ms = s->now * 1000
	};

	if (!f || (!f->features.ngram && !f->features.ntoken))
		return false;
	e.f = f->features;
	digest_teach(s, &e);
	scan_learn(s, &e);
	return true;
}
