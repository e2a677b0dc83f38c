/* merlon setup: prints, or makes, the change that attaches an MTA to the filter. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/app.h"
#include "cmd/cmd.h"
#include "cmd/maincf.h"
#include "cmd/source.h"
#include "milter/milter.h"

#define CONF_FILE MERLON_SYSCONFDIR "/merlon.conf"

static int usage(FILE *out, int code)
{
	fputs("usage: merlon setup postfix [--apply] [-c FILE] [--main-cf FILE]\n"
	      "       merlon setup sendmail [-c FILE]\n"
	      "Prints the change that attaches the MTA to the filter's first inbound listener.\n\n"
	      "  --apply            make the change in Postfix's main.cf; the old file is kept "
	      "beside it\n"
	      "                     as main.cf.before-merlon\n"
	      "  -c, --config FILE  the daemon's configuration (default " CONF_FILE ",\n"
	      "                     if it is there)\n"
	      "  --main-cf FILE     Postfix's main.cf (default /etc/postfix/main.cf)\n"
	      "  --help             this text\n\n"
	      "Exit: 0 done or nothing to do, 2 failure.\n",
	      out);
	return code;
}

static struct str first_socket(struct arena *a, const char *conf)
{
	const struct check *const *checks = app_checks(a, NULL);
	struct app *app = checks ? app_load(conf, checks, 0, NULL, NULL) : NULL;
	struct str found = STR_NULL;
	struct milter_listener *l;
	struct err e;
	size_t n = 0;

	if (app && milter_listeners(a, app->conf, &l, &n, &e) < 0)
		fprintf(stderr, "merlon: %s\n", e.text);
	for (size_t i = 0; i < n && !found.n; i++)
		if (str_eq(l[i].profile, STR("inbound")))
			found = arena_dup(a, l[i].socket);
	if (app && !found.n)
		fputs("merlon: the configuration has no inbound listener\n", stderr);
	app_free(app);
	return found;
}

static int write_file(const char *path, struct str text, const struct stat *like, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, like->st_mode & 0777);
	size_t at = 0;
	ssize_t n = 0;

	if (fd < 0)
		return err_set(e, "%s: %s", path, strerror(errno));
	while (at < text.n && (n = write(fd, text.p + at, text.n - at)) > 0)
		at += (size_t)n;
	if (at < text.n || fsync(fd) < 0 || fchown(fd, like->st_uid, like->st_gid) < 0 ||
	    fchmod(fd, like->st_mode & 0777) < 0) {
		err_set(e, "%s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	return close(fd) < 0 ? err_set(e, "%s: %s", path, strerror(errno)) : 0;
}

static int apply(struct arena *a, const char *path, struct str before, struct str after)
{
	struct str new = arena_printf(a, "%s.merlon-new", path);
	struct stat st;
	struct err e;

	if (stat(path, &st) < 0)
		err_set(&e, "%s: %s", path, strerror(errno));
	else if (write_file(arena_printf(a, "%s.before-merlon", path).p, before, &st, &e) == 0 &&
		 write_file(new.p, after, &st, &e) == 0) {
		if (rename(new.p, path) == 0) {
			printf("%s: changed; run \"postfix reload\"\n", path);
			return APP_EXIT_GOOD;
		}
		err_set(&e, "%s: %s", path, strerror(errno));
	}
	fprintf(stderr, "merlon: %s\n", e.text);
	return APP_EXIT_FAILURE;
}

static int setup_postfix(struct arena *a, struct str socket, const char *path, bool do_apply)
{
	static const char *const names[] = { "smtpd_milters", "non_smtpd_milters",
					     "milter_default_action" };
	struct str before, after;
	struct err e;
	size_t n;
	char *p;

	if (source_read(path, &p, &n, &e) < 0) {
		if (do_apply) {
			fprintf(stderr, "merlon: %s\n", e.text);
			return APP_EXIT_FAILURE;
		}
		n = 0;
		p = NULL;
	}
	before = arena_dup(a, str_of(p, n));
	free(p);
	after = maincf_attach(a, before, socket);
	if (str_eq(after, before)) {
		printf("%s: nothing to change\n", path);
		return APP_EXIT_GOOD;
	}
	if (do_apply)
		return apply(a, path, before, after);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct str value = maincf_get(a, after, str_c(names[i]));
		if (!str_eq(value, maincf_get(a, before, str_c(names[i]))))
			printf("postconf -e '%s = %.*s'\n", names[i], STR_ARG(value));
	}
	puts("postfix reload");
	return APP_EXIT_GOOD;
}

static int setup_sendmail(struct str socket)
{
	printf("Put this line into sendmail.mc, run make, restart sendmail:\n"
	       "INPUT_MAIL_FILTER(`merlon', `S=%.*s, F=T, T=C:30s;S:30s;R:60s;E:5m')dnl\n",
	       STR_ARG(socket));
	return APP_EXIT_GOOD;
}

int cmd_setup(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "apply", 0, 0, 'a' },
		{ "config", 1, 0, 'c' },
		{ "main-cf", 1, 0, 'm' },
		{ "help", 0, 0, 'h' },
		{ 0 },
	};
	const char *conf = NULL, *main_cf = "/etc/postfix/main.cf";
	int c, code = APP_EXIT_FAILURE;
	bool do_apply = false;

	while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		if (c == 'a')
			do_apply = true;
		else if (c == 'c')
			conf = optarg;
		else if (c == 'm')
			main_cf = optarg;
		else
			return usage(c == 'h' ? stdout : stderr,
				     c == 'h' ? APP_EXIT_GOOD : APP_EXIT_FAILURE);
	}
	struct str mta = argc - optind == 1 ? str_c(argv[optind]) : STR_NULL;
	if (!str_eq(mta, STR("postfix")) && !str_eq(mta, STR("sendmail")))
		return usage(stderr, APP_EXIT_FAILURE);
	if (!conf && access(CONF_FILE, F_OK) == 0)
		conf = CONF_FILE;
	struct arena *a = arena_new(0);
	struct str socket = first_socket(a, conf);
	if (socket.n)
		code = str_eq(mta, STR("postfix")) ? setup_postfix(a, socket, main_cf, do_apply)
						   : setup_sendmail(socket);
	arena_free(a);
	return code;
}
