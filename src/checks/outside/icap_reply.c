/* What an ICAP server answers. */
#include "base/buf.h"
#include "checks/outside/icap.h"

#define PROTOCOL STR("ICAP/1.0 ")
#define BLANK_LINE STR("\r\n\r\n")
#define HTTP_HEADER_MAX 8192u

enum step { MORE, WHOLE, GARBAGE };

struct answer {
	unsigned status;
	struct str fields;    /* of ICAP, behind the status line, CRLF at the end of each */
	unsigned http_status; /* of what it has in place of ours; 0: nothing */
	struct str body;      /* its beginning, in chunks */
	bool has_body;
};

/* ---- fields ---- */

/* The value of a field, folds included; absent: there is none. */
static struct str field(struct str fields, struct str name)
{
	while (fields.n) {
		size_t end = 0;
		struct str line;
		do {
			size_t more = str_find(str_skip(fields, end), STR("\r\n"));
			end = more == SIZE_MAX ? fields.n : end + more + 2;
		} while (end < fields.n && ch_wsp(fields.p[end]));
		line = str_sub(fields, 0, end);
		fields = str_skip(fields, end);
		if (line.n > name.n && line.p[name.n] == ':' &&
		    str_ieq(str_sub(line, 0, name.n), name))
			return str_trim(str_skip(line, name.n + 1));
	}
	return STR_NULL;
}

/* Three digits behind a version. */
static bool read_status(struct str line, struct str version, unsigned *status)
{
	uint64_t n;

	if (!str_starts(line, version) || !str_u64(str_sub(line, version.n, 3), 999, &n) ||
	    n < 100 || (line.n > version.n + 3 && line.p[version.n + 3] != ' '))
		return false;
	*status = (unsigned)n;
	return true;
}

/* "res-hdr=0, res-body=137": where the body begins. False: the list is none that an answer to
 * RESPMOD may have. */
static bool read_encapsulated(struct str list, size_t *body_at, bool *has_body)
{
	struct str first = str_trim(str_cut(&list, ',')), second = str_trim(list);
	struct str place = str_skip(
		second, str_chr(second, '=') == SIZE_MAX ? second.n : str_chr(second, '=') + 1);
	uint64_t n;

	*has_body = str_istarts(second, STR("res-body="));
	if (!str_ieq(first, STR("res-hdr=0")) ||
	    (!*has_body && !str_istarts(second, STR("null-body="))) ||
	    !str_u64(place, HTTP_HEADER_MAX, &n))
		return false;
	*body_at = (size_t)n;
	return true;
}

/* ---- the answer ---- */

/* The object in place of ours: its status and the beginning of its body. */
static enum step read_object(struct str in, struct answer *r)
{
	struct str list = field(r->fields, STR("Encapsulated")), line = in;
	size_t body_at = 0;

	if (!list.n || !read_encapsulated(list, &body_at, &r->has_body))
		return GARBAGE;
	if (in.n < body_at)
		return MORE;
	line = str_sub(in, 0, str_find(in, STR("\r\n")));
	if (!read_status(line, STR("HTTP/1.1 "), &r->http_status) &&
	    !read_status(line, STR("HTTP/1.0 "), &r->http_status))
		return GARBAGE;
	r->body = str_skip(in, body_at);
	return WHOLE;
}

static bool line_so_far(struct str in)
{
	struct str want = str_sub(PROTOCOL, 0, in.n);

	return str_starts(in, want);
}

static enum step read_answer(struct str in, struct answer *r)
{
	size_t end = str_find(str_sub(in, 0, ICAP_HEADER_MAX), BLANK_LINE), line_end;

	*r = (struct answer){ 0 };
	if (!line_so_far(in))
		return GARBAGE;
	if (end == SIZE_MAX)
		return in.n < ICAP_HEADER_MAX ? MORE : GARBAGE;
	line_end = str_find(in, STR("\r\n"));
	if (!read_status(str_sub(in, 0, line_end), PROTOCOL, &r->status))
		return GARBAGE;
	r->fields = str_sub(in, line_end + 2, end - line_end);
	return r->status == 200 ? read_object(str_skip(in, end + BLANK_LINE.n), r) : WHOLE;
}

/* ---- what was found ---- */

/* "Type=0; Resolution=2; Threat=Name;" */
static struct str attribute(struct str list, struct str name)
{
	while (list.n) {
		struct str item = str_trim(str_cut(&list, ';')),
			   key = str_trim(str_cut(&item, '='));
		if (str_ieq(key, name))
			return str_trim(item);
	}
	return STR_NULL;
}

/* A count; then file, name, number and what was done, a line each: the first name. */
static bool violations(struct str list, struct str *name)
{
	struct str count = str_trim(str_cut(&list, '\n')), file = str_cut(&list, '\n');
	uint64_t n;

	(void)file;
	if (!str_u64(count, UINT32_MAX, &n) || !n)
		return false;
	*name = str_trim(str_cut(&list, '\n'));
	return true;
}

static bool found(struct arena *a, const struct answer *in, struct scanner_reply *r)
{
	struct str infection = field(in->fields, STR("X-Infection-Found"));
	struct str name = field(in->fields, STR("X-Virus-ID")), other = STR_NULL;
	bool listed = violations(field(in->fields, STR("X-Violations-Found")), &other);
	struct str type = attribute(infection, STR("Type"));

	if (!infection.n && !name.n && !listed)
		return false;
	if (!name.n)
		name = attribute(infection, STR("Threat"));
	if (!name.n)
		name = other;
	r->code = !type.n || str_eq(type, STR("0")) ? SCANNER_FOUND : SCANNER_BLOCKED;
	r->name = scanner_name_clean(a, name);
	return true;
}

/* ---- whether it is ours that comes back ---- */

/* The next octets of a chunk; absent: no more of it is there, or it does not read as chunks. */
static struct str next_chunk(struct str *body, bool *ended)
{
	size_t end = str_find(str_sub(*body, 0, 64), STR("\r\n"));
	struct str line = str_sub(*body, 0, end), out;
	size_t n = 0, digits = 0;

	if (end == SIZE_MAX)
		return STR_NULL;
	for (; digits < line.n && digits < 8 && ch_hex(line.p[digits]) >= 0; digits++)
		n = n << 4 | (size_t)ch_hex(line.p[digits]);
	*ended = digits && !n;
	if (!digits || !n)
		return STR_NULL;
	out = str_sub(*body, end + 2, n);
	*body = str_skip(*body, end + 2 + n + 2);
	return out;
}

/* The first ICAP_SAME octets of the body; false: they are not here yet. */
static bool beginning(struct str body, char out[ICAP_SAME], size_t *n)
{
	bool ended = false;

	*n = 0;
	while (*n < ICAP_SAME) {
		struct str piece = str_sub(next_chunk(&body, &ended), 0, ICAP_SAME - *n);
		if (!piece.n)
			return ended;
		memcpy(out + *n, piece.p, piece.n);
		*n += piece.n;
	}
	return true;
}

static size_t beginning_of(const struct scanner_object *o, char out[ICAP_SAME])
{
	size_t n = 0;

	for (size_t i = 0; i < o->npieces && n < ICAP_SAME; i++) {
		struct str piece = str_sub(o->piece[i], 0, ICAP_SAME - n);
		if (piece.n)
			memcpy(out + n, piece.p, piece.n);
		n += piece.n;
	}
	return n;
}

static bool unchanged(const struct answer *in, const struct scanner_object *o)
{
	char theirs[ICAP_SAME], ours[ICAP_SAME];
	size_t n;

	return in->has_body && beginning(in->body, theirs, &n) && n == beginning_of(o, ours) &&
	       memcmp(theirs, ours, n) == 0;
}

/* ---- the face ---- */

static bool names_something(const struct answer *in)
{
	struct str name;

	return field(in->fields, STR("X-Infection-Found")).n ||
	       field(in->fields, STR("X-Virus-ID")).n ||
	       violations(field(in->fields, STR("X-Violations-Found")), &name);
}

int icap_whole(struct str so_far)
{
	char start[ICAP_SAME];
	struct answer in;
	enum step step = read_answer(so_far, &in);
	size_t n;

	if (step != WHOLE)
		return step == MORE ? 0 : -1;
	if (in.status != 200 && in.status != 204)
		return -1;
	if (in.status == 204 || names_something(&in) || in.http_status >= 400 || !in.has_body)
		return 1;
	return beginning(in.body, start, &n);
}

bool icap_reply_read(struct arena *a, struct str octets, const struct scanner_object *o,
		     struct scanner_reply *r)
{
	struct answer in;

	if (read_answer(octets, &in) != WHOLE || (in.status != 200 && in.status != 204))
		return false;
	*r = (struct scanner_reply){ .code = SCANNER_CLEAN };
	if (found(a, &in, r) || in.status == 204)
		return true;
	if (in.http_status < 400 && unchanged(&in, o))
		return true;
	*r = (struct scanner_reply){ SCANNER_BLOCKED, STR("unknown") };
	return true;
}
