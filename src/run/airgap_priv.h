/* Inside of run/airgap*.c. */
#ifndef LAB_RUN_AIRGAP_PRIV_H
#define LAB_RUN_AIRGAP_PRIV_H

#include "run/airgap.h"

/* What a lab's guests can reach, from lab.yaml. Everything in it belongs to it. */
struct airgap_lab {
    struct lab_lint_lab lab;
    struct lab_refs images;
    LAB_VEC(struct lab_cidr) networks;
    LAB_VEC(const char *) hosts;
    char *registry; /* host:port, or NULL */
};
void airgap_lab_fill(struct airgap_lab *out, const struct lab_spec *spec);
void airgap_lab_clear(struct airgap_lab *lab);

/* The values of one key in key=value lines, one by one: start with *at = the text; NULL: no more.
 * Caller frees. */
char *airgap_next(const char **at, const char *key);
char *airgap_first(const char *text, const char *key);

/* One check of one node: the worst that was said, and the evidence for that. */
struct airgap_verdict {
    enum lab_airgap_result result;
    struct lab_str evidence;
    size_t said;
};
void airgap_say(struct airgap_verdict *v, enum lab_airgap_result result, const char *fmt, ...)
    LAB_PRINTF(3, 4);
/* Adds the row; fine: the evidence when nothing was said. Clears the verdict. */
void airgap_row(struct lab_airgap *out,
                const char *node,
                const char *check,
                struct airgap_verdict *v,
                const char *fix,
                const char *fine,
                ...) LAB_PRINTF(6, 7);

/* airgap_images.c */
void airgap_judge_images(struct lab_airgap *out,
                         const struct lab_lint_lab *lab,
                         const struct lab_airgap_look *look,
                         const struct lab_airgap_look *looks,
                         size_t n);

#endif
