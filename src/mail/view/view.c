/* The views of one message: made when first asked for, and once. */
#include "mail/view/view_priv.h"

#include "base/buf.h"

struct view *view_new(struct arena *a, const struct view_env *env, const struct hdr_list *headers,
		      struct content *content, const struct view_client *client,
		      struct str mail_from)
{
	struct view *v = ARENA_NEW(a, struct view);

	v->arena = a;
	if (env)
		v->env = *env;
	v->headers = headers;
	v->content = content;
	v->client = client;
	v->mail_from = mail_from;
	v->left = (struct view_budget){ VIEW_MAX_HTML, VIEW_MAX_TOKENS, VIEW_MAX_HTML, false };
	return v;
}

/* Copies s without the CR of each CRLF; returns where it ended. */
static char *copy_lf(char *to, struct str s)
{
	size_t at = 0;

	while (at < s.n) {
		size_t n = str_chr(str_skip(s, at), '\r');
		bool crlf;

		if (n == SIZE_MAX)
			n = s.n - at;
		memcpy(to, s.p + at, n);
		to += n;
		at += n;
		if (at == s.n)
			break;
		crlf = at + 1 < s.n && s.p[at + 1] == '\n';
		*to = crlf ? '\n' : '\r';
		to++;
		at += crlf ? 2 : 1;
	}
	return to;
}

struct str view_lf(struct arena *a, struct str s)
{
	char *p;

	if (str_chr(s, '\r') == SIZE_MAX)
		return s.p ? s : STR("");
	p = arena_alloc(a, s.n);
	return str_of(p, (size_t)(copy_lf(p, s) - p));
}

const struct view_lines *view_full(struct view *v)
{
	struct str body = v->content->mime->body;
	struct view_line *line;
	char *p, *end;

	if (v->full.n)
		return &v->full;
	p = end = arena_alloc(v->arena, v->headers->octets + body.n + 1);
	for (size_t i = 0; i < v->headers->v.n; i++)
		end = copy_lf(end, v->headers->v.p[i].raw);
	*end++ = '\n';
	end = copy_lf(end, body);
	line = ARENA_NEW(v->arena, struct view_line);
	*line = (struct view_line){ str_of(p, (size_t)(end - p)), UINT32_MAX, 0 };
	v->full = (struct view_lines){ line, 1 };
	return &v->full;
}
