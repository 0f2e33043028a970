#include "guest/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct lab_heap_block {
    struct lab_heap_block *next, *prev;
    size_t size;
    max_align_t bytes[];
};

/* Keys and their parts are small; wiping every data packet would cost a tenth of the throughput. */
static const size_t wipe_max = 4096;

void lab_heap_init(struct lab_heap *heap, size_t max)
{
    *heap = (struct lab_heap){.max = max};
}

static struct lab_heap_block *block_of(void *p)
{
    return (struct lab_heap_block *)(void *)((char *)p - offsetof(struct lab_heap_block, bytes));
}

void *lab_heap_get(struct lab_heap *heap, size_t size)
{
    if (size > heap->max - heap->used) {
        heap->exhausted = true;
        return NULL;
    }
    struct lab_heap_block *block = lab_alloc(sizeof(*block) + size);
    block->size = size;
    block->next = heap->first;
    if (heap->first)
        heap->first->prev = block;
    heap->first = block;
    heap->used += size;
    return block->bytes;
}

void *lab_heap_resize(struct lab_heap *heap, void *p, size_t size)
{
    void *grown = lab_heap_get(heap, size);
    if (!p || !grown)
        return grown;
    size_t old = block_of(p)->size;
    memcpy(grown, p, old < size ? old : size);
    lab_heap_put(heap, p);
    return grown;
}

void lab_heap_put(struct lab_heap *heap, void *p)
{
    if (!p)
        return;
    struct lab_heap_block *block = block_of(p);
    if (block->prev)
        block->prev->next = block->next;
    else
        heap->first = block->next;
    if (block->next)
        block->next->prev = block->prev;
    heap->used -= block->size;
    if (block->size <= wipe_max)
        lab_wipe(p, block->size);
    free(block);
}

void lab_heap_clear(struct lab_heap *heap)
{
    for (struct lab_heap_block *block = heap->first, *next; block; block = next) {
        next = block->next;
        lab_heap_put(heap, block->bytes);
    }
}
