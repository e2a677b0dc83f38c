/*
 * Prints what would be said to a language model about messages: one line of JSON a file.
 *
 *	llm_driver MODEL.conf full|redacted|features [-v] FILE...
 *
 * Recipients are those of the header fields. With -v the whole request too. With "signs" instead of
 * a mode: the signs of messages that talk to a model.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "llm/llm.h"
#include "mail/msg.h"

#define FILE_MAX (64u << 20)

static void take_body(void *arg, struct str octets)
{
	buf_add(arg, octets);
}

static void read_message(struct arena *a, struct str octets, struct hdr_list *headers,
			 struct llm_facts *f)
{
	struct buf body = { .arena = a };
	struct from *from = ARENA_NEW(a, struct from);
	struct msg_reader *r;

	hdr_init(headers, a);
	r = msg_new(a, headers, take_body, &body);
	msg_feed(r, octets);
	msg_end(r);
	f->headers = headers;
	f->content = content_new(a, NULL, headers);
	content_push(f->content, buf_str(&body));
	content_end(f->content);
	from_read(a, headers, from);
	f->from = from;
}

static json_t *string(struct str s)
{
	return json_stringn(s.p ? s.p : "", s.n);
}

static void print(const char *file, const struct llm_question *q, json_t *request)
{
	json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:b}", "file", file, "user",
			      string(q->user), "digest", string(q->digest), "boundary",
			      string(q->boundary), "canary", string(q->canary), "tokens",
			      (json_int_t)q->tokens, "hidden", (json_int_t)q->hidden, "cut",
			      (json_int_t)q->cut, "empty", q->empty);

	if (request)
		json_object_set_new(o, "request", request);
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void print_signs(struct arena *a, const struct llm_phrases *p, const struct llm_facts *f,
			const char *file)
{
	struct str evidence;
	unsigned signs = llm_signs(a, p, f, &evidence);
	json_t *list = json_array(), *o;

	for (unsigned bit = 1; bit <= signs; bit <<= 1)
		if (signs & bit)
			json_array_append_new(list, json_string(llm_sign_name(bit)));
	o = json_pack("{s:s, s:o, s:o}", "file", file, "signs", list, "evidence", string(evidence));
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

/* phrases: what is looked for, or NULL for a question. */
static int one(const struct llm_model *m, enum llm_privacy mode, bool verbose,
	       const struct llm_phrases *phrases, const char *file)
{
	static const uint8_t random[32] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
	struct arena *a = arena_new(65536);
	struct llm_facts f = { .spf = STR("none"), .dkim = STR("none"), .dmarc = STR("none") };
	struct hdr_list headers;
	struct llm_question q;
	struct err e;
	struct str octets, body;

	if (file_read(a, file, FILE_MAX, &octets, &e) < 0) {
		(void)fprintf(stderr, "%s: %s\n", file, e.text);
		arena_free(a);
		return 2;
	}
	read_message(a, octets, &headers, &f);
	if (phrases) {
		print_signs(a, phrases, &f, file);
	} else {
		llm_build(a, m, mode, &f, random, &q);
		body = llm_request(a, m, &q);
		print(file, &q, verbose ? json_loadb(body.p, body.n, 0, NULL) : NULL);
	}
	arena_free(a);
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const modes[] = { "full", "redacted", "features", "signs" };
	struct arena *a = arena_new(0);
	const struct llm_phrases *phrases;
	const struct llm_model *m;
	bool verbose = argc > 3 && strcmp(argv[3], "-v") == 0;
	unsigned mode = 0;
	struct err e = { 0 };
	int rc = 0;

	while (argc > 3 && mode < 4 && strcmp(argv[2], modes[mode]) != 0)
		mode++;
	if (argc < 4 || mode > 3) {
		(void)fprintf(stderr,
			      "llm_driver MODEL.conf full|redacted|features|signs [-v] FILE...\n");
		return 2;
	}
	m = llm_model_load(a, argv[1], &e);
	if (!m) {
		(void)fprintf(stderr, "%s\n", e.text);
		return 2;
	}
	phrases = mode == 3 ? llm_phrases_new(a) : NULL;
	for (int i = 3 + verbose; i < argc && !rc; i++)
		rc = one(m, (enum llm_privacy)mode, verbose, phrases, argv[i]);
	arena_free(a);
	return rc;
}
