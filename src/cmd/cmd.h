/* The subcommands of merlon: a table of rows, each with a file cmd_*.c; auth and scan share one. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

struct command {
	const char *name;
	int (*main)(int argc, char **argv); /* argv[0] is "merlon NAME"; returns an APP_EXIT_* */
	const char *help;		    /* one line */
};

/* All of them; ends in a row without name. */
extern const struct command commands[];

int cmd_auth(int argc, char **argv);
int cmd_scan(int argc, char **argv);
int cmd_masscheck(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_rules_fit(int argc, char **argv);
int cmd_conf(int argc, char **argv);
int cmd_setup(int argc, char **argv);
int cmd_parse(int argc, char **argv);
int cmd_checks(int argc, char **argv);
int cmd_store(int argc, char **argv);
int cmd_lookalike(int argc, char **argv);
int cmd_greylist(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_limits(int argc, char **argv);
int cmd_senders(int argc, char **argv);
int cmd_learn(int argc, char **argv);
int cmd_classify(int argc, char **argv);
int cmd_eval(int argc, char **argv);
int cmd_digest(int argc, char **argv);
int cmd_feeds(int argc, char **argv);
int cmd_dkim(int argc, char **argv);
int cmd_pyzor(int argc, char **argv);
int cmd_llm(int argc, char **argv);
int cmd_outside(int argc, char **argv);
int cmd_metrics(int argc, char **argv);
int cmd_dmarc(int argc, char **argv);
int cmd_report(int argc, char **argv);

#endif
