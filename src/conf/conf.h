/*
 * Configuration: text in libconfuse syntax -> checked, immutable values, from one option table.
 *
 *	milter { engine = native  workers = 4 }
 *	listen "inbound" { socket = "inet:8891@127.0.0.1" }
 *	dmarc { trusted_sealers = {"example.com", "example.net"} }
 *	include("local.conf")
 *
 * Text that is not of letters, digits and simple punctuation is quoted, "..." with the escapes of C
 * and ${VARIABLE} of the environment, or '...' as it stands. Comments: # and // to the end of the
 * line, and those of C. A relative include path is relative to the file that it stands in.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdio.h>

#include "base/arena.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

enum conf_type {
	CONF_BOOL,  /* true false yes no on off */
	CONF_INT,   /* -5 */
	CONF_SIZE,  /* octets: 512, 64k, 10M, 1G (powers of 1024) */
	CONF_TIME,  /* 500ms 30s 5m 1h 1d; a bare number is seconds */
	CONF_FLOAT, /* 1.5 */
	CONF_STR,
	CONF_ENUM, /* one of the words of allow */
	CONF_LIST, /* of strings: {"a", "b"}; if allow is given, each is one of its words */
};

/*
 * An option. Rooms and checks declare tables of them that end in a row without name, and the
 * program passes all tables to conf_load. A name is "section.option", "section.section.option", or
 * "section.*.option" for sections with a title, of which there may be any number.
 */
struct conf_opt {
	const char *name;
	enum conf_type type;
	const char *def;   /* without quotes: native, 64k, {a, b*}; NULL: no value */
	const char *allow; /* CONF_ENUM, CONF_LIST: "a|b|c"; numbers: "1..64", "1s..", same units */
	/* For strings and the items of lists: false, and what was expected in why. */
	bool (*check)(struct str value, char *why, size_t cap);
	const char *help; /* one line */
	bool secret;	  /* its value is shown as *** everywhere */
};

/* Ceilings, each a fault that says so: files, octets of all files, faults reported. */
#define CONF_INCLUDE_MAX 10u	  /* depth */
#define CONF_FILES_MAX 256u	  /* include() calls followed */
#define CONF_BYTES_MAX (1u << 20) /* of all files together */
#define CONF_SECTIONS_MAX 1024u	  /* titled sections of one name */
#define CONF_FAULTS_MAX 100u

struct conf;

/* Gets every fault as one line of printable text: "file:line: option: found X, expected Y". */
typedef void conf_fault_fn(void *arg, const char *line);

/*
 * Reads path (NULL: defaults only) against tables (an array that ends in NULL). Every fault goes to
 * fault, after which NULL is returned. The result lives as long as the arena. Faults of the tables
 * themselves are bugs.
 */
const struct conf *conf_load(struct arena *a, const char *path,
			     const struct conf_opt *const *tables, conf_fault_fn *fault, void *arg);

/* The same of text in memory; name stands for the file in faults and for relative includes. */
const struct conf *conf_load_text(struct arena *a, const char *name, struct str text,
				  const struct conf_opt *const *tables, conf_fault_fn *fault,
				  void *arg);

/*
 * The value of an option, which must be in the tables and of this type (else it is a bug). Of one
 * that has neither value nor default: false, 0, absent, no items. Strings are followed by a NUL and
 * hold none.
 */
bool conf_bool(const struct conf *c, const char *name);
int64_t conf_int(const struct conf *c, const char *name);
uint64_t conf_size(const struct conf *c, const char *name);
uint64_t conf_time_ms(const struct conf *c, const char *name);
double conf_float(const struct conf *c, const char *name);
struct str conf_str(const struct conf *c, const char *name);
size_t conf_enum(const struct conf *c, const char *name); /* index among the words of allow */
size_t conf_list(const struct conf *c, const char *name, const struct str **items);

/* Whether there is such an option in the tables: for who reads one of another room. */
bool conf_known(const struct conf *c, const char *name);

/* Written in the file, even if as its default. */
bool conf_is_set(const struct conf *c, const char *name);

/* "file:line" where the option was set, "default" if it was not: for messages of setup functions.
 */
const char *conf_where(const struct conf *c, const char *name);

/*
 * Sections with titles, in the order of the file: conf_sec_str(c, "listen", 0, "socket") is the
 * option "listen.*.socket" of the first.
 */
size_t conf_sections(const struct conf *c, const char *section);
struct str conf_section_title(const struct conf *c, const char *section, size_t i);
bool conf_sec_bool(const struct conf *c, const char *section, size_t i, const char *opt);
int64_t conf_sec_int(const struct conf *c, const char *section, size_t i, const char *opt);
uint64_t conf_sec_size(const struct conf *c, const char *section, size_t i, const char *opt);
uint64_t conf_sec_time_ms(const struct conf *c, const char *section, size_t i, const char *opt);
double conf_sec_float(const struct conf *c, const char *section, size_t i, const char *opt);
struct str conf_sec_str(const struct conf *c, const char *section, size_t i, const char *opt);
size_t conf_sec_enum(const struct conf *c, const char *section, size_t i, const char *opt);
size_t conf_sec_list(const struct conf *c, const char *section, size_t i, const char *opt,
		     const struct str **items);
bool conf_sec_is_set(const struct conf *c, const char *section, size_t i, const char *opt);
/* Of a section's option; "file:line" of the section where it was not set. */
const char *conf_sec_where(const struct conf *c, const char *section, size_t i, const char *opt);

/* The whole table with types, what is allowed, defaults and help; sorted by name. */
void conf_print_options(const struct conf_opt *const *tables, FILE *out, bool json);

/* Every option with its value in this configuration, those that are not the default marked. */
void conf_print_values(const struct conf *c, FILE *out, bool json);

#pragma GCC visibility pop

#endif
