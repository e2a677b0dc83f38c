/*
 * Expressions, compiled to reverse Polish by the shunting-yard method (Dijkstra 1961) with explicit
 * stacks, and evaluated on one.
 */
#include "ruleset/expr.h"

enum op {
	OP_NUM,
	OP_REF,
	OP_OPEN,
	OP_OR,
	OP_AND,
	OP_XOR,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_NOT,
	OP_NEG
};

struct step {
	enum op op;
	double num;
	size_t ref;
};

struct expr {
	VEC(struct step) v;
	VEC(size_t) refs;
};

struct parser {
	struct arena *arena;
	struct str in;
	struct expr *out;
	enum op stack[EXPR_MAX_STACK];
	size_t depth;
	bool operand; /* the last thing read was one */
	expr_resolve_fn *resolve;
	void *arg;
	struct err *e;
};

static const struct {
	const char *text;
	enum op op;
	int level;
} operators[] = {
	/* longer ones first */
	{ "||", OP_OR, 1 }, { "&&", OP_AND, 2 }, { "==", OP_EQ, 4 }, { "!=", OP_NE, 4 },
	{ "<=", OP_LE, 5 }, { ">=", OP_GE, 5 },	 { "<", OP_LT, 5 },  { ">", OP_GT, 5 },
	{ "+", OP_ADD, 6 }, { "-", OP_SUB, 6 },	 { "*", OP_MUL, 7 }, { "/", OP_DIV, 7 },
	{ "^", OP_XOR, 3 },
};

#define LEVEL_PREFIX 8

static int level_of(enum op op)
{
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (operators[i].op == op)
			return operators[i].level;
	return op == OP_NOT || op == OP_NEG ? LEVEL_PREFIX : 0;
}

static bool emit(struct parser *p, struct step s)
{
	if (p->out->v.n >= EXPR_MAX_TOKENS)
		return err_set(p->e, "expression of more than %u terms", EXPR_MAX_TOKENS) == 0;
	VEC_PUSH(p->arena, p->out->v) = s;
	return true;
}

static bool push(struct parser *p, enum op op)
{
	if (p->depth == EXPR_MAX_STACK)
		return err_set(p->e, "expression nested deeper than %u", EXPR_MAX_STACK) == 0;
	p->stack[p->depth++] = op;
	return true;
}

/* Moves operators that bind at least as strongly as level from the stack to the output. */
static bool reduce(struct parser *p, int level)
{
	while (p->depth && p->stack[p->depth - 1] != OP_OPEN &&
	       level_of(p->stack[p->depth - 1]) >= level)
		if (!emit(p, (struct step){ .op = p->stack[--p->depth] }))
			return false;
	return true;
}

static bool syntax(struct parser *p, const char *expected)
{
	err_set(p->e, "expected %s at \"%.*s\"", expected, STR_ARG(str_sub(p->in, 0, 40)));
	return false;
}

static size_t word_len(struct str s)
{
	size_t n = 0;

	while (n < s.n && (ch_alnum(s.p[n]) || s.p[n] == '_' || s.p[n] == '.' ||
			   (s.p[n] == ':' && n + 1 < s.n && n > 0)))
		n++;
	return n;
}

static bool read_number(struct parser *p, struct str word)
{
	double num;

	if (!str_f64(word, &num))
		return syntax(p, "a number");
	p->in = str_skip(p->in, word.n);
	return emit(p, (struct step){ .op = OP_NUM, .num = num });
}

static bool read_name(struct parser *p, struct str word)
{
	struct str call = STR_NULL;
	struct str rest = str_skip(p->in, word.n);
	size_t close, ref;
	bool is_call = rest.n && rest.p[0] == '(';

	if (is_call) {
		close = str_chr(rest, ')');
		if (close == SIZE_MAX)
			return syntax(p, "\")\" after the argument");
		call = str_trim(str_sub(rest, 1, close - 1));
		rest = str_skip(rest, close + 1);
	}
	if (!p->resolve(p->arg, word, call, is_call, &ref)) {
		err_set(p->e, "unknown name \"%.*s\"", STR_ARG(word));
		return false;
	}
	p->in = rest;
	VEC_PUSH(p->arena, p->out->refs) = ref;
	return emit(p, (struct step){ .op = OP_REF, .ref = ref });
}

static bool read_operand(struct parser *p)
{
	char c = p->in.p[0];
	struct str word = str_sub(p->in, 0, word_len(p->in));

	if (c == '!' || c == '-') {
		p->in = str_skip(p->in, 1);
		return push(p, c == '!' ? OP_NOT : OP_NEG);
	}
	if (c == '(') {
		p->in = str_skip(p->in, 1);
		return push(p, OP_OPEN);
	}
	if (!word.n)
		return syntax(p, "a name, a number or \"(\"");
	p->operand = true;
	return ch_digit(c) || c == '.' ? read_number(p, word) : read_name(p, word);
}

static bool read_operator(struct parser *p)
{
	if (p->in.p[0] == ')') {
		if (!reduce(p, 0))
			return false;
		if (!p->depth)
			return syntax(p, "no \")\" without \"(\"");
		p->depth--;
		p->in = str_skip(p->in, 1);
		return true;
	}
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
		if (!str_starts(p->in, str_c(operators[i].text)))
			continue;
		p->in = str_skip(p->in, strlen(operators[i].text));
		p->operand = false;
		return reduce(p, operators[i].level) && push(p, operators[i].op);
	}
	return syntax(p, "an operator");
}

struct expr *expr_compile(struct arena *a, struct str text, expr_resolve_fn *resolve, void *arg,
			  struct err *e)
{
	struct parser p = { .arena = a,
			    .in = str_trim(text),
			    .out = ARENA_NEW(a, struct expr),
			    .resolve = resolve,
			    .arg = arg,
			    .e = e };

	while (p.in.n) {
		if (!(p.operand ? read_operator(&p) : read_operand(&p)))
			return NULL;
		p.in = str_trim(p.in);
	}
	if (!p.operand) {
		syntax(&p, "an operand");
		return NULL;
	}
	if (!reduce(&p, 0))
		return NULL;
	if (p.depth) {
		syntax(&p, "\")\"");
		return NULL;
	}
	return p.out;
}

/* Exclusive or of whole numbers, as far as a double holds them. */
static double bits(double x, double y)
{
	const double most = 9007199254740992.0;

	if (!(x >= 0 && x <= most && y >= 0 && y <= most))
		return 0;
	return (double)((uint64_t)x ^ (uint64_t)y);
}

static double binary(enum op op, double x, double y)
{
	switch (op) {
	case OP_OR:
		return x != 0 ? x : y;
	case OP_AND:
		return x != 0 ? y : x;
	case OP_XOR:
		return bits(x, y);
	case OP_EQ:
		return x == y;
	case OP_NE:
		return x != y;
	case OP_LT:
		return x < y;
	case OP_LE:
		return x <= y;
	case OP_GT:
		return x > y;
	case OP_GE:
		return x >= y;
	case OP_ADD:
		return x + y;
	case OP_SUB:
		return x - y;
	case OP_MUL:
		return x * y;
	default:
		return y != 0 ? x / y : 0;
	}
}

double expr_eval(const struct expr *x, expr_value_fn *value, void *arg)
{
	double stack[EXPR_MAX_STACK + 2]; /* every operand waiting on it has an operator waiting */
	size_t n = 0;

	for (size_t i = 0; i < x->v.n; i++) {
		const struct step *s = &x->v.p[i];
		if (s->op == OP_NUM) {
			stack[n++] = s->num;
		} else if (s->op == OP_REF) {
			stack[n++] = value(arg, s->ref);
		} else if (s->op == OP_NOT) {
			stack[n - 1] = stack[n - 1] == 0;
		} else if (s->op == OP_NEG) {
			stack[n - 1] = -stack[n - 1];
		} else {
			n--;
			stack[n - 1] = binary(s->op, stack[n - 1], stack[n]);
		}
	}
	return stack[0];
}

bool expr_ref(const struct expr *x, size_t i, size_t *ref)
{
	if (i >= x->refs.n)
		return false;
	*ref = x->refs.p[i];
	return true;
}

/* ---- what an expression rests on ---- */

/* An operand while all of its references from here on are 0: its value then. */
struct rest {
	double value;
	size_t from;
};

/* One operand of && that is 0 makes the whole 0: the one that rests on fewer will do. */
static bool rest_and(struct rest *x, const struct rest *y, size_t *ref, size_t *n)
{
	size_t nx = y->from - x->from, ny = *n - y->from;

	if (x->value != 0 && y->value != 0)
		return false;
	if (x->value != 0 || (y->value == 0 && ny < nx)) {
		memmove(ref + x->from, ref + y->from, ny * sizeof *ref);
		*n = x->from + ny;
	} else {
		*n = y->from;
	}
	x->value = 0;
	return true;
}

bool expr_rests(const struct expr *x, struct arena *a, const size_t **on, size_t *n)
{
	size_t *ref = ARENA_ARRAY(a, size_t, x->v.n + 1), top = 0;
	struct rest stack[EXPR_MAX_STACK + 2];

	*n = 0;
	*on = ref;
	for (size_t i = 0; i < x->v.n; i++) {
		const struct step *s = &x->v.p[i];
		struct rest *last = &stack[top ? top - 1 : 0],
			    *before = &stack[top > 1 ? top - 2 : 0];

		if (s->op == OP_NUM || s->op == OP_REF) {
			stack[top++] = (struct rest){ s->op == OP_NUM ? s->num : 0, *n };
			if (s->op == OP_REF)
				ref[(*n)++] = s->ref;
		} else if (s->op == OP_NOT) {
			last->value = last->value == 0;
		} else if (s->op == OP_NEG) {
			last->value = -last->value;
		} else {
			top--;
			if (s->op != OP_AND || !rest_and(before, last, ref, n))
				before->value = binary(s->op, before->value, last->value);
		}
	}
	return stack[0].value == 0;
}
