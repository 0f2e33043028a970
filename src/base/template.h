/* Skeletons from templates/ with {{name}} places. The template's kind decides how every value is
 * escaped; only values marked RAW (the output of another rendering) pass as they are. An unknown or
 * an unused name aborts: templates and code belong together. Templates have no logic: repeated parts
 * are small templates of their own. */
#ifndef LAB_BASE_TEMPLATE_H
#define LAB_BASE_TEMPLATE_H

#include <stdbool.h>

#include "base/str.h"

enum lab_escape {
    LAB_ESCAPE_XML,  /* inside text or a quoted attribute */
    LAB_ESCAPE_YAML, /* becomes a double-quoted YAML scalar, quotes included */
    LAB_ESCAPE_SHELL_ENV, /* becomes a single-quoted value of an env file */
    LAB_ESCAPE_VMX, /* inside a quoted value of a VMX: |XX, tabs and UTF-8 as they are */
    LAB_ESCAPE_NONE
};

struct lab_var {
    const char *name;
    const char *value;
    bool raw;
};

void lab_template(struct lab_str *out, const char *asset, enum lab_escape escape,
                  const struct lab_var *vars, size_t n);
void lab_escape(struct lab_str *out, enum lab_escape escape, const char *text);

#endif
