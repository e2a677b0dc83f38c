/* The usual ways in which a directive of another program becomes an option of ours. */
#include "cmd/peer.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/dkim/sign.h"
#include "base/buf.h"
#include "base/file.h"
#include "checks/sign/opendkim.h"

/* ---- what is said of a line ---- */

void peer_taken(struct peer_line *l, const char *option)
{
	l->status = PEER_TAKEN;
	l->option = option;
	l->reason = STR_NULL;
}

void peer_already(struct peer_line *l, const char *reason)
{
	l->status = PEER_ALREADY;
	l->reason = str_c(reason);
}

void peer_not(struct peer_line *l, bool matters, const char *reason)
{
	l->status = PEER_LOST;
	l->matters = matters;
	l->option = NULL;
	l->reason = str_c(reason);
}

void peer_remark(struct peer_part *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	VEC_PUSH(p->m->arena, p->remarks) = arena_vprintf(p->m->arena, fmt, ap);
	va_end(ap);
}

bool peer_yes(struct str value)
{
	return value.n && memchr("TtYy1", value.p[0], 5);
}

struct peer_line *peer_line(const struct peer_part *p, const char *name)
{
	for (size_t i = p->conf.lines.n; i-- > 0;)
		if (str_ieq(p->conf.lines.p[i].name, str_c(name)) && p->conf.lines.p[i].value.n)
			return &p->conf.lines.p[i];
	return NULL;
}

bool peer_says(const struct peer_part *p, const char *name, bool otherwise)
{
	const struct peer_line *l = peer_line(p, name);

	return l ? peer_yes(l->value) : otherwise;
}

/* ---- options ---- */

struct str peer_quoted(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	buf_addc(&b, '"');
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c < 32 || c > 126 || memchr("\"\\$", c, 3))
			buf_addf(&b, "\\x%02x", (unsigned char)c);
		else
			buf_addc(&b, c);
	}
	buf_addc(&b, '"');
	return buf_str(&b);
}

struct str peer_listed(struct arena *a, const struct str *item, size_t n)
{
	struct buf b = { .arena = a };

	buf_addc(&b, '{');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add(&b, STR(", "));
		buf_add(&b, peer_quoted(a, item[i]));
	}
	buf_addc(&b, '}');
	return buf_str(&b);
}

size_t peer_items(struct arena *a, struct str value, struct str **out)
{
	VEC(struct str) v = { 0 };

	while (value.n) {
		struct str part = str_cut(&value, ','), word;
		while ((word = str_word(&part)).n)
			VEC_PUSH(a, v) = word;
	}
	*out = v.p;
	return v.n;
}

static struct peer_setting *setting_of(struct peer_import *m, struct str section, struct str title,
				       struct str name)
{
	for (size_t i = 0; i < m->settings.n; i++) {
		struct peer_setting *s = &m->settings.p[i];
		if (str_eq(s->section, section) && str_eq(s->title, title) && str_eq(s->name, name))
			return s;
	}
	return NULL;
}

static bool conflict(struct peer_part *p, struct peer_line *l, const struct peer_setting *s)
{
	const struct peer_line *other = s->from.n ? s->from.p[0] : NULL;

	if (l)
		peer_not(l, true,
			 other ? arena_printf(p->m->arena, "%s:%d says otherwise, and came first",
					      other->file, other->line)
					 .p
			       : "what came first says otherwise");
	return false;
}

static bool set(struct peer_part *p, struct peer_line *l, struct peer_setting what,
		const char *option)
{
	struct arena *a = p->m->arena;
	struct peer_setting *s = setting_of(p->m, what.section, what.title, what.name);

	if (s && !str_eq(s->text, what.text))
		return conflict(p, l, s);
	if (!s) {
		s = &VEC_PUSH(a, p->m->settings);
		*s = what;
		s->part = p;
	}
	if (l) {
		VEC_PUSH(a, s->from) = l;
		peer_taken(l, option);
	}
	return true;
}

bool peer_set(struct peer_part *p, struct peer_line *l, const char *option, struct str text,
	      const char *why)
{
	struct str name = str_c(option), whole = name;
	size_t dot = str_rchr(whole, '.');

	name = str_skip(whole, dot + 1);
	return set(
		p, l,
		(struct peer_setting){
			.section = str_sub(whole, 0, dot), .name = name, .text = text, .why = why },
		option);
}

bool peer_set_in(struct peer_part *p, struct peer_line *l, const char *section, struct str title,
		 const char *name, struct str text)
{
	const char *option = arena_printf(p->m->arena, "%s.*.%s", section, name).p;

	return set(p, l,
		   (struct peer_setting){ .section = str_c(section),
					  .title = title,
					  .name = str_c(name),
					  .text = text },
		   option);
}

/* ---- files ---- */

const char *peer_path(const struct peer_part *p, struct str path)
{
	const struct peer_line *base = peer_line(p, "BaseDirectory");
	struct arena *a = p->m->arena;
	const char *found;
	char cwd[4096];

	if (base && path.n && path.p[0] != '/')
		path = arena_printf(a, "%.*s/%.*s", STR_ARG(base->value), STR_ARG(path));
	found = file_beside(a, p->path, path);
	if (found[0] != '/' && getcwd(cwd, sizeof cwd))
		found = arena_printf(a, "%s/%s", cwd, found).p;
	return found;
}

const char *peer_key_fault(const struct peer_part *p, const char *path)
{
	struct peer_line *l = peer_line(p, "UserID");
	struct str user = l ? l->value : STR("merlon-sign");
	const struct passwd *pw = getpwnam(arena_cstr(p->m->arena, str_cut(&user, ':')));
	struct stat st;

	if (stat(path, &st) < 0)
		return access(path, F_OK) < 0 && errno == ENOENT
			       ? arena_printf(p->m->arena, "%s is not there", path).p
			       : NULL;
	if (st.st_mode & 077)
		return arena_printf(p->m->arena,
				    "others may read %s, which Merlon refuses: chmod 600", path)
			.p;
	if (!pw || st.st_uid != pw->pw_uid)
		return arena_printf(p->m->arena,
				    "%s does not belong to the account that signs (sign.user), "
				    "which cannot read it: chown",
				    path)
			.p;
	return NULL;
}

bool peer_signs(const struct peer_line *l, bool oversigned, struct str *missing)
{
	struct str rest = l->value;
	const struct dkim_plan *plan = &dkim_plan_default;

	while (rest.n) {
		struct str word = str_trim(str_cut(&rest, ','));
		bool found = word.n == 0 || str_eq(word, STR("*")) || str_eq(word, STR("."));
		if (word.n && word.p[0] == '+')
			word = str_skip(word, 1);
		for (size_t i = 0; i < plan->n && !found; i++)
			found = str_ieq(plan->name[i].name, word) &&
				(plan->name[i].oversign || !oversigned);
		*missing = word;
		if (!found)
			return false;
	}
	return true;
}

/* ---- ways to take a line ---- */

void peer_take_already(struct peer_part *p, struct peer_line *l)
{
	(void)p;
	peer_already(l, l->row->reason);
}

void peer_take_not(struct peer_part *p, struct peer_line *l)
{
	(void)p;
	peer_not(l, l->row->matters, l->row->reason);
}

static bool is_same(struct str value, const char *same)
{
	struct str s = str_c(same);

	if (!same)
		return false;
	if (str_eq(s, STR("yes")) || str_eq(s, STR("no")))
		return peer_yes(value) == str_eq(s, STR("yes"));
	while (s.n)
		if (str_ieq(value, str_cut(&s, '|')))
			return true;
	return false;
}

void peer_take_if_same(struct peer_part *p, struct peer_line *l)
{
	if (is_same(l->value, l->row->same))
		peer_already(l, "Merlon does the same");
	else
		peer_take_not(p, l);
}

void peer_take_text(struct peer_part *p, struct peer_line *l)
{
	peer_set(p, l, l->row->option, peer_quoted(p->m->arena, l->value), NULL);
}

void peer_take_bool(struct peer_part *p, struct peer_line *l)
{
	peer_set(p, l, l->row->option, peer_yes(l->value) ? STR("on") : STR("off"), NULL);
}

void peer_take_seconds(struct peer_part *p, struct peer_line *l)
{
	uint64_t s;

	if (!str_u64(l->value, UINT32_MAX, &s))
		peer_not(l, true, "no number of seconds");
	else if (s == 0 && l->row->same)
		peer_not(l, false, l->row->same);
	else
		peer_set(p, l, l->row->option,
			 arena_printf(p->m->arena, "%llus", (unsigned long long)s), NULL);
}

void peer_take_list(struct peer_part *p, struct peer_line *l)
{
	struct str *item;
	size_t n = peer_items(p->m->arena, l->value, &item);

	peer_set(p, l, l->row->option, peer_listed(p->m->arena, item, n), NULL);
}

struct str peer_dataset(const struct peer_part *p, struct str v)
{
	static const struct str kind[] = { STR("file:"), STR("refile:"), STR("cdb:") };
	static const struct str bad[] = { STR("db:"),	    STR("dsn:"),    STR("ldap:"),
					  STR("ldaps:"),    STR("ldapi:"),  STR("lua:"),
					  STR("memcache:"), STR("erlang:"), STR("mdb:") };
	struct arena *a = p->m->arena;

	for (size_t i = 0; i < sizeof kind / sizeof *kind; i++)
		if (str_istarts(v, kind[i]))
			return arena_printf(a, "%s%s", kind[i].p,
					    peer_path(p, str_trim(str_skip(v, kind[i].n))));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (str_istarts(v, bad[i]))
			return STR_NULL;
	if (str_istarts(v, STR("csl:")))
		return v;
	if (str_iends(v, STR(".db")) && str_chr(v, ',') == SIZE_MAX)
		return STR_NULL;
	if (v.p[0] == '/' || str_starts(v, STR("./")) || str_starts(v, STR("../")))
		return str_c(peer_path(p, v));
	return arena_printf(a, "csl:%.*s", STR_ARG(v));
}

void peer_take_dataset(struct peer_part *p, struct peer_line *l)
{
	struct str spec = peer_dataset(p, l->value);
	struct odk_set set;
	struct err e;

	if (!spec.p) {
		peer_not(l, true,
			 "data sets of this kind are not read: write it as file:, refile: or cdb:");
		return;
	}
	if (!peer_set(p, l, l->row->option, peer_quoted(p->m->arena, spec), NULL))
		return;
	if (odk_load(p->m->arena, spec, p->path, &set, &e) < 0) {
		l->reason = arena_printf(p->m->arena, "cannot be read here: %s", e.text);
		l->matters = true;
	}
}

void peer_take_file(struct peer_part *p, struct peer_line *l)
{
	const char *path = peer_path(p, l->value);

	if (access(path, R_OK) < 0)
		peer_not(l, true, arena_printf(p->m->arena, "%s cannot be read", path).p);
	else
		peer_set(p, l, l->row->option, peer_quoted(p->m->arena, str_c(path)), NULL);
}

void peer_take_authserv_id(struct peer_part *p, struct peer_line *l)
{
	if (str_eq(l->value, STR("HOSTNAME")))
		peer_already(l, "Merlon takes the name of the host too");
	else
		peer_take_text(p, l);
}

void peer_take_syslog(struct peer_part *p, struct peer_line *l)
{
	if (peer_yes(l->value))
		peer_set(p, l, "log.target", STR("\"syslog\""), NULL);
	else
		peer_already(l, "the log goes to standard error, unless log.target says otherwise");
}

void peer_take_include(struct peer_part *p, struct peer_line *l)
{
	(void)p;
	peer_already(l, "its lines are in this list");
}
