/* Attacks on expressions: texts in which many match nearly everywhere, or go back and forth. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "limits/attack.h"

#define MiB (1u << 20)

static void text(struct buf *b, const char *s, size_t n)
{
	begin(b, "text/plain; charset=utf-8");
	fill(b, str_c(s), n);
	ADD(b, "\r\n");
}

static void html(struct buf *b, const char *s, size_t n)
{
	begin(b, "text/html; charset=utf-8");
	fill(b, str_c(s), n);
	ADD(b, "\r\n");
}

#define TEXT(name, s)                                                                              \
	static void name(struct buf *b, size_t n)                                                  \
	{                                                                                          \
		text(b, s, n);                                                                     \
	}
#define PAGE(name, s)                                                                              \
	static void name(struct buf *b, size_t n)                                                  \
	{                                                                                          \
		html(b, s, n);                                                                     \
	}

TEXT(one_line, "the quick brown fox, jumps; over ")
TEXT(one_word, "a")
TEXT(letter_lines, "a\r\n")
TEXT(empty_lines, "\r\n")
TEXT(blank_lines, "  \t \r\n")
TEXT(blanks, " ")
TEXT(gappy, "a b ")
TEXT(digits, "1234567890")
TEXT(money, "$ $ 1,000.00 ")
TEXT(quoted_20, "=20")
TEXT(quotes, "\"")
TEXT(less, "< ")
TEXT(dashes, "-_=.")
TEXT(parens, "((((]]]]")
TEXT(backslashes, "\\/")
TEXT(capitals, "A B ")
TEXT(words_en, "records of your account have been you to this is ")
TEXT(fraud, "your the money fund million us dollars transfer bank account next of kin claim ")
TEXT(lottery, "lottery international prize win payment award claims processing processing ")
TEXT(free_text, "free instant express online no obligation instant express online ")
TEXT(hex_words, "a abcdef0123456789 b ABCDEF0123 ")
TEXT(bitcoin, "1 A=B-C_D 1ABCDEFGHJKLMNPQRSTUVWXYZ bc1qqqqqqqqqqqqqqqqqqqqqqqqqq b c 1 ")
TEXT(received, "Received: from [1.2.3.4] by a.b (Postfix) with ESMTP id a; Mon, 2 Jan\r\n")
TEXT(from_lines, "From: A B\r\nFrom: \"a\" <b@c>\r\n")
TEXT(zero_width, "a\xe2\x80\x8b\xd0\xb0\xd1\x80")
TEXT(latin, "\xc3\xa9\xc3\xa8\xc3\xaa ")
TEXT(accents, "V\xc3\xac@gr\xc3\xa0 c1al!s p.e.n.i.s v i a g r a ")
TEXT(fold_words, "c l i c k h e r e o n a n m a s t u r b a t i o n ")
TEXT(subscribe, "unsubscribe opt out a.b-c_d=e+f@g.h ")
TEXT(smtp, "host a said: 550 Error: The mail message a b you sent to c ")
PAGE(raw_open, "<a style=\"font-size:")
PAGE(raw_comments, "a<!--x--><!--y-->")
PAGE(raw_spans, "<span style=\"visibility : hidden\"> x </span>\r\n")
PAGE(raw_links, "<a href=\"http://aaaaaaaaaa.example/\" a=b><b><i>")
PAGE(raw_images, "<img src=\"http://a.example/C1.jpg\"> <img src='http://a.example/C2.jpg'>")
PAGE(raw_entities, "&#65;  &#x41; ; &nbsp;")
PAGE(raw_words, "<b>a</b>\xd0\xb0 lorem ipsum <!-- lorem ipsum dolor sit amet ")
PAGE(raw_line, "aaaa bbbb cccc ")
PAGE(raw_forms, "   your full name: =20 ______ \r\n")
PAGE(raw_divs, "<div style=\"float : left \"> a < ")

/* What the rules themselves look for: every word of their files. */
static void add_file(struct buf *b, const char *path, size_t n)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	ssize_t got;

	while (f && b->n < n && (got = getline(&line, &cap, f)) > 0) {
		struct str s = str_trim(str_of(line, (size_t)got));

		if (!str_starts(s, STR("body")) && !str_starts(s, STR("rawbody")))
			continue;
		buf_add(b, s);
		ADD(b, "\r\n");
	}
	free(line);
	if (f)
		fclose(f);
}

static int is_cf(const struct dirent *d)
{
	return str_iends(str_c(d->d_name), STR(".cf"));
}

static void add_rules(struct buf *b, const char *dir, size_t n)
{
	struct dirent **entry;
	int found = scandir(dir, &entry, is_cf, alphasort);
	char path[4096];

	for (int i = 0; i < found; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, entry[i]->d_name);
		add_file(b, path, n);
		free(entry[i]);
	}
	if (found >= 0)
		free(entry);
}

static void own_words(struct buf *b, const char *type, const char *dir, size_t n)
{
	size_t before = 0;

	begin(b, type);
	while (b->n < n && b->n > before) {
		before = b->n;
		add_rules(b, dir, n);
	}
}

static void rule_texts(struct buf *b, size_t n)
{
	own_words(b, "text/plain", MERLON_SRCDIR "/rules", n);
}

static void rule_pages(struct buf *b, size_t n)
{
	own_words(b, "text/html", MERLON_SRCDIR "/rules", n);
}

static void stock_texts(struct buf *b, size_t n)
{
	own_words(b, "text/plain", "/usr/share/spamassassin", n);
}

static void stock_pages(struct buf *b, size_t n)
{
	own_words(b, "text/html", "/usr/share/spamassassin", n);
}

/* The same in n parts, of each of which so much is looked at. */
static void in_parts(struct buf *b, const char *type, const char *s, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "--b\r\nContent-Type: %s; charset=utf-8\r\n\r\n", type);
		fill(b, str_c(s), 50000);
		ADD(b, "\r\n");
	}
}

#define PARTS(name, type, s)                                                                       \
	static void name(struct buf *b, size_t n)                                                  \
	{                                                                                          \
		in_parts(b, type, s, n);                                                           \
	}

PARTS(phrase_parts, "text/plain", "records of your account have been you to the money of ")
PARTS(fraud_parts, "text/plain",
      "your the money fund million us dollars $ 1,000.00 next of kin claim ")
PARTS(letter_parts, "text/plain", "c l i c k h e r e V\xc3\xac@gr\xc3\xa0 p.e.n.i.s o n a n i s m ")
PARTS(gappy_parts, "text/plain", "a A b B 1 - ")
PARTS(word_parts, "text/plain", "aaaaaaaaaaaaaaa")
PARTS(blank_parts, "text/plain", "  \t ")
PARTS(number_parts, "text/plain",
      "1 A=B-C_D 1ABCDEFGHJKLMNPQRSTUVWXYZ bc1qqqqqqqqqqqqqqqqq 12,3.4 ")
PARTS(wide_parts, "text/plain", "a\xe2\x80\x8b\xd0\xb0\xd1\x80 ")
PARTS(page_parts, "text/html", "<span style=\"visibility : hidden\"> x </span><!-- a b c -->\r\n")
PARTS(link_parts, "text/html",
      "<a href=\"http://aaaaaaaaaa.example/\" a=b><b><i>http://b.example</a>")
PARTS(open_parts, "text/html", "<a style=\"font-size:")

const struct attack attacks_text[] = {
	{ "one line", one_line, 10 * MiB },
	{ "one word", one_word, 5 * MiB },
	{ "lines of one letter", letter_lines, 3000000 },
	{ "empty lines", empty_lines, 4000000 },
	{ "blank lines", blank_lines, 6000000 },
	{ "blanks", blanks, 2 * MiB },
	{ "gappy text", gappy, 2 * MiB },
	{ "digits", digits, 2 * MiB },
	{ "money", money, 2 * MiB },
	{ "text =20", quoted_20, 2 * MiB },
	{ "quotes", quotes, 2 * MiB },
	{ "less-than signs", less, 2 * MiB },
	{ "dashes", dashes, 2 * MiB },
	{ "parentheses", parens, 2 * MiB },
	{ "backslashes", backslashes, 2 * MiB },
	{ "capitals", capitals, 2 * MiB },
	{ "phrases", words_en, 2 * MiB },
	{ "fraud", fraud, 2 * MiB },
	{ "lottery", lottery, 2 * MiB },
	{ "free", free_text, 2 * MiB },
	{ "hexadecimal words", hex_words, 2 * MiB },
	{ "bitcoin", bitcoin, 2 * MiB },
	{ "Received in the body", received, 2 * MiB },
	{ "From in the body", from_lines, 2 * MiB },
	{ "zero width", zero_width, 2 * MiB },
	{ "Latin letters", latin, 2 * MiB },
	{ "accents", accents, 2 * MiB },
	{ "single letters", fold_words, 2 * MiB },
	{ "unsubscribe", subscribe, 2 * MiB },
	{ "bounces", smtp, 2 * MiB },
	{ "raw, open tags", raw_open, 2 * MiB },
	{ "raw, comments", raw_comments, 2 * MiB },
	{ "raw, hidden", raw_spans, 2 * MiB },
	{ "raw, links", raw_links, 2 * MiB },
	{ "raw, images", raw_images, 2 * MiB },
	{ "raw, entities", raw_entities, 2 * MiB },
	{ "raw, words", raw_words, 2 * MiB },
	{ "raw, one line", raw_line, 5 * MiB },
	{ "raw, forms", raw_forms, 2 * MiB },
	{ "raw, boxes", raw_divs, 2 * MiB },
	{ "our rules' text", rule_texts, 2 * MiB },
	{ "our rules' page", rule_pages, 2 * MiB },
	{ "stock rules' text", stock_texts, 2 * MiB },
	{ "stock rules' page", stock_pages, 2 * MiB },
	{ "phrases in parts", phrase_parts, 100 },
	{ "fraud in parts", fraud_parts, 100 },
	{ "letters in parts", letter_parts, 100 },
	{ "gaps in parts", gappy_parts, 100 },
	{ "words in parts", word_parts, 100 },
	{ "blanks in parts", blank_parts, 100 },
	{ "numbers in parts", number_parts, 100 },
	{ "wide letters in parts", wide_parts, 100 },
	{ "tags in parts", page_parts, 100 },
	{ "links in parts", link_parts, 100 },
	{ "open tags in parts", open_parts, 100 },
	{ 0 },
};
