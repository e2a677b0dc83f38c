/*
 * Address lists (RFC 5322 3.4, 4.4). What a run of words is (a display name, a local part, a
 * group's name) is known only from the octet behind it, so both readings are built on the way.
 */
#include "mail/addr.h"

#include "mail/addr_lex.h"

/* A run of words and dots: local-part and phrase of it, and whether it is one. */
struct words {
	struct buf display, local;
	bool local_ok;	/* word *("." word) */
	bool phrase_ok; /* word *(word / ".") */
	bool quoted;	/* some word is a quoted-string */
	bool dotted;	/* some "." */
	bool after_dot; /* the last one was a "." */
	bool any;
	unsigned inside; /* enum lex_gap between them */
	unsigned after;	 /* enum lex_gap behind the last one */
};

struct reader {
	struct lex l;
	struct arena *arena;
	struct addr_list *out;
	struct words w;
	struct buf domain;
	size_t start;	/* where the current member begins */
	unsigned flags; /* enum addr_flag of the current member */
	bool in_group;
	bool pending; /* the current member has put its mailbox into out */
	char before;  /* the separator before the current member, 0 for the first */
};

static unsigned cfws(struct reader *r)
{
	unsigned gap = lex_cfws(&r->l);

	if (gap & GAP_COMMENT)
		r->flags |= ADDR_F_COMMENT;
	return gap;
}

static void words_dot(struct words *w)
{
	w->local_ok = w->local_ok && w->any && !w->after_dot;
	w->phrase_ok = w->phrase_ok && w->any;
	w->dotted = w->after_dot = true;
	buf_addc(&w->display, '.');
	buf_addc(&w->local, '.');
}

/* One word; a blank goes between it and the one before. */
static void words_word(struct reader *r, int c)
{
	struct words *w = &r->w;
	size_t from = w->local.n;

	w->local_ok = w->local_ok && (!w->any || w->after_dot);
	if (c == '"') {
		w->quoted = true;
		lex_quoted(&r->l, &w->local);
	} else {
		lex_atom(&r->l, &w->local);
	}
	buf_add(&w->display, str_skip(buf_str(&w->local), from));
	w->after_dot = false;
}

/* Reads words into r->w, up to something that is neither word nor dot. */
static void read_words(struct reader *r)
{
	struct words *w = &r->w;
	unsigned gap = cfws(r);
	int c;

	w->display.n = w->local.n = 0;
	w->local_ok = w->phrase_ok = true;
	w->quoted = w->dotted = w->after_dot = w->any = false;
	w->inside = 0;
	while ((c = lex_peek(&r->l)) >= 0 && (lex_is_atext(c) || c == '"' || c == '.')) {
		if (w->any)
			w->inside |= gap;
		if (w->any && (gap || (c != '.' && !w->after_dot)))
			buf_addc(&w->display, ' ');
		if (c == '.') {
			lex_take(&r->l, '.');
			words_dot(w);
		} else {
			words_word(r, c);
		}
		w->any = true;
		gap = cfws(r);
	}
	w->after = w->any ? gap : 0;
	w->local_ok = w->local_ok && w->any && !w->after_dot;
	w->phrase_ok = w->phrase_ok && w->any;
}

/* domain of 3.4.1 and 4.4 into r->domain, and the CFWS behind it. */
static void read_domain(struct reader *r)
{
	unsigned gap = cfws(r);

	r->domain.n = 0;
	if (gap)
		r->flags |= ADDR_F_OBSOLETE | ADDR_F_SPLIT;
	if (lex_peek(&r->l) == '[') {
		r->flags |= ADDR_F_LITERAL;
		lex_literal(&r->l, &r->domain);
		cfws(r);
		return;
	}
	for (;;) {
		if (!lex_is_atext(lex_peek(&r->l))) {
			lex_fail(&r->l);
			return;
		}
		lex_atom(&r->l, &r->domain);
		gap = cfws(r);
		if (!lex_take(&r->l, '.'))
			return;
		buf_addc(&r->domain, '.');
		gap |= cfws(r);
		if (gap)
			r->flags |= ADDR_F_OBSOLETE | ADDR_F_SPLIT;
	}
}

/* Octets in an unquoted local part that make programs see another address in it. */
static bool local_misleads(struct str local)
{
	for (size_t i = 0; i < local.n; i++)
		if (memchr("@<>,;", local.p[i], 5))
			return true;
	/* U+FF20 and U+FE6B look like "@", and some turn them into one. */
	return str_find(local, STR("\xef\xbc\xa0")) != SIZE_MAX ||
	       str_find(local, STR("\xef\xb9\xab")) != SIZE_MAX;
}

static void put_mailbox(struct reader *r, struct str display, bool has_domain)
{
	struct mailbox m = { .display = display,
			     .local = arena_dup(r->arena, buf_str(&r->w.local)) };

	m.domain = has_domain ? arena_dup(r->arena, buf_str(&r->domain)) : STR("");
	if (r->w.quoted)
		r->flags |= ADDR_F_QUOTED_LOCAL;
	if (r->w.inside)
		r->flags |= ADDR_F_OBSOLETE | ADDR_F_SPLIT;
	if (local_misleads(m.local))
		r->flags |= ADDR_F_SPLIT;
	if (str_find(m.local, STR("=?")) != SIZE_MAX || str_find(m.domain, STR("=?")) != SIZE_MAX)
		r->flags |= ADDR_F_ENCODED_WORD_ADDR;
	if (!has_domain)
		r->flags |= ADDR_F_NO_DOMAIN;
	VEC_PUSH(r->arena, r->out->v) = m;
	r->pending = true;
}

/* Reads "@" and the domain; the local part is in r->w. */
static void read_at_domain(struct reader *r)
{
	if (!r->w.local_ok) {
		lex_fail(&r->l);
		return;
	}
	lex_take(&r->l, '@');
	if (r->w.after)
		r->flags |= ADDR_F_OBSOLETE | ADDR_F_SPLIT;
	read_domain(r);
}

/* obs-route: "@a,@b:", with empty members and CFWS (4.4). */
static void read_route(struct reader *r)
{
	r->flags |= ADDR_F_ROUTE | ADDR_F_OBSOLETE;
	while (!r->l.fault && !lex_take(&r->l, ':')) {
		if (lex_take(&r->l, '@'))
			read_domain(r);
		else if (!lex_take(&r->l, ','))
			lex_fail(&r->l);
		cfws(r);
	}
}

/* addr-spec between "<" and ">", or a local part alone. */
static void read_inside(struct reader *r, struct str display)
{
	bool has_domain;

	cfws(r);
	if (lex_peek(&r->l) == '@' || lex_peek(&r->l) == ',')
		read_route(r);
	read_words(r);
	has_domain = lex_peek(&r->l) == '@';
	if (has_domain)
		read_at_domain(r);
	else if (!r->w.local_ok)
		lex_fail(&r->l);
	if (!r->l.fault)
		put_mailbox(r, display, has_domain);
}

/* From "<" to ">" and the blanks behind it; the display name is in r->w. */
static void read_angle(struct reader *r)
{
	struct str display = arena_dup(r->arena, buf_str(&r->w.display));
	unsigned flags = r->flags;

	if (r->w.any && !r->w.phrase_ok)
		lex_fail(&r->l);
	if (r->w.dotted)
		flags |= ADDR_F_OBSOLETE;
	lex_take(&r->l, '<');
	r->flags = 0;
	read_inside(r, display);
	if (r->flags & ADDR_F_COMMENT)
		r->flags |= ADDR_F_SPLIT;
	r->flags |= flags;
	if (!lex_take(&r->l, '>'))
		lex_fail(&r->l);
	cfws(r);
}

/* "name:" of a group; groups do not nest. */
static void read_group(struct reader *r)
{
	if (r->in_group || !r->w.phrase_ok) {
		lex_fail(&r->l);
		return;
	}
	lex_take(&r->l, ':');
	if (r->w.dotted)
		r->flags |= ADDR_F_OBSOLETE;
	r->flags |= ADDR_F_GROUP;
	r->out->groups++;
	r->in_group = true;
}

/* A mailbox, a group up to its colon, or nothing. */
static void read_member(struct reader *r)
{
	read_words(r);
	switch (lex_peek(&r->l)) {
	case '<':
		read_angle(r);
		break;
	case '@':
		read_at_domain(r);
		if (!r->l.fault)
			put_mailbox(r, STR(""), true);
		break;
	case ':':
		read_group(r);
		break;
	case ',':
	case ';':
	case -1:
		if (r->w.any && !r->w.local_ok)
			lex_fail(&r->l);
		if (r->w.any && !r->l.fault)
			put_mailbox(r, STR(""), false);
		break;
	default:
		lex_fail(&r->l);
	}
}

/* The current member ends here: what is known of it goes into the list. */
static void member_done(struct reader *r)
{
	struct mailbox *m;

	r->out->flags |= r->flags | (r->l.fault ? ADDR_F_SYNTAX : 0u);
	if (!r->pending)
		return;
	m = &r->out->v.p[r->out->v.n - 1];
	m->raw = str_trim(str_sub(r->l.s, r->start, r->l.at - r->start));
	m->flags = r->flags | lex_octet_flags(m->raw) | (r->l.fault ? ADDR_F_SYNTAX : 0u);
}

/* Takes what separates members. False: that was the last one, or a fault. */
static bool next_member(struct reader *r)
{
	bool empty = !r->pending;

	if (r->l.fault)
		return false;
	if (r->flags & ADDR_F_GROUP) {
		r->before = ':';
		return true;
	}
	if (lex_peek(&r->l) != ',' && empty && r->before == ',')
		r->out->flags |= ADDR_F_OBSOLETE;
	if (r->in_group && lex_take(&r->l, ';')) {
		r->in_group = empty = false;
		cfws(r);
	}
	if (lex_take(&r->l, ',')) {
		r->out->flags |= empty ? ADDR_F_OBSOLETE : 0u;
		r->before = ',';
		return true;
	}
	if (r->in_group || lex_peek(&r->l) >= 0)
		lex_fail(&r->l);
	return false;
}

void addr_parse(struct arena *a, struct str value, struct addr_list *out)
{
	struct reader r = { .l.s = value, .arena = a, .out = out };
	bool more = true;

	r.w.display.arena = r.w.local.arena = r.domain.arena = a;
	*out = (struct addr_list){ .flags = lex_octet_flags(value) };
	while (more) {
		if (out->v.n == ADDR_MAX_MAILBOXES) {
			out->flags |= ADDR_F_LIMIT;
			return;
		}
		r.start = r.l.at;
		r.flags = 0;
		r.pending = false;
		read_member(&r);
		member_done(&r);
		more = next_member(&r);
	}
	if (r.l.fault) {
		out->flags |= ADDR_F_SYNTAX | (r.l.deep ? ADDR_F_LIMIT : 0u);
		out->at = r.l.fault_at;
		if (r.pending)
			out->v.p[out->v.n - 1].flags |= ADDR_F_SYNTAX;
	}
}
