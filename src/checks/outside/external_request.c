/* What a check of the site is asked: the facts of a message as one line of JSON. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "checks/outside/external.h"
#include "scan/report.h"

#define FORM_VERSION 1

static void set(json_t *o, const char *key, struct str value)
{
	json_object_set_new(o, key, report_str(value));
}

static void add_client(const struct scan *s, json_t *o)
{
	char ip[IP_TEXT_MAX];

	set(o, "queue_id", s->client.queue_id);
	set(o, "profile", s->client.profile);
	set(o, "ip", s->client.ip.family ? str_c(ip_format(&s->client.ip, ip)) : STR_NULL);
	set(o, "host", s->client.host.n ? s->client.host : STR_NULL);
	set(o, "tls", s->client.tls);
	set(o, "auth_user", s->client.auth_user);
	set(o, "helo", s->helo);
}

/* A path without its angle brackets. */
static struct str bare(struct str path)
{
	if (path.n >= 2 && path.p[0] == '<' && path.p[path.n - 1] == '>')
		return str_sub(path, 1, path.n - 2);
	return path;
}

static void add_envelope(const struct scan *s, json_t *o)
{
	json_t *rcpts = json_array();

	for (size_t i = 0; i < s->rcpts.n; i++)
		json_array_append_new(rcpts, report_str(bare(s->rcpts.p[i])));
	set(o, "mail_from", bare(s->mail_raw));
	json_object_set_new(o, "rcpt", rcpts);
	json_object_set_new(o, "rcpts", json_integer((json_int_t)s->nrcpts));
}

/* Result words, as the log has them. */
static void add_auth(const struct scan *s, json_t *o)
{
	static const struct check *const all[] = { &check_iprev, &check_spf, &check_dkim,
						   &check_arc, &check_dmarc };
	json_t *auth = json_object();

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		json_object_set_new(auth, all[i]->name,
				    report_word(all[i]->word ? all[i]->word(s) : NULL));
	json_object_set_new(o, "auth", auth);
}

static struct str field(struct scan *s, const char *name)
{
	const struct hdr *h = hdr_find(&s->headers, str_c(name), 0);

	return h ? mime_words(s->arena, hdr_unfold(s->arena, h->value)) : STR_NULL;
}

static void add_author(struct scan *s, json_t *o)
{
	const struct mailbox *m = s->from.list.v.n ? &s->from.list.v.p[0] : NULL;

	set(o, "from_domain", s->from.domain);
	set(o, "from",
	    m ? arena_printf(s->arena, "%.*s@%.*s", STR_ARG(m->local), STR_ARG(m->domain))
	      : STR_NULL);
	set(o, "from_name", m ? mime_words(s->arena, m->display) : STR_NULL);
	set(o, "subject", field(s, "Subject"));
	set(o, "message_id", field(s, "Message-ID"));
}

static json_t *described(struct scan *s, const struct content_file *f)
{
	struct mime *m = s->content->mime;
	struct buf hex = { .arena = s->arena };
	json_t *j = json_object();

	buf_hex(&hex, mime_sha256(m, f->part), 32);
	set(j, "name", f->name.n ? f->name : STR_NULL);
	json_object_set_new(j, "type", json_string(f->type->name));
	json_object_set_new(j, "octets", json_integer((json_int_t)mime_data(m, f->part).n));
	set(j, "sha256", buf_str(&hex));
	return j;
}

static void add_body(struct scan *s, json_t *o)
{
	const content_file_vec *all = s->content ? content_files(s->content) : NULL;
	json_t *files = json_array();

	for (size_t i = 0; all && i < all->n && i < EXTERNAL_FILES_MAX; i++)
		json_array_append_new(files, described(s, &all->p[i]));
	json_object_set_new(o, "body_octets", json_integer((json_int_t)s->body_octets));
	json_object_set_new(o, "files", files);
}

static void add_headers(const struct scan *s, json_t *o)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->headers.v.n; i++) {
		const struct hdr *h = &s->headers.v.p[i];
		json_t *pair = json_array();
		json_array_append_new(pair, report_str(h->name));
		json_array_append_new(pair, report_str(h->value));
		json_array_append_new(list, pair);
	}
	json_object_set_new(o, "headers", list);
}

/* The message behind the line. Returns its octets. */
static uint64_t add_message(struct scan *s, struct str *piece, size_t *n)
{
	uint64_t octets = 2;

	for (size_t i = 0; i < s->headers.v.n; i++) {
		piece[(*n)++] = s->headers.v.p[i].raw;
		octets += s->headers.v.p[i].raw.n;
	}
	piece[(*n)++] = STR("\r\n");
	piece[(*n)++] = s->content ? s->content->mime->body : STR("");
	return octets + piece[*n - 1].n;
}

static struct str line_of(struct scan *s, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);
	struct buf b = { .arena = s->arena };

	if (!text)
		bug("JSON that cannot be written");
	buf_add(&b, str_c(text));
	buf_addc(&b, '\n');
	free(text);
	json_decref(o);
	return buf_str(&b);
}

const struct str *external_request(struct scan *s, struct str name, enum external_send send,
				   size_t *n)
{
	struct str *piece = ARENA_ARRAY(s->arena, struct str, s->headers.v.n + 3);
	json_t *o = json_object();
	uint64_t octets;

	*n = 1;
	json_object_set_new(o, "version", json_integer(FORM_VERSION));
	set(o, "check", name);
	add_client(s, o);
	add_envelope(s, o);
	add_auth(s, o);
	add_author(s, o);
	add_body(s, o);
	if (send == EXTERNAL_HEADERS)
		add_headers(s, o);
	if (send == EXTERNAL_MESSAGE) {
		octets = add_message(s, piece, n);
		json_object_set_new(o, "message_octets", json_integer((json_int_t)octets));
		json_object_set_new(o, "message_cut",
				    json_boolean(s->flags & SCAN_F_TRUNCATED || !s->content));
	}
	piece[0] = line_of(s, o);
	return piece;
}
