/* A text being made out of pieces of HTML: references undone, white space collapsed. */
#ifndef MAIL_HTML_TEXT_H
#define MAIL_HTML_TEXT_H

#include "base/buf.h"

struct html_text {
	struct buf out;
	bool space, line;	/* wanted before the next character */
	bool word;		/* the last character was one of a word */
	bool cut;		/* something was put in since, that a reader does not see */
	size_t invisible_since; /* invisible characters since the last of a word */
	unsigned counted;	/* 1: the word that the text ends in is among words */
	/* counted: */
	size_t words;	  /* runs between white space with a letter, a digit or more than ASCII */
	size_t split;	  /* words that something was put into */
	size_t invisible; /* invisible characters inside words, and tag characters */
	size_t letters;	  /* plain letters written as numbers */
	size_t bidi;	  /* characters that override the direction */
};

enum text_flag {
	TEXT_RAW = 1,  /* "&" is itself */
	TEXT_LINES = 2 /* line ends count, as in pre */
};

/* Appends; true: something that is seen (no white space) was in it. Linear. */
bool text_add(struct html_text *t, struct str piece, unsigned flags);

/* What comes next stands on a line of its own. */
static inline void text_line(struct html_text *t)
{
	t->line = true;
	t->cut = false;
}

/* Characters in s that are not white space. */
size_t text_count(struct str s);

#endif
