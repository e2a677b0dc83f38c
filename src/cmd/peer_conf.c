/* The reader of the peers' configuration files. */
#include "cmd/peer_conf.h"

#include "base/file.h"

struct frame {
	const char *file;
	struct str rest;
	int line;
};

static bool next_line(struct frame *f, struct str *line)
{
	if (!f->rest.n)
		return false;
	*line = str_cut(&f->rest, '\n');
	f->line++;
	return true;
}

/* Name and value of a line; false: it says nothing. */
static bool split(struct str text, struct str *name, struct str *value)
{
	text = str_trim(str_cut(&text, '#'));
	*name = str_word(&text);
	*value = str_trim(text);
	if (!value->p)
		*value = STR("");
	return name->n > 0;
}

static int add(struct arena *a, struct peer_conf *out, const struct frame *f, struct str name,
	       struct str value, struct err *e)
{
	if (out->lines.n >= PEER_LINES_MAX)
		return err_at(e, f->file, f->line, "more than %u lines", PEER_LINES_MAX);
	VEC_PUSH(a, out->lines) = (struct peer_line){
		.file = f->file, .line = f->line, .name = name, .value = value
	};
	return 0;
}

/* The frame of an included file. */
static int include(struct arena *a, struct peer_conf *out, struct frame *stack, size_t *depth,
		   struct str path, peer_open_fn *open, struct err *e)
{
	const struct frame *from = &stack[*depth - 1];
	struct frame *to = &stack[*depth];
	struct err why;

	if (*depth > PEER_DEPTH_MAX)
		return err_at(e, from->file, from->line, "Include nested deeper than %u",
			      PEER_DEPTH_MAX);
	*to = (struct frame){ 0 };
	if (open(a, from->file, path, &to->rest, &to->file, &why) < 0)
		return err_at(e, from->file, from->line, "Include: %s", why.text);
	out->bytes += to->rest.n;
	if (out->bytes > PEER_BYTES_MAX)
		return err_at(e, from->file, from->line, "more than %u octets of files",
			      PEER_BYTES_MAX);
	++*depth;
	return 0;
}

int peer_conf_parse(struct arena *a, const char *name, struct str octets, peer_open_fn *open,
		    struct peer_conf *out, struct err *e)
{
	struct frame stack[PEER_DEPTH_MAX + 1] = { { name, octets, 0 } };
	struct str text, word, value;
	size_t depth = 1;

	out->bytes += octets.n;
	if (out->bytes > PEER_BYTES_MAX)
		return err_at(e, name, 0, "more than %u octets", PEER_BYTES_MAX);
	while (depth) {
		struct frame *f = &stack[depth - 1];
		if (!next_line(f, &text)) {
			depth--;
			continue;
		}
		if (text.n > PEER_LINE_MAX)
			return err_at(e, f->file, f->line, "a line of more than %u octets",
				      PEER_LINE_MAX);
		if (!split(text, &word, &value))
			continue;
		if (add(a, out, f, word, value, e) < 0)
			return -1;
		if (open && value.n && str_ieq(word, STR("Include")) &&
		    include(a, out, stack, &depth, value, open, e) < 0)
			return -1;
	}
	return 0;
}

static int open_file(struct arena *a, const char *from, struct str path, struct str *octets,
		     const char **name, struct err *e)
{
	struct err why;

	*name = file_beside(a, from, path);
	if (file_read(a, *name, PEER_BYTES_MAX, octets, &why) < 0)
		return err_set(e, "%s: %s", *name, why.text);
	return 0;
}

int peer_conf_load(struct arena *a, const char *path, struct peer_conf *out, struct err *e)
{
	struct str octets;
	struct err why;

	if (file_read(a, path, PEER_BYTES_MAX, &octets, &why) < 0)
		return err_set(e, "%s: %s", path, why.text);
	return peer_conf_parse(a, path, octets, open_file, out, e);
}
