/* `merlon parse`: a message as we see it. */
#ifndef CMD_PARSE_H
#define CMD_PARSE_H

#include <stdio.h>

#include "cmd/source.h"
#include "scan/report.h"

struct parsed {
	struct arena *arena;
	struct str name; /* of the file */
	struct hdr_list headers;
	struct content *content;
	struct view *view;
	struct str visible, hidden;
	const content_file_vec *files;
	const url_vec *urls;
};

/* The words of flags by their names: name(1), name(2), name(4), ... */
typedef const char *parse_flag_fn(unsigned flag);
/* The next word of flags, which loses it; NULL: no more. */
const char *parse_flag_next(unsigned *flags, parse_flag_fn *name);

const char *parse_encoding_name(enum mime_encoding e);
/* The file that a part is; NULL: none. */
const struct content_file *parse_file_of(const struct parsed *p, size_t part);

json_t *parse_json(const struct parsed *p);
void parse_print(const struct parsed *p, FILE *out);

/* One view, a line for each of its lines or as a JSON array. False: no view of that name. */
bool parse_view_known(struct str name);
void parse_view(const struct parsed *p, struct str name, bool json, FILE *out);

#endif
