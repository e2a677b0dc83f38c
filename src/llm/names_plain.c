/* Words that are nobody's name though they stand where names stand, and words in front of names. */
#include "llm/priv.h"

/* In order of octets, as llm_fold makes them. */
static const char *const plain[] = {
	"abuse",     "account",	   "accounts",	 "admin",	"administrator", "all",
	"and",	     "announce",   "billing",	 "buyer",	"client",	 "clients",
	"club",	     "colleague",  "colleagues", "com",		"company",	 "contact",
	"cust",	     "customer",   "customers",	 "das",		"der",		 "des",
	"dev",	     "devel",	   "die",	 "discuss",	"email",	 "enquiries",
	"everybody", "everyone",   "fans",	 "folks",	"for",		 "fork",
	"fr",	     "friend",	   "friends",	 "from",	"fur",		 "general",
	"group",     "groups",	   "guys",	 "hello",	"help",		 "helpdesk",
	"home",	     "hostmaster", "info",	 "information", "kunde",	 "kunden",
	"list",	     "lists",	   "madam",	 "mail",	"mailbox",	 "mailer",
	"mailing",   "manager",	   "marketing",	 "member",	"members",	 "mr",
	"mrs",	     "net",	   "news",	 "newsletter",	"noreply",	 "not",
	"office",    "org",	   "our",	 "owner",	"people",	 "postmaster",
	"press",     "privacy",	   "recipient",	 "recipients",	"reply",	 "root",
	"sales",     "security",   "service",	 "shop",	"sir",		 "sirs",
	"spam",	     "staff",	   "subscriber", "subscribers", "support",	 "talk",
	"team",	     "test",	   "the",	 "this",	"undisclosed",	 "user",
	"users",     "valued",	   "von",	 "web",		"webmaster",	 "will",
	"with",	     "www",	   "you",	 "your",
};

static const char *const greetings[] = {
	"bonjour",
	"bonsoir",
	"cara",
	"caro",
	"cher",
	"chere",
	"ciao",
	"dear",
	"drogi",
	"estimada",
	"estimado",
	"geehrte",
	"geehrter",
	"gentile",
	"hallo",
	"hei",
	"hej",
	"hello",
	"hey",
	"hi",
	"hola",
	"kara",
	"liebe",
	"lieber",
	"merhaba",
	"ola",
	"prezada",
	"prezado",
	"querida",
	"querido",
	"sayin",
	"szanowny",
	"\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82",
	"\xD1\x83\xD0\xB2\xD0\xB0\xD0\xB6\xD0\xB0\xD0\xB5\xD0\xBC\xD0\xB0\xD1\x8F",
	"\xD1\x83\xD0\xB2\xD0\xB0\xD0\xB6\xD0\xB0\xD0\xB5\xD0\xBC\xD1\x8B\xD0\xB9",
};

static const char *const titles[] = {
	"dr",  "frau", "herr", "herrn",	 "madame",  "mevrouw", "miss",	 "monsieur", "mr",
	"mrs", "ms",   "prof", "senhor", "senhora", "senor",   "senora", "signor",   "signora"
};

/* No table is longer than a few cache lines, and few words come here. */
static bool among(struct str w, const char *const *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (w.p[0] == table[i][0] && str_eq(w, str_c(table[i])))
			return true;
	return false;
}

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

bool llm_plain_word(struct str folded)
{
	return folded.n && among(folded, plain, COUNT(plain));
}

bool llm_greeting(struct str folded)
{
	return folded.n && among(folded, greetings, COUNT(greetings));
}

bool llm_title(struct str folded)
{
	return folded.n && among(folded, titles, COUNT(titles));
}
