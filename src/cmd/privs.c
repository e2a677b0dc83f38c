/* What a process gives up. */
#include "cmd/privs.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

int privs_find(const char *user, struct privs *out, struct err *e)
{
	const struct passwd *pw;

	*out = (struct privs){ 0 };
	if (geteuid() != 0)
		return 0;
	pw = getpwnam(user[0] ? user : "merlon");
	if (!pw && !user[0])
		pw = getpwnam("nobody");
	if (!pw)
		return err_set(e, "daemon.user: no account \"%s\"", user);
	*out = (struct privs){ pw->pw_uid, pw->pw_gid, 1 };
	return 0;
}

int privs_find_signer(const char *user, const struct privs *daemon, struct privs *out,
		      struct err *e)
{
	const struct passwd *pw;

	*out = *daemon;
	if (geteuid() != 0)
		return 0;
	pw = getpwnam(user[0] ? user : "merlon-sign");
	if (!pw && user[0])
		return err_set(e, "sign.user: no account \"%s\"", user);
	if (pw)
		*out = (struct privs){ pw->pw_uid, pw->pw_gid, 1 };
	return 0;
}

int privs_make_dir(const char *path, mode_t mode, const struct privs *p, struct err *e)
{
	struct stat st;
	int fd, rc = 0;

	if (mkdir(path, mode) < 0) {
		if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return 0;
		return err_set(e, "%s: %s", path, strerror(errno));
	}
	if (!p->change)
		return 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, p->uid, p->gid) < 0)
		rc = err_set(e, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

int privs_lend(const struct privs *p, struct err *e)
{
	if (!p->change || (setegid(p->gid) == 0 && seteuid(p->uid) == 0))
		return 0;
	return err_set(e, "cannot act as user %u: %s", (unsigned)p->uid, strerror(errno));
}

void privs_return(const struct privs *p)
{
	if (p->change && (seteuid(getuid()) < 0 || setegid(getgid()) < 0))
		bug("cannot be root again");
}

int privs_drop(const struct privs *p, struct err *e)
{
	if (!p->change)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(p->gid, p->gid, p->gid) < 0 ||
	    setresuid(p->uid, p->uid, p->uid) < 0)
		return err_set(e, "cannot become user %u: %s", (unsigned)p->uid, strerror(errno));
	return 0;
}

#ifdef __SANITIZE_ADDRESS__
/* The leak checker of a sanitizer build stops the process's threads by ptrace when it ends. */
int privs_confine(struct err *e)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? err_set(e, "prctl: %s", strerror(errno))
							  : 0;
}
#else
/* What PCRE2 makes of the rules was made before: from here on no memory becomes code. */
static int forbid_new_code(scmp_filter_ctx filter)
{
	static const struct {
		int call;
		scmp_datum_t bits;
	} rule[] = {
		{ SCMP_SYS(mmap), PROT_WRITE | PROT_EXEC },
		{ SCMP_SYS(mprotect), PROT_EXEC },
		{ SCMP_SYS(pkey_mprotect), PROT_EXEC },
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof rule / sizeof *rule && rc == 0; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), rule[i].call, 1,
				      SCMP_A2(SCMP_CMP_MASKED_EQ, rule[i].bits, rule[i].bits));
	return rc;
}

int privs_confine(struct err *e)
{
	static const int forbidden[] = { SCMP_SYS(execve),
					 SCMP_SYS(execveat),
					 SCMP_SYS(ptrace),
					 SCMP_SYS(process_vm_readv),
					 SCMP_SYS(process_vm_writev),
					 SCMP_SYS(init_module),
					 SCMP_SYS(finit_module),
					 SCMP_SYS(mount),
					 SCMP_SYS(kexec_load),
					 SCMP_SYS(bpf) };
	struct rlimit none = { 0, 0 };
	scmp_filter_ctx filter;
	int rc = 0;

	setrlimit(RLIMIT_CORE, &none);
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(e, "prctl: %s", strerror(errno));
	filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter)
		return err_set(e, "seccomp: no memory");
	for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden && rc == 0; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), forbidden[i], 0);
	if (rc == 0)
		rc = forbid_new_code(filter);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc < 0 ? err_set(e, "seccomp: %s", strerror(-rc)) : 0;
}
#endif
