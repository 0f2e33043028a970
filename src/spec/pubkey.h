/* Public key lines as authorized_keys has them: "type base64 comment". */
#ifndef LAB_SPEC_PUBKEY_H
#define LAB_SPEC_PUBKEY_H

#include <stdbool.h>

/* Whether the text looks like a key line rather than a path. */
bool lab_pubkey_looks_inline(const char *text);

/* NULL when the line has the shape of a public key: a type, base64, and the same type inside it.
 * Else why not (static text). Any type passes: the guest's sshd decides what it takes. */
const char *lab_pubkey_check(const char *line);

#endif
