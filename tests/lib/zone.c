/* The test zone's names and records, and how one name is looked up. */
#include "lib/zone_priv.h"

#define TTL_DEFAULT 300u

struct zone *zone_new(void)
{
	struct arena *a = arena_new(0);
	struct zone *z = ARENA_NEW(a, struct zone);

	z->arena = a;
	z->names = map_new(a, true);
	return z;
}

void zone_free(struct zone *z)
{
	if (z)
		arena_free(z->arena);
}

static struct str parent(struct str name)
{
	size_t dot = str_chr(name, '.');

	return dot == SIZE_MAX ? STR("") : str_skip(name, dot + 1);
}

static struct str undot(struct str name)
{
	return name.n > 0 && name.p[name.n - 1] == '.' ? str_sub(name, 0, name.n - 1) : name;
}

/* The node of name, made together with every name above it. */
static struct zone_node *node_of(struct zone *z, struct str name)
{
	struct str up = arena_lower(z->arena, undot(name)), first = up;

	while (!map_get(z->names, up)) {
		struct zone_node *node = ARENA_NEW(z->arena, struct zone_node);

		node->ttl = TTL_DEFAULT;
		map_put(z->names, up, node);
		up = parent(up);
	}
	return map_get(z->names, first);
}

static const struct zone_set *set_get(const struct zone_node *node, int type)
{
	for (size_t i = 0; i < node->set.n; i++)
		if (node->set.p[i].type == type)
			return &node->set.p[i];
	return NULL;
}

static void add(struct zone *z, struct str name, int type, struct dns_rr rr)
{
	struct zone_node *node = node_of(z, name);
	struct zone_set *set = (struct zone_set *)set_get(node, type);

	if (!set) {
		set = &VEC_PUSH(z->arena, node->set);
		*set = (struct zone_set){ .type = type };
	}
	VEC_PUSH(z->arena, set->rr) = rr;
}

static bool holds_octets(int type)
{
	return type == DNS_A || type == DNS_AAAA || type == DNS_TXT;
}

static bool holds_name(int type)
{
	return type == DNS_NS || type == DNS_CNAME || type == DNS_SOA || type == DNS_PTR ||
	       type == DNS_MX;
}

void zone_add(struct zone *z, struct str name, int type, struct str data)
{
	struct dns_rr rr = { 0 };

	if ((type == DNS_A && data.n != 4) || (type == DNS_AAAA && data.n != 16))
		bug("zone_add: %zu octets in a record of type %d", data.n, type);
	rr.data = holds_name(type) ? arena_lower(z->arena, undot(data)) : arena_dup(z->arena, data);
	if (holds_octets(type) && !rr.data.p)
		rr.data.p = "";
	add(z, name, type, rr);
}

void zone_add_mx(struct zone *z, struct str name, uint16_t pref, struct str host)
{
	add(z, name, DNS_MX, (struct dns_rr){ arena_lower(z->arena, undot(host)), pref });
}

static void order(struct zone *z, struct str name, int type, bool is_delay, unsigned value)
{
	struct zone_node *node = node_of(z, name);

	VEC_PUSH(z->arena, node->order) = (struct zone_order){ type, is_delay, value };
}

void zone_fault(struct zone *z, struct str name, int type, enum zone_fault fault)
{
	order(z, name, type, false, fault);
}

void zone_delay(struct zone *z, struct str name, int type, unsigned ms)
{
	order(z, name, type, true, ms);
}

void zone_ttl(struct zone *z, struct str name, uint32_t seconds)
{
	node_of(z, name)->ttl = seconds;
}

/* The last order for the type, else the last for any type, else 0. */
static unsigned order_get(const struct zone_node *node, int type, bool is_delay)
{
	unsigned value[2] = { 0, 0 };
	bool own = false;

	for (size_t i = 0; i < node->order.n; i++) {
		const struct zone_order *o = &node->order.p[i];

		if (o->is_delay != is_delay || (o->type != type && o->type != ZONE_ANY))
			continue;
		own |= o->type == type;
		value[o->type == type] = o->value;
	}
	return value[own];
}

/* RFC 4592: the name itself, or "*" under its closest encloser. */
static const struct zone_node *node_find(const struct zone *z, struct str name)
{
	char star[2 + 256];
	const struct zone_node *node = map_get(z->names, name);

	if (node)
		return node;
	do
		name = parent(name);
	while (name.n > 0 && !map_get(z->names, name));
	if (name.n > sizeof(star) - 2)
		return NULL;
	memcpy(star, "*.", 2);
	if (name.n > 0)
		memcpy(star + 2, name.p, name.n);
	return map_get(z->names, name.n > 0 ? str_of(star, name.n + 2) : STR("*"));
}

struct zone_found zone_find(const struct zone *z, struct str name, int type)
{
	const struct zone_node *node = node_find(z, undot(name));
	struct zone_found f = { .status = DNS_NXDOMAIN, .ttl = TTL_DEFAULT };
	const struct zone_set *set;

	if (!node)
		return f;
	f.fault = (enum zone_fault)order_get(node, type, false);
	f.delay_ms = order_get(node, type, true);
	f.ttl = node->ttl;
	f.status = DNS_NODATA;
	if ((set = set_get(node, type))) {
		f.status = DNS_OK;
		f.n = set->rr.n;
		f.rr = set->rr.p;
	} else if ((set = set_get(node, DNS_CNAME))) {
		f.status = DNS_OK;
		f.cname = set->rr.p[0].data;
	}
	return f;
}
