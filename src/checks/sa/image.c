/* SpamAssassin's functions of images: how many, how large, what they are called. Sizes are read
 * from the first octets of GIF, PNG and JPEG. */
#include <math.h>

#include "checks/checks.h"
#include "checks/sa/regex.h"
#include "checks/sa/sa.h"

#define IMAGES_MAX 64u /* of a message that are looked at */
#define JPEG_SEGMENTS_MAX 256u

enum kind { GIF, PNG, JPEG, KINDS };

static const char *const kind_name[KINDS] = { "gif", "png", "jpeg" };

struct image {
	enum kind kind;
	uint32_t height, width; /* 0: not known */
	struct str name;
};

struct images {
	size_t n;
	struct image p[IMAGES_MAX];
};

/* ---- sizes ---- */

static uint32_t be(struct str s, size_t at, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n && at + i < s.n; i++)
		v = v << 8 | (unsigned char)s.p[at + i];
	return v;
}

static void size_gif(struct str s, struct image *i)
{
	if (s.n < 10 || !str_starts(s, STR("GIF8")))
		return;
	i->width = (uint32_t)(unsigned char)s.p[6] | (uint32_t)(unsigned char)s.p[7] << 8;
	i->height = (uint32_t)(unsigned char)s.p[8] | (uint32_t)(unsigned char)s.p[9] << 8;
}

static void size_png(struct str s, struct image *i)
{
	if (s.n < 24 || !str_starts(s, STR("\x89PNG\r\n\x1a\n")) ||
	    !str_eq(str_sub(s, 12, 4), STR("IHDR")))
		return;
	i->width = be(s, 16, 4);
	i->height = be(s, 20, 4);
}

static bool is_frame(unsigned mark)
{
	return mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 && mark != 0xcc;
}

static void size_jpeg(struct str s, struct image *i)
{
	size_t at = 2;

	if (!str_starts(s, STR("\xff\xd8")))
		return;
	for (unsigned k = 0; k < JPEG_SEGMENTS_MAX && at + 4 <= s.n; k++) {
		unsigned mark = (unsigned char)s.p[at + 1];
		uint32_t len = be(s, at + 2, 2);
		if ((unsigned char)s.p[at] != 0xff || mark == 0xda || mark == 0xd9 || len < 2)
			return;
		if (is_frame(mark) && at + 9 <= s.n) {
			i->height = be(s, at + 5, 2);
			i->width = be(s, at + 7, 2);
			return;
		}
		at += 2 + len;
	}
}

static void measure(struct str octets, struct image *i)
{
	static void (*const how[KINDS])(struct str, struct image *) = { size_gif, size_png,
									size_jpeg };

	how[i->kind](octets, i);
	if (!i->height || !i->width)
		i->height = i->width = 0;
}

static bool kind_of(struct str subtype, enum kind *k)
{
	if (str_eq(subtype, STR("jpg")))
		subtype = STR("jpeg");
	for (size_t i = 0; i < KINDS; i++)
		if (str_eq(subtype, str_c(kind_name[i]))) {
			*k = (enum kind)i;
			return true;
		}
	return false;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct images *all = state;
	struct mime *m = s->content ? s->content->mime : NULL;

	(void)config;
	for (size_t i = 0; m && i < m->parts.n && all->n < IMAGES_MAX; i++) {
		const struct mime_part *p = &m->parts.p[i];
		struct image *one = &all->p[all->n];
		if (!str_eq(p->type, STR("image")) || !kind_of(p->subtype, &one->kind) ||
		    !str_ieq(p->encoding_given, STR("base64")))
			continue;
		one->name = p->name;
		measure(mime_data(m, i), one);
		all->n++;
	}
	scan_publish(s, &check_sa_image, all);
	return CHECK_DONE;
}

/* ---- the functions ---- */

static const struct images *images_of(const struct scan *s)
{
	static const struct images none = { 0 };
	const struct images *i = scan_result(s, &check_sa_image);

	return i ? i : &none;
}

static bool is_kind(const struct image *i, struct str word)
{
	return str_eq(word, STR("all")) || str_eq(word, str_c(kind_name[i->kind]));
}

static double area(const struct scan *s, struct str kind)
{
	const struct images *all = images_of(s);
	double sum = 0;

	for (size_t i = 0; i < all->n; i++)
		if (is_kind(&all->p[i], kind))
			sum += (double)all->p[i].height * (double)all->p[i].width;
	return sum;
}

static bool count(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct images *all = images_of(s);
	double found = 0;

	(void)evidence;
	for (size_t i = 0; i < all->n; i++)
		found += is_kind(&all->p[i], arg[0].text);
	return found >= arg[1].number && (n < 3 || found <= arg[2].number);
}

static bool coverage(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	double a = area(s, arg[0].text);

	(void)evidence;
	return a >= arg[1].number && (n < 3 || a <= arg[2].number);
}

static bool text_ratio(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	double a = area(s, arg[0].text), text = 0;
	const struct view_lines *body = s->view && a > 0 ? view_body(s->view) : NULL;

	(void)n;
	(void)evidence;
	for (size_t i = 0; body && i < body->n; i++)
		text += (double)body->p[i].text.n;
	return text > 0 && text / a >= arg[1].number && text / a < arg[2].number;
}

static bool size_exact(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct images *all = images_of(s);

	(void)n;
	(void)evidence;
	for (size_t i = 0; i < all->n; i++)
		if (is_kind(&all->p[i], arg[0].text) && all->p[i].height &&
		    (double)all->p[i].height == arg[1].number &&
		    (double)all->p[i].width == arg[2].number)
			return true;
	return false;
}

static bool size_range(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct images *all = images_of(s);
	double high = n > 3 ? arg[3].number : INFINITY, wide = n > 4 ? arg[4].number : INFINITY;

	(void)evidence;
	for (size_t i = 0; i < all->n; i++) {
		const struct image *x = &all->p[i];
		if (is_kind(x, arg[0].text) && x->height && (double)x->height >= arg[1].number &&
		    (double)x->width >= arg[2].number && (double)x->height <= high &&
		    (double)x->width <= wide)
			return true;
	}
	return false;
}

static bool named(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct images *all = images_of(s);

	(void)n;
	for (size_t i = 0; i < all->n; i++)
		if (all->p[i].height && str_eq(all->p[i].name, arg[0].text)) {
			*evidence = all->p[i].name;
			return true;
		}
	return false;
}

static bool name_regex(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct images *all = images_of(s);
	struct sa_regex *r = all->n ? sa_regex_new(s->arena, arg[0].text) : NULL;

	(void)n;
	for (size_t i = 0; r && i < all->n; i++)
		if (all->p[i].height && all->p[i].name.n && sa_regex_in(r, all->p[i].name)) {
			*evidence = all->p[i].name;
			return true;
		}
	return false;
}

static const struct predicate predicates[] = {
	{ "image_count", "sn|n", count,
	  "images of a kind (all, gif, png, jpeg): at least, at most" },
	{ "pixel_coverage", "sn|n", coverage, "their square pixels: at least, at most" },
	{ "image_to_text_ratio", "snn", text_ratio,
	  "octets of text for each of their square pixels: at least, under" },
	{ "image_size_exact", "snn", size_exact, "one of that height and width" },
	{ "image_size_range", "snn|nn", size_range,
	  "one of at least that height and width, and at most" },
	{ "image_named", "s", named, "one of that file name" },
	{ "image_name_regex", "s", name_regex, "one whose file name matches" },
	{ 0 },
};

const struct check check_sa_image = {
	.abi = CHECK_ABI,
	.name = "sa_image",
	.help = "SpamAssassin's functions of images",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT | CHECK_FACTS,
	.state_size = sizeof(struct images),
	.run = run,
	.predicates = predicates,
};
