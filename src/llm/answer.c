/* The words of an answer, and its form in the store. */
#include "llm/priv.h"

#include "base/octets.h"

#define PACK_VERSION 1u

static const char *const label_word[] = {
	[LLM_HAM] = "ham",	   [LLM_BULK] = "bulk", [LLM_SPAM] = "spam",
	[LLM_PHISH] = "phish",	   [LLM_SCAM] = "scam", [LLM_MALWARE] = "malware",
	[LLM_UNKNOWN] = "unknown",
};
#define LABELS (sizeof(label_word) / sizeof(*label_word))

static const char *const fault_word[] = {
	[LLM_FINE] = "fine",	   [LLM_NO_REPLY] = "no-reply",	    [LLM_CUT] = "cut",
	[LLM_REFUSED] = "refused", [LLM_NOT_SCHEMA] = "not-schema", [LLM_CANARY] = "canary",
};

/* Kept in this order: the store holds the indices. */
static const char *const reason_word[] = {
	"credential_request",
	"money_request",
	"payment_change",
	"gift_cards",
	"crypto_payment",
	"impersonation",
	"brand_imitation",
	"lookalike_domain",
	"link_mismatch",
	"suspicious_link",
	"suspicious_attachment",
	"malware_lure",
	"urgency",
	"threat",
	"extortion",
	"advance_fee",
	"lottery_prize",
	"inheritance",
	"romance",
	"job_offer",
	"investment",
	"loan_offer",
	"pharmacy",
	"adult",
	"gambling",
	"counterfeit",
	"seo_marketing",
	"unsolicited_offer",
	"newsletter",
	"transactional",
	"personal",
	"conversation",
	"business",
	"notification",
	"failed_authentication",
	"hidden_text",
	"obfuscated_text",
	"prompt_injection",
	"callback_number",
	"other",
};
#define REASONS (sizeof(reason_word) / sizeof(*reason_word))

const char *llm_label_word(enum llm_label l)
{
	return label_word[l];
}

const char *llm_fault_word(enum llm_fault f)
{
	return fault_word[f];
}

const char *llm_reason_word(unsigned code)
{
	return code < REASONS ? reason_word[code] : NULL;
}

size_t llm_reason_count(void)
{
	return REASONS;
}

bool llm_label_find(struct str word, enum llm_label *l)
{
	for (size_t i = 0; i < LABELS; i++)
		if (str_eq(word, str_c(label_word[i]))) {
			*l = (enum llm_label)i;
			return true;
		}
	return false;
}

bool llm_reason_find(struct str word, unsigned *code)
{
	for (size_t i = 0; i < REASONS; i++)
		if (str_eq(word, str_c(reason_word[i]))) {
			*code = (unsigned)i;
			return true;
		}
	return false;
}

struct str llm_answer_pack(struct arena *a, const struct llm_answer *x)
{
	struct buf b = { .arena = a };

	octets_u(&b, PACK_VERSION, 1);
	octets_u(&b, (uint64_t)x->fault, 1);
	octets_u(&b, (uint64_t)x->label, 1);
	octets_f64(&b, x->p_spam);
	octets_f64(&b, x->p_phish);
	octets_u(&b, x->nreasons, 1);
	for (size_t i = 0; i < x->nreasons; i++)
		octets_u(&b, x->reason[i], 2);
	octets_str(&b, x->imitates);
	octets_str(&b, x->note);
	octets_u(&b, x->tokens_in, 8);
	octets_u(&b, x->tokens_out, 8);
	return buf_str(&b);
}

static bool in_unit(double p)
{
	return p >= 0 && p <= 1;
}

static bool clean(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 32 || s.p[i] == 127)
			return false;
	return true;
}

bool llm_answer_unpack(struct arena *a, struct str octets, struct llm_answer *out)
{
	struct octets o = { .left = octets };
	struct llm_answer x = { 0 };
	uint64_t version = octets_get_u(&o, 1), fault = octets_get_u(&o, 1),
		 label = octets_get_u(&o, 1);

	x.p_spam = octets_get_f64(&o);
	x.p_phish = octets_get_f64(&o);
	x.nreasons = octets_get_u(&o, 1);
	if (o.bad || version != PACK_VERSION || fault > LLM_CANARY || label > LLM_UNKNOWN ||
	    x.nreasons > LLM_REASONS_MAX || !in_unit(x.p_spam) || !in_unit(x.p_phish))
		return false;
	for (size_t i = 0; i < x.nreasons; i++)
		if ((x.reason[i] = (unsigned)octets_get_u(&o, 2)) >= REASONS)
			return false;
	x.fault = (enum llm_fault)fault;
	x.label = (enum llm_label)label;
	x.imitates = arena_dup(a, octets_get_text(&o, 64));
	x.note = arena_dup(a, octets_get_text(&o, 4 * LLM_NOTE_MAX));
	x.tokens_in = octets_get_u(&o, 8);
	x.tokens_out = octets_get_u(&o, 8);
	if (!octets_done(&o) || !clean(x.imitates) || !clean(x.note))
		return false;
	*out = x;
	return true;
}
