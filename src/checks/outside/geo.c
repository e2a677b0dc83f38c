/* Countries and networks of the hosts that a message comes from and leads to. */
#include "checks/outside/geo.h"

#include <errno.h>
#include <unistd.h>

#include "base/log.h"

#define DBS 3u

struct geo_config {
	struct geo_db *db; /* the files change while the configuration does not */
	size_t n;
};

static const struct conf_opt options[] = {
	{ .name = "geo.country",
	  .type = CONF_STR,
	  .help = "database of countries by address, in the form of MaxMind (.mmdb); read anew, "
		  "without a reload, when it changes" },
	{ .name = "geo.asn", .type = CONF_STR, .help = "the same of autonomous systems" },
	{ .name = "geo.city",
	  .type = CONF_STR,
	  .help = "the same of cities, which knows countries too" },
	{ 0 },
};

/* ---- configuration ---- */

static void close_all(void *arg)
{
	struct geo_config *k = arg;

	for (size_t i = 0; i < k->n; i++)
		geo_db_close(&k->db[i]);
}

/* What is not there yet may come; what is there and cannot be read is a mistake. */
static int load_first(struct geo_db *db, struct err *e)
{
	struct err why;

	if (access(db->path, F_OK) < 0 && errno == ENOENT) {
		LOG(LOG_LVL_WARN, "geo_missing", F_CSTR("file", db->path),
		    F_CSTR("option", db->where));
		return 0;
	}
	if (geo_db_load(db, &why) == 0)
		return 0;
	return err_set(e, "%s: %s: %s", db->where, db->path, why.text);
}

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	static const char *const option[DBS] = { "geo.country", "geo.asn", "geo.city" };
	struct geo_config *k = ARENA_NEW(a, struct geo_config);

	k->db = ARENA_ARRAY(a, struct geo_db, DBS);
	arena_cleanup(a, close_all, k);
	for (size_t i = 0; i < DBS; i++) {
		struct geo_db *db = &k->db[k->n];
		if (!conf_str(c, option[i]).n)
			continue;
		*db = (struct geo_db){ .path = conf_str(c, option[i]).p,
				       .where = conf_where(c, option[i]) };
		k->n++;
		if (load_first(db, e) < 0)
			return -1;
	}
	*config = k;
	return 0;
}

static const struct geo_config *config_of(const struct scan_setup *setup)
{
	for (size_t i = 0; i < setup->n; i++)
		if (setup->check[i] == &check_geo)
			return setup->config[i];
	return NULL;
}

bool geo_renew(const struct scan_setup *setup)
{
	const struct geo_config *k = config_of(setup);
	bool renewed = false;

	for (size_t i = 0; k && i < k->n; i++) {
		struct err e;
		int rc = geo_db_renew(&k->db[i], &e);
		if (rc > 0)
			LOG(LOG_LVL_INFO, "geo_renewed", F_CSTR("file", k->db[i].path),
			    F_CSTR("type", k->db[i].mmdb.metadata.database_type));
		if (rc < 0)
			LOG(LOG_LVL_WARN, "geo_kept_old", F_CSTR("file", k->db[i].path),
			    F_CSTR("reason", e.text));
		renewed |= rc > 0;
	}
	return renewed;
}

/* ---- facts ---- */

void geo_look(const struct scan *s, const struct ip *ip, struct geo_place *out)
{
	const struct geo_config *k = scan_config(s, &check_geo);

	*out = (struct geo_place){ 0 };
	for (size_t i = 0; k && i < k->n; i++)
		geo_db_look(&k->db[i], s->arena, ip, out);
}

const struct geo_place *geo_client(const struct scan *s)
{
	static const struct geo_place nowhere;
	const struct geo_state *g = scan_result(s, &check_geo);

	return g ? &g->client : &nowhere;
}

struct str geo_asn_text(struct scan *s)
{
	uint32_t asn = geo_client(s)->asn;

	return asn ? arena_printf(s->arena, "AS%u", asn) : STR_NULL;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct geo_config *k = config;
	struct geo_state *g = state;

	if (scan_passive(s))
		return CHECK_DONE;
	for (size_t i = 0; i < k->n && !g->missing; i++)
		g->missing = k->db[i].open ? NULL : k->db[i].path;
	if (g->missing)
		scan_degraded(s, "geo");
	geo_look(s, &s->client.ip, &g->client);
	scan_publish(s, &check_geo, g);
	return CHECK_DONE;
}

static const char *word(const struct scan *s)
{
	return geo_client(s)->country.p;
}

const struct check check_geo = {
	.abi = CHECK_ABI,
	.name = "geo",
	.help = "countries and networks of client, hops and links, from databases",
	.stage = SCAN_CONNECT,
	.options = options,
	.state_size = sizeof(struct geo_state),
	.setup = setup,
	.run = run,
	.predicates = geo_predicates,
	.report = geo_report,
	.word = word,
};
