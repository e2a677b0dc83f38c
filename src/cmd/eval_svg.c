/* merlon eval --svg: the curves as a picture, written by hand: error rates on two logarithmic axes,
 * and how the classifier learns. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "cmd/eval.h"

#define HEIGHT 560.0
#define PANEL 420.0 /* width and height of a plot */
#define LEFT 86.0
#define TOP 66.0
#define GAP 110.0 /* between the two plots */

struct axis {
	double low, high; /* decades, or values where it is linear */
	bool log;
};

struct plot {
	FILE *out;
	double x, y; /* of its upper left corner */
	struct axis across, up;
};

static const char *const colours[] = { "#0b6e99", "#b4541a", "#2f7d32", "#8a8a8a", "#6b4fa0" };
#define COLOURS (sizeof colours / sizeof *colours)

/* ---- places ---- */

static double part(const struct axis *a, double v)
{
	double d = a->log ? (v > 0 ? log10(v) : -INFINITY) : v;
	double p = (d - a->low) / (a->high - a->low);

	return p < 0 ? 0 : p > 1 ? 1 : p;
}

static double at_x(const struct plot *p, double v)
{
	return p->x + PANEL * part(&p->across, v);
}

static double at_y(const struct plot *p, double v)
{
	return p->y + PANEL * (1 - part(&p->up, v));
}

/* ---- grid and words ---- */

static void text(FILE *out, double x, double y, const char *anchor, int size, const char *colour,
		 const char *words)
{
	fprintf(out,
		"<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" "
		"fill=\"%s\">%s</text>\n",
		x, y, anchor, size, colour, words);
}

static void line(FILE *out, double x1, double y1, double x2, double y2, const char *colour)
{
	fprintf(out,
		"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
		"stroke-width=\"1\"/>\n",
		x1, y1, x2, y2, colour);
}

static void tick_x(const struct plot *p, double v, bool strong)
{
	char words[32];

	line(p->out, at_x(p, v), p->y, at_x(p, v), p->y + PANEL, strong ? "#d4d4d4" : "#efefef");
	snprintf(words, sizeof words, p->across.log ? "%g %%" : "%g", v);
	if (strong)
		text(p->out, at_x(p, v), p->y + PANEL + 20, "middle", 12, "#444", words);
}

static void tick_y(const struct plot *p, double v, bool strong)
{
	char words[32];

	line(p->out, p->x, at_y(p, v), p->x + PANEL, at_y(p, v), strong ? "#d4d4d4" : "#efefef");
	snprintf(words, sizeof words, "%g %%", v);
	if (strong)
		text(p->out, p->x - 8, at_y(p, v) + 4, "end", 12, "#444", words);
}

static void decades(const struct plot *p, const struct axis *a,
		    void (*tick)(const struct plot *, double, bool))
{
	for (double d = a->low; d < a->high; d++)
		for (unsigned k = 2; k < 10; k++)
			tick(p, k * pow(10, d), false);
	for (double d = a->low; d <= a->high; d++)
		tick(p, pow(10, d), true);
}

static void frame(const struct plot *p, const char *title, const char *across, const char *up)
{
	fprintf(p->out,
		"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"none\" "
		"stroke=\"#444\"/>\n",
		p->x, p->y, PANEL, PANEL);
	text(p->out, p->x, p->y - 14, "start", 15, "#111", title);
	text(p->out, p->x + PANEL / 2, p->y + PANEL + 44, "middle", 13, "#222", across);
	fprintf(p->out,
		"<text transform=\"translate(%.1f %.1f) rotate(-90)\" text-anchor=\"middle\" "
		"font-size=\"13\" fill=\"#222\">%s</text>\n",
		p->x - 58, p->y + PANEL / 2, up);
}

/* A line of the legend, row from the top, in the corner where curves do not come. */
static void legend(const struct plot *p, size_t row, const char *colour, const char *words)
{
	double y = p->y + 20 + 19 * (double)row, x = p->x + PANEL - 10;

	line(p->out, x - 18, y - 4, x, y - 4, colour);
	fprintf(p->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"18\" height=\"3\" fill=\"%s\"/>\n",
		x - 18, y - 6, colour);
	text(p->out, x - 25, y, "end", 12, "#222", words);
}

/* ---- the curves ---- */

static void begin_path(FILE *out, const char *colour)
{
	fprintf(out,
		"<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-linejoin=\"round\" "
		"d=\"",
		colour);
}

/* Down the list by score: each ham is a step to the right, each spam one down. */
static void draw_roc(const struct plot *p, const struct roc *r, const char *colour)
{
	size_t spam = 0, ham = 0, i = 0;
	double y = at_y(p, 100), last = -1;

	begin_path(p->out, colour);
	fprintf(p->out, "M%.1f %.1f", p->x, y);
	while (i < r->n) {
		double score = r->p[i].score, x;
		for (; i < r->n && r->p[i].score == score; i++)
			*(r->p[i].spam ? &spam : &ham) += 1;
		x = at_x(p, 100 * (double)ham / (double)r->ham);
		y = at_y(p, 100 * (double)(r->spam - spam) / (double)r->spam);
		if (x > last + 0.05 || i == r->n)
			fprintf(p->out, "H%.1f", x);
		last = x;
		fprintf(p->out, "V%.1f", y);
	}
	fprintf(p->out, "H%.1f\"/>\n", p->x + PANEL);
}

static double decade_below(double v)
{
	return floor(log10(v) + 1e-9);
}

static void rates_plot(const struct eval *v, FILE *out)
{
	const struct plot p = { .out = out,
				.x = LEFT,
				.y = TOP,
				.across = { decade_below(100 / (double)v->ham), 2, true },
				.up = { decade_below(100 / (double)v->spam), 2, true } };
	char words[96];

	decades(&p, &p.across, tick_x);
	decades(&p, &p.up, tick_y);
	for (size_t i = v->curves.n; i-- > 0;)
		draw_roc(&p, &v->curves.p[i].roc, colours[i % COLOURS]);
	for (size_t i = 0; i < v->curves.n; i++) {
		snprintf(words, sizeof words, "%s: 1-ROCA %.3f %%", v->curves.p[i].label,
			 100 * roc_area_above(&v->curves.p[i].roc));
		legend(&p, i, colours[i % COLOURS], words);
	}
	frame(&p, "Errors", "ham lost", "spam missed");
}

static void draw_steps(const struct plot *p, const struct eval *v, bool here, const char *colour)
{
	begin_path(p->out, colour);
	for (size_t i = 0; i < v->steps.n; i++) {
		const struct eval_step *s = &v->steps.p[i];
		fprintf(p->out, "%c%.1f %.1f", i ? 'L' : 'M', at_x(p, (double)s->seen),
			at_y(p, 100 * (here ? s->area_here : s->area)));
	}
	fputs("\"/>\n", p->out);
	for (size_t i = 0; i < v->steps.n; i++) {
		const struct eval_step *s = &v->steps.p[i];
		fprintf(p->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n",
			at_x(p, (double)s->seen), at_y(p, 100 * (here ? s->area_here : s->area)),
			colour);
	}
}

/* A round distance between ticks, of which there are four to ten. */
static double spacing(double n)
{
	double step = pow(10, floor(log10(n)));

	return n / step >= 4 ? step : n / step >= 2 ? step / 2 : step / 5;
}

static void learning_plot(const struct eval *v, FILE *out)
{
	double n = (double)v->mails.n, step = spacing(n), least = 1, most = 1e-4;
	struct plot p = { .out = out,
			  .x = LEFT + PANEL + GAP,
			  .y = TOP,
			  .across = { 0, n, false },
			  .up = { 0, 0, true } };

	for (size_t i = 0; i < v->steps.n; i++) {
		const struct eval_step *s = &v->steps.p[i];
		least = s->area > 0 ? fmin(least, s->area) : least;
		least = s->area_here > 0 ? fmin(least, s->area_here) : least;
		most = fmax(most, fmax(s->area, s->area_here));
	}
	p.up.low = decade_below(100 * least);
	p.up.high = fmax(decade_below(100 * most) + 1, p.up.low + 1);
	for (double x = 0; x <= n; x += step)
		tick_x(&p, x, true);
	decades(&p, &p.up, tick_y);
	draw_steps(&p, v, true, colours[1]);
	draw_steps(&p, v, false, colours[0]);
	legend(&p, 0, colours[0], "all so far");
	legend(&p, 1, colours[1], "the last thousand");
	frame(&p, "Learning", "messages seen", "1-ROCA");
}

int eval_write_svg(const struct eval *v, const struct eval_options *o, struct err *e)
{
	double width = LEFT + PANEL + 30 + (v->steps.n ? GAP + PANEL : 0);
	FILE *f = fopen(o->svg, "we");
	char words[128];

	if (!f)
		return err_set(e, "%s: %s", o->svg, strerror(errno));
	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\" font-family=\"Helvetica, Arial, sans-serif\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		width, HEIGHT, width, HEIGHT);
	snprintf(words, sizeof words, "%zu ham, %zu spam; %s", v->ham, v->spam,
		 o->folds ? "each classified by other folds" : "each classified, then learnt");
	text(f, LEFT, 28, "start", 13, "#555", words);
	rates_plot(v, f);
	if (v->steps.n)
		learning_plot(v, f);
	fputs("</svg>\n", f);
	if (ferror(f) | fclose(f))
		return err_set(e, "%s: %s", o->svg, strerror(errno));
	return 0;
}
