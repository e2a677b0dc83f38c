/* A brand among other words: "brand-login", "securebrand", "brand2024". */
#include "mail/lookalike/priv.h"

/* What phishers put beside a brand, in the languages they write most. */
static const char *const known[] = {
	"login",
	"logon",
	"log",
	"in",
	"signin",
	"sign",
	"signon",
	"secure",
	"secured",
	"security",
	"safe",
	"safety",
	"account",
	"accounts",
	"acct",
	"verify",
	"verified",
	"verification",
	"verif",
	"confirm",
	"confirmation",
	"support",
	"update",
	"updates",
	"upgrade",
	"billing",
	"bill",
	"pay",
	"payment",
	"payments",
	"payout",
	"mail",
	"email",
	"webmail",
	"mailbox",
	"web",
	"www",
	"online",
	"service",
	"services",
	"svc",
	"serv",
	"help",
	"helpdesk",
	"desk",
	"id",
	"ids",
	"identity",
	"auth",
	"authorize",
	"authenticate",
	"authentication",
	"portal",
	"center",
	"centre",
	"customer",
	"customers",
	"client",
	"clients",
	"care",
	"team",
	"alert",
	"alerts",
	"notice",
	"notification",
	"notify",
	"info",
	"information",
	"user",
	"users",
	"my",
	"your",
	"the",
	"app",
	"apps",
	"mobile",
	"access",
	"unlock",
	"unlocked",
	"locked",
	"lock",
	"recover",
	"recovery",
	"reset",
	"password",
	"passwort",
	"pass",
	"pin",
	"code",
	"wallet",
	"bank",
	"banking",
	"ebanking",
	"card",
	"cards",
	"credit",
	"refund",
	"refunds",
	"invoice",
	"invoices",
	"order",
	"orders",
	"delivery",
	"deliver",
	"track",
	"tracking",
	"parcel",
	"package",
	"packet",
	"shipping",
	"shipment",
	"ship",
	"post",
	"express",
	"bonus",
	"gift",
	"gifts",
	"giftcard",
	"reward",
	"rewards",
	"promo",
	"promotion",
	"win",
	"winner",
	"prize",
	"free",
	"new",
	"official",
	"real",
	"store",
	"shop",
	"shopping",
	"sale",
	"sales",
	"deal",
	"deals",
	"offer",
	"offers",
	"cloud",
	"drive",
	"docs",
	"doc",
	"document",
	"documents",
	"files",
	"file",
	"share",
	"sharing",
	"shared",
	"office",
	"meet",
	"meeting",
	"chat",
	"call",
	"contact",
	"hub",
	"zone",
	"site",
	"website",
	"page",
	"pages",
	"home",
	"link",
	"links",
	"go",
	"get",
	"download",
	"install",
	"setup",
	"com",
	"net",
	"org",
	"co",
	"uk",
	"us",
	"usa",
	"eu",
	"de",
	"fr",
	"int",
	"global",
	"world",
	"group",
	"inc",
	"corp",
	"llc",
	"ltd",
	"gmbh",
	"dev",
	"io",
	"live",
	"now",
	"today",
	"it",
	"admin",
	"server",
	"host",
	"hosting",
	"domain",
	"ssl",
	"vpn",
	"remote",
	"connect",
	"connection",
	"session",
	"token",
	"sso",
	"oauth",
	"mfa",
	"otp",
	"two",
	"factor",
	"validate",
	"validation",
	"activate",
	"activation",
	"activity",
	"register",
	"registration",
	"enroll",
	"manage",
	"manager",
	"management",
	"dashboard",
	"panel",
	"case",
	"ticket",
	"dispute",
	"claim",
	"claims",
	"resolve",
	"resolution",
	"center",
	"limited",
	"limit",
	"limitation",
	"suspended",
	"suspend",
	"restore",
	"restored",
	"review",
	"reviews",
	"important",
	"urgent",
	"warning",
	"department",
	"dept",
	"international",
	"message",
	"messages",
	"inbox",
	"voicemail",
	"fax",
	"scan",
	"careers",
	"career",
	"jobs",
	"job",
	"hr",
	"payroll",
	"tax",
	"protect",
	"protection",
	"protected",
	"guard",
	"trust",
	"trusted",
	"check",
	"status",
	"direct",
	"plus",
	"pro",
	"premium",
	"prime",
	"vip",
	"crypto",
	"coin",
	"trade",
	"trading",
	"exchange",
	"invest",
	"airdrop",
	"giveaway",
	"hq",
	"sms",
	"phone",
	"tel",
	"device",
	"find",
	"locate",
	"iphone",
	"icloud",
	"to",
	"for",
	"of",
	"and",
	"on",
	"by",
	"at",
	"me",
	"e",
	"i",
	/* German */
	"anmelden",
	"anmeldung",
	"konto",
	"konten",
	"sicherheit",
	"sicher",
	"kunde",
	"kunden",
	"kundenservice",
	"kundendienst",
	"kundencenter",
	"bestaetigen",
	"bestaetigung",
	"rechnung",
	"rechnungen",
	"zahlung",
	"zahlungen",
	"hilfe",
	"aktualisieren",
	"aktualisierung",
	"verifizieren",
	"verifizierung",
	"entsperren",
	"freischalten",
	"paket",
	"sendung",
	"lieferung",
	/* French */
	"connexion",
	"compte",
	"comptes",
	"securite",
	"securise",
	"facture",
	"factures",
	"paiement",
	"aide",
	"espace",
	"colis",
	"livraison",
	"remboursement",
	"connecter",
	"particulier",
	/* Spanish, Portuguese, Italian */
	"cuenta",
	"cuentas",
	"seguridad",
	"seguro",
	"cliente",
	"clientes",
	"acceso",
	"pago",
	"pagos",
	"ayuda",
	"verificar",
	"verificacion",
	"soporte",
	"envio",
	"factura",
	"conta",
	"contas",
	"seguranca",
	"acesso",
	"pagamento",
	"ajuda",
	"suporte",
	"entrega",
	"conto",
	"conti",
	"sicurezza",
	"sicuro",
	"clienti",
	"accesso",
	"accedi",
	"assistenza",
	"verifica",
	"area",
	"pacco",
	"spedizione",
	"servizio",
	"servizi",
	"servicio",
	"servicios",
	"servico",
	/* Dutch, Polish */
	"inloggen",
	"rekening",
	"klant",
	"klanten",
	"betaling",
	"beveiliging",
	"veilig",
	"mijn",
	"pakket",
	"bezorging",
	"logowanie",
	"zaloguj",
	"bezpieczenstwo",
	"klient",
	"platnosc",
	"platnosci",
	"pomoc",
	"paczka",
	"dostawa",
	"faktura",
	"weryfikacja",
};

/* Names of brands that are words too: more than the word must be there to mean the brand. */
static const char *const plain[] = {
	"rogers",      "bell",	   "cox",	  "charter",   "mac",	    "ally",
	"alpha",       "amazon",   "android",	  "apple",     "argos",	    "bank",
	"bild",	       "bitcoin",  "blockchain",  "blog",      "bolt",	    "booking",
	"boots",       "bosch",	   "box",	  "bring",     "caf",	    "caixa",
	"canada",      "canvas",   "cash",	  "change",    "chase",	    "citibank",
	"citizens",    "claro",	   "continental", "cricket",   "crypto",    "data",
	"dell",	       "delta",	   "discord",	  "discover",  "discovery", "docker",
	"drive",       "dynamics", "electrum",	  "elisa",     "emirates",  "ethereum",
	"example",     "exchange", "exodus",	  "express",   "fidelity",  "force",
	"ford",	       "free",	   "frontier",	  "galaxy",    "galicia",   "gap",
	"gemini",      "generali", "giant",	  "github",    "gitlab",    "goto",
	"gov",	       "halifax",  "hermes",	  "home",      "hotels",    "hub",
	"ideal",       "indeed",   "info",	  "inter",     "jira",	    "kayak",
	"key",	       "kraken",   "ledger",	  "line",      "lister",    "live",
	"magenta",     "mail",	   "medium",	  "mercury",   "messenger", "meta",
	"metro",       "monday",   "monster",	  "netbank",   "news",	    "nexo",
	"next",	       "nike",	   "notion",	  "office",    "optimum",   "oracle",
	"orange",      "origin",   "otto",	  "outlook",   "payment",   "phantom",
	"photoshop",   "pixel",	   "play",	  "post",      "postbank",  "posti",
	"progressive", "puma",	   "regions",	  "royalbank", "santander", "sat",
	"saturn",      "service",  "shell",	  "shop",      "signal",    "sky",
	"slack",       "smile",	   "snap",	  "softbank",  "sparkasse", "spectrum",
	"sprint",      "square",   "steam",	  "store",     "stripe",    "subway",
	"sunrise",     "swift",	   "target",	  "tax",       "teams",	    "telecom",
	"telegram",    "telekom",  "tesla",	  "three",     "trip",	    "trust",
	"twitch",      "umbrella", "united",	  "vanguard",  "vero",	    "virgin",
	"visa",	       "vivo",	   "volksbank",	  "web",       "windows",   "wise",
	"wordpress",   "work",	   "zara",	  "zoom",      "zurich",
};

bool look_plain_word(struct str label)
{
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (str_eq(label, str_c(plain[i])))
			return true;
	return false;
}

void look_index_words(struct lookalike *l)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		map_put(l->words, look_fold(l->arena, str_c(known[i])), l);
}

static bool number(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ch_digit(s.p[i]))
			return false;
	return s.n > 0;
}

#define WORD_MAX 18u /* octets of the longest known word */

/* word is a piece of a label as it stood, or of its fold. */
static bool known_word(const struct lookalike *l, struct arena *a, struct str word)
{
	return number(word) || map_get(l->words, look_fold(a, word));
}

bool look_known(const struct lookalike *l, struct str word)
{
	return number(word) || map_get(l->words, word);
}

/* One word after the other, all of them known: which ends can be reached, from left to right. */
static bool all_known(const struct lookalike *l, struct arena *a, struct str s)
{
	bool reach[LOOK_LABEL_MAX + 1] = { true };

	if (s.n > LOOK_LABEL_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!reach[i])
			continue;
		for (size_t n = 1; n <= WORD_MAX && i + n <= s.n; n++)
			if (!reach[i + n] && known_word(l, a, str_sub(s, i, n)))
				reach[i + n] = true;
	}
	return reach[s.n];
}

static bool tokens_known(const struct lookalike *l, struct arena *a, struct str s)
{
	while (s.p) {
		struct str token = str_cut(&s, '-');
		if (token.n && !all_known(l, a, token))
			return false;
	}
	return true;
}

/* What stands left and right of a brand makes it bait. */
static bool bait(const struct lookalike *l, struct arena *a, const struct look_name *name,
		 struct str left, struct str right)
{
	bool apart = (!left.n || left.p[left.n - 1] == '-') && (!right.n || right.p[0] == '-');

	if (!left.n && !right.n)
		return false;
	if (apart && !name->plain_word)
		return true;
	if (!apart && name->plain_word > 1)
		return false;
	return tokens_known(l, a, left) && tokens_known(l, a, right);
}

#define SHORT_MIN 3u /* letters of a brand too short to be looked for anywhere in a label */

/* Octets that must stand beside one. */
static size_t short_bait(size_t n)
{
	return n > SHORT_MIN ? 3 : 5;
}

static const struct look_name *short_name(const struct lookalike *l, struct str s)
{
	const struct look_ref *r = s.n >= SHORT_MIN ? map_get(l->by_text, s) : NULL;

	return r && s.n < LOOK_EDIT_MIN && !r->name->plain_word ? r->name : NULL;
}

/* A short brand as a word of its own, or first, and nothing but known words beside it. */
static void short_combo(const struct lookalike *l, struct arena *a, struct str text,
			struct look_hit *h)
{
	struct str rest = text;

	if (text.n <= SHORT_MIN)
		return;
	for (size_t at = 0; rest.p; at = text.n - (rest.p ? rest.n : 0)) {
		struct str token = str_cut(&rest, '-');
		const struct look_name *name = short_name(l, token);
		if (name && token.n + short_bait(token.n) <= text.n &&
		    tokens_known(l, a, str_sub(text, 0, at)) && tokens_known(l, a, rest))
			look_add(h, LOOKALIKE_COMBO, name);
	}
	for (size_t n = SHORT_MIN; n < LOOK_EDIT_MIN && n < text.n && !h->name; n++) {
		const struct look_name *name = short_name(l, str_sub(text, 0, n));
		if (name && text.p[n] != '-' && text.n >= n + short_bait(n) &&
		    all_known(l, a, str_skip(text, n)))
			look_add(h, LOOKALIKE_COMBO, name);
	}
}

/* A label as it is searched: hay, of whose octets from says where they stood in text. */
struct view {
	struct str hay, text;
	const uint8_t *from; /* NULL: where they are */
	bool fold;	     /* hay is a fold, and so are the brands looked for */
};

static size_t place(const struct view *v, size_t i)
{
	return i >= v->hay.n ? v->text.n : v->from ? v->from[i] : i;
}

/* A label may name many brands; what stands beside the first ones is read. */
#define TRIES_MAX 3u

static bool search(const struct lookalike *l, struct arena *a, const struct view *v,
		   struct look_hit *h)
{
	unsigned tries = 0;

	for (size_t i = 0; i + LOOK_EDIT_MIN <= v->hay.n && tries < TRIES_MAX; i++) {
		const struct look_ref *r = map_get(l->by_head, str_sub(v->hay, i, LOOK_EDIT_MIN));
		for (; r && tries < TRIES_MAX; r = r->next) {
			const struct look_label *k = &r->name->label;
			struct str brand = v->fold ? k->fold : k->text;
			if (!str_starts(str_skip(v->hay, i), brand))
				continue;
			tries++;
			if (!bait(l, a, r->name, str_sub(v->text, 0, place(v, i)),
				  str_skip(v->text, place(v, i + brand.n))))
				continue;
			look_add(h, LOOKALIKE_COMBO, r->name);
			return true;
		}
	}
	return false;
}

void look_combo(const struct lookalike *l, struct arena *a, const struct look_label *label,
		struct look_hit *h)
{
	uint8_t from[LOOK_LABEL_MAX + 1];
	struct str fold = label->fold;

	if (label->text.n > LOOK_LABEL_MAX || fold.n > LOOK_LABEL_MAX)
		return;
	if (search(l, a, &(struct view){ label->text, label->text, NULL, false }, h))
		return;
	if (label->ascii)
		look_fold_map(a, label->text, from);
	if (!search(l, a,
		    &(struct view){ fold, label->ascii ? label->text : fold,
				    label->ascii ? from : NULL, true },
		    h))
		short_combo(l, a, label->text, h);
}
