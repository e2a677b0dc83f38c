/* What the parts of merlon dmarc report share. */
#ifndef CMD_DMARC_H
#define CMD_DMARC_H

#include "cmd/remembered.h"
#include "control/report/run.h"
#include "control/report/send.h"

struct dmarc_run {
	struct remembered r;
	struct report_settings settings;
	struct resolver *resolver;
	struct windows *windows;
	const char *conf, *state;
	struct str domain;
	bool dry, json, open;
	/* of a dry run */
	json_t *all;
	size_t reports, nobody; /* nobody: that go to no address */
	struct window_part *part;
	size_t nparts;
	struct window_sums *sums;
	bool good, done;
	struct job *job;
	struct goal goal[OUTBOX_ADDRESSES];
	size_t ngoals;
	bool unknown;
	struct reporter_sum sum;
};

/* The directory of what is remembered. */
const char *dmarc_state(const struct dmarc_run *run);

/* Who would get a report, in run->goal, by the record, consent and what is suppressed. */
void dmarc_find_goals(struct dmarc_run *run, struct job *j);
bool dmarc_goes_anywhere(const struct dmarc_run *run);

/* The addresses that were found, as JSON and as lines of text. */
void dmarc_json_goals(const struct dmarc_run *run, json_t *j);
void dmarc_text_goals(const struct dmarc_run *run);

/* dmarc_failures.c: shows the failure reports that are on their way. False: said why. */
bool dmarc_show_failures(struct dmarc_run *run);

#endif
