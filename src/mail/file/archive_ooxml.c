/* What names and relationships of office documents say (ECMA-376 part 2; ODF 1.2 part 3). */
#include "mail/file/archive_priv.h"
#include "mail/text/charset.h"

#define MAX_RELATIONSHIPS 5000u

void archive_judge_name(struct lister *l, struct str name)
{
	if (str_iends(name, STR("vbaproject.bin")) || str_ifind(name, STR("xl/macrosheets/")) ||
	    (str_istarts(name, STR("basic/")) && str_iends(name, STR(".xml"))))
		l->out->flags |= ARCHIVE_MACRO;
	if ((str_ifind(name, STR("/embeddings/")) || str_ifind(name, STR("/activex/"))) &&
	    str_iends(name, STR(".bin")))
		l->out->flags |= ARCHIVE_OLE_OBJECT;
}

bool archive_is_rels(struct str name)
{
	return str_iends(name, STR(".rels"));
}

/* A relationship that loads something when the document is opened; a link does not. */
static bool loads(struct str element)
{
	static const char *const types[] = { "/attachedtemplate", "/oleobject", "/frame",
					     "/subdocument",	  "/afchunk",	"/externallink",
					     "/control",	  "/package" };

	if (!str_ifind(element, STR("targetmode")) || !str_ifind(element, STR("external")))
		return false;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_ifind(element, str_c(types[i])))
			return true;
	return false;
}

void archive_judge_rels(struct lister *l, struct str xml)
{
	struct str s = charset_to_utf8(l->scratch, STR("utf-8"), xml, NULL);

	for (size_t n = 0; n < MAX_RELATIONSHIPS; n++) {
		size_t at = str_find(s, STR("Relationship ")), end;
		if (at == SIZE_MAX)
			return;
		s = str_skip(s, at + 1);
		end = str_chr(s, '>');
		if (loads(str_sub(s, 0, end)))
			l->out->flags |= ARCHIVE_EXTERNAL;
	}
}
