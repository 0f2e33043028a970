/* Typed growing arrays: `LAB_VEC(struct lab_nic) nics;` is {items, len, cap}. Items are plain
 * values; what they own is released by the caller before lab_vec_clear(). */
#ifndef LAB_BASE_VEC_H
#define LAB_BASE_VEC_H

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LAB_VEC(type)                                                                              \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t len, cap;                                                                           \
    }

/* Appends one zeroed item and gives its address, valid until the next push. */
#define lab_vec_push(v)                                                                            \
    ((v)->len == (v)->cap                                                                          \
         ? (void)((v)->cap = (v)->cap ? (v)->cap * 2 : 8,                                          \
                  (v)->items = lab_realloc((v)->items, (v)->cap, sizeof(*(v)->items)))             \
         : (void)0,                                                                                \
     memset(&(v)->items[(v)->len], 0, sizeof(*(v)->items)), &(v)->items[(v)->len++])

#define LAB_VEC_FOREACH(it, v) /* NOLINTNEXTLINE(bugprone-macro-parentheses) */                    \
    for (__typeof__((v)->items + 0) it = (v)->items; it && it < (v)->items + (v)->len; it++)

#define lab_vec_clear(v) (free((v)->items), (v)->items = NULL, (v)->len = 0, (v)->cap = 0)

#endif
