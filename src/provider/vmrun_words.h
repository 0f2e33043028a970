/* What vmrun says, for vmrun*.c: its known refusals, what they mean for the user, and the way out.
 */
#ifndef LAB_PROVIDER_VMRUN_WORDS_H
#define LAB_PROVIDER_VMRUN_WORDS_H

#include <stdbool.h>

#include "base/error.h"

struct lab_vmrun_words {
    const char *text; /* a part of what it prints */
    enum lab_code code;
    bool passes; /* often gone when tried again a little later */
    const char *hint;
};

#define LAB_VMRUN_NOT_ON  "The virtual machine is not powered on"
#define LAB_VMRUN_RUNNING "It is already running"
#define LAB_VMRUN_PAUSED  "The virtual machine is paused"

/* The first that is in the text; NULL: none is. Static. */
const struct lab_vmrun_words *lab_vmrun_words_find(const char *text);

#endif
