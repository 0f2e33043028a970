/* A password that lab.yaml names without containing it: file, variable, or asked on the terminal.
 */
#ifndef LAB_RUN_PASSWORD_H
#define LAB_RUN_PASSWORD_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "run/run.h"
#include "spec/spec.h"

struct lab_password_source {
    const char *object;     /* "auth", "registry": for messages */
    const char *what;       /* "console password" */
    const char *prompt;     /* "Console password for the guests: " */
    const char *variable;   /* read when nothing else is named: "LABCTL_PASSWORD" */
    const char *file, *env; /* password_file, password_env; NULL */
};

/* No child gets the variables that the lab's passwords are in. */
void lab_password_hide(const struct lab_spec *spec);
/* What file or variable say now. *given is false when they are not there. A file that others can
 * read is warned of. */
int lab_password_given(struct lab_run *run,
                       const struct lab_password_source *source,
                       struct lab_str *password,
                       bool *given,
                       struct lab_error *err) LAB_MUST_CHECK;
/* When nothing is given: asks on the terminal, if the source allows that. */
int lab_password_ask(const struct lab_password_source *source,
                     struct lab_str *password,
                     struct lab_error *err) LAB_MUST_CHECK;

#endif
