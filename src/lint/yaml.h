/* Inside of lint/: the walk through YAML (yaml.c) and what is thought of the values (value.c). */
#ifndef LAB_LINT_YAML_H
#define LAB_LINT_YAML_H

#include <yaml.h>

#include "lint/text.h"

/* What a part of a document is. */
enum lint_area {
    LINT_AREA_NONE,     /* not for a guest, or words about something: not looked at */
    LINT_AREA_LAB,      /* lab.yaml and its nodes: only cloud_init below them */
    LINT_AREA_CLOUD,    /* cloud-config's own keys */
    LINT_AREA_MODULE,   /* below one of them */
    LINT_AREA_SERVERS,  /* below one whose addresses are used: apt, yum_repos, phone_home */
    LINT_AREA_TIME,     /* ntp */
    LINT_AREA_COMMANDS, /* runcmd, bootcmd: commands, as text or as lists of words */
    LINT_AREA_MANIFEST,
    LINT_AREA_ARGS /* command, args */
};

struct lint_value {
    const char *text;
    size_t at;                     /* in the walk's text */
    bool block;                    /* a '|' scalar */
    const struct lint_text *inner; /* the value as a text of its own */
};

/* What a mapping says of an image. */
struct lint_image_parts {
    char *image, *repository, *registry, *tag, *policy;
    size_t at; /* of image or repository */
    bool has_tag;
};

struct lint_frame {
    bool map, is_key; /* is_key: a mapping whose next scalar is a key */
    enum lint_area area, below;
    char *name; /* the key under which this stands; NULL: none */
    char *key;  /* of a mapping: whose value comes; of a list: its name */
    size_t key_at;
    bool said, named; /* the key was reported; ntp: servers were named */
    struct lint_image_parts image;
    struct lint_words words; /* of a list */
};

struct lint_walk {
    const struct lint_text *t;
    LAB_VEC(struct lint_frame) frames;
    size_t line, line_at; /* a line that was found, and its first byte: marks only go forward */
};

/* area.c */
enum lint_area lint_area_of(enum lab_lint_kind kind);
enum lint_area lint_area_below(const struct lint_walk *w, const struct lint_frame *f);

/* value.c */
void lint_take(struct lint_walk *w, struct lint_frame *f, const struct lint_value *v);
void lint_leave(struct lint_walk *w, struct lint_frame *f);
void lint_frame_clear(struct lint_frame *f);

#endif
