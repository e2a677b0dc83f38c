/* libcurl's multi interface on the loop: its sockets and its time, shared by those who use it. */
#ifndef IO_MULTI_H
#define IO_MULTI_H

#include <curl/curl.h>

#include "io/loop.h"

struct multi;

/* private: CURLOPT_PRIVATE of the handle that ended. Nobody is to be told from here: what he does
 * then must not happen inside libcurl. */
typedef void multi_ended_fn(void *private, CURLcode code);

/* idle: connections kept for the next one. NULL: there is no libcurl. */
struct multi *multi_new(struct loop *l, long idle, multi_ended_fn *ended);
void multi_free(struct multi *m); /* no handle is left in it; NULL is fine */
CURLM *multi_handle(struct multi *m);

#endif
