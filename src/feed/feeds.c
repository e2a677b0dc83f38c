/* The sets of a process that asks them: mapped, and exchanged when another has come. */
#include "feed/feeds.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "base/hash.h"

struct held {
	const char *path;
	struct feed_set *set;
	uint64_t looked_ms; /* 0: never */
	struct stat at;	    /* of the file when it was opened */
	int64_t current_s;  /* its time of change, which may move alone */
	char why[128];
};

struct feeds {
	struct arena *arena;
	const struct feed_specs *specs;
	struct held *held;
};

struct feeds *feeds_new(const struct feed_specs *specs, const char *dir)
{
	struct arena *a = arena_new(0);
	struct feeds *f = ARENA_NEW(a, struct feeds);

	f->arena = a;
	f->specs = specs;
	f->held = ARENA_ARRAY(a, struct held, specs->n + 1);
	for (size_t i = 0; i < specs->n; i++)
		f->held[i].path = feeds_path(a, dir, specs->spec[i].name, "set");
	return f;
}

void feeds_free(struct feeds *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->specs->n; i++)
		feed_close(f->held[i].set);
	arena_free(f->arena);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size;
}

static void why(struct held *h, const char *text)
{
	struct str s = str_sub(str_c(text), 0, sizeof h->why - 1);

	memcpy(h->why, s.p, s.n);
	h->why[s.n] = 0;
}

static void drop(struct held *h)
{
	feed_close(h->set);
	h->set = NULL;
	h->at = (struct stat){ 0 };
}

/* A file that could not be read is not read again until another one is there. */
static void look(struct held *h)
{
	struct stat st;
	struct err e;

	if (stat(h->path, &st) < 0) {
		drop(h);
		why(h, "it is not there");
		return;
	}
	h->current_s = st.st_mtim.tv_sec;
	if (same_file(&st, &h->at))
		return;
	drop(h);
	h->at = st;
	h->set = feed_open(h->path, &e);
	why(h, h->set ? "" : e.text);
}

static struct held *held(struct feeds *f, size_t i)
{
	struct held *h = &f->held[i];
	uint64_t now = clock_mono_ms();

	if (!h->looked_ms || now >= h->looked_ms + FEEDS_LOOK_MS) {
		h->looked_ms = now;
		look(h);
	}
	return h;
}

const struct feed_set *feeds_set(struct feeds *f, size_t i)
{
	return f ? held(f, i)->set : NULL;
}

enum feeds_state feeds_state(struct feeds *f, size_t i)
{
	const struct held *h = f ? held(f, i) : NULL;

	if (!h || !h->set)
		return FEEDS_MISSING;
	return clock_wall() - h->current_s > (int64_t)(f->specs->spec[i].max_age_ms / 1000)
		       ? FEEDS_STALE
		       : FEEDS_GOOD;
}

const char *feeds_why(struct feeds *f, size_t i)
{
	return f ? held(f, i)->why : "no state directory";
}

/* The same on all machines that have the same, as far as numbers say. */
uint64_t feeds_mark(struct feeds *f)
{
	struct hash_key k = { 0, 0 };

	for (size_t i = 0; f && i < f->specs->n; i++) {
		k.k1 = feed_entries(held(f, i)->set);
		k.k0 = hash_sip13(k, f->specs->spec[i].name);
	}
	return k.k0;
}
