/*
 * Signatures through lanes: a keeper with its signers, and one asker that keeps every lane busy.
 * sign rsa2048|rsa1024|rsa4096|ed25519 SIGNERS SECONDS. One line of JSON: signatures, and the CPU
 * time of all who took part. Its file of the key goes to the working directory and away.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/loop.h"
#include "sign/keeper.h"

#define AHEAD 64u /* requests under way in each lane */
#define LANES_MAX KEEPER_SIGNERS_MAX
#define PATIENCE_MS 30000u

static const struct algorithm {
	const char *name;
	enum key_type type;
	unsigned bits;
} algorithms[] = { { "rsa1024", KEY_RSA, 1024 },
		   { "rsa2048", KEY_RSA, 2048 },
		   { "rsa4096", KEY_RSA, 4096 },
		   { "ed25519", KEY_ED25519, 0 } };

struct bench {
	struct loop *loop;
	struct sign_key key;
	struct asker {
		struct bench *bench;
		struct sign_client *client;
	} asker[LANES_MAX];
	uint64_t until_ms, signatures, bad, under_way;
	struct crypto *crypto;
};

static _Noreturn void fail(const char *why)
{
	fprintf(stderr, "sign: %s\n", why);
	exit(2);
}

static void ask(struct asker *a);

static const char digest[SIGN_DIGEST] = "what is signed, again and again";

/* One in a thousand is looked at. */
static bool good(struct bench *b, const struct sign_reply *reply)
{
	const struct pubkey *public;
	unsigned bits;

	if (reply->status != SIGN_OK || b->signatures % 1000)
		return reply->status == SIGN_OK;
	return pubkey_get(b->crypto, b->key.type, b->key.public, &public, &bits) == PUBKEY_OK &&
	       pubkey_verify(b->crypto, public, HASH_SHA256, str_of(digest, sizeof digest),
			     reply->signature);
}

static void done(void *arg, const struct sign_reply *reply)
{
	struct asker *a = arg;
	struct bench *b = a->bench;

	b->under_way--;
	b->bad += !good(b, reply);
	b->signatures++;
	if (clock_mono_ms() < b->until_ms)
		ask(a);
}

static void ask(struct asker *a)
{
	a->bench->under_way++;
	sign_ask(a->client, a->bench->key.id, str_of(digest, sizeof digest), PATIENCE_MS, done, a);
}

static uint64_t cpu_us(const struct rusage *u)
{
	return (uint64_t)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(u->ru_utime.tv_usec + u->ru_stime.tv_usec);
}

static void run(struct bench *b, const int *lane, unsigned lanes, unsigned seconds)
{
	b->until_ms = clock_mono_ms() + seconds * 1000;
	for (unsigned i = 0; i < lanes; i++) {
		b->asker[i] = (struct asker){ b, sign_client_new(b->loop, lane[i]) };
		for (unsigned k = 0; k < AHEAD; k++)
			ask(&b->asker[i]);
	}
	while (b->under_way)
		loop_turn(b->loop, 1000);
	for (unsigned i = 0; i < lanes; i++)
		sign_client_free(b->asker[i].client);
}

static int measure(const struct algorithm *alg, unsigned signers, unsigned seconds)
{
	struct arena *a = arena_new(0);
	struct bench b = { .loop = loop_new(), .crypto = crypto_new() };
	struct keeper_args args = { .manage = -1, .processes = signers, .dir = ".", .owner = -1U };
	struct sign_file file = { .path = "sign-bench.key", .where = "bench:1" };
	int lane[LANES_MAX], far[LANES_MAX], pair[2], ours, status;
	struct rusage keeper, before, after;
	struct err e = { "" };
	pid_t pid;

	unlink(file.path);
	if (sign_key_make(a, alg->type, alg->bits, file.path, (uid_t)-1, &b.key, &e) < 0)
		fail(e.text);
	for (unsigned i = 0; i < signers; i++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
			fail("no socket pair");
		lane[i] = pair[0];
		far[i] = pair[1];
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		fail("no socket pair");
	ours = pair[0];
	args.supervisor = pair[1];
	args.lane = far;
	args.nlanes = signers;
	pid = fork();
	if (pid == 0) {
		close(ours);
		_exit(keeper_run(&args));
	}
	if (pid < 0 || keeper_load(ours, a, &file, 1, &e) < 0 || !file.ok)
		fail(e.text[0] ? e.text : "the key was not read");
	unlink(file.path);
	/* a load generator that does not take a core from a signer with every reply */
	sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ 0 });
	getrusage(RUSAGE_SELF, &before);
	uint64_t begun = clock_mono_us();
	run(&b, lane, signers, seconds);
	uint64_t wall = clock_mono_us() - begun;
	getrusage(RUSAGE_SELF, &after);
	kill(pid, SIGTERM);
	if (wait4(pid, &status, 0, &keeper) != pid || status != 0)
		fail("the keeper did not end well");
	printf("{\"algorithm\":\"%s\",\"signers\":%u,\"signatures\":%llu,\"bad\":%llu,"
	       "\"wall_us\":%llu,\"signers_cpu_us\":%llu,\"asker_cpu_us\":%llu}\n",
	       alg->name, signers, (unsigned long long)b.signatures, (unsigned long long)b.bad,
	       (unsigned long long)wall, (unsigned long long)cpu_us(&keeper),
	       (unsigned long long)(cpu_us(&after) - cpu_us(&before)));
	crypto_free(b.crypto);
	loop_free(b.loop);
	arena_free(a);
	return b.bad || !b.signatures;
}

int main(int argc, char **argv)
{
	uint64_t signers, seconds;

	if (argc != 4 || !str_u64(str_c(argv[2]), LANES_MAX, &signers) || !signers ||
	    !str_u64(str_c(argv[3]), 3600, &seconds))
		fail("sign rsa1024|rsa2048|rsa4096|ed25519 SIGNERS SECONDS");
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
		if (strcmp(argv[1], algorithms[i].name) == 0)
			return measure(&algorithms[i], (unsigned)signers, (unsigned)seconds);
	fail("no such algorithm");
}
