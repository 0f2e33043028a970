#include <string.h>

#include "lint/yaml.h"

static bool is_in(const char *list, const char *word)
{
    LAB_AUTOFREE char *key = lab_format(" %s ", word);
    return strstr(list, key) != NULL;
}

enum lint_area lint_area_of(enum lab_lint_kind kind)
{
    return kind == LAB_LINT_LAB     ? LINT_AREA_LAB
           : kind == LAB_LINT_CLOUD ? LINT_AREA_CLOUD
                                    : LINT_AREA_MANIFEST;
}

static enum lint_area below_cloud(const char *key)
{
    if (is_in(" runcmd bootcmd ", key))
        return LINT_AREA_COMMANDS;
    if (is_in(" apt yum_repos zypper apk_repos phone_home chef puppet salt_minion ansible "
              "mcollective rsyslog ",
              key))
        return LINT_AREA_SERVERS;
    if (strcmp(key, "ntp") == 0)
        return LINT_AREA_TIME;
    return strcmp(key, "final_message") == 0 ? LINT_AREA_NONE : LINT_AREA_MODULE;
}

/* Words for people, and what only looks like an address. */
static bool is_prose(const char *key)
{
    return is_in(
        " description annotations labels matchLabels $schema openAPIV3Schema home homepage "
        "documentation icon sources maintainers notes helpMessage ",
        key);
}

enum lint_area lint_area_below(const struct lint_walk *w, const struct lint_frame *f)
{
    const char *key = f->key;
    switch (f->area) {
    case LINT_AREA_LAB:
        if (strcmp(key, "cloud_init") == 0)
            return LINT_AREA_CLOUD;
        return w->frames.len == 1 && strcmp(key, "nodes") == 0 ? LINT_AREA_LAB : LINT_AREA_NONE;
    case LINT_AREA_CLOUD:
        return below_cloud(key);
    case LINT_AREA_MANIFEST:
        return is_prose(key)                  ? LINT_AREA_NONE
               : is_in(" command args ", key) ? LINT_AREA_ARGS
                                              : LINT_AREA_MANIFEST;
    default:
        return f->area;
    }
}
