/* Magic octets: the rows by which files tell what they are. */
#ifndef MAIL_FILE_TYPE_MAGIC_H
#define MAIL_FILE_TYPE_MAGIC_H

#include "mail/file/file.h"

struct magic {
	uint32_t at; /* of octets, from the beginning */
	struct str octets;
	struct file_type type;
	uint32_t at2; /* of a second condition; octets2 absent: none */
	struct str octets2;
};

/* Row i in the order of precedence; NULL behind the last. */
const struct magic *magic_at(size_t i);

/* Words in text, in any case: all that are given must stand there (see type_text.c). */
const struct file_type *file_type_of_text(struct str head);

/* Containers that are looked into: NULL if they are not that. */
const struct file_type *file_type_of_zip(struct str octets);
const struct file_type *file_type_of_ole(struct str octets);
const struct file_type *file_type_of_pe(struct str octets);

/* The row of text/plain. */
extern const struct file_type file_type_plain;

#endif
