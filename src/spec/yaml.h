/* YAML as a tree in which every node knows its line and column.
 *
 * One document of mappings, lists and scalars, read by libyaml. Refused, each with its position:
 * more than 20,000 nodes or 32 levels (aliases counted as what they stand for, so that a few lines
 * cannot unfold into millions), duplicate keys, keys that are not text, a value that contains
 * itself, a second document, bytes that are not UTF-8, tabs in the indentation. Merge keys (<<) and
 * tags beyond the core ones are refused in lab.yaml and accepted in texts for a guest, whose reader
 * knows them.
 *
 * An alias is the same node as its anchor: positions are where the value was written. Nodes belong
 * to the document and live until lab_yaml_doc_clear(). */
#ifndef LAB_SPEC_YAML_H
#define LAB_SPEC_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"
#include "spec/spec.h"

#define LAB_YAML_MAX_DEPTH 32
#define LAB_YAML_MAX_NODES 20000

enum lab_yaml_kind { LAB_YAML_SCALAR, LAB_YAML_LIST, LAB_YAML_MAP };

struct lab_yaml {
    enum lab_yaml_kind kind;
    struct lab_pos pos;
    bool plain;   /* scalar: without quotes, so it may stand for a number, true or nothing */
    bool literal; /* scalar: a '|' block, whose lines are lines of the file */
    bool broken;  /* a problem inside was reported: say no more about the value */
    char *text;   /* scalar; NUL-terminated, contains no NUL */
    size_t len;
    LAB_VEC(struct lab_yaml *) keys;  /* map: scalars, one for each item */
    LAB_VEC(struct lab_yaml *) items; /* list and map */
    size_t weight;                    /* nodes below and including this one */
    size_t height;
};

struct lab_yaml_doc {
    struct lab_yaml *root; /* NULL when the text holds no document */
    LAB_VEC(struct lab_yaml *) nodes;
};

/* Where a text comes from. `place` turns a position in the text into one in the file (NULL: the
 * text is the file). */
struct lab_yaml_source {
    const char *text;
    size_t len;
    const char *about; /* in front of every message: "" or "cloud_init: " */
    bool guest;
    size_t max_bytes, max_nodes; /* 0: LAB_SPEC_MAX_BYTES, LAB_YAML_MAX_NODES */
    struct lab_pos (*place)(const void *arg, struct lab_pos inner);
    const void *arg;
};

/* -1 when the text cannot be read to its end; problems then says why. Problems that leave the tree
 * usable (duplicate keys, merge keys) are added too, with 0 returned. */
int lab_yaml_read(struct lab_yaml_doc *doc,
                  const struct lab_yaml_source *source,
                  struct lab_problems *problems) LAB_MUST_CHECK;
void lab_yaml_doc_clear(struct lab_yaml_doc *doc);

/* NULL when yaml is NULL, not a mapping, or has no such key. */
const struct lab_yaml *lab_yaml_get(const struct lab_yaml *yaml, const char *key);
/* The text of a scalar under that key, else NULL. */
const char *lab_yaml_text(const struct lab_yaml *yaml, const char *key);
/* Where the value of that key stands; without it, where yaml itself does. */
struct lab_pos lab_yaml_pos(const struct lab_yaml *yaml, const char *key);

/* An unquoted scalar that YAML reads as nothing: empty, ~, null. */
bool lab_yaml_is_null(const struct lab_yaml *yaml);
/* What stands there, for messages: "text" in quotes (printable, shortened), "a list", "a mapping".
 * Caller frees. */
char *lab_yaml_quote(const struct lab_yaml *yaml);
char *lab_quote(const char *text);

/* Position of a byte of a text, columns counted in characters. */
struct lab_pos lab_text_pos(const char *text, size_t offset);
/* Adds what forbids reading these bytes as YAML at all; -1 when something does. */
int lab_yaml_check_bytes(const struct lab_yaml_source *source, struct lab_problems *problems);

/* JSON, which is YAML, with scalars resolved as cloud-init's reader does. */
void lab_yaml_put_json(struct lab_str *out, const struct lab_yaml *yaml);

#endif
