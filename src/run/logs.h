/* logs: the guests' own logs, printed line by line, and followed over restarts of the guests. */
#ifndef LAB_RUN_LOGS_H
#define LAB_RUN_LOGS_H

#include "guest/guest.h"
#include "run/guest_logs.h"
#include "run/run.h"

/* One guest's logs; the caller keeps it until it has ended. Exposed for tests, which have guests
 * without a lab. */
struct lab_log_reader {
    struct lab_guest *guest;
    struct lab_guest_log_query query;
    bool is_root;
    void (*line)(void *arg, const char *text, size_t n);
    void (*again)(void *arg); /* its connection dropped, and it is asked again; may be NULL */
    void *arg;
    /* inside */
    struct lab_lines *lines;
    struct lab_stream *stream;
    uint64_t heard_ms;
    bool stopping;
    /* results */
    bool ended;
    struct lab_error error;
};
void lab_log_reader_start(struct lab_log_reader *r);
/* Ends it, and what runs in the guest for it as far as the connection lasts; ended may come later.
 */
void lab_log_reader_stop(struct lab_log_reader *r);
void lab_log_reader_clear(struct lab_log_reader *r);

struct lab_logs_options {
    const char *const *nodes;
    size_t nodes_len;
    const struct lab_guest_log *log; /* NULL: what explains each node's present gate */
    uint64_t lines;
    bool follow;
    void (*line)(void *arg, const char *node, const char *text, size_t n);
    void (*note)(void *arg, const char *node, const char *text); /* about a node, for people */
    void *arg;
};
/* Every node must be one of the ledger's (lab_need_node). -1: the worst of the nodes' failures, the
 * others were printed all the same; LAB_CANCELLED after Ctrl-C. */
int lab_logs(struct lab_run *run,
             const struct lab_logs_options *options,
             struct lab_error *err) LAB_MUST_CHECK;

#endif
