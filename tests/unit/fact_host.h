/* A made-up host: files below LABCTL_FACTS_ROOT instead of /proc and /etc. */
#ifndef TEST_FACT_HOST_H
#define TEST_FACT_HOST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/finding.h"
#include "platform.h"

static char *host_root;

/* A file of the host, "/proc/cpuinfo"; text NULL: it has none. */
static inline void host_file(const char *name, const char *text)
{
    LAB_AUTOFREE char *path = lab_format("%s%s", host_root, name);
    LAB_AUTOFREE char *dir = lab_path_dir(path);
    assert_int_equal(plat_remove(path, NULL), 0);
    if (!text)
        return;
    assert_int_equal(plat_mkdirs(dir, 0700, NULL), 0);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* dir: a folder of the test's, in which the host's root is made. */
static inline void host_begin(const char *dir)
{
    host_root = lab_path_join(dir, "host");
    setenv("LABCTL_FACTS_ROOT", host_root, 1);
}

static inline void host_end(void)
{
    unsetenv("LABCTL_FACTS_ROOT");
    free(host_root);
}

/* The only finding of this check; the text is in what was found, looked at or advised. */
static inline void assert_finding(const struct lab_findings *all,
                                  const char *check,
                                  enum lab_result result,
                                  const char *part)
{
    const struct lab_finding *found = NULL;
    LAB_VEC_FOREACH (f, &all->list) {
        if (strcmp(f->check, check) != 0)
            continue;
        if (found)
            fail_msg("'%s' was found twice: %s; %s", check, found->found, f->found);
        found = f;
    }
    if (!found)
        fail_msg("no finding '%s'", check);
    LAB_AUTOFREE char *text =
        lab_format("%s [%s] %s", found->found, found->looked ? found->looked : "nothing looked at",
                   found->fix ? found->fix : "no fix");
    if (found->result != result || !strstr(text, part))
        fail_msg("'%s' is %s, not %s with '%s': %s", check, lab_result_name(found->result),
                 lab_result_name(result), part, text);
}

static inline void assert_no_finding(const struct lab_findings *all, const char *check)
{
    LAB_VEC_FOREACH (f, &all->list)
        if (strcmp(f->check, check) == 0)
            fail_msg("there is a finding '%s': %s", check, f->found);
}

#endif
