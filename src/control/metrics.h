/*
 * What a daemon counts, for who watches it: families of samples with names and labels as Prometheus
 * has them (text format 0.0.4). What is more than METRICS_SERIES samples, or would not fit into a
 * frame of the control socket, is left out, and said.
 */
#ifndef CONTROL_METRICS_H
#define CONTROL_METRICS_H

#include <jansson.h>

#include "base/arena.h"
#include "scan/stats.h"

#define METRICS_SERIES 2000u
#define METRICS_OCTETS (200u * 1024u) /* of samples, about, as JSON at its longest */
#define METRICS_LABEL 96u	      /* octets of a label's value; longer ones are cut */

struct board;
struct collector;
struct model;
struct reporter;
struct store;
struct summaries;
struct trainer;

/* Where the counts are; every pointer may be NULL. */
struct metrics_world {
	/* Adds up what all workers counted (*sum is zeroed); returns how many serve. */
	unsigned (*scans)(void *arg, struct scan_stats *sum);
	void *arg;
	const struct board *board;
	const struct store *local, *shared;
	const struct trainer *trainer;
	const struct model *model;
	const struct summaries *summaries;
	const struct reporter *reporter;
	const struct collector *collector;
};

/* [{"name", "type": "counter|gauge|histogram", "help", "samples": [{"labels": {..}, "value"}]}]; a
 * sample of a histogram has "suffix" too. New reference. */
json_t *metrics_report(const struct metrics_world *w);

/* The same as text, in the arena. */
struct str metrics_text(struct arena *a, const json_t *report);

#endif
