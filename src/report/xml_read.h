/*
 * A reader of XML (1.0, fifth edition) for documents of strangers: elements and their text, pulled
 * one tag at a time from octets in memory, in linear time and without recursion. It knows the five
 * entities and numeric ones; a document type is refused, so that there is nothing to expand.
 */
#ifndef REPORT_XML_READ_H
#define REPORT_XML_READ_H

#include "report/report.h"

#define XML_MAX_DEPTH 16u /* elements that are open */
#define XML_MAX_NAME 128u /* octets of a name */
#define XML_MAX_TAG 4096u /* octets between "<" and ">" */

enum xml_event { XML_OPEN, XML_CLOSE, XML_END, XML_FAULT };

struct xml {
	struct arena *arena;
	struct str text; /* UTF-8 */
	size_t at;
	struct str name;  /* of the element that was opened or closed, without prefix */
	struct str attrs; /* XML_OPEN: what stands behind the name, as it stands */
	struct str value; /* XML_CLOSE: the text right before it, decoded and trimmed; until the
			     next call */
	struct str fault; /* XML_FAULT: "line 12: expected ..., found ..." */
	struct str open[XML_MAX_DEPTH]; /* names with prefix */
	size_t depth;
	bool closing; /* of "<a/>": its end is due */
	bool over;    /* the outermost element is closed */
	bool cut;     /* more text than is kept stood there */
	size_t nkept;
	char kept[REPORT_MAX_TEXT];
};

/* The document as UTF-8, by its byte order mark or declaration (UTF-8, ISO-8859, windows-125x and
 * UTF-16 are taken). False: *fault. */
bool xml_decode(struct arena *a, struct str octets, struct str *text, struct str *fault);

void xml_init(struct xml *x, struct arena *a, struct str text);
enum xml_event xml_next(struct xml *x);

/* A fault of what is said, at the line that was reached: for who reads values. Always XML_FAULT. */
enum xml_event xml_fault(struct xml *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
