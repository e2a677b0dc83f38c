/* How reports are sent: the options. */
#include "control/report/settings.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "mail/domain.h"

#define HOST_MAX 256

static bool is_domain(struct str v, char *why, size_t cap)
{
	struct arena *a = arena_new(0);
	bool ok = !v.n || domain_read(a, v, 0).p;

	arena_free(a);
	snprintf(why, cap, "a domain");
	return ok;
}

/* "host:port", "[v6]:port". */
static bool is_server(struct str v, char *why, size_t cap)
{
	size_t at = str_rchr(v, ':');
	uint64_t port;
	struct ip ip;

	snprintf(why, cap, "host:port or [address]:port");
	if (at == SIZE_MAX || at == 0 || !str_u64(str_skip(v, at + 1), 65535, &port) || !port)
		return false;
	v = str_sub(v, 0, at);
	if (v.p[0] == '[')
		return ip_parse(v, &ip);
	return ip_parse(v, &ip) || is_domain(v, why, cap);
}

static bool is_text(struct str v, char *why, size_t cap)
{
	snprintf(why, cap, "one line of text");
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < ' ')
			return false;
	return true;
}

const struct conf_opt report_send_options[] = {
	{ .name = "report.dmarc.org_name",
	  .type = CONF_STR,
	  .def = "",
	  .check = is_text,
	  .help = "name of the organisation in aggregate reports; empty: the domain that reports" },
	{ .name = "report.dmarc.contact",
	  .type = CONF_STR,
	  .def = "",
	  .check = is_text,
	  .help = "how else you can be asked about reports; empty: not said" },
	{ .name = "report.dmarc.domain",
	  .type = CONF_STR,
	  .def = "",
	  .check = is_domain,
	  .help = "domain that reports, in names of files and subjects; empty: that of email" },
	{ .name = "report.dmarc.max_size",
	  .type = CONF_SIZE,
	  .def = "10M",
	  .allow = "64k..30M",
	  .help = "octets of a message with a report; a longer report, or one of more than "
		  "20 MB of XML or 100000 rows, is cut into several" },
	{ .name = "report.dmarc.jitter",
	  .type = CONF_TIME,
	  .def = "6h",
	  .allow = "0..12h",
	  .help = "reports of a day go out within this time after its end, each domain's at "
		  "another moment; of shorter windows within as much less" },
	{ .name = "report.dmarc.retries",
	  .type = CONF_INT,
	  .def = "3",
	  .allow = "0..10",
	  .help = "how often a report is tried again that the relay did not take for an address; "
		  "that it takes nothing from us at all is not counted" },
	{ .name = "report.dmarc.retry_after",
	  .type = CONF_TIME,
	  .def = "30m",
	  .allow = "1s..1d",
	  .help = "time before the first of them; before each further one four times as long" },
	{ .name = "report.dmarc.suppression",
	  .type = CONF_TIME,
	  .def = "30d",
	  .allow = "1m..365d",
	  .help = "time in which nothing goes to an address that refused or bounced" },
	{ .name = "report.dmarc.exclude",
	  .type = CONF_LIST,
	  .check = is_domain,
	  .help = "policy domains about which no reports are sent" },
	{ .name = "report.relay.server",
	  .type = CONF_STR,
	  .def = "127.0.0.1:25",
	  .check = is_server,
	  .help = "the mail server that takes reports" },
	{ .name = "report.relay.helo",
	  .type = CONF_STR,
	  .def = "",
	  .check = is_domain,
	  .help = "name said to it; empty: this host's" },
	{ .name = "report.relay.tls",
	  .type = CONF_ENUM,
	  .def = "try",
	  .allow = "try|verify|off",
	  .help = "STARTTLS where it is offered, or always and with a certificate that is "
		  "verified, or never" },
	{ .name = "report.relay.user",
	  .type = CONF_STR,
	  .def = "",
	  .check = is_text,
	  .help = "user to log in as; over TLS or on this machine only" },
	{ .name = "report.relay.password_file",
	  .type = CONF_STR,
	  .def = "",
	  .help = "file whose first line is the password" },
	{ .name = "report.relay.timeout",
	  .type = CONF_TIME,
	  .def = "2m",
	  .allow = "1s..15m",
	  .help = "time for one message" },
	{ 0 },
};

static int read_relay(struct arena *a, const struct conf *c, struct smtp_config *out, struct err *e)
{
	struct str server = conf_str(c, "report.relay.server"),
		   file = conf_str(c, "report.relay.password_file");
	size_t at = str_rchr(server, ':');
	char host[HOST_MAX] = "";
	uint64_t port = 25;
	struct err why;

	*out = (struct smtp_config){ .helo = conf_str(c, "report.relay.helo"),
				     .tls = (enum smtp_tls)conf_enum(c, "report.relay.tls"),
				     .user = conf_str(c, "report.relay.user"),
				     .password = STR(""),
				     .timeout_ms = conf_time_ms(c, "report.relay.timeout") };
	if (at != SIZE_MAX)
		(void)str_u64(str_skip(server, at + 1), 65535, &port);
	out->host = arena_dup(a, str_sub(server, 0, at));
	out->port = (uint16_t)port;
	if (!out->helo.n && gethostname(host, sizeof host - 1) == 0)
		out->helo = arena_dup(a, str_c(host));
	if (!domain_read(a, out->helo, 0).p)
		out->helo = STR("localhost");
	if (!file.n ||
	    file_secret(a, file.p, "report.relay.password_file", &out->password, &why) == 0)
		return 0;
	return err_set(e, "%s: report.relay.password_file: %s: %s",
		       conf_where(c, "report.relay.password_file"), file.p, why.text);
}

static int check_who(const struct conf *c, struct err *e)
{
	static const char *const uses[] = { "report.dmarc.use", "report.failure.use" };

	if (conf_str(c, "report.dmarc.email").n)
		return 0;
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
		if (conf_bool(c, uses[i]))
			return err_set(e,
				       "%s: %s: found on, expected an address that reports are "
				       "from in report.dmarc.email",
				       conf_where(c, uses[i]), uses[i]);
	return 0;
}

int report_settings_check(const struct conf *c, struct err *e)
{
	struct arena *a = arena_new(0);
	struct smtp_config relay;
	int rc = check_who(c, e);

	if (rc == 0)
		rc = read_relay(a, c, &relay, e);
	if (rc == 0 && relay.user.n && !relay.password.n)
		rc = err_set(e,
			     "%s: report.relay.user: expected its password in "
			     "report.relay.password_file",
			     conf_where(c, "report.relay.user"));
	arena_free(a);
	return rc;
}

static void read_who(struct arena *a, const struct conf *c, struct report_settings *s)
{
	struct str bounce = conf_str(c, "report.dmarc.bounce_address"), domain;

	if (!report_address(a, conf_str(c, "report.dmarc.email"), &s->email, &s->from_domain))
		return;
	if (!report_address(a, bounce, &s->bounce, &domain))
		s->bounce = s->email;
	s->submitter = domain_read(a, conf_str(c, "report.dmarc.domain"), 0);
	if (!s->submitter.p)
		s->submitter = s->from_domain;
	s->org = conf_str(c, "report.dmarc.org_name");
	if (!s->org.n)
		s->org = s->submitter;
	s->contact = conf_str(c, "report.dmarc.contact");
	if (!s->contact.n)
		s->contact = STR_NULL;
}

/* As the check dmarc finds organisational domains. */
static int read_psl(struct arena *a, const struct conf *c, struct report_settings *s, struct err *e)
{
	struct str path = conf_str(c, "dmarc.psl_file");

	if (!path.n)
		path = conf_str(c, "psl.file");
	s->psl = psl_load(a, path.n ? path.p : "", e);
	return s->psl ? 0 : -1;
}

int report_settings_read(struct arena *a, const struct conf *c, struct report_settings *s,
			 struct err *e)
{
	const struct str *list;
	struct str *lower;

	*s = (struct report_settings){
		.max_size = conf_size(c, "report.dmarc.max_size"),
		.jitter_ms = conf_time_ms(c, "report.dmarc.jitter"),
		.retry_ms = conf_time_ms(c, "report.dmarc.retry_after"),
		.suppress_ms = conf_time_ms(c, "report.dmarc.suppression"),
		.retries = (unsigned)conf_int(c, "report.dmarc.retries"),
	};

	read_who(a, c, s);
	s->aggregate = conf_bool(c, "report.dmarc.use");
	s->failures = conf_bool(c, "report.failure.use");
	s->failures_per_day = (unsigned)conf_int(c, "report.failure.per_day");
	s->use = (s->aggregate || s->failures) && s->email.n > 0;
	s->nexclude = conf_list(c, "report.dmarc.exclude", &list);
	s->exclude = lower = ARENA_ARRAY(a, struct str, s->nexclude + 1);
	for (size_t i = 0; i < s->nexclude; i++)
		lower[i] = domain_read(a, list[i], 0);
	if (conf_enum(c, "dmarc.method") == 1) {
		s->method = DMARC_PSL;
		if (read_psl(a, c, s, e) < 0)
			return -1;
	}
	return read_relay(a, c, &s->relay, e);
}

bool report_excluded(const struct report_settings *s, struct str domain)
{
	for (size_t i = 0; i < s->nexclude; i++)
		if (domain_within(domain, s->exclude[i]))
			return true;
	return false;
}
