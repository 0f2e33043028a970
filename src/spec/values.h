/* Single values of lab.yaml by the type that the table in schema.c gives them. */
#ifndef LAB_SPEC_VALUES_H
#define LAB_SPEC_VALUES_H

#include "base/str.h"
#include "spec/draft.h"
#include "spec/schema.h"

/* Checks one value and stores it in slot (NULL: only checks). False after a problem was added, or
 * when one inside the value was already. */
bool lab_read_value(struct lab_draft *d,
                    const struct lab_field *field,
                    const struct lab_yaml *yaml,
                    void *slot);

/* Reads a mapping by the table into the struct at `out`: stores what the table can store, applies
 * defaults, reports unknown, missing and wrong keys. yaml NULL: defaults only. False when it is not
 * a mapping (reported). */
bool lab_read_object(struct lab_draft *d,
                     const struct lab_object *object,
                     const struct lab_yaml *yaml,
                     void *out);

/* The value under a key when it has the right kind (mapping, list, …), else NULL: whatever is wrong
 * with it has been reported by lab_read_object(). */
const struct lab_yaml *
lab_read_child(const struct lab_object *object, const struct lab_yaml *yaml, const char *key);

/* Whether a value of this kind may stand for the type. */
bool lab_type_takes(enum lab_type type, enum lab_yaml_kind kind);

/* Reports a key that the object does not have, with the one that was probably meant. */
void lab_unknown_key(struct lab_draft *d,
                     const struct lab_object *object,
                     const struct lab_yaml *key);

/* "4Gi", "30m": limits in the spelling that lab.yaml uses. */
void lab_put_limit(struct lab_str *out, enum lab_type type, uint64_t value);
/* "auto, libvirt, vmware" */
void lab_put_choices(struct lab_str *out, const struct lab_field *field);

/* The readers of values_text.c and values_net.c; each returns NULL or why it refuses (caller
 * frees). */
char *lab_value_text(const struct lab_field *field, const char *text);
char *lab_value_net(const struct lab_field *field, const char *text, void *slot);

#endif
