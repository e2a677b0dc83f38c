/* Fuzzes the configuration reader: any text gives a configuration or at least one fault. */
#include <stdlib.h>

#include "base/err.h"
#include "conf/conf.h"

static const struct conf_opt options[] = {
	{ .name = "top", .type = CONF_INT, .def = "1", .allow = "0..64" },
	{ .name = "t.bool", .type = CONF_BOOL, .def = "yes" },
	{ .name = "t.size", .type = CONF_SIZE, .def = "64k", .allow = "1k..1G" },
	{ .name = "t.time", .type = CONF_TIME, .def = "25s" },
	{ .name = "t.float", .type = CONF_FLOAT },
	{ .name = "t.str", .type = CONF_STR, .secret = true },
	{ .name = "t.word", .type = CONF_ENUM, .def = "a", .allow = "a|b" },
	{ .name = "t.list", .type = CONF_LIST, .def = "{\"a\", \"b\"}" },
	{ .name = "t.sub.str", .type = CONF_STR },
	{ .name = "l.*.str", .type = CONF_STR },
	{ .name = "l.*.list", .type = CONF_LIST },
	{ 0 },
};
static const struct conf_opt *const tables[] = { options, NULL };

static void count(void *arg, const char *line)
{
	if (!line[0])
		bug("an empty fault");
	++*(size_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	size_t faults = 0, n = 0;
	const struct conf *c = conf_load_text(
		a, "/nonexistent/x.conf", str_of((const char *)data, size), tables, count, &faults);
	char *text = NULL;

	if (!c != (faults > 0))
		bug("%zu faults, and %s", faults, c ? "taken" : "refused");
	if (c) {
		FILE *out = open_memstream(&text, &n);
		conf_print_values(c, out, false);
		conf_print_values(c, out, true);
		fclose(out);
		free(text);
	}
	arena_free(a);
	return 0;
}
