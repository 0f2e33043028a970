/* What `labctl help` explains beside the commands. */
#ifndef LAB_CLI_TOPICS_H
#define LAB_CLI_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct lab_topic {
    const char *name, *summary;
    void (*put)(struct lab_str *out);
};
extern const struct lab_topic lab_topics[];
extern const size_t lab_topics_len;

/* false: there is no such topic. */
bool lab_topic_put(const char *name, struct lab_str *out);

#endif
