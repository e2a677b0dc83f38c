/* Fuzz target: a whole message as a question to a language model, in every mode, and its signs. */
#include "base/hash.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "llm/llm.h"
#include "mail/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_body(void *arg, struct str octets)
{
	buf_add(arg, octets);
}

static void check(const struct llm_question *q, struct str system)
{
	if (q->user.n > LLM_MAX_INPUT || !utf8_valid(q->user))
		bug("a question that is too long or no UTF-8");
	if (!str_starts(q->user, STR("MAIL ")) || q->digest.n != 32)
		bug("a question without its form");
	if (system.n && !str_eq(system, q->system))
		bug("the mail speaks in the system role");
	if (str_find(q->user, q->canary) != SIZE_MAX)
		bug("the canary beside the mail");
}

static void ask(struct arena *a, struct llm_facts *f, struct str input)
{
	/* no mail knows it: it is made of the mail */
	uint64_t half[4];
	uint8_t random[32];
	struct str system = STR("");

	for (uint64_t i = 0; i < 4; i++)
		half[i] = hash_sip24((struct hash_key){ i, 1 }, input);
	memcpy(random, half, sizeof random);

	for (unsigned i = 0; i < 5; i++) {
		struct llm_model m = { .prompt = STR("{{boundary}} {{canary}}\n{{redacted}}x"),
				       .hash = "0123456789abcdef",
				       .marking = (enum llm_marking)(i > 2 ? i - 2 : 0),
				       .json_schema = true,
				       .tokens_per_octet = 0.3 };
		struct llm_question q;

		llm_build(a, &m, (enum llm_privacy)(i > 2 ? 0 : i), f, random, &q);
		if (i == 0)
			system = q.system;
		check(&q, i == 1 ? STR("") : system);
		if (!llm_request(a, &m, &q).n)
			bug("no request");
	}
}

/* Made once: it costs more than most inputs do. */
static const struct llm_phrases *phrases(void)
{
	static const struct llm_phrases *made;

	if (!made)
		made = llm_phrases_new(arena_new(0));
	return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct buf body = { .arena = a };
	struct llm_facts f = { .spf = STR("pass") };
	struct hdr_list headers;
	struct from from;
	struct msg_reader *r;
	struct str evidence;

	hdr_init(&headers, a);
	r = msg_new(a, &headers, take_body, &body);
	msg_feed(r, str_of((const char *)data, size));
	msg_end(r);
	f.headers = &headers;
	f.content = content_new(a, NULL, &headers);
	content_push(f.content, buf_str(&body));
	content_end(f.content);
	from_read(a, &headers, &from);
	f.from = &from;
	ask(a, &f, str_of((const char *)data, size));
	(void)llm_signs(a, phrases(), &f, &evidence);
	if (!utf8_valid(evidence))
		bug("evidence that is no UTF-8");
	arena_free(a);
	return 0;
}
