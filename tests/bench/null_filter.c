/*
 * A libmilter filter that does nothing, as cheaply as libmilter allows: the floor of the bench.
 * null_filter [-a] [-v] [-s SECONDS] SOCKET; -a inserts one header field, -v says what comes when,
 * -s waits at the end of a message.
 */
#include <libmilter/mfapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* libmilter's callbacks take no argument of ours; set before smfi_main, read-only afterwards. */
static struct {
	int insert, verbose;
	unsigned wait;
} opts;

static sfsistat said(const char *what)
{
	struct timespec t;

	if (!opts.verbose)
		return SMFIS_CONTINUE;
	clock_gettime(CLOCK_REALTIME, &t);
	fprintf(stderr, "%lld.%03ld %s\n", (long long)t.tv_sec, t.tv_nsec / 1000000, what);
	return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *addr)
{
	(void)ctx, (void)name, (void)addr;
	return said("connect");
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
	(void)ctx, (void)name;
	return said("helo");
}

static sfsistat on_from(SMFICTX *ctx, char **argv)
{
	(void)ctx, (void)argv;
	return said("mail");
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
	(void)ctx, (void)argv;
	return said("rcpt");
}

static sfsistat on_data(SMFICTX *ctx)
{
	(void)ctx;
	return said("data");
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	(void)ctx, (void)name, (void)value;
	return SMFIS_CONTINUE;
}

static sfsistat on_eoh(SMFICTX *ctx)
{
	(void)ctx;
	return said("eoh");
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *p, size_t n)
{
	(void)ctx, (void)p, (void)n;
	return SMFIS_CONTINUE;
}

static sfsistat on_eom(SMFICTX *ctx)
{
	said("eom");
	if (opts.wait)
		sleep(opts.wait);
	if (opts.insert)
		smfi_insheader(ctx, 0, (char[]){ "Authentication-Results" },
			       (char[]){ "null.example; none" });
	return SMFIS_ACCEPT;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2,
			     unsigned long f3, unsigned long *pf0, unsigned long *pf1,
			     unsigned long *pf2, unsigned long *pf3)
{
	unsigned long nr = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT |
			   SMFIP_NR_DATA | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY;

	(void)ctx, (void)f0, (void)f2, (void)f3;
	*pf0 = SMFIF_ADDHDRS;
	*pf1 = f1 & (nr | SMFIP_HDR_LEADSPC);
	*pf2 = *pf3 = 0;
	return SMFIS_CONTINUE;
}

static void read_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "avs:")) != -1) {
		if (c == 'a')
			opts.insert = 1;
		else if (c == 'v')
			opts.verbose = 1;
		else if (c == 's')
			opts.wait = (unsigned)strtoul(optarg, NULL, 10);
		else
			exit(2);
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "null_filter [-a] [-v] [-s SECONDS] SOCKET\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct smfiDesc d = {
		.xxfi_name = (char[]){ "null" },
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_from,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_data = on_data,
		.xxfi_header = on_header,
		.xxfi_eoh = on_eoh,
		.xxfi_body = on_body,
		.xxfi_eom = on_eom,
		.xxfi_negotiate = on_negotiate,
	};

	read_options(argc, argv);
	if (smfi_register(d) == MI_FAILURE || smfi_setconn(argv[optind]) == MI_FAILURE)
		return 1;
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}
