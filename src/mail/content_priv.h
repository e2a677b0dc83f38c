/* What the two files of content share. */
#ifndef MAIL_CONTENT_PRIV_H
#define MAIL_CONTENT_PRIV_H

#include "mail/content.h"

struct content_html {
	bool made;
	const struct html_doc *doc;
};

struct content_priv {
	struct content_html *html; /* one for each part */
	bool files_made, texts_made, urls_made;
	content_file_vec files;
	struct str visible, hidden;
	url_vec urls;
	size_t urls_found;
};

/* Fills urls and urls_found. */
void content_find_urls(struct content *c);

#endif
