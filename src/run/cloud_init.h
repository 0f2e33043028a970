/* What cloud-init's own files say, read without its command (whose exit status means different
 * things from version to version): /run/cloud-init/status.json and result.json, as the fact stream
 * sends them. Both are of this boot. Format: cloud-init's cmd/main.py, status "v1". */
#ifndef LAB_RUN_CLOUD_INIT_H
#define LAB_RUN_CLOUD_INIT_H

#include "base/str.h"

enum lab_cloud_state {
    LAB_CLOUD_NOT_INSTALLED,
    LAB_CLOUD_NOT_RUN,  /* installed, no trace of this boot yet */
    LAB_CLOUD_DISABLED, /* it decided, or was told, not to run */
    LAB_CLOUD_RUNNING,
    LAB_CLOUD_DONE,
    LAB_CLOUD_DEGRADED, /* done, with recoverable errors */
    LAB_CLOUD_ERROR
};

struct lab_cloud_facts {
    const char *installed, *enabled, *stage, *result, *status; /* fact values; NULL: not known */
};

/* detail: one line: the stage, or the errors in cloud-init's own words. */
enum lab_cloud_state lab_cloud_init_read(const struct lab_cloud_facts *facts,
                                         struct lab_str *detail);

#endif
