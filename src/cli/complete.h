/* What could come next on a command line that is being typed, from the tables that also parse and
 * explain it. */
#ifndef LAB_CLI_COMPLETE_H
#define LAB_CLI_COMPLETE_H

#include "cli/command.h"

struct lab_candidate {
    char *text;
    const char *about; /* borrowed from the tables; NULL: nothing to say */
};

struct lab_candidates {
    LAB_VEC(struct lab_candidate) list;
    bool files; /* names of files, too; the shell knows them better */
};

/* Names that only a lab knows. Either file or lab may be NULL. Failure is an empty list. */
struct lab_complete_names {
    void (*nodes)(struct lab_candidates *out, const char *file, const char *lab);
    void (*labs)(struct lab_candidates *out);
    void (*snapshots)(struct lab_candidates *out, const char *file, const char *lab);
};

/* words: all behind the program's name; the last is being typed and may be "". Only what begins
 * with it is added. */
void lab_complete(const char *const *words,
                  size_t n,
                  const struct lab_complete_names *names,
                  struct lab_candidates *out);
void lab_candidates_add(struct lab_candidates *out, const char *text, const char *about);
void lab_candidates_clear(struct lab_candidates *out);

#endif
