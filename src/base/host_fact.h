/* One answer of the system about this host, in words that name its own files, keys and commands. */
#ifndef LAB_BASE_HOST_FACT_H
#define LAB_BASE_HOST_FACT_H

#include "base/mem.h"

enum lab_host_answer {
    LAB_FACT_NO,
    LAB_FACT_YES,
    LAB_FACT_UNKNOWN, /* it could not be told */
    LAB_FACT_NONE     /* this system has no such thing */
};

struct lab_host_fact {
    enum lab_host_answer answer;
    char *text;   /* what is so: a phrase */
    char *looked; /* where that was read; NULL for NONE */
    char *fix;    /* for a no: what to do; may be NULL */
};

/* Over whatever was there before, which is not freed; looked is copied, fix stays NULL. */
void lab_host_fact_set(struct lab_host_fact *out,
                       enum lab_host_answer answer,
                       const char *looked,
                       const char *fmt,
                       ...) LAB_PRINTF(4, 5);
void lab_host_fact_clear(struct lab_host_fact *fact);

#endif
