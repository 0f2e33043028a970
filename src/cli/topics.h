/* What `labctl help` explains beside the commands. */
#ifndef LAB_CLI_TOPICS_H
#define LAB_CLI_TOPICS_H

#include <stddef.h>

struct lab_topic {
    const char *name, *summary;
    void (*print)(void); /* to stdout */
};
extern const struct lab_topic lab_topics[];
extern const size_t lab_topics_len;

#endif
