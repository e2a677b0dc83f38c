/* Metrics as text, as Prometheus reads it. */
#include "base/buf.h"
#include "control/metrics.h"

static const char *word(const json_t *o, const char *key)
{
	const char *z = json_string_value(json_object_get(o, key));

	return z ? z : "";
}

/* Backslashes and quotes are escaped; there is nothing else in labels that needs it. */
static void put_quoted(struct buf *b, const char *z)
{
	buf_addc(b, '"');
	for (; *z; z++) {
		if (*z == '\\' || *z == '"')
			buf_addc(b, '\\');
		buf_addc(b, *z);
	}
	buf_addc(b, '"');
}

static void put_labels(struct buf *b, json_t *labels)
{
	const char *key;
	json_t *value;
	char sep = '{';

	json_object_foreach(labels, key, value)
	{
		buf_addf(b, "%c%s=", sep, key);
		put_quoted(b, json_string_value(value));
		sep = ',';
	}
	if (sep == ',')
		buf_addc(b, '}');
}

static void put_value(struct buf *b, const json_t *v)
{
	if (json_is_integer(v))
		buf_addf(b, " %lld\n", (long long)json_integer_value(v));
	else
		buf_addf(b, " %.9g\n", json_real_value(v));
}

struct str metrics_text(struct arena *a, const json_t *report)
{
	struct buf b = { .arena = a };
	size_t i, k;
	json_t *f, *s;

	json_array_foreach((json_t *)(uintptr_t)report, i, f)
	{
		json_t *samples = json_object_get(f, "samples");
		if (!json_array_size(samples))
			continue;
		buf_addf(&b, "# HELP %s %s\n# TYPE %s %s\n", word(f, "name"), word(f, "help"),
			 word(f, "name"), word(f, "type"));
		json_array_foreach(samples, k, s)
		{
			buf_addf(&b, "%s%s", word(f, "name"), word(s, "suffix"));
			put_labels(&b, json_object_get(s, "labels"));
			put_value(&b, json_object_get(s, "value"));
		}
	}
	return buf_str(&b);
}
