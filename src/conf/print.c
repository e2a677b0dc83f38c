/* The option table and the values in force, as text and as JSON. */
#include "base/buf.h"
#include "conf/private.h"

/* A JSON string; UTF-8 stays as it is. */
static void json_str(FILE *out, struct str s)
{
	fputc('"', out);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void json_field(FILE *out, const char *key, const char *value)
{
	fprintf(out, ",\"%s\":", key);
	if (value)
		json_str(out, str_c(value));
	else
		fputs("null", out);
}

static void option_json(FILE *out, const struct conf_opt *o)
{
	fputs("{\"name\":", out);
	json_str(out, str_c(o->name));
	json_field(out, "type", value_type(o->type));
	json_field(out, "allowed", o->allow);
	json_field(out, "default", o->secret && o->def ? "***" : o->def);
	fprintf(out, ",\"secret\":%s", o->secret ? "true" : "false");
	json_field(out, "help", o->help);
	fputc('}', out);
}

static void option_text(FILE *out, const struct conf_opt *o)
{
	fprintf(out, "%s  (%s%s%s%s%s)\n", o->name, value_type(o->type), o->allow ? ": " : "",
		o->allow ? o->allow : "", o->def ? "; default " : "; no default",
		!o->def		    ? ""
		: o->secret	    ? "***"
		: o->def[0] == '\0' ? "\"\""
				    : o->def);
	fprintf(out, "\t%s\n", o->help ? o->help : "");
}

void conf_print_options(const struct conf_opt *const *tables, FILE *out, bool json)
{
	struct arena *a = arena_new(0);
	struct table *t = table_new(a, tables);
	struct row **rows = table_sorted(a, t);

	if (json)
		fputs("[", out);
	for (size_t i = 0; i < map_len(t->rows); i++) {
		if (json) {
			fputs(i ? ",\n" : "\n", out);
			option_json(out, rows[i]->opt);
		} else {
			option_text(out, rows[i]->opt);
		}
	}
	if (json)
		fputs("\n]\n", out);
	arena_free(a);
}

/* A string as it can stand in a file. */
static void quoted(struct buf *b, struct str s)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\' || c == '$')
			buf_addf(b, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			buf_addf(b, "\\x%02x", c);
		else
			buf_addc(b, (char)c);
	}
	buf_addc(b, '"');
}

/* The value as it can stand in a file; absent: without any. */
static struct str value_text(struct arena *a, const struct row *r, const struct value *v)
{
	struct buf b = { .arena = a };

	if (!v->set && !r->opt->def)
		return STR_NULL;
	if (r->opt->secret) {
		buf_add(&b, STR("***"));
	} else if (r->opt->type == CONF_LIST) {
		buf_addc(&b, '{');
		for (size_t i = 0; i < v->n; i++) {
			buf_add(&b, i ? STR(", ") : STR(""));
			quoted(&b, v->items[i]);
		}
		buf_addc(&b, '}');
	} else if (r->opt->type == CONF_STR) {
		quoted(&b, v->s);
	} else {
		buf_add(&b, v->s);
	}
	return buf_str(&b);
}

/* "listen.inbound.socket" */
static struct str value_name(struct arena *a, const struct row *r, const struct instance *in)
{
	if (!r->section->titled)
		return r->name;
	return arena_printf(a, "%.*s.%.*s.%.*s", STR_ARG(r->section->name), STR_ARG(in->title),
			    STR_ARG(r->leaf));
}

static void one_value(struct arena *a, FILE *out, const struct row *r, const struct instance *in,
		      bool json, bool first)
{
	const struct value *v = &in->values[r->slot];
	struct str name = value_name(a, r, in), text = value_text(a, r, v);
	struct str def = value_text(a, r, &r->def);
	bool changed = v->set && (r->opt->secret || !str_eq(text, def));

	if (!json) {
		fprintf(out, "%c %.*s = %.*s", changed ? '*' : ' ', STR_ARG(name), STR_ARG(text));
		if (v->set)
			fprintf(out, "  # %s:%u", v->place.file, v->place.line);
		fputc('\n', out);
		return;
	}
	fputs(first ? "\n{\"name\":" : ",\n{\"name\":", out);
	json_str(out, name);
	fputs(",\"value\":", out);
	if (text.p)
		json_str(out, text);
	else
		fputs("null", out);
	fprintf(out, ",\"changed\":%s,\"file\":", changed ? "true" : "false");
	if (v->set) {
		json_str(out, str_c(v->place.file));
		fprintf(out, ",\"line\":%u}", v->place.line);
	} else {
		fputs("null,\"line\":null}", out);
	}
}

void conf_print_values(const struct conf *c, FILE *out, bool json)
{
	struct arena *a = arena_new(0);
	struct row **rows = table_sorted(a, c->table);
	bool first = true;

	if (json)
		fputc('[', out);
	for (size_t i = 0; i < map_len(c->table->rows); i++) {
		const struct section *s = rows[i]->section;
		for (size_t k = 0; k < s->instances.n; k++, first = false)
			one_value(a, out, rows[i], &s->instances.p[k], json, first);
	}
	if (json)
		fputs("\n]\n", out);
	arena_free(a);
}
