/*
 * Everything that is read out of a message beyond its authentication: parts, files, texts, links.
 * Made as the body arrives; what costs is done when it is first asked for, and once.
 */
#ifndef MAIL_CONTENT_H
#define MAIL_CONTENT_H

#include "mail/file/file.h"
#include "mail/html/html.h"
#include "mail/lookalike/lookalike.h"
#include "mail/mime/mime.h"
#include "mail/url/url.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

/* What a generation of configuration brings; immutable. */
struct content_env {
	const struct psl *psl;		   /* NULL: none */
	const struct lookalike *lookalike; /* NULL: none */
	size_t max_kept;		   /* 0: MIME_MAX_KEPT */
};

struct content_file {
	uint32_t part;
	struct str name; /* "" when it has none */
	struct file_name parsed;
	const struct file_type *type;
	const struct archive *archive; /* NULL: none */
	bool type_agrees;
};

struct content {
	struct arena *arena;
	const struct content_env *env;
	struct mime *mime;
	struct content_priv *priv;
};

struct content *content_new(struct arena *a, const struct content_env *env,
			    const struct hdr_list *headers);
void content_push(struct content *c, struct str octets); /* body octets, CRLF */
void content_end(struct content *c);

/* ---- after content_end; each is made when first asked for ---- */

/* The document of an HTML part (by type or by what it is); NULL: the part is none. */
const struct html_doc *content_html(struct content *c, size_t part);

/* The visible text of the whole: plain parts and the HTML parts' visible text, one after another.
 * Attachments (disposition attachment) left out. Line ends are LF. */
struct str content_visible(struct content *c);
struct str content_hidden(struct content *c);

typedef VEC(struct content_file) content_file_vec;
const content_file_vec *content_files(
	struct content *c); /* leaf parts that are no body text, or have a name */
const url_vec *content_urls(
	struct content *c); /* at most URL_MAX_KEPT, distinct by clean and origin */
size_t content_urls_found(struct content *c); /* all that there were */

#pragma GCC visibility pop

#endif
