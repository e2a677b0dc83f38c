/* The elements and attributes that mean something to a mail program, as tables. */
#ifndef MAIL_HTML_TAG_H
#define MAIL_HTML_TAG_H

#include "mail/html/html.h"

enum tag_id {
	TAG_OTHER,
	TAG_A,
	TAG_AREA,
	TAG_AUDIO,
	TAG_BASE,
	TAG_BDO,
	TAG_BODY,
	TAG_BR,
	TAG_BUTTON,
	TAG_CENTER,
	TAG_DIALOG,
	TAG_EMBED,
	TAG_FONT,
	TAG_FORM,
	TAG_FRAME,
	TAG_HEAD,
	TAG_HTML,
	TAG_IFRAME,
	TAG_IMAGE,
	TAG_IMG,
	TAG_INPUT,
	TAG_LINK,
	TAG_MATH,
	TAG_META,
	TAG_NOEMBED,
	TAG_OBJECT,
	TAG_PLAINTEXT,
	TAG_PRE,
	TAG_SCRIPT,
	TAG_SMALL,
	TAG_BIG,
	TAG_SOURCE,
	TAG_STYLE,
	TAG_SVG,
	TAG_TABLE,
	TAG_TD,
	TAG_TEXTAREA,
	TAG_TITLE,
	TAG_TR,
	TAG_VIDEO,
	TAG_XMP,
	TAG_MARK,
	TAG_FOREIGNOBJECT,
	TAG_DESC,
	TAG_P,
	TAG_HEADING,
};

enum tag_flag {
	TAG_VOID = 1,
	TAG_BLOCK = 2,	   /* a line of its own */
	TAG_HIDDEN = 4,	   /* its content is not shown */
	TAG_FORMAT = 8,	   /* a formatting element: goes on behind what closes it by accident */
	TAG_OPTIONAL = 16, /* its end tag may be left out */
	TAG_IN_HEAD = 32,  /* may stand in head; what may not ends head */
	TAG_BREAKOUT = 64, /* ends svg and math */
};

/* Groups of elements that close each other. */
enum tag_group {
	GROUP_P = 1,
	GROUP_LI = 2,
	GROUP_DD = 4,
	GROUP_OPTION = 8,
	GROUP_ROW = 16,
	GROUP_CELL = 32,
	GROUP_SECTION = 64, /* tbody and the like */
	GROUP_TABLE = 128,
	GROUP_LIST = 256,
	GROUP_SCOPE = 512, /* what is open outside cannot be closed from inside */
	GROUP_HEADING = 1024,
	GROUP_A = 2048,
	GROUP_HEAD = 4096,
	GROUP_BUTTON = 8192,
};

struct tag {
	struct str name;
	uint8_t id, flags;
	uint16_t group;	 /* what it is */
	uint16_t closes; /* what its start tag closes, */
	uint16_t stop;	 /* looked for up to these */
};

/* Never NULL: a tag without a name in the table is one of TAG_OTHER. */
const struct tag *tag_find(struct str name);

enum attr_id {
	ATTR_CLASS,
	ATTR_ID,
	ATTR_STYLE,
	ATTR_HREF,
	ATTR_SRC,
	ATTR_BGCOLOR,
	ATTR_COLOR,
	ATTR_TEXT,
	ATTR_LINK,
	ATTR_BACKGROUND,
	ATTR_WIDTH,
	ATTR_HEIGHT,
	ATTR_SIZE,
	ATTR_HIDDEN,
	ATTR_DIR,
	ATTR_ALT,
	ATTR_TYPE,
	ATTR_VALUE,
	ATTR_ACTION,
	ATTR_FORMACTION,
	ATTR_HTTP_EQUIV,
	ATTR_CONTENT,
	ATTR_REL,
	ATTR_DATA,
	ATTR_DOWNLOAD,
	ATTR_MEDIA,
	ATTR_OPEN,
	ATTR_XLINK_HREF,
	ATTR_POSTER,
	ATTR_CODEBASE,
	ATTR_SRCSET,
	ATTR_PING,
	ATTR_SRCDOC,
	ATTRS
};

struct attrs {
	uint64_t has;	       /* 1 << enum attr_id */
	unsigned events;       /* onclick and the like */
	struct str event_text; /* of one of them: they lie beside each other in the tag */
	struct str v[ATTRS];   /* those that has says: as written, the first of equal names */
};

void attrs_read(const struct html_token *t, struct attrs *at);

static inline bool attr_has(const struct attrs *at, enum attr_id id)
{
	return (at->has >> id & 1) != 0;
}

/* Absent if it is not there. */
static inline struct str attr_get(const struct attrs *at, enum attr_id id)
{
	return attr_has(at, id) ? at->v[id] : STR_NULL;
}

#endif
