#include "base/host_fact.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

void lab_host_fact_set(struct lab_host_fact *out,
                       enum lab_host_answer answer,
                       const char *looked,
                       const char *fmt,
                       ...)
{
    va_list ap;
    memset(out, 0, sizeof(*out));
    out->answer = answer;
    out->looked = lab_strdup(looked ? lab_tr(looked) : NULL);
    va_start(ap, fmt);
    out->text = lab_vtr(fmt, ap);
    va_end(ap);
}

void lab_host_fact_clear(struct lab_host_fact *fact)
{
    free(fact->text);
    free(fact->looked);
    free(fact->fix);
    memset(fact, 0, sizeof(*fact));
}
