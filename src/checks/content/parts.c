/* What a message is made of: its parts, their ambiguities, attached files and what is in them. */
#include "checks/checks.h"
#include "checks/words.h"

static enum check_step run(struct scan *s, void *state, const void *config)
{
	(void)s;
	(void)state;
	(void)config;
	return CHECK_DONE;
}

static const struct mime *mime_of(const struct scan *s)
{
	return s->content ? s->content->mime : NULL;
}

/* ---- parts ---- */

static bool ambiguous(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct mime *m = mime_of(s);

	(void)n;
	for (unsigned flag = 1; m && flag && flag <= m->flags; flag <<= 1) {
		const char *name = m->flags & flag ? mime_flag_name(flag) : NULL;
		if (name && words_has(arg[0].text, name)) {
			*evidence = str_c(name);
			return true;
		}
	}
	return false;
}

/* "text/html", "text/+" for any of a type, "+" for any. */
static bool type_fits(const struct mime_part *p, struct str want)
{
	size_t slash = str_chr(want, '/');
	struct str type = str_sub(want, 0, slash);

	if (str_eq(want, STR("+")))
		return true;
	if (slash == SIZE_MAX || !str_eq(p->type, type))
		return false;
	want = str_skip(want, slash + 1);
	return str_eq(want, STR("+")) || str_eq(p->subtype, want);
}

static size_t count_parts(const struct mime *m, struct str want)
{
	size_t count = 0;

	for (size_t i = 0; m && i < m->parts.n; i++)
		count += !(m->parts.p[i].flags & MIME_F_ALTERNATE) &&
			 type_fits(&m->parts.p[i], want);
	return count;
}

static bool part_count(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	double count = (double)count_parts(mime_of(s), arg[0].text);

	(void)evidence;
	return mime_of(s) && count >= arg[1].number && (n < 3 || count <= arg[2].number);
}

static bool part_root(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct mime *m = mime_of(s);

	(void)n;
	(void)evidence;
	return m && m->parts.n && type_fits(&m->parts.p[0], arg[0].text);
}

/* A multipart of that kind without a child of that type below it. */
static bool below(const struct mime *m, size_t part, size_t ancestor)
{
	while (part != ancestor && m->parts.p[part].parent != UINT32_MAX)
		part = m->parts.p[part].parent;
	return part == ancestor;
}

static bool part_lacks(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct mime *m = mime_of(s);

	(void)n;
	for (size_t i = 0; m && i < m->parts.n; i++) {
		bool found = false;
		if (!type_fits(&m->parts.p[i], arg[0].text))
			continue;
		for (size_t k = i + 1; k < m->parts.n && !found; k++)
			found = below(m, k, i) && type_fits(&m->parts.p[k], arg[1].text);
		if (!found) {
			*evidence = m->parts.p[i].path;
			return true;
		}
	}
	return false;
}

/* A text part in base64 (or quoted-printable) that is plain ASCII, or says no charset. */
static bool part_encoded(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	struct mime *m = s->content ? s->content->mime : NULL;

	(void)n;
	for (size_t i = 0; m && i < m->parts.n; i++) {
		const struct mime_part *p = &m->parts.p[i];
		bool base64 = p->encoding == MIME_BASE64;
		bool fits;
		if (!str_eq(p->type, STR("text")) || p->disposition.p)
			continue;
		if (str_eq(arg[0].text, STR("base64")))
			fits = base64;
		else if (str_eq(arg[0].text, STR("base64_ascii")))
			fits = base64 && str_ascii(mime_data(m, i));
		else
			fits = (base64 || p->encoding == MIME_QP) && !p->charset.n;
		if (fits) {
			*evidence = p->path;
			return true;
		}
	}
	return false;
}

static size_t visible_octets(struct scan *s)
{
	return s->content ? content_visible(s->content).n : 0;
}

static bool text_octets(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	double size = (double)visible_octets(s);

	(void)n;
	if (!s->content || size < arg[0].number || size > arg[1].number)
		return false;
	*evidence = arena_printf(s->arena, "%.0f octets", size);
	return true;
}

/* ---- files ---- */

static bool file_name_is(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	const content_file_vec *f = s->content ? content_files(s->content) : NULL;

	(void)n;
	for (size_t i = 0; f && i < f->n; i++)
		for (unsigned flag = 1; flag <= f->p[i].parsed.flags; flag <<= 1) {
			const char *name =
				f->p[i].parsed.flags & flag ? file_name_flag_name(flag) : NULL;
			if (name && words_has(arg[0].text, name)) {
				*evidence = f->p[i].name;
				return true;
			}
		}
	return false;
}

static bool file_is(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const content_file_vec *f = s->content ? content_files(s->content) : NULL;

	(void)n;
	for (size_t i = 0; f && i < f->n; i++)
		if (f->p[i].type && words_has(arg[0].text, file_class_name(f->p[i].type->class))) {
			*evidence = str_c(f->p[i].type->name);
			return true;
		}
	return false;
}

static bool file_extension(struct scan *s, const struct predicate_arg *arg, size_t n,
			   struct str *evidence)
{
	const content_file_vec *f = s->content ? content_files(s->content) : NULL;

	(void)n;
	for (size_t i = 0; f && i < f->n; i++)
		if (f->p[i].parsed.ext.n &&
		    words_has(arg[0].text, arena_cstr(s->arena, f->p[i].parsed.ext))) {
			*evidence = f->p[i].name;
			return true;
		}
	return false;
}

static bool file_agrees(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const content_file_vec *f = s->content ? content_files(s->content) : NULL;
	bool want = str_eq(arg[0].text, STR("yes"));

	(void)n;
	for (size_t i = 0; f && i < f->n; i++) {
		const struct content_file *x = &f->p[i];
		bool known =
			x->type && x->type->class != FILE_UNKNOWN && x->type->class != FILE_TEXT;
		if (known && x->type_agrees == want) {
			*evidence = arena_printf(s->arena, "%.*s is %s", STR_ARG(x->name),
						 x->type->name);
			return true;
		}
	}
	return false;
}

static bool file_count(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	double count = s->content ? (double)content_files(s->content)->n : -1;

	(void)evidence;
	return count >= arg[0].number && (n < 2 || count <= arg[1].number);
}

static bool archive_is(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const content_file_vec *f = s->content ? content_files(s->content) : NULL;

	(void)n;
	for (size_t i = 0; f && i < f->n; i++)
		for (unsigned flag = 1; f->p[i].archive && flag <= f->p[i].archive->flags;
		     flag <<= 1) {
			const char *name =
				f->p[i].archive->flags & flag ? archive_flag_name(flag) : NULL;
			if (name && words_has(arg[0].text, name)) {
				*evidence = f->p[i].name;
				return true;
			}
		}
	return false;
}

static const struct predicate predicates[] = {
	{ "mime_ambiguous", "s", ambiguous,
	  "two readers may see different things, in one of these ways: boundary-clash dup-header "
	  "dup-param bad-type bad-boundary unclosed no-parts after-close bad-encoding bad-base64 "
	  "bad-qp 8bit-in-7bit nul no-version header-cut depth parts truncated alternate bad-param "
	  "bad-charset" },
	{ "part_count", "sn|n", part_count,
	  "how many parts of the type ('text/html', 'image/+', '+') there are: at least, at most" },
	{ "part_root", "s", part_root, "the whole message is of the type" },
	{ "part_lacks", "ss", part_lacks,
	  "a part of the first type has none of the second type below it" },
	{ "part_encoded", "s", part_encoded,
	  "a text part is in base64, is in base64 although plain (base64_ascii), or is encoded "
	  "without a charset (no_charset)" },
	{ "text_octets", "nn", text_octets,
	  "the visible text has so many octets: at least, at most" },
	{ "file_name_is", "s", file_name_is,
	  "a file's name is one of: risky double-extension archive macro right-to-left invisible "
	  "spaces lookalike "
	  "archive-in-archive path disk-image" },
	{ "file_is", "s", file_is,
	  "a file is, by its octets, one of: text html image audio video font document archive "
	  "disk-image executable script shortcut message crypto" },
	{ "file_extension", "s", file_extension, "a file's extension is one of these" },
	{ "file_agrees", "s", file_agrees,
	  "a file's octets are of the type that is declared: yes, no" },
	{ "file_count", "n|n", file_count, "how many files are attached: at least, at most" },
	{ "archive_is", "s", archive_is,
	  "an archive or document is one of: encrypted broken limit bomb nested risky macro "
	  "autoexec "
	  "external ole-object unsupported" },
	{ 0 },
};

const struct check check_parts = {
	.abi = CHECK_ABI,
	.name = "parts",
	.help = "parts, attached files and archives",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT | CHECK_FACTS,
	.run = run,
	.predicates = predicates,
};
