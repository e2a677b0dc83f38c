/* Inside of the check sa_header: what its predicates share, by subject. */
#ifndef CHECKS_SA_HEADER_H
#define CHECKS_SA_HEADER_H

#include "checks/checks.h"
#include "mail/view/names.h"

/* What is worked out when it is asked for first. */
struct sa_header_facts {
	struct sa_shift {
		bool known;
		int64_t seconds; /* from Received to Date */
	} * shift;
};

typedef bool sa_test(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence);

/* A field by a rule's name: joined, "" when there is none; its first line without a line end. */
struct str sa_text(struct scan *s, const char *spec);
struct str sa_first(struct scan *s, const char *spec);
const struct view_lines *sa_lines(struct scan *s, struct str spec);
bool sa_present(struct scan *s, const char *spec); /* the field is there */

/* All white space as single spaces. */
struct str sa_squeeze(struct arena *a, struct str s);

/* Begins somewhere in s as the form says (mail/view/relays_priv.h). */
bool sa_like(struct str s, const char *form);
bool sa_has(struct str s, const char *what);
bool sa_has_ip(struct str s);
/* The address ends in this domain: a word begins with it. */
bool sa_from_domain(struct scan *s, const char *domain);

/* All senders (From, envelope, ...), all recipients of the headers; each once. */
typedef VEC(struct str) sa_strs;
const sa_strs *sa_from_addrs(struct scan *s);
const sa_strs *sa_to_addrs(struct scan *s);

/* The untrusted relays (trusted: the others), newest first. */
struct sa_relays {
	const struct view_relay **p;
	size_t n;
};
struct sa_relays sa_relays(struct scan *s, bool trusted);

/* Seconds since 1970 of the first date in s; false: none. */
bool sa_date(struct str s, int64_t *t);

/* "undef" or a number. */
bool sa_number(struct str s, double *v);

/* The field that mail programs of mailing lists keep Received fields from; header_forged.c. */
sa_test sa_gated;

sa_test sa_all_trusted, sa_no_relays, sa_unparseable, sa_helo_ip_mismatch, sa_forged_trail,
	sa_no_rdns_helo, sa_mailfrom_matches;
sa_test sa_shifted_date, sa_outlook_id;
sa_test sa_illegal_chars, sa_count_range, sa_parse_flags, sa_faraway, sa_unresolved, sa_all_caps,
	sa_to_in_subject, sa_no_to;
sa_test sa_fake_aol, sa_forged_hotmail, sa_no_hotmail, sa_forged_eudora, sa_forged_yahoo,
	sa_forged_gmail, sa_forged_juno;
sa_test sa_sorted, sa_similar, sa_env_is_from, sa_ratware_id, sa_ratware_envelope, sa_from_differs;
sa_test sa_freemail_header, sa_freemail_from, sa_freemail_replyto, sa_freemail_body;
sa_test sa_from_in, sa_replyto_in, sa_to_in, sa_uri_host, sa_from_blocked, sa_from_welcome,
	sa_from_default, sa_to_blocked, sa_to_welcome, sa_to_more, sa_to_all, sa_uri_blocked,
	sa_uri_welcome, sa_subject_welcome, sa_subject_blocked;
sa_test sa_name_spoof, sa_name_is_replyto, sa_name_is_to, sa_name_differs, sa_name_domain_differs,
	sa_name_owner_differs, sa_name_has_address;
sa_test sa_spf_pass, sa_spf_neutral, sa_spf_none, sa_spf_fail, sa_spf_softfail, sa_spf_permerror,
	sa_spf_temperror, sa_helo_pass, sa_helo_neutral, sa_helo_none, sa_helo_fail,
	sa_helo_softfail, sa_helo_permerror, sa_helo_temperror, sa_spf_welcome, sa_spf_default;
sa_test sa_dkim_signed, sa_dkim_valid, sa_dkim_author, sa_dkim_envelope, sa_dkim_dependable,
	sa_dkim_testing, sa_never, sa_dkim_welcome, sa_dkim_default;
sa_test sa_dmarc_pass, sa_dmarc_reject, sa_dmarc_quarantine, sa_dmarc_none, sa_dmarc_missing;
sa_test sa_arc_signed, sa_arc_valid;

#endif
