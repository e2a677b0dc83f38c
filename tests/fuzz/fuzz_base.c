/* Fuzzes the ground: addresses and networks read back as printed, and log lines stay harmless. */
#include "base/err.h"
#include "base/ip.h"
#include "base/log.h"

static void addresses(struct str s)
{
	struct ip ip, again;
	struct cidr c;
	char text[IP_TEXT_MAX];
	struct arena *a = arena_new(0);

	if (ip_parse(s, &ip)) {
		if (!ip_parse(str_c(ip_format(&ip, text)), &again) || !ip_eq(&ip, &again))
			bug("%s does not read back", text);
		if (ip_reverse_name(a, &ip)[0] == '\0' || !ip_in(&ip, &again, 128))
			bug("%s is not in itself", text);
	}
	if (cidr_parse(s, &c) && (!cidr_has(&c, &c.ip) || c.bits > (c.ip.family == 4 ? 32 : 128)))
		bug("a network without its address");
	arena_free(a);
}

/* No control character, no octet that is not UTF-8's, quotes in pairs, within the limit. */
static void line(struct str s, enum log_format fmt, size_t cap)
{
	const struct log_field f[] = { F_STR("a", s), F_INT("n", s.n), F_STR("b", s) };
	char out[LOG_LINE_MAX];
	size_t n = log_line(out, cap, fmt, LOG_LVL_INFO, "fuzz", f, 3), quotes = 0;

	if (n >= cap && cap)
		bug("a line of %zu octets in %zu", n, cap);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)out[i];
		if (c < ' ' || c == 0x7f)
			bug("a control character at %zu", i);
		if (c == '\\')
			i++;
		else if (c == '"')
			quotes++;
	}
	if (quotes % 2)
		bug("an open quote: %s", out);
	if (n && fmt == LOG_JSON && out[n - 1] != '}')
		bug("an open brace: %s", out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of((const char *)data, size);
	size_t cap = size ? 64 + (size_t)data[0] * 16 : 0;

	addresses(s);
	cap = cap > LOG_LINE_MAX ? LOG_LINE_MAX : cap;
	line(s, LOG_LOGFMT, cap);
	line(s, LOG_JSON, cap);
	return 0;
}
