/* Selectors of CSS: read once, matched against an element and its ancestors. */
#include "mail/html/selector.h"

static bool name_char(char c)
{
	return ch_alnum(c) || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

static struct str cut_name(struct str *s)
{
	size_t n = 0;
	struct str name;

	while (n < s->n && name_char(s->p[n]))
		n++;
	name = str_sub(*s, 0, n);
	*s = str_skip(*s, n);
	return name;
}

static bool add_class(struct compound *c, struct str name)
{
	if (!name.n || c->nclasses == SELECTOR_MAX_CLASSES)
		return false;
	c->class[c->nclasses++] = name;
	return true;
}

/* [class=x], [class~=x], [id=x]; *s is behind the "[". */
static bool read_attribute(struct str *s, struct compound *c)
{
	struct str inside, name;
	size_t end = str_chr(*s, ']');

	if (end == SIZE_MAX)
		return false;
	inside = css_trim(str_sub(*s, 0, end));
	*s = str_skip(*s, end + 1);
	name = cut_name(&inside);
	if (inside.n && inside.p[0] == '~')
		inside = str_skip(inside, 1);
	if (inside.n < 2 || inside.p[0] != '=')
		return false;
	inside = css_trim(str_skip(inside, 1));
	if (inside.n > 1 && (inside.p[0] == '"' || inside.p[0] == '\''))
		inside = str_sub(inside, 1, inside.n - 2);
	if (str_ieq(name, STR("id")) && inside.n && !c->id.n) {
		c->id = inside;
		return true;
	}
	return str_ieq(name, STR("class")) && add_class(c, inside);
}

/* The compound at the front of *s. */
static bool read_compound(struct str *s, struct compound *c)
{
	bool any = false;

	if (s->n && s->p[0] == '*') {
		*s = str_skip(*s, 1);
		any = true;
	} else {
		c->name = cut_name(s);
	}
	while (s->n) {
		char sign = s->p[0];
		bool good = false;

		if (sign != '.' && sign != '#' && sign != '[' && sign != ':')
			break;
		*s = str_skip(*s, 1);
		if (sign == '.') {
			good = add_class(c, cut_name(s));
		} else if (sign == '#') {
			c->id = cut_name(s);
			good = c->id.n > 0;
		} else if (sign == '[') {
			good = read_attribute(s, c);
		} else {
			struct str pseudo = cut_name(s);

			good = str_ieq(pseudo, STR("link")) || str_ieq(pseudo, STR("root"));
			any = true;
		}
		if (!good)
			return false;
	}
	return any || c->name.n || c->nclasses || c->id.n;
}

/* White space and ">" between compounds; false: another combinator. */
static bool read_combinator(struct str *s, bool *child)
{
	struct str trimmed = css_trim(*s);
	bool gap = trimmed.p != s->p;

	*child = trimmed.n && trimmed.p[0] == '>';
	if (*child)
		trimmed = css_trim(str_skip(trimmed, 1));
	*s = trimmed;
	return gap || *child;
}

static unsigned specificity(const struct selector *s)
{
	unsigned ids = 0, classes = 0, names = 0;

	for (size_t i = 0; i < s->n; i++) {
		ids += s->part[i].id.n > 0;
		classes += s->part[i].nclasses;
		names += s->part[i].name.n > 0;
	}
	return ids << 8 | (classes < 15 ? classes : 15) << 4 | names;
}

bool selector_read(struct str text, struct selector *s)
{
	*s = (struct selector){ 0 };
	text = css_trim(text);
	while (text.n) {
		struct compound *c = &s->part[s->n];

		if (s->n == SELECTOR_MAX_PARTS)
			return false;
		if (s->n && !read_combinator(&text, &c->child))
			return false;
		if (!read_compound(&text, c))
			return false;
		s->n++;
	}
	s->specificity = specificity(s);
	return s->n > 0;
}

bool selector_class(struct str *classes, struct str *one)
{
	size_t n = 0;

	while (classes->n && (ch_fws(classes->p[0]) || classes->p[0] == '\f'))
		*classes = str_skip(*classes, 1);
	while (n < classes->n && !ch_fws(classes->p[n]) && classes->p[n] != '\f')
		n++;
	*one = str_sub(*classes, 0, n);
	*classes = str_skip(*classes, n);
	return n > 0;
}

static bool has_class(struct str classes, struct str name, size_t *work)
{
	struct str one;

	*work += 1 + classes.n / 4;
	while (selector_class(&classes, &one))
		if (str_ieq(one, name))
			return true;
	return false;
}

static bool compound_matches(const struct compound *c, const struct css_element *e, size_t *work)
{
	++*work;
	if (c->name.n && !str_ieq(c->name, e->name))
		return false;
	if (c->id.n && !str_ieq(c->id, e->id))
		return false;
	for (size_t i = 0; i < c->nclasses; i++)
		if (!has_class(e->class, c->class[i], work))
			return false;
	return true;
}

/* Greedy from the inside to the outside; a child combinator is tried at one place only. */
bool selector_matches(const struct selector *s, const struct css_element *path, size_t n,
		      size_t *work)
{
	size_t at = n - 1;

	if (!compound_matches(&s->part[s->n - 1], &path[at], work))
		return false;
	for (size_t i = s->n - 1; i > 0; i--) {
		bool child = s->part[i].child, found = false;

		while (at > 0 && !found) {
			at--;
			found = compound_matches(&s->part[i - 1], &path[at], work);
			if (child)
				break;
		}
		if (!found)
			return false;
	}
	return true;
}
