/* Whether the nodes' disks can hold the payload: told by lab.yaml and the folder alone, long before
 * a guest would find out. */
#ifndef LAB_RUN_PAYLOAD_FIT_H
#define LAB_RUN_PAYLOAD_FIT_H

#include "run/run.h"

/* anew: by node of the spec, whether it is to be made now; NULL: all are. Adds at disk_size an
 * error where the payload cannot be copied for sure, and a warning where it perhaps leaves too
 * little room. LAB_HOST or LAB_USAGE when the payload's files cannot be counted. */
int lab_payload_fit(const struct lab_spec *spec,
                    const bool *anew,
                    struct lab_problems *problems,
                    struct lab_error *err) LAB_MUST_CHECK;
/* The same for a run: warnings are shown, the first error is LAB_USAGE with FILE:LINE:COLUMN. */
int lab_payload_check(struct lab_run *run, const bool *anew, struct lab_error *err) LAB_MUST_CHECK;

#endif
