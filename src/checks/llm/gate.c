/* Which mail is asked about: where the score leaves room, and neither trust nor secrecy forbids. */
#include "checks/llm/opinion.h"
#include "checks/memory/memory.h"
#include "scan/ask.h"

#define PLAIN_MAX 256u /* octets around what is encrypted: a greeting, a name */

static bool is_base64(struct str line)
{
	for (size_t i = 0; i < line.n; i++)
		if (!ch_alnum(line.p[i]) && !strchr("+/=", line.p[i]))
			return false;
	return true;
}

/* Text in the armor of PGP (RFC 9580 6.2), and no more than a few words else: whoever writes its
 * first line below his offer is asked about. */
static bool armored(struct str text)
{
	bool in = false, any = false;
	size_t plain = 0;

	while (text.n && plain <= PLAIN_MAX) {
		struct str line = str_trim(str_cut(&text, '\n'));

		if (str_eq(line, STR("-----BEGIN PGP MESSAGE-----")))
			in = any = true;
		else if (str_eq(line, STR("-----END PGP MESSAGE-----")))
			in = false;
		else if (!in || !is_base64(line))
			plain += line.n;
	}
	return any && plain <= PLAIN_MAX;
}

/* Content that only its recipient reads. */
static bool encrypted(struct scan *s)
{
	const struct mime_part *root;

	if (armored(content_visible(s->content)))
		return true;
	if (!s->content->mime->parts.n)
		return false;
	root = &s->content->mime->parts.p[0];
	return (str_eq(root->type, STR("multipart")) && str_eq(root->subtype, STR("encrypted"))) ||
	       (str_eq(root->type, STR("application")) &&
		(str_eq(root->subtype, STR("pkcs7-mime")) ||
		 str_eq(root->subtype, STR("x-pkcs7-mime"))));
}

static bool trusted(const struct scan *s)
{
	const struct sender_facts *f = scan_result(s, &check_sender);

	return f && f->genuine && (f->known || f->reply);
}

/* Whether the message is in a share of all, 0 to 100 percent; no sender knows beforehand. */
static bool sampled(const struct scan *s, uint64_t salt, double percent)
{
	struct hash_key key = s->env->digest_key;

	key.k1 ^= salt;
	return (double)(hash_sip24(key, s->body_head) % 1000000) < percent * 10000;
}

static bool triggered(const struct verdict *v, const struct opinion_config *k)
{
	for (size_t i = 0; i < v->symbols.n; i++)
		for (size_t j = 0; j < k->ntriggers; j++)
			if (str_eq(v->symbols.p[i].name, k->trigger[j]))
				return true;
	return false;
}

static enum opinion_skip by_score(const struct scan *s, const struct verdict *v,
				  const struct opinion_config *k, bool *audit)
{
	bool room = v->score < v->reject_at && v->score <= k->to &&
		    (v->score >= k->from || triggered(v, k));

	*audit = !room && sampled(s, 2, k->audit);
	if (*audit)
		return OPINION_GIVEN;
	if (!room)
		return OPINION_SKIP_BAND;
	return sampled(s, 1, k->percent) ? OPINION_GIVEN : OPINION_SKIP_SAMPLE;
}

enum opinion_skip opinion_gate(struct scan *s, const struct opinion_config *k,
			       const struct opinion_site *site, bool *audit)
{
	const struct verdict *v = scan_preliminary(s);

	*audit = false;
	if (site->mode == OPINION_OFF)
		return OPINION_SKIP_OFF;
	if (scan_passive(s) || scan_outbound(s))
		return OPINION_SKIP_OURS;
	if (s->flags & (SCAN_F_LOCAL | SCAN_F_AUTH_ONLY) || s->env->readonly || !v || !s->content)
		return OPINION_SKIP_LOCAL;
	if (s->body_octets > k->max_size)
		return OPINION_SKIP_SIZE;
	if (encrypted(s))
		return OPINION_SKIP_ENCRYPTED;
	if (trusted(s))
		return OPINION_SKIP_TRUSTED;
	return by_score(s, v, k, audit);
}
