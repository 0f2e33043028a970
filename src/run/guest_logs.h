/* The logs inside a guest: by which name they are asked for, where they are, and which gates they
 * explain. Shared by `logs` and by the last words of a gate that failed (evidence.c). */
#ifndef LAB_RUN_GUEST_LOGS_H
#define LAB_RUN_GUEST_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct lab_guest_log {
    const char *name;    /* "cloud-init" */
    const char *about;   /* a few words for help texts */
    const char *files;   /* paths, with a space between them; NULL: none */
    const char *journal; /* journalctl's words for it ("-u k3s"); NULL: not in the journal */
    unsigned gates;      /* LAB_GATE_BIT()s */
};

/* NULL after the last. */
const struct lab_guest_log *lab_guest_log_at(size_t i);
const struct lab_guest_log *lab_guest_log_by_name(const char *name);
/* Whether any log explains the gate (enum lab_gate; -1: none). */
bool lab_guest_log_explains(int gate);
/* LAB_USAGE with the list and the nearest name. Returns -1. */
int lab_guest_log_unknown(const char *name, struct lab_error *err);
/* "cloud-init, k3s and system"-like list of all names. */
void lab_guest_log_list(struct lab_str *out);

struct lab_guest_log_query {
    const struct lab_guest_log *log; /* NULL: all that explain `gate`; system when none does */
    int gate;                        /* enum lab_gate; -1: none */
    uint64_t lines;                  /* the last ones of each */
    bool follow;                     /* go on, until the command's stdin ends */
    uint64_t
        since_s; /* follow: what was written in these last seconds, instead of lines; 0: lines */
};
/* What to run in the guest, as root or through sudo. Its output never holds a k3s token. */
void lab_guest_log_command(struct lab_str *out,
                           const struct lab_guest_log_query *query,
                           bool is_root);

#endif
