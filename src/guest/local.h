/* This process's own stdin, stdout and stderr on the loop, whatever they are: terminal, pipe,
 * socket or file. Each end can be slow, and none may hold the loop: what cannot be written yet is
 * queued, and the user of this is told when to stop and when to go on. */
#ifndef LAB_GUEST_LOCAL_H
#define LAB_GUEST_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct lab_local;

struct lab_local_ops {
    void (*input)(void *arg, const char *bytes, size_t n); /* n 0: stdin has ended */
    void (*written)(void *arg);                            /* some of the queue is gone */
    void (*broken)(void *arg, int fd, int error);          /* nobody reads our output any more */
};

struct lab_local *lab_local_open(uv_loop_t *loop, const struct lab_local_ops *ops, void *arg);
void lab_local_read(struct lab_local *local, bool on);
void lab_local_write(struct lab_local *local, int fd, const char *bytes, size_t n);
size_t lab_local_queued(const struct lab_local *local);
/* No callback comes after this. Descriptors 0 to 2 stay open. */
void lab_local_close(struct lab_local *local);

#endif
