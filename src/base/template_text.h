/* Inside base only: a template that is no asset, for tests. */
#ifndef LAB_BASE_TEMPLATE_TEXT_H
#define LAB_BASE_TEMPLATE_TEXT_H

#include "base/template.h"

/* name is for the message when template and variables do not fit. */
void lab_template_text(struct lab_str *out,
                       const char *name,
                       const char *text,
                       enum lab_escape escape,
                       const struct lab_var *vars,
                       size_t n);

#endif
