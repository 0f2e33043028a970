/* Inside src/oci only: JSON from strangers. */
#ifndef LAB_OCI_JSON_H
#define LAB_OCI_JSON_H

#include <jansson.h>

#include "oci/manifest.h"

/* what: for messages ("manifest"). Bounded in depth, without duplicate keys; LAB_INTEGRITY. The
 * caller decrefs. */
json_t *
lab_oci_json(const char *bytes, size_t n, size_t max, const char *what, struct lab_error *err);
int lab_oci_descriptor(struct lab_descriptor *out,
                       const json_t *json,
                       struct lab_error *err) LAB_MUST_CHECK;
/* NULL when missing or no text. */
const char *lab_oci_text(const json_t *object, const char *key);

#endif
