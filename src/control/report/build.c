/* Sums into reports that fit. */
#include "control/report/build.h"

#include "base/hash.h"
#include "report/gzip.h"

#define DAY_S 86400
#define ROW_LEAST 400u	/* octets of XML that a row is at least */
#define DKIM_LEAST 100u /* and each of its signatures */
#define HEAD_ROOM 2048u /* octets of a message before its content: addresses, date, signatures */

/* How large one message may be: what we send at most, and what the addresses take that take
 * anything of use. */
static uint64_t limit_of(struct arena *a, const struct report_settings *s, struct str rua)
{
	struct report_uri uri[REPORT_URI_MAX];
	size_t n = report_uris(a, rua, uri);
	uint64_t max = s->max_size;

	for (size_t i = 0; i < n; i++)
		if (!uri[i].fault && uri[i].max >= BUILD_LEAST && uri[i].max < max)
			max = uri[i].max;
	return max - HEAD_ROOM;
}

int64_t build_due(const struct report_settings *s, const struct report *r)
{
	const struct hash_key fixed = { 0x6d65726c6f6e, 0x7265706f7274 }; /* no secret, no order */
	int64_t length = r->end - r->begin + 1;
	uint64_t within = s->jitter_ms / 1000;

	if (length < DAY_S)
		within = within * (uint64_t)(length > 0 ? length : 0) / DAY_S;
	return r->end + 1 + (within ? (int64_t)(hash_sip24(fixed, r->domain) % (within + 1)) : 0);
}

/* Whether it is more than anybody would read, as is seen before it is written. */
static bool too_much(const struct report *r)
{
	uint64_t least = 0;

	for (size_t i = 0; i < r->nrows; i++)
		least += ROW_LEAST + r->row[i].ndkim * DKIM_LEAST;
	return r->nrows > REPORT_MAX_ROWS || least > REPORT_MAX_INFLATED;
}

/* The message behind its head; absent: more than anybody would read. */
static struct str content_of(struct arena *a, const struct report_settings *s,
			     const struct report *r)
{
	const struct report_envelope env = { .submitter = s->submitter };
	struct arena *work = arena_new(0);
	struct str xml = too_much(r) ? STR_NULL : report_xml(work, r), content = STR_NULL;

	if (xml.n && xml.n <= REPORT_MAX_INFLATED)
		content = report_mail_content(a, &env, r, gzip_write(work, xml));
	arena_free(work);
	return content;
}

static void build_one(struct arena *a, struct crypto *c, const struct report_settings *s,
		      const struct window_report *w, struct str name, struct report *r,
		      struct build_part *out)
{
	struct job *j = &out->job;

	r->id = report_id(a, c, s->submitter, w->policy_domain, r->begin, r->end, name);
	out->content = content_of(a, s, r);
	*j = (struct job){ .kind = JOB_AGGREGATE,
			   .id = r->id,
			   .domain = w->policy_domain,
			   .rua = w->rua,
			   .begin = r->begin,
			   .end = r->end,
			   .rows = r->nrows };
	for (size_t i = 0; i < r->nrows; i++)
		j->messages += r->row[i].count;
	j->size = (uint32_t)out->content.n;
}

/* In n parts; false: one of them is larger than max, or than anybody would read. */
static bool build_in(struct arena *a, struct crypto *c, const struct report_settings *s,
		     const struct window_report *w, uint64_t from, size_t n, uint64_t max,
		     struct build_part *out)
{
	for (size_t i = 0; i < n; i++) {
		struct report r = w->report;
		size_t first = r.nrows * i / n, end = r.nrows * (i + 1) / n;
		struct str name = arena_printf(a, "%llu/%u/%zu/%zu", (unsigned long long)from,
					       w->variant, i, n);

		r.org = s->org;
		r.email = s->email;
		r.contact = s->contact;
		r.generator = STR("Merlon " MERLON_VERSION);
		r.domain = w->policy_domain;
		r.row += first;
		r.nrows = end - first;
		build_one(a, c, s, w, name, &r, &out[i]);
		if (!out[i].content.n || out[i].content.n > max)
			return false;
	}
	return true;
}

size_t build_parts(struct arena *a, struct crypto *c, const struct report_settings *s,
		   const struct window_report *w, uint64_t from, int64_t made,
		   struct build_part **out)
{
	uint64_t max = limit_of(a, s, w->rua);
	struct build_part *part = ARENA_ARRAY(a, struct build_part, BUILD_PARTS_MAX);

	*out = part;
	for (size_t n = 1; n <= BUILD_PARTS_MAX && n <= w->report.nrows; n *= 2) {
		if (!build_in(a, c, s, w, from, n, max, part))
			continue;
		for (size_t i = 0; i < n; i++) {
			part[i].job.made = made;
			part[i].job.due = build_due(s, &w->report);
		}
		return n;
	}
	return 0;
}
