#include "plan/options.h"

#include <string.h>

#include "base/text.h"

static bool is_among(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

bool lab_plan_targets(const struct lab_plan_options *options, const char *name)
{
    return options->targets_len == 0 || is_among(name, options->targets, options->targets_len);
}

bool lab_plan_recreates(const struct lab_plan_options *options, const char *name)
{
    return options->recreate_all || is_among(name, options->recreate, options->recreate_len);
}

/* Borrowed names that an option may use. */
struct known {
    LAB_VEC(const char *) names;
};

static void clear_known(struct known *known)
{
    lab_vec_clear(&known->names);
}

static void add_spec(struct known *known, const struct lab_spec *spec)
{
    for (size_t i = 0; i < spec->nodes.len; i++)
        *lab_vec_push(&known->names) = spec->nodes.items[i].name;
}

static void add_records(struct known *known, const struct lab_node_records *records)
{
    for (size_t i = 0; i < records->list.len; i++)
        *lab_vec_push(&known->names) = records->list.items[i].name;
}

static void hint_known(const char *name, const struct known *known, struct lab_error *err)
{
    const char *near = lab_nearest(name, known->names.items, known->names.len);
    if (near) {
        lab_error_hint(err, "did you mean '%s'?", near);
        return;
    }
    LAB_AUTO_STR struct lab_str list = LAB_STR_INIT;
    for (size_t i = 0; i < known->names.len && i < 20; i++)
        lab_str_addf(&list, "%s%s", i ? ", " : "", known->names.items[i]);
    lab_error_hint(err, "nodes are: %s%s", lab_str_get(&list), known->names.len > 20 ? ", …" : "");
}

/* All unknown names in one message; the hint is for the first. */
static int check_names(const char *option,
                       const char *const *names,
                       size_t n,
                       const struct known *known,
                       struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str unknown = LAB_STR_INIT;
    const char *first = NULL;
    for (size_t i = 0; i < n; i++) {
        if (is_among(names[i], known->names.items, known->names.len))
            continue;
        lab_str_addf(&unknown, "%s'%s'", first ? ", " : "", names[i]);
        first = first ? first : names[i];
    }
    if (!first)
        return 0;
    lab_fail(err, LAB_USAGE, "%s: this lab has no node %s", option, lab_str_get(&unknown));
    hint_known(first, known, err);
    return -1;
}

static int check_agreement(const struct lab_plan_options *options, struct lab_error *err)
{
    for (size_t i = 0; i < options->recreate_len; i++) {
        const char *name = options->recreate[i];
        if (lab_plan_targets(options, name))
            continue;
        lab_fail(err, LAB_USAGE, "--recreate wants node '%s' anew, but --target leaves it alone",
                 name);
        return lab_error_hint(err, "add `--target %s`, or leave --target out", name);
    }
    return 0;
}

int lab_plan_check_options(const struct lab_plan_options *options,
                           const struct lab_spec *spec,
                           const struct lab_node_records *records,
                           struct lab_error *err)
{
    LAB_CLEANUP(clear_known) struct known known = {0};
    add_spec(&known, spec);
    /* What is no longer in lab.yaml cannot be made anew, but it can be pruned. */
    if (check_names("--recreate", options->recreate, options->recreate_len, &known, err))
        return -1;
    add_records(&known, records);
    if (check_names("--target", options->targets, options->targets_len, &known, err))
        return -1;
    return check_agreement(options, err);
}
