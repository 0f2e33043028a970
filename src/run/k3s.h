/* What the masters say of the cluster: one poll on a master's session, shared by all climbs. */
#ifndef LAB_RUN_K3S_H
#define LAB_RUN_K3S_H

#include <stdbool.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/str.h"

struct lab_ladder;
struct lab_climb;

struct lab_k3s {
    char token[65];          /* short form: 64 hex digits; a secret */
    char ca[LAB_SHA256_HEX]; /* hash of the server CA, from the pinned session; "" until known */
    char *nodes;             /* "name:Ready,name:NotReady", newest word; NULL until known */
    uint64_t nodes_ms;       /* when that word came; plat_now_ms() */
    bool api;                /* a master's API answers */
};

/* Makes or loads the lab's token (a 0600 file in the lab's folder). */
int lab_k3s_token(struct lab_k3s *k, const char *path, struct lab_error *err) LAB_MUST_CHECK;
/* Loads it. A new one would be another cluster's: LAB_HOST when it is missing. */
int lab_k3s_load_token(struct lab_k3s *k, const char *path, struct lab_error *err) LAB_MUST_CHECK;
/* "K10<ca>::server:<token>" into out (a secret). */
void lab_k3s_full_token(const struct lab_k3s *k, struct lab_str *out);
/* true when the nodes list says NAME:Ready. */
bool lab_k3s_is_ready(const struct lab_k3s *k, const char *name);
/* The value of key in "key=value" lines, or NULL; caller frees. */
char *lab_k3s_line(const char *text, const char *key);

#endif
