/* Key files in a directory of their own, and a configuration whose keys a signer holds. */
#include "unit/checks/sign/keys_world.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sign/keys.h"

static void make(struct keys_world *k, const char *name, enum key_type type, unsigned bits)
{
	struct sign_key key;
	struct err e;

	if (sign_key_make(k->a, type, bits, arena_printf(k->a, "%s/%s", k->dir, name).p, (uid_t)-1,
			  &key, &e) < 0)
		fail_msg("%s", e.text);
}

void keys_open(struct keys_world *k)
{
	*k = (struct keys_world){ .dir = "/tmp/merlon-keys.XXXXXX",
				  .keys = sign_keys_new(),
				  .a = arena_new(0) };
	assert_non_null(mkdtemp(k->dir));
	make(k, "e.key", KEY_ED25519, 0);
	make(k, "e2.key", KEY_ED25519, 0);
	make(k, "r.key", KEY_RSA, 1024);
	make(k, "r2.key", KEY_RSA, 1024);
}

static int forget(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void keys_close(struct keys_world *k)
{
	nftw(k->dir, forget, 8, FTW_DEPTH | FTW_PHYS);
	sign_keys_free(k->keys);
	arena_free(k->a);
}

const char *keys_text(struct keys_world *k, const char *text)
{
	struct buf b = { .arena = k->a };
	struct str rest = str_c(text);
	size_t at;

	while ((at = str_find(rest, STR("@DIR@"))) != SIZE_MAX) {
		buf_add(&b, str_sub(rest, 0, at));
		buf_add(&b, str_c(k->dir));
		rest = str_skip(rest, at + 5);
	}
	buf_add(&b, rest);
	return arena_cstr(k->a, buf_str(&b));
}

const char *keys_file(struct keys_world *k, const char *name, const char *text)
{
	const char *path = arena_printf(k->a, "%s/%s", k->dir, name).p;
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(keys_text(k, text), f);
	assert_int_equal(fclose(f), 0);
	return path;
}

int keys_settle(struct keys_world *k, const struct scan_setup *s, struct err *e)
{
	size_t n;
	struct sign_file *f = signing_files(s, k->dir, &n);

	for (size_t i = 0; i < n; i++)
		sign_keys_load(k->keys, k->a, &f[i], (uid_t)-1);
	return signing_settled(s, e);
}

bool keys_asked(struct keys_world *w, const struct scan_setup *s, const char *selector)
{
	struct str name = arena_printf(w->a, "/%s.key", selector);
	struct sign_file *f;
	bool found = false;
	size_t n;

	f = signing_files(s, w->dir, &n);
	for (size_t i = 0; i < n; i++)
		found |= str_iends(str_c(f[i].path), name);
	return found;
}
