/*
 * What of a message virus scanners get: the whole of it, or its parts one by one.
 *
 * In front of a whole message stands a field that makes it one for scanners that go by the first
 * octets, whatever the sender begins it with; fields that say how it came here are left out, so
 * that two copies of it are the same octets.
 */
#include "checks/outside/scanner.h"

#define FIRST_FIELD STR("Return-Path: <>\r\n")

/* Said of harmless mail too; none of them hides a file. */
#define HARMLESS (MIME_F_8BIT_IN_7BIT | MIME_F_NO_VERSION | MIME_F_BAD_CHARSET)

static bool is_leaf(const struct mime_part *p)
{
	return !p->multipart && !p->message;
}

static bool is_plain(const struct mime_part *p)
{
	return str_eq(p->type, STR("text")) && str_eq(p->subtype, STR("plain")) && !p->name.n &&
	       !str_eq(p->disposition, STR("attachment"));
}

static bool worth_it(const struct mime *m)
{
	if (m->flags & ~(unsigned)HARMLESS)
		return true;
	for (size_t i = 0; i < m->parts.n; i++)
		if (is_leaf(&m->parts.p[i]) && !is_plain(&m->parts.p[i]))
			return true;
	return false;
}

static void add_piece(struct scanner_object *o, struct str *piece, struct str octets)
{
	piece[o->npieces++] = octets;
	o->octets += octets.n;
}

/* ---- the whole ---- */

static bool says_how_it_came(struct str name)
{
	static const struct str trace[] = {
		{ "Received", 8 },
		{ "Return-Path", 11 },
		{ "Delivered-To", 12 },
		{ "X-Original-To", 13 },
		{ "Envelope-To", 11 },
		{ "X-Received", 10 },
		{ "Received-SPF", 12 },
		{ "Authentication-Results", 22 },
		{ "DKIM-Signature", 14 },
		{ "ARC-Seal", 8 },
		{ "ARC-Message-Signature", 21 },
		{ "ARC-Authentication-Results", 26 },
	};

	for (size_t i = 0; i < sizeof trace / sizeof *trace; i++)
		if (str_ieq(name, trace[i]))
			return true;
	return false;
}

static struct scanner_object whole(struct scan *s, struct str body)
{
	struct str *piece = ARENA_ARRAY(s->arena, struct str, s->headers.v.n + 3);
	struct hash *h = hash_new(s->env->crypto, s->arena, HASH_SHA256);
	struct scanner_object o = { .piece = piece, .message = true };

	add_piece(&o, piece, FIRST_FIELD);
	for (size_t i = 0; i < s->headers.v.n; i++) {
		const struct hdr *f = &s->headers.v.p[i];
		if (says_how_it_came(f->name))
			continue;
		add_piece(&o, piece, f->raw);
		hash_feed(h, f->raw);
	}
	add_piece(&o, piece, STR("\r\n"));
	add_piece(&o, piece, s->content->mime->body);
	hash_feed(h, STR("\r\n"));
	hash_feed(h, body);
	memcpy(o.sha256, hash_end(h).p, sizeof o.sha256);
	return o;
}

/* ---- part by part ---- */

struct file {
	size_t part, octets;
};

static bool known(const struct scanner_plan *plan, const uint8_t *sha256)
{
	for (size_t i = 0; i < plan->n; i++)
		if (memcmp(plan->object[i].sha256, sha256, sizeof plan->object[i].sha256) == 0)
			return true;
	return false;
}

static void add_file(struct scan *s, size_t part, struct scanner_plan *plan)
{
	struct mime *m = s->content->mime;
	const uint8_t *sha256 = mime_sha256(m, part);
	struct scanner_object *o = &plan->object[plan->n];
	struct str *piece;

	if (known(plan, sha256))
		return;
	piece = ARENA_NEW(s->arena, struct str);
	*o = (struct scanner_object){ .piece = piece };
	add_piece(o, piece, mime_data(m, part));
	memcpy(o->sha256, sha256, sizeof o->sha256);
	plan->n++;
}

/* Leaf parts that are not empty, the smallest first: those that are kept, a handful. Returns how
 * many there are. */
static size_t smallest(struct mime *m, struct file out[SCANNER_OBJECTS_MAX], size_t *kept)
{
	size_t all = 0;

	*kept = 0;
	for (size_t i = 0; i < m->parts.n; i++) {
		struct file f = { i, is_leaf(&m->parts.p[i]) ? mime_data(m, i).n : 0 };
		size_t at = *kept;
		if (!f.octets)
			continue;
		all++;
		while (at && out[at - 1].octets > f.octets)
			at--;
		if (at == SCANNER_OBJECTS_MAX)
			continue;
		*kept += *kept < SCANNER_OBJECTS_MAX;
		memmove(out + at + 1, out + at, (*kept - at - 1) * sizeof *out);
		out[at] = f;
	}
	return all;
}

static void parts(struct scan *s, const struct scanner_config *k, struct scanner_plan *plan)
{
	struct file file[SCANNER_OBJECTS_MAX];
	uint64_t left = k->max_size;
	size_t kept, all = smallest(s->content->mime, file, &kept), i;

	for (i = 0; i < kept && file[i].octets <= left; i++) {
		left -= file[i].octets;
		add_file(s, file[i].part, plan);
	}
	if (i < all)
		plan->partly = i < kept ? "size" : "files";
}

/* ---- the choice ---- */

void scanner_choose(struct scan *s, const struct scanner_config *k, struct str body,
		    struct scanner_plan *plan)
{
	struct mime *m = s->content->mime;

	*plan = (struct scanner_plan){ 0 };
	if (k->mode != SCANNER_ALL && !worth_it(m))
		return;
	if (k->mode == SCANNER_FILES)
		parts(s, k, plan);
	if (!plan->n || plan->partly) {
		struct scanner_object o = whole(s, body);
		if (o.octets <= k->max_size)
			*plan = (struct scanner_plan){ .object = { o }, .n = 1 };
		else if (k->mode != SCANNER_FILES)
			parts(s, k, plan);
	}
	if (m->flags & MIME_F_TRUNCATED)
		plan->partly = "truncated";
	else if (s->headers.dropped)
		plan->partly = "fields";
}
