/* The properties of CSS that are read, and how their values are; inside the reader of CSS only. */
#ifndef MAIL_HTML_CSS_VALUE_H
#define MAIL_HTML_CSS_VALUE_H

#include "mail/html/css.h"

struct css_building;

/* What the readers give their findings to. */
void css_give(struct css_building *b, enum css_prop prop, struct css_value v);
void css_give_image(struct css_building *b, struct str url);

/* Reads a value that is not empty; gives nothing if it is not valid. */
typedef void css_reader(struct css_building *b, enum css_prop prop, struct str value);

/* NULL: not one of ours. */
css_reader *css_property(struct str name, enum css_prop *prop);

#endif
