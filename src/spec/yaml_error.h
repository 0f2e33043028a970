/* libyaml's complaints in words that say what to change. */
#ifndef LAB_SPEC_YAML_ERROR_H
#define LAB_SPEC_YAML_ERROR_H

#include <yaml.h>

#include "spec/yaml.h"

/* After yaml_parser_parse() failed. *mark: where to look. Caller frees. */
char *lab_yaml_explain(const yaml_parser_t *parser,
                       const struct lab_yaml_source *source,
                       yaml_mark_t *mark);

#endif
