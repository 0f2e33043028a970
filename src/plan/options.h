/* Which nodes --target and --recreate mean. Internal to src/plan/. */
#ifndef LAB_PLAN_OPTIONS_H
#define LAB_PLAN_OPTIONS_H

#include "plan/plan.h"

bool lab_plan_targets(const struct lab_plan_options *options, const char *name);
bool lab_plan_recreates(const struct lab_plan_options *options, const char *name);

/* LAB_USAGE: a name is unknown (the nearest known one is in the hint), or the options disagree. */
int lab_plan_check_options(const struct lab_plan_options *options,
                           const struct lab_spec *spec,
                           const struct lab_node_records *records,
                           struct lab_error *err) LAB_MUST_CHECK;

#endif
