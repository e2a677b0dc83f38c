/* From options to a life, whose hands are the keeper's. */
#include "control/keyring/keeping.h"

#include "control/keyring/options.h"
#include "sign/keeper.h"

struct keeping {
	struct arena *arena;
	int keeper; /* -1: none */
	struct life *life;
};

static int no_keeper(struct err *e)
{
	return err_set(e, "there is no process that keeps keys");
}

static int make(void *arg, struct arena *a, struct str domain, struct str selector,
		enum key_type type, unsigned bits, struct sign_key *key, struct err *e)
{
	const struct keeping *k = arg;

	return k->keeper < 0 ? no_keeper(e)
			     : keeper_make(k->keeper, a, domain, selector, type, bits, key, e);
}

static int wipe(void *arg, struct arena *a, struct str domain, struct str selector, struct err *e)
{
	const struct keeping *k = arg;

	return k->keeper < 0 ? no_keeper(e) : keeper_wipe(k->keeper, a, domain, selector, e);
}

struct keeping *keeping_new(struct loop *l, const struct control_args *args)
{
	const struct conf *c = args->conf;
	struct life_args life;
	struct keeping *k;
	struct arena *a;

	if (!args->resolver || !keyring_wanted(c))
		return NULL;
	a = arena_new(0);
	k = ARENA_NEW(a, struct keeping);
	k->arena = a;
	k->keeper = args->keeper_fd;
	life = (struct life_args){
		.dns = { .loop = l,
			 .resolver = args->resolver,
			 .port = (uint16_t)conf_int(c, "sign.dns_port") },
		.state = args->state,
		.keys = "", /* no path is looked at here */
		.hands = { make, wipe, k },
		.signer = args->signer,
		.every_ms = conf_time_ms(c, "sign.check"),
		.work_ms = LIFE_WORK_MS,
		.rotate_s = (int64_t)(conf_time_ms(c, "sign.rotate") / 1000),
		.keep_s = keyring_keep_s(c),
	};
	k->life = life_new(&life);
	return k;
}

void keeping_free(struct keeping *k)
{
	if (!k)
		return;
	life_free(k->life);
	arena_free(k->arena);
}
