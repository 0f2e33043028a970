/* The bounded memory of a session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "guest/heap.h"

static void counts_and_refuses(void **state)
{
    struct lab_heap heap;
    (void)state;
    lab_heap_init(&heap, 1000);
    void *a = lab_heap_get(&heap, 600);
    assert_non_null(a);
    assert_null(lab_heap_get(&heap, 401));
    assert_true(heap.exhausted);
    void *b = lab_heap_get(&heap, 400);
    assert_non_null(b);
    assert_int_equal(heap.used, 1000);
    lab_heap_put(&heap, a);
    assert_int_equal(heap.used, 400);
    assert_null(lab_heap_get(&heap, SIZE_MAX));
    lab_heap_put(&heap, b);
    lab_heap_put(&heap, NULL);
    assert_int_equal(heap.used, 0);
}

static void resizes_with_the_content(void **state)
{
    struct lab_heap heap;
    (void)state;
    lab_heap_init(&heap, 100);
    char *a = lab_heap_resize(&heap, NULL, 10);
    memcpy(a, "123456789", 10);
    a = lab_heap_resize(&heap, a, 40);
    assert_string_equal(a, "123456789");
    assert_null(lab_heap_resize(&heap, a, 90));
    assert_string_equal(a, "123456789");
    a = lab_heap_resize(&heap, a, 4);
    assert_memory_equal(a, "1234", 4);
    assert_int_equal(heap.used, 4);
    lab_heap_clear(&heap);
}

/* The leak sanitizer is the judge: what libssh2 forgets is given back. */
static void clear_returns_everything(void **state)
{
    struct lab_heap heap;
    (void)state;
    lab_heap_init(&heap, 1 << 20);
    void *kept[50];
    for (int i = 0; i < 50; i++)
        kept[i] = lab_heap_get(&heap, (size_t)i * 100);
    for (int i = 0; i < 50; i += 3)
        lab_heap_put(&heap, kept[i]);
    lab_heap_clear(&heap);
    assert_int_equal(heap.used, 0);
    assert_null(heap.first);
}

static void is_aligned_for_anything(void **state)
{
    struct lab_heap heap;
    (void)state;
    lab_heap_init(&heap, 1 << 20);
    for (size_t n = 1; n < 40; n++)
        assert_int_equal((uintptr_t)lab_heap_get(&heap, n) % _Alignof(max_align_t), 0);
    lab_heap_clear(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_refuses),
        cmocka_unit_test(resizes_with_the_content),
        cmocka_unit_test(clear_returns_everything),
        cmocka_unit_test(is_aligned_for_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
