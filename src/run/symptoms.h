/* What guests and hypervisors are known to say when something is wrong: the cause in one sentence,
 * and what to do. A table (symptoms.c); each row has recorded output in tests/golden/symptoms, and
 * docs/troubleshooting.md is made from it. What is not in it is shown as it was said. */
#ifndef LAB_RUN_SYMPTOMS_H
#define LAB_RUN_SYMPTOMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Where it is said. */
enum {
    LAB_SAID_BY_CONSOLE = 1,    /* the serial console, of this boot */
    LAB_SAID_BY_GUEST = 2,      /* logs inside the guest: cloud-init, packages, k3s */
    LAB_SAID_BY_HYPERVISOR = 4, /* virsh, vmrun, vmware.log */
};

struct lab_symptom {
    const char *id;
    unsigned said_by;
    const char *marks[3]; /* all of them in one line, in this order; the unused are NULL */
    const char *cause;    /* a sentence without capital and full stop */
    const char *next;     /* {labctl}: the command with the lab's file or name; {node} */
};

extern const struct lab_symptom lab_symptoms[];
extern const size_t lab_symptoms_len;

/* The first of the table that shows in text. *line, *len: where it was said, without the end of the
 * line; borrowed from text. NULL: nothing that is known. */
const struct lab_symptom *
lab_symptom_find(unsigned said_by, const char *text, const char **line, size_t *len);
/* What to do, with the names put in. */
void lab_symptom_next(const struct lab_symptom *symptom,
                      const char *labctl,
                      const char *node,
                      struct lab_str *out);

#endif
