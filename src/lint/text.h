/* Inside of lint/: a text, where it stands in the file, and the findings in it. */
#ifndef LAB_LINT_TEXT_H
#define LAB_LINT_TEXT_H

#include "lint/lint.h"

enum lint_place {
    LINT_WHOLE, /* the file */
    LINT_BLOCK, /* a '|' scalar of the outer text: its lines are lines of it */
    LINT_FLOW   /* any other scalar or word: its first line begins at line and column */
};

/* The byte of a text that was last asked for: the next is mostly near. */
struct lint_cursor {
    size_t at, start; /* start: of the line that at is in */
    int line;         /* from 0 */
};
#define LINT_CURSORS 16

struct lint_text {
    struct lint_cursor *cursors; /* LINT_CURSORS of them, one for each depth */
    struct lab_lint_report *report;
    const struct lab_lint_lab *lab;
    const char *file;
    const char *text;
    enum lab_lint_kind kind;
    const struct lint_text *outer; /* NULL for WHOLE */
    enum lint_place place;
    int line, column; /* from 0, in the outer text; BLOCK: column is the indent taken away */
    int depth;        /* texts in texts */
};
#define LINT_MAX_DEPTH 8

/* A text inside another, at line and column from 0. */
struct lint_text lint_inner(
    const struct lint_text *outer, const char *text, enum lint_place place, int line, int column);

/* The line (from 0) of a byte of the text, and where that line begins. Offsets that go forward, or
 * a little back, cost no walk through the whole text. */
size_t lint_line_start(const struct lint_text *t, size_t offset, int *line);

/* One finding at this byte of the text; shown: what is wrong there. */
void lint_add(const struct lint_text *t,
              size_t offset,
              enum lab_lint_severity severity,
              const char *shown,
              const char *fix,
              const char *why,
              ...) LAB_PRINTF(6, 7);

/* net.c: the address in a word, if it is one: "https://host/…", "git@host:…". Caller frees; NULL:
 * none, or one whose host is not written there ("$host", "{{ host }}"). *at: where it begins. */
char *lint_url_host(const char *word, size_t *at);
bool lint_has_url(const char *word); /* with whatever host */
/* Warns of, or refuses, what leads outside. true: something was said. */
bool lint_url(const struct lint_text *t,
              size_t offset,
              enum lab_lint_severity severity,
              const char *word);

/* image.c: a name of an image that a container is made from. policy: imagePullPolicy, or NULL. */
void lint_image(const struct lint_text *t, size_t offset, const char *name, const char *policy);

/* shell.c, command.c */
struct lint_word {
    size_t at;
    char *text; /* without its quotes */
};
struct lint_words {
    LAB_VEC(struct lint_word) list;
};
void lint_words_add(struct lint_words *words, size_t at, const char *text, size_t n);
void lint_words_clear(struct lint_words *words);
void lint_shell(const struct lint_text *t);
/* One simple command. follow: the text behind -c is a script, too. */
void lint_command(const struct lint_text *t, const struct lint_words *words, bool follow);

/* yaml.c: also chooses what a scalar's text is. */
void lint_yaml(const struct lint_text *t);
/* lines.c: what is no YAML, from this line (from 0) on. */
void lint_lines(const struct lint_text *t, size_t line);

/* cloud.c: keys of cloud-config that reach for the internet by themselves. NULL: none of them. */
struct lint_cloud_key {
    const char *key;
    bool only_true; /* when its value says yes, else whatever is below it */
    const char *why, *fix;
};
const struct lint_cloud_key *lint_cloud_key(const char *key);

#endif
