/* Memory: allocators that never return NULL, and scope-bound cleanup.
 *
 * Running out of memory ends the process: state survives a kill by design, and every size that
 * comes from YAML, a child or a guest is bounded before it reaches an allocator. */
#ifndef LAB_BASE_MEM_H
#define LAB_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

#include "plat_printf.h"

#define LAB_PRINTF(f, a) __attribute__((format(PLAT_PRINTF, f, a)))
#define LAB_MUST_CHECK   __attribute__((warn_unused_result))
#define LAB_CLEANUP(fn)  __attribute__((cleanup(fn)))
#define LAB_AUTOFREE     LAB_CLEANUP(lab_autofree_)
#define LAB_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

void *lab_alloc(size_t size);            /* zeroed */
void *lab_calloc(size_t n, size_t size); /* zeroed, overflow-checked */
void *lab_realloc(void *p, size_t n, size_t size);
char *lab_strdup(const char *s); /* NULL gives NULL */
char *lab_strndup(const char *s, size_t n);
char *lab_format(const char *fmt, ...) LAB_PRINTF(1, 2);
char *lab_vformat(const char *fmt, va_list ap) LAB_PRINTF(1, 0);

/* Replaces *dst (freed) by a copy of src. */
void lab_assign(char **dst, const char *src);

/* Takes the pointer out of a LAB_AUTOFREE variable: `return lab_steal(&p);` */
#define lab_steal(pp)                                                                              \
    __extension__({                                                                                \
        __typeof__(*(pp)) lab_stolen_ = *(pp);                                                     \
        *(pp) = NULL;                                                                              \
        lab_stolen_;                                                                               \
    })

/* Overwrites memory that held a secret; not optimised away. */
void lab_wipe(void *p, size_t n);

void lab_autofree_(void *pp);

#endif
