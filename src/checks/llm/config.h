/* What the files that read the options share. */
#ifndef CHECKS_LLM_CONFIG_H
#define CHECKS_LLM_CONFIG_H

#include "checks/llm/opinion.h"

/* Reads the sections llm_endpoint into k. -1 and *e. */
int opinion_endpoints(struct arena *a, const struct conf *c, struct opinion_config *k,
		      struct err *e);

bool opinion_is_url(struct str v, char *why, size_t cap);
bool opinion_is_header(struct str v, char *why, size_t cap);

/* Rows of the table of options. */
#define ENDPOINT_OPTIONS                                                                           \
	{ .name = "llm_endpoint.*.url",                                                            \
	  .type = CONF_STR,                                                                        \
	  .check = opinion_is_url,                                                                 \
	  .help = "where it is, https://HOST[:PORT] or http://...; the model file has the path" }, \
		{ .name = "llm_endpoint.*.socket",                                                 \
		  .type = CONF_STR,                                                                \
		  .help = "unix socket it listens at, instead of the host of the URL" },           \
		{ .name = "llm_endpoint.*.model",                                                  \
		  .type = CONF_STR,                                                                \
		  .help = "its model file; relative to this file, or the name of a shipped one" }, \
		{ .name = "llm_endpoint.*.key",                                                    \
		  .type = CONF_STR,                                                                \
		  .secret = true,                                                                  \
		  .help = "the secret it wants; better in a file" },                               \
		{ .name = "llm_endpoint.*.key_file",                                               \
		  .type = CONF_STR,                                                                \
		  .help = "file whose first line is the secret; a name without a slash is a "      \
			  "credential of the systemd unit" },                                      \
		{ .name = "llm_endpoint.*.headers",                                                \
		  .type = CONF_LIST,                                                               \
		  .check = opinion_is_header,                                                      \
		  .secret = true,                                                                  \
		  .help = "further header fields of the request, \"Name: value\"" },               \
		{ .name = "llm_endpoint.*.ca",                                                     \
		  .type = CONF_STR,                                                                \
		  .help = "file with the certificates that its own is checked by; none: those of " \
			  "the system" },                                                          \
		{ .name = "llm_endpoint.*.cert",                                                   \
		  .type = CONF_STR,                                                                \
		  .help = "file with a certificate of ours, for endpoints that ask for one" },     \
		{ .name = "llm_endpoint.*.cert_key",                                               \
		  .type = CONF_STR,                                                                \
		  .help = "file with the key of llm_endpoint.*.cert" },                            \
		{ .name = "llm_endpoint.*.timeout",                                                \
		  .type = CONF_TIME,                                                               \
		  .def = "6s",                                                                     \
		  .allow = "100ms..60s",                                                           \
		  .help = "time for one request" },                                                \
		{ .name = "llm_endpoint.*.priority",                                               \
		  .type = CONF_INT,                                                                \
		  .def = "10",                                                                     \
		  .allow = "0..1000",                                                              \
		  .help = "the endpoint with the lowest is asked first, the next one where it "    \
			  "does not answer and time is left" },                                    \
		{ .name = "llm_endpoint.*.max_inflight",                                           \
		  .type = CONF_INT,                                                                \
		  .def = "2",                                                                      \
		  .allow = "1..64",                                                                \
		  .help = "requests of one worker at a time" },                                    \
		{ .name = "llm_endpoint.*.region",                                                 \
		  .type = CONF_STR,                                                                \
		  .help = "where what is sent is read: a label for log and people" },              \
		{ .name = "llm_endpoint.*.price_in",                                               \
		  .type = CONF_FLOAT,                                                              \
		  .allow = "0..1000000",                                                           \
		  .help = "money for a million tokens that go in, instead of the model file's" },  \
	{                                                                                          \
		.name = "llm_endpoint.*.price_out", .type = CONF_FLOAT, .allow = "0..1000000",     \
		.help = "and that come out"                                                        \
	}

#endif
