/*
 * Names that imitate other names (Unicode TR 39, TR 46, RFC 5891): against the site's own domains,
 * its correspondents and known brands. Needs no network. Honest internationalised names are fine.
 */
#ifndef MAIL_LOOKALIKE_LOOKALIKE_H
#define MAIL_LOOKALIKE_LOOKALIKE_H

#include "base/err.h"
#include "base/vec.h"
#include "mail/psl.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

enum lookalike_reason {
	LOOKALIKE_CONFUSABLE = 1,    /* equal skeletons (TR 39 4) */
	LOOKALIKE_MIXED_SCRIPT = 2,  /* scripts in one label that no language mixes */
	LOOKALIKE_WHOLE_SCRIPT = 4,  /* all of another script, and reads as a protected name */
	LOOKALIKE_ASCII = 8,	     /* rn for m, 0 for o, 1 for l, vv for w, ... */
	LOOKALIKE_EDIT = 16,	     /* one letter more, less, other, or two swapped */
	LOOKALIKE_TLD = 32,	     /* the same name under another suffix */
	LOOKALIKE_SUBDOMAIN = 64,    /* brand.com.evil.example */
	LOOKALIKE_COMBO = 128,	     /* brand-login.example, secure-brand.example */
	LOOKALIKE_INVISIBLE = 256,   /* default-ignorable or zero-width characters */
	LOOKALIKE_BIDI = 512,	     /* bidi controls, or RFC 5893 broken */
	LOOKALIKE_RESTRICTED = 1024, /* characters that no identifier should have (TR 39 3) */
	LOOKALIKE_DIGITS = 2048,     /* digits of more than one system */
	LOOKALIKE_INVALID = 4096,    /* no name at all (UTS 46 refuses it) */
	LOOKALIKE_MARKS = 8192, /* too many combining marks, or marks on letters that have none */
};

enum lookalike_verdict { LOOKALIKE_OK, LOOKALIKE_SUSPICIOUS, LOOKALIKE_BAD /* "invalid" */ };

struct lookalike_result {
	enum lookalike_verdict verdict;
	unsigned reasons;    /* enum lookalike_reason */
	struct str imitates; /* the protected name; absent: none */
	struct str ascii;    /* A-labels; absent: invalid */
	struct str unicode;  /* U-labels, or the text itself */
};

struct lookalike; /* immutable once built; shared by all workers */

/* psl may be NULL: then the last two labels count as registrable. */
struct lookalike *lookalike_new(struct arena *a, const struct psl *psl);
/* A protected name: "example.com", or a brand "Example" with the domains that are its own.
 * What stands under one of the domains is honest. */
void lookalike_protect(struct lookalike *l, struct str brand, const struct str *domains, size_t n);
/* Reads a list: one protected name a line, "#" comments; "Brand: domain domain ..." or "domain".
 * "! word ...": labels that are honest though they look like a brand. "? word ...": brands of the
 * lines below whose names hosts have for other reasons. -1 and *e: file:line. */
int lookalike_protect_file(struct lookalike *l, const char *path, struct err *e);
void lookalike_build(struct lookalike *l); /* after the last name */

/* A host name, in A-labels, U-labels or raw octets from mail. */
struct lookalike_result lookalike_host(const struct lookalike *l, struct arena *a, struct str host);
/* A display name or a file name: text that claims to be a brand while its domain (absent: none) is
 * none of that brand's. */
struct lookalike_result lookalike_text(const struct lookalike *l, struct arena *a, struct str text,
				       struct str domain);

/* "confusable", "mixed-script": for one reason. */
const char *lookalike_reason_name(unsigned reason);

#pragma GCC visibility pop

#endif
