#include "base/child_env.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

#include "base/child.h"
#include "base/vec.h"

/* Children speak English whatever the user's locale, because their output is parsed; a caller's env
 * can override it. LANGUAGE would win over LC_ALL in programs that use gettext, unless it is empty.
 */
static const char *const english[] = {"LC_ALL=C", "LANGUAGE=", NULL};

typedef LAB_VEC(char *) env_vec;

/* Children may live for longer than labctl, and show their environment to every process of the
 * user. */
static const char *const secrets[] = {"LABCTL_PASSWORD", "LABCTL_REGISTRY_PASSWORD", NULL};
static env_vec hidden;

/* Without regard to case, as variables are on Windows. */
static bool is_hidden(const char *name)
{
    for (const char *const *s = secrets; *s; s++)
        if (strcasecmp(*s, name) == 0)
            return true;
    LAB_VEC_FOREACH (h, &hidden)
        if (strcasecmp(*h, name) == 0)
            return true;
    return false;
}

void lab_child_hide(const char *variable)
{
    if (!is_hidden(variable))
        *lab_vec_push(&hidden) = lab_strdup(variable);
}

static bool same_name(const char *a, const char *b, size_t len)
{
    return strncmp(a, b, len) == 0 && a[len] == '=';
}

static void set(env_vec *env, const char *entry)
{
    size_t len = strcspn(entry, "=");
    LAB_VEC_FOREACH (old, env) {
        if (same_name(*old, entry, len)) {
            lab_assign(old, entry);
            return;
        }
    }
    *lab_vec_push(env) = lab_strdup(entry);
}

char **lab_child_env_new(const char *const *extra)
{
    env_vec env = {NULL, 0, 0};
    uv_env_item_t *ours;
    int n;
    if (uv_os_environ(&ours, &n) == 0) {
        for (int i = 0; i < n; i++)
            if (!is_hidden(ours[i].name))
                *lab_vec_push(&env) = lab_format("%s=%s", ours[i].name, ours[i].value);
        uv_os_free_environ(ours, n);
    }
    for (const char *const *e = english; *e; e++)
        set(&env, *e);
    for (const char *const *e = extra; e && *e; e++)
        set(&env, *e);
    (void)lab_vec_push(&env); /* the NULL at the end */
    return env.items;
}

void lab_child_env_free(char **env)
{
    for (char **e = env; *e; e++)
        free(*e);
    free(env);
}
