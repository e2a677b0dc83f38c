/* Which addresses a report goes to: the record's list, consent, and size limits. */
#include "control/report/send.h"

static void add(struct goal *goal, size_t *n, struct str address, uint64_t max,
		enum goal_state state, const char *why)
{
	for (size_t i = 0; i < *n; i++)
		if (str_ieq(goal[i].address, address))
			return;
	if (*n < OUTBOX_ADDRESSES)
		goal[(*n)++] = (struct goal){
			.address = address, .max = max, .state = state, .why = str_c(why ? why : "")
		};
}

/* RFC 9990 2.5: a limit that the message exceeds. */
static void add_fitting(const struct job *j, const struct report_uri *u, uint64_t max,
			struct goal *goal, size_t *n)
{
	bool fits = j->size <= max;

	add(goal, n, u->address, max, fits ? GOAL_WAITS : GOAL_TOO_LARGE,
	    fits ? NULL : "larger than the address takes");
}

static void decided(const struct job *j, const struct report_uri *u, const struct consent_result *r,
		    struct goal *goal, size_t *n)
{
	if (r->consent == CONSENT_NONE)
		add(goal, n, u->address, u->max, GOAL_NO_CONSENT, r->why);
	else if (!r->n)
		add_fitting(j, u, u->max, goal, n);
	for (size_t i = 0; r->consent == CONSENT_GIVEN && i < r->n; i++)
		add_fitting(j, &r->uri[i], r->uri[i].max, goal, n);
}

bool send_goals(struct arena *a, struct dns *dns, const struct report_settings *s,
		const struct job *j, struct goal goal[OUTBOX_ADDRESSES], size_t *n, bool *unknown)
{
	const struct consent_request req = { .policy_domain = j->domain,
					     .method = s->method,
					     .psl = s->psl,
					     .failure = j->kind == JOB_FAILURE };
	struct report_uri uri[REPORT_URI_MAX];
	size_t nuris = report_uris(a, j->rua, uri);
	bool wait = false;

	*n = 0;
	*unknown = false;
	for (size_t i = 0; i < nuris; i++) {
		struct consent_result r;

		if (uri[i].fault) {
			add(goal, n, uri[i].text, 0, GOAL_NO_CONSENT, uri[i].fault);
			continue;
		}
		consent_check(a, dns, &req, &uri[i], &r);
		wait |= r.consent == CONSENT_WAIT;
		*unknown |= r.consent == CONSENT_UNKNOWN;
		if (r.consent != CONSENT_WAIT && r.consent != CONSENT_UNKNOWN)
			decided(j, &uri[i], &r, goal, n);
	}
	return !wait;
}
