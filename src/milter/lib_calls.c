/* libmilter's callbacks: each hands its event to the loop; only the end of a message waits. */
#include "milter/lib.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "milter/apply.h"
#include "milter/negotiate.h"

/*
 * libmilter is one a process and gives its callbacks no argument: so the engine they serve is kept
 * here. Set once, before its threads are started.
 */
static struct lib *served;

/* The session of a context; made when its first callback comes. */
static struct lib_session *self(SMFICTX *ctx)
{
	struct lib_session *ls = smfi_getpriv(ctx);

	if (ls)
		return ls;
	ls = calloc(1, sizeof *ls);
	if (!ls)
		bug("milter: no memory for a session");
	ls->lib = served;
	pthread_cond_init(&ls->answer, NULL);
	pthread_mutex_lock(&served->lock);
	ls->actions = served->actions;
	ls->steps = served->steps;
	pthread_mutex_unlock(&served->lock);
	smfi_setpriv(ctx, ls);
	lib_post(served, &(struct lib_event){ .ls = ls, .kind = LIB_OPEN });
	return ls;
}

static struct str symbol(SMFICTX *ctx, const char *name)
{
	return str_c(smfi_getsymval(ctx, (char *)name));
}

static void post(SMFICTX *ctx, struct lib_event ev)
{
	ev.ls = self(ctx);
	if (ev.cmd) {
		ev.id = symbol(ctx, "i");
		ev.auth = symbol(ctx, "{auth_authen}");
		ev.tls = symbol(ctx, "{tls_version}");
		ev.mta = symbol(ctx, "v");
	}
	lib_post(served, &ev);
}

static sfsistat go_on(SMFICTX *ctx, uint32_t no_reply)
{
	return self(ctx)->steps & no_reply ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2,
			     unsigned long f3, unsigned long *pf0, unsigned long *pf1,
			     unsigned long *pf2, unsigned long *pf3)
{
	struct lib_session *ls = self(ctx);
	struct negotiated n;
	(void)f2;
	(void)f3;

	negotiate_choose(NEGOTIATE_MAX, (uint32_t)f0, (uint32_t)f1, &n);
	ls->actions = n.actions;
	ls->steps = n.steps;
	pthread_mutex_lock(&served->lock);
	served->actions = n.actions;
	served->steps = n.steps;
	pthread_mutex_unlock(&served->lock);
	*pf0 = n.actions;
	*pf1 = n.steps;
	*pf2 = *pf3 = 0;
	if (n.actions & SMFIF_SETSYMLIST)
		for (const struct negotiate_macros *m = negotiate_macros; m->macros; m++)
			(void)smfi_setsymlist(ctx, m->stage, (char *)m->macros);
	return SMFIS_CONTINUE;
}

static struct ip ip_of(const _SOCK_ADDR *addr)
{
	struct ip ip = { 0 };

	if (addr && addr->sa_family == AF_INET) {
		ip.family = 4;
		memcpy(ip.b, &((const struct sockaddr_in *)(const void *)addr)->sin_addr, 4);
	} else if (addr && addr->sa_family == AF_INET6) {
		ip.family = 6;
		memcpy(ip.b, &((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr, 16);
	}
	return ip_unmapped(ip);
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *addr)
{
	post(ctx, (struct lib_event){ .kind = LIB_CONNECT,
				      .cmd = SMFIC_CONNECT,
				      .ip = ip_of(addr),
				      .a = str_c(host) });
	return go_on(ctx, SMFIP_NR_CONN);
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
	post(ctx, (struct lib_event){ .kind = LIB_HELO, .cmd = SMFIC_HELO, .a = str_c(name) });
	return go_on(ctx, SMFIP_NR_HELO);
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
	post(ctx, (struct lib_event){ .kind = LIB_MAIL, .cmd = SMFIC_MAIL, .a = str_c(argv[0]) });
	return go_on(ctx, SMFIP_NR_MAIL);
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
	post(ctx, (struct lib_event){ .kind = LIB_RCPT, .cmd = SMFIC_RCPT, .a = str_c(argv[0]) });
	return go_on(ctx, SMFIP_NR_RCPT);
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	bool leadspc = self(ctx)->steps & SMFIP_HDR_LEADSPC;

	post(ctx,
	     (struct lib_event){
		     .kind = LIB_HEADER, .leadspc = leadspc, .a = str_c(name), .b = str_c(value) });
	return go_on(ctx, SMFIP_NR_HDR);
}

static sfsistat on_eoh(SMFICTX *ctx)
{
	post(ctx, (struct lib_event){ .kind = LIB_EOH, .cmd = SMFIC_EOH });
	return go_on(ctx, SMFIP_NR_EOH);
}

/* Waits, so that libmilter reads no more than the loop can take. */
static sfsistat on_body(SMFICTX *ctx, unsigned char *p, size_t n)
{
	post(ctx,
	     (struct lib_event){ .kind = LIB_BODY, .wait = true, .a = str_of((const char *)p, n) });
	return go_on(ctx, SMFIP_NR_BODY);
}

/* ---- the verdict ---- */

struct playing {
	SMFICTX *ctx;
	sfsistat end;
};

static SMFICTX *ctx_of(void *arg)
{
	return ((struct playing *)arg)->ctx;
}

static bool call_insert(void *arg, unsigned index, struct str name, struct str value)
{
	return smfi_insheader(ctx_of(arg), (int)index, (char *)name.p, (char *)value.p) ==
	       MI_SUCCESS;
}

static bool call_erase(void *arg, struct str name, unsigned index)
{
	return smfi_chgheader(ctx_of(arg), (char *)name.p, (int)index, NULL) == MI_SUCCESS;
}

static bool call_add_rcpt(void *arg, struct str rcpt)
{
	return smfi_addrcpt(ctx_of(arg), (char *)rcpt.p) == MI_SUCCESS;
}

static bool call_del_rcpt(void *arg, struct str rcpt)
{
	return smfi_delrcpt(ctx_of(arg), (char *)rcpt.p) == MI_SUCCESS;
}

static bool call_quarantine(void *arg, struct str reason)
{
	return smfi_quarantine(ctx_of(arg), (char *)reason.p) == MI_SUCCESS;
}

static bool call_body(void *arg, struct str chunk)
{
	return smfi_replacebody(ctx_of(arg), (unsigned char *)chunk.p, (int)chunk.n) == MI_SUCCESS;
}

static void call_final(void *arg, enum apply_final f, const struct apply_reply *r)
{
	/* After SMFIS_ACCEPT libmilter would not see a new client (SMFIC_QUIT_NC) any more; at the
	 * end of a message SMFIS_CONTINUE takes it just as well. */
	static const sfsistat ends[] = {
		[FINAL_ACCEPT] = SMFIS_CONTINUE,
		[FINAL_REJECT] = SMFIS_REJECT,
		[FINAL_TEMPFAIL] = SMFIS_TEMPFAIL,
		[FINAL_DISCARD] = SMFIS_DISCARD,
	};

	if (r)
		(void)smfi_setreply(ctx_of(arg), (char *)r->code, (char *)r->enhanced,
				    (char *)r->text);
	((struct playing *)arg)->end = ends[f];
}

static const struct apply_ops call_ops = {
	.insert = call_insert,
	.erase = call_erase,
	.add_rcpt = call_add_rcpt,
	.del_rcpt = call_del_rcpt,
	.quarantine = call_quarantine,
	.body = call_body,
	.final = call_final,
};

static size_t play(struct lib_session *ls, const struct verdict *v, struct playing *p)
{
	struct arena *a = arena_new(0);
	const struct apply_target t = { .ops = &call_ops,
					.arg = p,
					.actions = ls->actions,
					.leadspc = ls->steps & SMFIP_HDR_LEADSPC };
	size_t undone = apply_verdict(a, v, &t);

	arena_free(a);
	return undone;
}

static sfsistat on_eom(SMFICTX *ctx)
{
	struct lib_session *ls = self(ctx);
	struct playing p = { .ctx = ctx, .end = SMFIS_TEMPFAIL };
	const struct verdict *v;
	size_t undone = 0;

	post(ctx, (struct lib_event){ .kind = LIB_EOM, .cmd = SMFIC_BODYEOB });
	while (!lib_wait(ls, served->cfg.progress, &v))
		(void)smfi_progress(ctx);
	if (v)
		undone = play(ls, v, &p);
	post(ctx, (struct lib_event){ .kind = LIB_END, .wait = true, .undone = undone });
	return p.end;
}

static sfsistat on_abort(SMFICTX *ctx)
{
	post(ctx, (struct lib_event){ .kind = LIB_ABORT });
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
	struct lib_session *ls = smfi_getpriv(ctx);

	if (!ls)
		return SMFIS_CONTINUE;
	smfi_setpriv(ctx, NULL);
	lib_post(served, &(struct lib_event){ .ls = ls, .kind = LIB_CLOSE });
	return SMFIS_CONTINUE;
}

/* What is left out (data, unknown commands) libmilter answers by itself. */
int lib_register(struct lib *lib)
{
	struct smfiDesc d = {
		.xxfi_name = (char *)"merlon",
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGBODY | SMFIF_ADDRCPT | SMFIF_DELRCPT |
			      SMFIF_CHGHDRS | SMFIF_QUARANTINE | SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eoh = on_eoh,
		.xxfi_body = on_body,
		.xxfi_eom = on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_negotiate,
	};

	if (served)
		return -1;
	served = lib;
	return smfi_register(d) == MI_SUCCESS ? 0 : -1;
}
