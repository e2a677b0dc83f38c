/* Hyperscan's databases: compiled, kept in files, and scanned. */
#include "ruleset/pattern/hyper.h"

#include "ruleset/pattern/pattern.h"

/* The largest bound of a {n,m} and the number of '|': what compiles slowly has many of either. */
bool hyper_takes(struct str text, unsigned flags)
{
	unsigned number = 0, branches = 0;

	if (text.n == 0 || text.n > HYPER_LEN_MAX || flags & PATTERN_UTF ||
	    memchr(text.p, 0, text.n))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		branches += text.p[i] == '|';
		number = ch_digit(text.p[i]) && number < 100000
				 ? number * 10 + (unsigned)(text.p[i] - '0')
				 : 0;
		if (number > HYPER_REPEAT_MAX && i + 1 < text.n && text.p[i + 1] == '}')
			return false;
	}
	return branches <= HYPER_BRANCH_MAX;
}

#ifdef MERLON_HYPERSCAN

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <hs.h>

#include "base/file.h"
#include "base/hash.h"

#define FILE_MAX (256u << 20) /* octets of a database's file */
#define REFUSED_MAX 200u      /* expressions taken out before all is given up */

struct hyper {
	hs_database_t *db; /* NULL: all were refused */
	uint32_t *id;	   /* by the place in the database */
	size_t n;
};

/* How the file begins; what follows it are ids and the library's own form. */
struct head {
	char magic[8];
	uint64_t key[2]; /* of what it was made of */
	uint64_t sum;	 /* of all that follows */
	uint64_t nids, nbytes;
};

static const char magic[8] = "merlonH1";
static const struct hash_key keys[2] = { { 0x6d65726c6f6e, 1 }, { 0x6d65726c6f6e, 2 } };

bool hyper_built(void)
{
	return true;
}

size_t hyper_count(const struct hyper *h)
{
	return h->n;
}

uint32_t hyper_id(const struct hyper *h, size_t i)
{
	return h->id[i];
}

static void free_db(void *db)
{
	hs_free_database(db);
}

/* ---- the file ---- */

static void feed(struct arena *a, struct str *all, size_t *cap, const void *p, size_t n)
{
	char *to = (char *)(uintptr_t)all->p;

	if (all->n + n > *cap) {
		to = arena_grow(a, to, *cap, (all->n + n) * 2);
		*cap = (all->n + n) * 2;
	}
	memcpy(to + all->n, p, n);
	*all = str_of(to, all->n + n);
}

/* The library's version, the processor, and every expression with its flags and id. */
static void key_of(const struct hyper_entry *entry, size_t n, uint64_t key[2])
{
	struct arena *a = arena_new(64 * 1024);
	struct str all = STR_NULL, version = str_c(hs_version());
	hs_platform_info_t cpu;
	size_t cap = 0;

	memset(&cpu, 0, sizeof cpu);
	hs_populate_platform(&cpu);
	feed(a, &all, &cap, version.p, version.n + 1);
	feed(a, &all, &cap, &cpu, sizeof cpu);
	for (size_t i = 0; i < n; i++) {
		uint64_t about[3] = { entry[i].id, entry[i].flags, entry[i].text.n };

		feed(a, &all, &cap, about, sizeof about);
		feed(a, &all, &cap, entry[i].text.p, entry[i].text.n);
	}
	key[0] = hash_sip24(keys[0], all);
	key[1] = hash_sip24(keys[1], all);
	arena_free(a);
}

static char *path_of(struct arena *a, struct str dir, const uint64_t key[2])
{
	return arena_cstr(a, arena_printf(a, "%.*s/patterns-%016llx%016llx.db", STR_ARG(dir),
					  (unsigned long long)key[0], (unsigned long long)key[1]));
}

/* What a file says, if it is whole and of this key; body: what follows its head. */
static bool read_head(struct str file, const uint64_t key[2], struct head *h, struct str *body)
{
	if (file.n < sizeof *h)
		return false;
	memcpy(h, file.p, sizeof *h);
	*body = str_skip(file, sizeof *h);
	return memcmp(h->magic, magic, sizeof magic) == 0 && memcmp(h->key, key, 16) == 0 &&
	       h->sum == hash_sip24(keys[0], *body) && h->nids <= PATTERN_MAX &&
	       h->nbytes <= FILE_MAX && body->n == h->nids * sizeof(uint32_t) + h->nbytes;
}

static struct hyper *load(struct arena *a, struct str dir, const uint64_t key[2],
			  const struct hyper_entry *entry, size_t n)
{
	struct hyper *h = ARENA_NEW(a, struct hyper);
	struct arena *scratch = arena_new(0);
	struct str file, body;
	struct head head;
	bool good = file_read(scratch, path_of(scratch, dir, key), FILE_MAX, &file, NULL) == 0 &&
		    read_head(file, key, &head, &body);

	if (good && head.nbytes)
		good = hs_deserialize_database(body.p + head.nids * sizeof(uint32_t), head.nbytes,
					       &h->db) == HS_SUCCESS;
	if (good) {
		h->n = head.nids;
		h->id = ARENA_ARRAY(a, uint32_t, h->n + 1);
		memcpy(h->id, body.p, h->n * sizeof *h->id);
	}
	for (size_t i = 0, k = 0; good && i < h->n; i++) {
		while (k < n && entry[k].id != h->id[i])
			k++;
		good = k < n;
	}
	if (h->db)
		arena_cleanup(a, free_db, h->db);
	arena_free(scratch);
	return good ? h : NULL;
}

static bool write_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		ssize_t did = write(fd, p, n);

		if (did <= 0)
			return false;
		p += did;
		n -= (size_t)did;
	}
	return true;
}

/* Beside its place first, then in it, so that nobody reads half of one. */
static void save(struct str dir, const uint64_t key[2], const struct hyper *h)
{
	struct arena *a = arena_new(0);
	char *path = path_of(a, dir, key), *bytes = NULL;
	char *tmp = arena_cstr(a, arena_printf(a, "%s.%ld", path, (long)getpid()));
	struct head head = { .key = { key[0], key[1] }, .nids = h->n };
	struct str body = STR_NULL;
	size_t cap = 0, nbytes = 0;
	int fd = -1;

	memcpy(head.magic, magic, sizeof magic);
	if (!h->db || hs_serialize_database(h->db, &bytes, &nbytes) == HS_SUCCESS)
		fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd >= 0) {
		head.nbytes = nbytes;
		feed(a, &body, &cap, h->id, h->n * sizeof *h->id);
		feed(a, &body, &cap, nbytes ? bytes : "", nbytes);
		head.sum = hash_sip24(keys[0], body);
		if (!write_all(fd, &head, sizeof head) || !write_all(fd, body.p, body.n) ||
		    fsync(fd) != 0 || rename(tmp, path) != 0)
			unlink(tmp);
		close(fd);
	}
	free(bytes);
	arena_free(a);
}

/* ---- compilation ---- */

struct wanted {
	const char **text;
	unsigned *flags, *ids;
	size_t n;
};

static unsigned hs_flags(unsigned flags)
{
	return HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY | HS_FLAG_PREFILTER |
	       (flags & PATTERN_CASELESS ? HS_FLAG_CASELESS : 0u) |
	       (flags & PATTERN_MULTILINE ? HS_FLAG_MULTILINE : 0u) |
	       (flags & PATTERN_DOTALL ? HS_FLAG_DOTALL : 0u);
}

static void take_out(struct wanted *w, struct hyper *h, size_t at)
{
	for (size_t i = at; i + 1 < w->n; i++) {
		w->text[i] = w->text[i + 1];
		w->flags[i] = w->flags[i + 1];
		h->id[i] = h->id[i + 1];
	}
	h->n = --w->n;
}

/* The options that are a prefix to the library: it has no flag for them. */
static const char *written(struct arena *a, const struct hyper_entry *e)
{
	return arena_cstr(a, arena_printf(a, "%s%.*s", e->flags & PATTERN_EXTENDED ? "(?x)" : "",
					  STR_ARG(e->text)));
}

/* What the library refuses is taken out, at first one by one, then with all. */
static void refuse(struct wanted *w, struct hyper *h)
{
	for (size_t i = 0; i < w->n;) {
		hs_expr_info_t *info = NULL;
		hs_compile_error_t *e = NULL;

		if (hs_expression_info(w->text[i], w->flags[i], &info, &e) == HS_SUCCESS)
			i++;
		else
			take_out(w, h, i);
		free(info);
		hs_free_compile_error(e);
	}
}

static void compile_all(struct wanted *w, struct hyper *h)
{
	for (unsigned tries = 0; w->n > 0 && tries < REFUSED_MAX; tries++) {
		hs_compile_error_t *e = NULL;
		int at = -1;

		if (hs_compile_multi(w->text, w->flags, w->ids, (unsigned)w->n, HS_MODE_BLOCK, NULL,
				     &h->db, &e) == HS_SUCCESS)
			return;
		if (e)
			at = e->expression;
		hs_free_compile_error(e);
		if (at < 0 || (size_t)at >= w->n)
			break;
		take_out(w, h, (size_t)at);
	}
	h->db = NULL;
	h->n = 0;
}

static struct hyper *compiled(struct arena *a, const struct hyper_entry *entry, size_t n)
{
	struct arena *scratch = arena_new(0);
	struct hyper *h = ARENA_NEW(a, struct hyper);
	struct wanted w = { .n = n };

	w.text = ARENA_ARRAY(scratch, const char *, n);
	w.flags = ARENA_ARRAY(scratch, unsigned, n);
	w.ids = ARENA_ARRAY(scratch, unsigned, n);
	h->id = ARENA_ARRAY(a, uint32_t, n + 1);
	h->n = n;
	for (size_t i = 0; i < n; i++) {
		w.text[i] = written(scratch, &entry[i]);
		w.flags[i] = hs_flags(entry[i].flags);
		w.ids[i] = (unsigned)i;
		h->id[i] = entry[i].id;
	}
	refuse(&w, h);
	compile_all(&w, h);
	if (h->db)
		arena_cleanup(a, free_db, h->db);
	arena_free(scratch);
	return h;
}

struct hyper *hyper_open(struct arena *a, const struct hyper_entry *entry, size_t n, struct str dir,
			 bool compile)
{
	struct hyper *h;
	uint64_t key[2];

	if (n == 0 || (!dir.p && !compile) || hs_valid_platform() != HS_SUCCESS)
		return NULL;
	key_of(entry, n, key);
	h = dir.p ? load(a, dir, key, entry, n) : NULL;
	if (h || !compile)
		return h;
	h = compiled(a, entry, n);
	if (dir.p)
		save(dir, key, h);
	return h;
}

/* ---- scanning ---- */

bool hyper_scratch(const struct hyper *h, void **scratch)
{
	return !h->db || hs_alloc_scratch(h->db, (hs_scratch_t **)scratch) == HS_SUCCESS;
}

void hyper_scratch_free(void *scratch)
{
	hs_free_scratch(scratch);
}

struct seen {
	const struct hyper *h;
	uint64_t *bits;
};

static int matched(unsigned i, unsigned long long from, unsigned long long to, unsigned flags,
		   void *arg)
{
	struct seen *s = arg;
	uint32_t id = s->h->id[i];

	(void)from;
	(void)to;
	(void)flags;
	s->bits[id / 64] |= 1ull << (id & 63);
	return 0;
}

bool hyper_scan(const struct hyper *h, void *scratch, struct str line, uint64_t *bits)
{
	struct seen s = { h, bits };

	if (!h->db)
		return true;
	return line.n <= UINT32_MAX && hs_scan(h->db, line.p ? line.p : "", (unsigned)line.n, 0,
					       scratch, matched, &s) == HS_SUCCESS;
}

#else

bool hyper_built(void)
{
	return false;
}

struct hyper *hyper_open(struct arena *a, const struct hyper_entry *entry, size_t n, struct str dir,
			 bool compile)
{
	(void)a, (void)entry, (void)n, (void)dir, (void)compile;
	return NULL;
}

size_t hyper_count(const struct hyper *h)
{
	(void)h;
	return 0;
}

uint32_t hyper_id(const struct hyper *h, size_t i)
{
	(void)h, (void)i;
	return 0;
}

bool hyper_scratch(const struct hyper *h, void **scratch)
{
	(void)h, (void)scratch;
	return false;
}

void hyper_scratch_free(void *scratch)
{
	(void)scratch;
}

bool hyper_scan(const struct hyper *h, void *scratch, struct str line, uint64_t *bits)
{
	(void)h, (void)scratch, (void)line, (void)bits;
	return false;
}

#endif
