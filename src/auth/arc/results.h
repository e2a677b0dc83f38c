/* The payload of ARC-Authentication-Results fields (RFC 8617 4.1.1): results cut apart, folded. */
#ifndef AUTH_ARC_RESULTS_H
#define AUTH_ARC_RESULTS_H

#include "base/arena.h"

/*
 * Takes the next result off *rest, without the white space around it: up to a ";" that stands
 * neither in a comment nor in a quoted string. *rest becomes absent after the last.
 */
struct str arc_result_next(struct str *rest);

/* The value of an AAR, folded as it goes behind "ARC-Authentication-Results: ": "i=N; " and the
 * payload, of which results that do not fit AUTHRES_MAX_FIELD are left out. */
struct str arc_results_fold(struct arena *a, unsigned instance, struct str payload);

#endif
