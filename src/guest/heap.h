/* The memory of one libssh2 session: bounded, and released as a whole.
 *
 * A guest decides how much libssh2 keeps (unread packets, replies nobody asked for), so the sum has
 * a limit: past it libssh2 gets NULL and the session ends. And libssh2 1.10 forgets blocks when a
 * session is freed in the middle of a key exchange; lab_heap_clear() returns those too. */
#ifndef LAB_GUEST_HEAP_H
#define LAB_GUEST_HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct lab_heap_block;

struct lab_heap {
    struct lab_heap_block *first;
    size_t used, max;
    bool exhausted; /* a request was refused */
};

void lab_heap_init(struct lab_heap *heap, size_t max);
void *lab_heap_get(struct lab_heap *heap, size_t size);
/* p may be NULL; on failure p stays as it is. */
void *lab_heap_resize(struct lab_heap *heap, void *p, size_t size);
void lab_heap_put(struct lab_heap *heap, void *p);
void lab_heap_clear(struct lab_heap *heap);

#endif
