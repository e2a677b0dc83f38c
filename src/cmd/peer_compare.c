/* Their programs and ours, side by side on the same mail. */
#include "cmd/peer_compare.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cmd/peer_run.h"
#include "cmd/source.h"

struct compare {
	struct arena *arena;
	struct peer_import *m;
	const struct peer_compare_options *o;
	const char *dir;
	struct peer_run theirs[8], ours;
	size_t ntheirs;
	struct peer_facts_of of;
	peer_compare_fn *fn;
	void *arg;
	struct err *e;
	bool failed;
};

static const char *in_dir(const struct compare *c, const char *name, const char *more)
{
	return arena_printf(c->arena, "%s/%s%s", c->dir, name, more).p;
}

/* ---- programs ---- */

/* A program gives up root, and then makes its socket in a directory that only it can write. */
static int make_room(struct compare *c, const struct peer_part *p, const char *room)
{
	struct peer_line *l = peer_line(p, "UserID");
	struct str user = l ? l->value : STR_NULL;
	const struct passwd *pw = NULL;

	if (mkdir(room, 0711) < 0)
		return err_set(c->e, "%s: %s", room, strerror(errno));
	if (user.n && geteuid() == 0)
		pw = getpwnam(arena_cstr(c->arena, str_cut(&user, ':')));
	if (pw && chown(room, pw->pw_uid, pw->pw_gid) < 0)
		return err_set(c->e, "%s: %s", room, strerror(errno));
	return 0;
}

static int start_theirs(struct compare *c, const struct peer_part *p)
{
	struct peer_run *r = &c->theirs[c->ntheirs];
	const char *word = p->peer->word, *program = peer_program(c->arena, word);
	bool dkim = p->peer == &peer_opendkim;

	if (!program)
		return err_set(c->e, "%s is not installed here: nothing to compare with",
			       p->peer->title);
	c->of.signs |= dkim;
	c->of.policy |= p->peer == &peer_opendmarc;
	c->of.seals |= p->peer == &peer_openarc;
	if (make_room(c, p, in_dir(c, word, "")) < 0)
		return -1;
	r->socket = in_dir(c, word, "/sock");
	r->log = in_dir(c, word, ".log");
	const char *argv[] = { program,
			       "-f",
			       dkim ? "-x" : "-c",
			       p->path,
			       "-p",
			       arena_printf(c->arena, "local:%s", r->socket).p,
			       "-P",
			       in_dir(c, word, "/pid"),
			       NULL };
	c->ntheirs++;
	return peer_run_start(c->arena, r, argv, c->e);
}

/* What was taken over, but for where it listens, logs, and sends reports. */
static void only_judge(struct compare *c)
{
	static const struct str not [] = { STR("listen"), STR("log"), STR("report.dmarc"),
					   STR("report.failure") };

	for (size_t i = 0; i < c->m->settings.n; i++) {
		struct peer_setting *s = &c->m->settings.p[i];
		for (size_t k = 0; k < sizeof not / sizeof *not ; k++)
			s->dropped |= str_eq(s->section, not [k]);
		s->dropped |= c->o->dns.n && str_eq(s->section, STR("dns")) &&
			      str_eq(s->name, STR("servers"));
	}
	peer_write(c->m, c->o->tables);
}

static int write_conf(struct compare *c, const char *path)
{
	struct buf b = { .arena = c->arena };
	FILE *f = fopen(path, "w");

	if (!f)
		return err_set(c->e, "%s: %s", path, strerror(errno));
	only_judge(c);
	buf_add(&b, c->m->text);
	buf_addf(&b, "listen \"compare\" { socket = \"unix:%s\" mode = 0666 }\n", c->ours.socket);
	if (c->o->dns.n) {
		buf_add(&b, STR("dns { servers = {"));
		buf_add(&b, peer_quoted(c->arena, c->o->dns));
		buf_add(&b, STR("} }\n"));
	}
	fwrite(b.p, 1, b.n, f);
	return fclose(f) == 0 ? 0 : err_set(c->e, "%s: %s", path, strerror(errno));
}

static int start_ours(struct compare *c)
{
	const char *program = peer_program(c->arena, "merlond");
	const char *conf = in_dir(c, "merlon.conf", ""), *state = in_dir(c, "state", "");
	const char *argv[] = { program, "-c", conf, "--state", state, NULL };

	c->ours.socket = in_dir(c, "merlon.sock", "");
	c->ours.log = in_dir(c, "merlond.log", "");
	if (!program)
		return err_set(c->e, "merlond is not there");
	if (write_conf(c, conf) < 0)
		return -1;
	return peer_run_start(c->arena, &c->ours, argv, c->e);
}

/* ---- messages ---- */

/* What an MTA makes of the answer, for the next filter: what was put in stands on top. */
static struct peer_mail after(struct arena *a, const struct peer_mail *mail,
			      const struct peer_answer *w)
{
	struct peer_mail out = { .name = mail->name, .body = mail->body };

	for (size_t i = w->inserted.n; i-- > 0;)
		VEC_PUSH(a, out.fields) = w->inserted.p[i];
	for (size_t i = 0; i < mail->fields.n; i++)
		VEC_PUSH(a, out.fields) = mail->fields.p[i];
	return out;
}

/* Each of them in its turn, as the MTA's list of milters has them. */
static int show_theirs(struct compare *c, struct arena *a, struct peer_mail mail,
		       struct peer_answer *all)
{
	struct peer_answer one;

	*all = (struct peer_answer){ .action = "accept" };
	for (size_t i = 0; i < c->ntheirs && str_eq(str_c(all->action), STR("accept")); i++) {
		if (peer_mta_show(a, c->theirs[i].socket, &c->o->envelope, &mail, &one, c->e) < 0)
			return -1;
		all->action = one.action;
		for (size_t k = 0; k < one.inserted.n; k++)
			VEC_PUSH(a, all->inserted) = one.inserted.p[k];
		mail = after(a, &mail, &one);
	}
	return 0;
}

static void one_mail(void *arg, struct str name, struct str octets)
{
	struct compare *c = arg;
	struct arena *a;
	struct peer_mail mail;
	struct peer_answer theirs, ours;
	struct peer_comparison out = { .name = name };

	if (c->failed)
		return;
	a = arena_new(0);
	peer_mail_read(a, name, octets, &mail);
	c->failed = show_theirs(c, a, mail, &theirs) < 0 ||
		    peer_mta_show(a, c->ours.socket, &c->o->envelope, &mail, &ours, c->e) < 0;
	if (!c->failed) {
		peer_facts(a, &c->of, &theirs, &ours, &out);
		c->fn(c->arg, &out);
	}
	arena_free(a);
}

/* ---- the whole ---- */

static int run(struct compare *c)
{
	for (size_t i = 0; i < c->m->parts.n; i++)
		if (start_theirs(c, c->m->parts.p[i]) < 0)
			return -1;
	if (start_ours(c) < 0)
		return -1;
	for (size_t i = 0; i < c->o->npath && !c->failed; i++)
		if (source_each(c->o->path[i], one_mail, c, c->e) < 0)
			return -1;
	return c->failed ? -1 : 0;
}

/* Files of a directory of ours, which has directories in it at most to this depth. */
static void clean(const char *dir, int depth)
{
	DIR *d = opendir(dir);
	struct dirent *x;
	char path[4096];

	while (d && (x = readdir(d))) {
		if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, x->d_name);
		if (unlink(path) < 0 && errno == EISDIR && depth > 0)
			clean(path, depth - 1);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

int peer_compare(struct peer_import *m, const struct peer_compare_options *o, peer_compare_fn *fn,
		 void *arg, struct err *e)
{
	char dir[] = "/tmp/merlon-import-XXXXXX";
	struct compare c = { .arena = m->arena, .m = m, .o = o, .fn = fn, .arg = arg, .e = e };
	int r;

	if (!mkdtemp(dir) || chmod(dir, 0711) < 0)
		return err_set(e, "%s: %s", dir, strerror(errno));
	c.dir = dir;
	r = run(&c);
	for (size_t i = 0; i < c.ntheirs; i++)
		peer_run_stop(&c.theirs[i]);
	peer_run_stop(&c.ours);
	clean(dir, 4);
	return r;
}
