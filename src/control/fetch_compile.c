/* The compilation of a feed. */
#include "control/fetch_compile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

#define ED25519_SIG 64u

/* ---- is it what it should be ---- */

static void sum(struct str text, uint8_t out[32], char hex[65])
{
	static const char digit[] = "0123456789abcdef";

	if (!EVP_Digest(text.p, text.n, out, NULL, EVP_sha256(), NULL))
		bug("no SHA-256");
	for (size_t i = 0; i < 32; i++) {
		hex[2 * i] = digit[out[i] >> 4];
		hex[2 * i + 1] = digit[out[i] & 15];
	}
	hex[64] = 0;
}

static bool signed_by(const uint8_t key[32], struct str text, struct str sig)
{
	EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool good = k && c && sig.n == ED25519_SIG &&
		    EVP_DigestVerifyInit(c, NULL, NULL, NULL, k) == 1 &&
		    EVP_DigestVerify(c, (const uint8_t *)sig.p, sig.n, (const uint8_t *)text.p,
				     text.n) == 1;

	EVP_MD_CTX_free(c);
	EVP_PKEY_free(k);
	return good;
}

/* ---- compiling ---- */

static void say(struct compile_result *r, enum compile_outcome o, const char *why)
{
	r->outcome = o;
	fetch_say(r->why, str_c(why));
}

static bool set_there(const char *path)
{
	struct feed_set *s = feed_open(path, NULL);

	feed_close(s);
	return s != NULL;
}

static bool shrunk(const struct compile_task *t, struct compile_result *r)
{
	const struct fetch_state *b = t->before;

	if (b->same != t->spec->same || r->counts.entries >= b->entries / 2 ||
	    b->shrunk + 1 >= FETCH_SHRUNK || !set_there(t->set_path))
		return false;
	say(r, COMPILE_SHRUNK, "");
	snprintf(r->why, sizeof r->why, "%zu entries, of %llu before: taken if it stays so",
		 r->counts.entries, (unsigned long long)b->entries);
	return true;
}

static void compile(const struct compile_task *t, struct str text, struct compile_result *r)
{
	struct err e;
	size_t n;
	void *set = feed_compile(text, &t->spec->format, &n, &r->counts, &e);

	if (!set) {
		say(r, COMPILE_BAD, e.text);
		return;
	}
	if (!shrunk(t, r)) {
		if (fetch_put(t->set_path, str_of(set, n), &e) < 0)
			say(r, COMPILE_BAD, e.text);
		else
			say(r, COMPILE_NEW, "");
	}
	free(set);
}

static void check(const struct compile_task *t, struct str text, struct str sig,
		  struct compile_result *r)
{
	uint8_t digest[32];

	r->octets = text.n;
	sum(text, digest, r->sha256);
	if (t->spec->pinned && memcmp(digest, t->spec->sha256, sizeof digest) != 0)
		say(r, COMPILE_BAD, "its SHA-256 is another one");
	else if (t->spec->is_signed && !signed_by(t->spec->key, text, sig))
		say(r, COMPILE_BAD, "its signature is wrong");
	else if (t->before->same == t->spec->same && strcmp(r->sha256, t->before->sha256) == 0 &&
		 set_there(t->set_path))
		say(r, COMPILE_SAME, "");
	else
		compile(t, text, r);
}

static void check_file(const struct compile_task *t, struct compile_result *r)
{
	struct arena *a = arena_new(0);
	struct str text, sig = STR("");
	struct err e;

	if (file_read(a, t->spec->path, FEED_MAX_OCTETS, &text, &e) < 0 ||
	    (t->spec->is_signed &&
	     file_read(a, arena_printf(a, "%s.sig", t->spec->path).p, FETCH_SIG_MAX, &sig, &e) < 0))
		say(r, COMPILE_BAD, e.text);
	else
		check(t, text, sig, r);
	arena_free(a);
}

void compile_here(const struct compile_task *t, struct compile_result *out)
{
	memset(out, 0, sizeof *out);
	if (t->spec->path)
		check_file(t, out);
	else
		check(t, t->text, t->sig, out);
}

/* ---- in a process of its own ---- */

/* Nothing of the parent's is touched but memory: not its loop, its store, its log. */
static void child(const struct compile_task *t, int fd, pid_t parent)
{
	const struct rlimit cpu = { FETCH_CPU_S, FETCH_CPU_S };
	struct compile_result r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "merlon-feed");
	if (getppid() != parent || dup2(fd, 0) < 0)
		return;
	syscall(SYS_close_range, 3u, ~0u, 0u);
	signal(SIGTERM, SIG_DFL);
	setrlimit(RLIMIT_CPU, &cpu);
	compile_here(t, &r);
	(void)!write(0, &r, sizeof r);
}

pid_t compile_start(const struct compile_task *t, int *fd, struct err *e)
{
	pid_t parent = getpid(), pid;
	int p[2];

	if (pipe2(p, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_set(e, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		child(t, p[1], parent);
		_exit(0);
	}
	close(p[1]);
	if (pid < 0) {
		close(p[0]);
		return err_set(e, "fork: %s", strerror(errno));
	}
	*fd = p[0];
	return pid;
}
