/*
 * Robinson-Fisher (G. Robinson, "A statistical approach to the spam problem", Linux Journal 107,
 * 2003): the evidence of many tokens as two chi-squared tests, one for each side.
 */
#ifndef LEARN_BAYES_H
#define LEARN_BAYES_H

#include <stddef.h>
#include <stdint.h>

#define BAYES_S 0.0178	    /* weight of what is assumed of an unknown token, in messages */
#define BAYES_X 0.52	    /* what is assumed */
#define BAYES_MIN_DEV 0.375 /* a token nearer to 0.5 is not looked at */

/* f(w): how much a token that so many of all ham and spam have speaks for spam, 0 to 1. */
double bayes_token(uint32_t ham, uint32_t spam, double all_ham, double all_spam);

struct bayes {
	double ham, spam; /* sums of -ln f (large: it is ham) and of -ln (1 - f) */
	size_t n;
};

/* The same where share is what the counts say, over n messages. */
double bayes_share(double share, double n);

/* Takes a token into account if it says enough. */
void bayes_add(struct bayes *b, double f);

/* ln of the chance that n tokens that say nothing have such a sum or a larger one. */
double bayes_log_q(double sum, size_t n);

/* 0 (ham) to 1 (spam); 0.5 without evidence, and where both sides have much. depend: so many tokens
 * count as one. */
double bayes_indicator(const struct bayes *b, unsigned depend);

#endif
