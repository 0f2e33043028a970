/* Secrets in text that leaves this host: known ones wherever they stand, others by their shape.
 * What was there is named: "[redacted: k3s token]".
 *
 * Known secrets are found as they are, and in hexadecimal and base64. Shapes are PEM private keys
 * (also in base64), k3s tokens, crypt(3) hashes, JSON web tokens, logins in URLs, Authorization and
 * Cookie headers, and values of names that end in "password", "token" and the like. It rather masks
 * too much than too little, and it cannot know everything. */
#ifndef LAB_BASE_REDACT_H
#define LAB_BASE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct lab_redact; /* the known secrets; immutable while texts are masked */

struct lab_redact *lab_redact_new(void);
void lab_redact_free(struct lab_redact *r); /* wipes what it knew; NULL is fine */

/* what ("k3s token") is static. A secret of less than six bytes is not taken: it would be found in
 * every text. The lines of a PEM text are taken one by one. */
void lab_redact_know(struct lab_redact *r, const char *what, const char *secret, size_t n);

/* Appends the text with its secrets masked. It is a whole text or begins where a line does; a PEM
 * key whose beginning was cut off is known by its end. Returns how many places were masked. */
size_t lab_redact_text(const struct lab_redact *r, struct lab_str *out, const char *text, size_t n);

/* Whether a known secret is still in a text, also where its lines were folded or indented: then no
 * masking is to be trusted with it. The secret's `what`, or NULL. */
const char *lab_redact_left(const struct lab_redact *r, const char *text, size_t n);

#endif
