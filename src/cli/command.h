#ifndef LAB_CLI_COMMAND_H
#define LAB_CLI_COMMAND_H

#include "cli/cli.h"

struct lab_option {
    const char *name;  /* long form without "--" */
    char letter;       /* 0: none */
    const char *value; /* name of its value in help; NULL: a flag. "[NODE]" may be left out: only
                          for commands without arguments, where a word after it is nothing else */
    const char *help;  /* NULL: labctl's own, for its child processes */
};

enum lab_output { LAB_OUTPUT_TABLE, LAB_OUTPUT_JSON, LAB_OUTPUT_YAML, LAB_OUTPUT_NDJSON };

/* Which of the options that many commands share this one takes. */
enum {
    LAB_TAKES_FILE = 1,     /* -f, --lab */
    LAB_TAKES_TARGET = 2,   /* --target */
    LAB_TAKES_REPLICAS = 4, /* --replicas */
    LAB_TAKES_TIMEOUT = 8,  /* --timeout */
    LAB_TAKES_YES = 16,     /* -y */
    LAB_TAKES_COMMAND = 32  /* "-- COMMAND…"; elsewhere "--" only ends the options */
};

struct lab_cli;

struct lab_command {
    const char *name, *summary; /* summary NULL: labctl's own, no word of it anywhere */
    const char *arguments;      /* "NODE [-- COMMAND…]" for the usage line */
    const char *text;           /* what it does, and an example that works */
    const struct lab_option
        *options; /* ends with a NULL name; may be NULL; go before shared ones */
    int min_arguments, max_arguments; /* max -1: any number */
    unsigned takes;
    int (*run)(struct lab_cli *cli, struct lab_error *err);
};

/* The command line, parsed. */
struct lab_cli {
    const struct lab_command *command;
    enum lab_output output;
    bool quiet, verbose, no_color, yes;
    const char *file, *lab;
    uint64_t timeout_ms;
    LAB_VEC(const char *) targets;
    LAB_VEC(struct lab_replicas) replicas;
    LAB_VEC(char *) owned;           /* strings that the above point into */
    LAB_VEC(const char *) arguments; /* before "--" */
    LAB_VEC(const char *) rest;      /* after "--": words of the guest's command */
    struct {
        const struct lab_option *option;
        const char *value;
    } given[32]; /* the command's own options, in order */
    size_t given_len;
    int status; /* when not 0 and the command returned 0: the exit status */
    struct lab_listener listener;
    struct lab_view *view; /* NULL until lab_view_begin() */
    struct lab_run *run;   /* the open one, borrowed; NULL before lab_cli_open() */
};

extern const struct lab_command *const lab_commands[];
extern const size_t lab_commands_len;

/* options.c. NULL: there is no such command. */
const struct lab_command *lab_cli_command(const char *name);
int lab_cli_unknown_command(const char *name, struct lab_error *err); /* -1, with the nearest */
/* What the command takes, its own first, then those of every command; NULL after the last. command
 * NULL: what may stand before a command. */
const struct lab_option *lab_cli_option_at(const struct lab_command *command, size_t i);
bool lab_cli_is_shared(const struct lab_option *o);
bool lab_cli_value_is_optional(const struct lab_option *o); /* only for one that takes a value */

/* args.c. help: "--help" was given (for the command, if any). */
int lab_cli_parse(struct lab_cli *cli,
                  int argc,
                  char **argv,
                  bool *help,
                  bool *version,
                  struct lab_error *err) LAB_MUST_CHECK;
int lab_cli_take_output(struct lab_cli *cli, const char *value, struct lab_error *err)
    LAB_MUST_CHECK; /* the value of -o, for commands whose own -o may be something else */
void lab_cli_clear(struct lab_cli *cli);
bool lab_cli_flag(const struct lab_cli *cli, const char *option);
const char *lab_cli_value(const struct lab_cli *cli, const char *option); /* last one; NULL */

/* help.c */
void lab_cli_help(const struct lab_command *command); /* NULL: the overview */

/* For commands that work on a lab: opens the run with everything from the command line. Problems of
 * lab.yaml are printed. */
int lab_cli_open(struct lab_cli *cli,
                 enum lab_state_mode mode,
                 bool needs_spec,
                 struct lab_run **out,
                 struct lab_error *err) LAB_MUST_CHECK;
/* open + attach */
int lab_cli_attach(struct lab_cli *cli,
                   enum lab_state_mode mode,
                   bool needs_spec,
                   struct lab_run **out,
                   struct lab_error *err) LAB_MUST_CHECK;
/* ask.c: true for y. Ctrl-C ends the question and interrupts the run; no more input is a no. */
bool lab_cli_ask(struct lab_run *run, const char *question);

struct lab_run_options *
lab_cli_run_options(struct lab_cli *cli, enum lab_state_mode mode, bool needs_spec);

/* output.c: prints value as -o says; TABLE prints the columns of the array found at value[key], and
 * NDJSON its rows one by one, then an object with the rest of value. With anything but TABLE this
 * is all that stdout gets: words for people go to stderr. */
struct lab_column {
    const char *title, *key;
};
void lab_cli_print(const struct lab_cli *cli,
                   json_t *value /* taken */,
                   const char *key,
                   const struct lab_column *columns,
                   size_t n);
void lab_put_table(struct lab_str *out,
                   const json_t *rows,
                   const struct lab_column *columns,
                   size_t n);
/* Words for people on stderr, in one write: a Windows console that gets a character's bytes one by
 * one shows none of it. */
void lab_cli_say(const char *fmt, ...) LAB_PRINTF(1, 2);
/* Text of several lines that a guest or a child may have written: nothing in it that a terminal
 * could obey; lines and their indentation stay. */
void lab_put_lines(struct lab_str *out, const char *text);
void lab_cli_print_object(json_t *value /* taken */); /* one line of NDJSON, at once */
/* null for NULL; bytes of a guest that are no UTF-8 become U+FFFD. */
json_t *lab_json_text(const char *s);

/* report.c: the end of up, wait, start, stop, restart, teardown. */
void lab_cli_report(const struct lab_cli *cli, const struct lab_report *report, const char *verb);

#endif
