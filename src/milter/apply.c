/* Plays verdicts: edits in order, then accept, reject, tempfail or discard. */
#include "milter/apply.h"

#include <libmilter/mfapi.h>

#include "base/buf.h"
#include "milter/packet.h"

struct str apply_header_value(struct arena *a, struct str value, bool leadspc)
{
	struct buf b = { .arena = a };

	while (value.n > 0 && (value.p[value.n - 1] == '\n' || value.p[value.n - 1] == '\r'))
		value.n--;
	if (leadspc && (value.n == 0 || !ch_fws(value.p[0])))
		buf_addc(&b, ' ');
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (c == '\0')
			c = '?';
		if (c == '\r') {
			if (i + 1 < value.n && value.p[i + 1] == '\n')
				continue;
			c = '\n';
		}
		buf_addc(&b, c);
		if (c == '\n' && (i + 1 == value.n || !ch_wsp(value.p[i + 1])))
			buf_addc(&b, ' ');
	}
	return arena_dup(a, buf_str(&b));
}

static bool name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < 33 || name.p[i] > 126 || name.p[i] == ':')
			return false;
	return name.n > 0 && name.n <= APPLY_MAX_NAME;
}

static char printable(char c)
{
	return c >= 32 && c <= 126 ? c : '?';
}

static struct str one_line(struct arena *a, struct str s)
{
	struct str t = arena_dup(a, str_sub(s, 0, APPLY_MAX_REPLY));
	char *p = arena_cstr(a, t);

	for (size_t i = 0; i < t.n; i++)
		p[i] = printable(p[i]);
	return str_of(p, t.n);
}

/* An address has no control characters, and something between its angle brackets. */
static bool rcpt_ok(struct str r)
{
	for (size_t i = 0; i < r.n; i++)
		if ((unsigned char)r.p[i] < 32 || r.p[i] == 127)
			return false;
	return r.n >= 3 && r.n <= APPLY_MAX_RCPT && r.p[0] == '<' && r.p[r.n - 1] == '>';
}

static bool replace_body(const struct apply_target *t, struct str body)
{
	bool ok = true;

	do {
		ok = t->ops->body(t->arg, str_sub(body, 0, PACKET_CHUNK)) && ok;
		body = str_skip(body, PACKET_CHUNK);
	} while (body.n > 0);
	return ok;
}

static bool play(struct arena *a, const struct edit *e, const struct apply_target *t)
{
	static const unsigned right[] = {
		[EDIT_INSERT] = SMFIF_ADDHDRS,	      [EDIT_DELETE] = SMFIF_CHGHDRS,
		[EDIT_QUARANTINE] = SMFIF_QUARANTINE, [EDIT_ADD_RCPT] = SMFIF_ADDRCPT,
		[EDIT_DEL_RCPT] = SMFIF_DELRCPT,      [EDIT_REPLACE_BODY] = SMFIF_CHGBODY,
	};

	if (!(t->actions & right[e->op]))
		return false;
	switch (e->op) {
	case EDIT_INSERT:
		return name_ok(e->name) &&
		       t->ops->insert(t->arg, e->index, arena_dup(a, e->name),
				      apply_header_value(a, e->value, t->leadspc));
	case EDIT_DELETE:
		return name_ok(e->name) && e->index > 0 &&
		       t->ops->erase(t->arg, arena_dup(a, e->name), e->index);
	case EDIT_QUARANTINE:
		return t->ops->quarantine(t->arg,
					  one_line(a, e->value.n ? e->value : STR("quarantined")));
	case EDIT_ADD_RCPT:
		return rcpt_ok(e->value) && t->ops->add_rcpt(t->arg, arena_dup(a, e->value));
	case EDIT_DEL_RCPT:
		return rcpt_ok(e->value) && t->ops->del_rcpt(t->arg, arena_dup(a, e->value));
	case EDIT_REPLACE_BODY:
		return replace_body(t, e->value);
	}
	return false;
}

static void reply_text(struct str text, char out[APPLY_MAX_REPLY + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = printable(text.p[i]);

		if (n + (c == '%' ? 2 : 1) > APPLY_MAX_REPLY)
			break;
		if (c == '%')
			out[n++] = '%';
		out[n++] = c;
	}
	out[n] = '\0';
}

void apply_reply(const struct verdict *v, struct apply_reply *r)
{
	bool hard = v->action == ACT_REJECT;
	char class = hard ? '5' : '4';
	unsigned code = v->reply.code;
	struct str enhanced = v->reply.enhanced, text = str_trim(v->reply.text);

	if (code / 100 != (hard ? 5u : 4u))
		code = hard ? 550 : 451;
	if (!reply_enhanced_ok(enhanced, class))
		enhanced = hard ? STR("5.7.1") : STR("4.7.1");
	if (text.n == 0)
		text = hard ? STR("Message refused") : STR("Try again later");
	r->code[0] = class;
	r->code[1] = (char)('0' + code / 10 % 10);
	r->code[2] = (char)('0' + code % 10);
	r->code[3] = '\0';
	memcpy(r->enhanced, enhanced.p, enhanced.n);
	r->enhanced[enhanced.n] = '\0';
	reply_text(text, r->text);
}

static size_t play_edits(struct arena *a, const struct verdict *v, const struct apply_target *t)
{
	size_t failed = 0;
	bool quarantined = false;

	for (size_t i = 0; i < v->edits.n; i++) {
		if (v->edits.p[i].op == EDIT_QUARANTINE)
			quarantined = true;
		if (!play(a, &v->edits.p[i], t))
			failed++;
	}
	if (v->action == ACT_QUARANTINE && !quarantined &&
	    !play(a, &(struct edit){ .op = EDIT_QUARANTINE, .value = v->reason }, t))
		failed++;
	return failed;
}

size_t apply_verdict(struct arena *a, const struct verdict *v, const struct apply_target *t)
{
	struct apply_reply r;

	switch (v->action) {
	case ACT_REJECT:
	case ACT_TEMPFAIL:
	case ACT_GREYLIST:
		apply_reply(v, &r);
		t->ops->final(t->arg, v->action == ACT_REJECT ? FINAL_REJECT : FINAL_TEMPFAIL, &r);
		return 0;
	case ACT_DISCARD:
		t->ops->final(t->arg, FINAL_DISCARD, NULL);
		return 0;
	case ACT_ACCEPT:
	case ACT_TAG:
	case ACT_QUARANTINE:
		break;
	}
	size_t failed = play_edits(a, v, t);

	t->ops->final(t->arg, FINAL_ACCEPT, NULL);
	return failed;
}
