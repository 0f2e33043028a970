/* The fact stream: seeds/guest/facts runs in the guest as long as the session lives and prints
 * "LABCTL1 KEY VALUE" lines, "tick" at least every few seconds.
 *
 * Everything in it comes from the guest and is bounded: lines, their length and their rate. */
#ifndef LAB_GUEST_FACTS_H
#define LAB_GUEST_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct lab_guest;
struct lab_channel;

enum { LAB_FACTS_LINE = 8192, LAB_FACTS_NOISE = 300 };

struct lab_facts {
    char *script; /* NULL: not wanted */
    char *command;
    struct lab_channel *channel;
    struct lab_str line;
    bool skipping;        /* the rest of a line that is too long */
    struct lab_str noise; /* the last line that is no fact, printable */
    uint64_t last_ms;     /* of the last fact */
    uint64_t next_ms;     /* earliest restart */
    uint64_t window_ms;   /* rate: start of the present second */
    size_t window_lines, window_bytes;
    unsigned failures; /* streams in a row that gave no fact */
    bool spoke;        /* this stream gave a fact */
};

void lab_facts_init(struct lab_guest *g, const char *script, const char *command);
void lab_facts_clear(struct lab_facts *facts);
/* A piece of what the script prints; its lines may be cut anywhere. For facts.c and tests. */
void lab_facts_take(struct lab_guest *g, const char *bytes, size_t n);
/* Starts the stream when it is wanted, due and not running. */
void lab_facts_keep(struct lab_guest *g, uint64_t now);
/* Restarts a silent stream; -1 when the connection is to be given up for it. */
int lab_facts_expire(struct lab_guest *g, uint64_t now);
/* When lab_facts_keep() or lab_facts_expire() next have something to do; UINT64_MAX: never. */
uint64_t lab_facts_due(const struct lab_guest *g);

#endif
