/* The vocabulary of lab.yaml: one table per mapping, from which keys are read (values.c), unknown
 * ones answered (unknown.c), and the JSON Schema written (schema_json.c). To add a key: one row
 * here, and code that uses its value. */
#ifndef LAB_SPEC_SCHEMA_H
#define LAB_SPEC_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/* How a value is written, how it is stored. */
enum lab_type {
    LAB_TYPE_TEXT,     /* char * */
    LAB_TYPE_LABEL,    /* char *, RFC 1123, at most `max` characters */
    LAB_TYPE_PATH,     /* char *, made absolute */
    LAB_TYPE_USER,     /* char *, a Linux user name */
    LAB_TYPE_VARIABLE, /* char *, name of an environment variable */
    LAB_TYPE_TIMEZONE, /* char *, "Asia/Seoul" */
    LAB_TYPE_ENDPOINT, /* char *, host:port */
    LAB_TYPE_URI,      /* char *, driver[+transport]://… */
    LAB_TYPE_SECRET,   /* not stored and never quoted: its reader is special */
    LAB_TYPE_SHA256,   /* char *, 64 lower-case digits */
    LAB_TYPE_BRIDGE,   /* char * */
    LAB_TYPE_UINT,     /* unsigned */
    LAB_TYPE_SIZE,     /* uint64_t, bytes */
    LAB_TYPE_DURATION, /* uint64_t, milliseconds */
    LAB_TYPE_BOOL,     /* bool */
    LAB_TYPE_CHOICE,   /* int or enum, the value of one of `choices` */
    LAB_TYPE_IPV4,     /* uint32_t */
    LAB_TYPE_CIDR,     /* struct lab_cidr */
    LAB_TYPE_MAC,      /* uint8_t[6] */
    /* not stored by the table: their readers descend */
    LAB_TYPE_OBJECT,     /* mapping with the keys of `object` */
    LAB_TYPE_MAP,        /* mapping NAME: `object` */
    LAB_TYPE_LIST,       /* list of `item`, `object` when that is OBJECT or NIC */
    LAB_TYPE_NIC,        /* a network's name, or a mapping */
    LAB_TYPE_CLOUD_INIT, /* text with a known first line, or a mapping */
    LAB_TYPE_ANY         /* read by somebody else */
};
#define LAB_TYPE_COUNT (LAB_TYPE_ANY + 1)

struct lab_choice {
    const char *name;
    int value;
};

#define LAB_UNSTORED SIZE_MAX

struct lab_object;

struct lab_field {
    const char *key;
    enum lab_type type, item;
    size_t offset;     /* into the struct that the object fills; LAB_UNSTORED */
    uint64_t min, max; /* UINT, SIZE (bytes), DURATION (ms); LABEL: length */
    const struct lab_choice *choices;
    size_t choices_len;
    const struct lab_object *object;
    bool required;
    const char *fallback; /* the default, as it would be written; applied when the key is absent */
    const char *absent;   /* what absence means, when that is not one value */
    const char *about;
};

struct lab_object {
    const char *name; /* "auth", as messages call it */
    const char *about;
    const struct lab_field *fields;
    size_t len;
};

extern const struct lab_object lab_object_root, lab_object_auth, lab_object_network,
    lab_object_ipam, lab_object_node, lab_object_nic, lab_object_payload, lab_object_registry,
    lab_object_wait, lab_object_libvirt, lab_object_airgap;
/* All of them, the root first. */
extern const struct lab_object *const lab_objects[];
extern const size_t lab_objects_len;

extern const struct lab_choice lab_nic_models[]; /* the value is the index plus one */

#endif
