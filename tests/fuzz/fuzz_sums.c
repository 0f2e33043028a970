/* SHA256SUMS: what is accepted is exactly what lab_sums_put() writes. */
#include "bundle/sums.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *text = fuzz_text(data, size);
    LAB_AUTO_SUMS struct lab_sums sums = {{0}};
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    LAB_AUTOFREE char *why = lab_sums_parse(&sums, text, size);
    fuzz_check(!why || *why);
    LAB_VEC_FOREACH (sum, &sums.list)
        fuzz_check(lab_is_sha256(sum->sha256) && *sum->path);
    if (why)
        return 0;
    LAB_VEC_FOREACH (sum, &sums.list)
        fuzz_check(lab_sums_find(&sums, sum->path) == sum);
    lab_sums_put(&out, &sums);
    fuzz_check(out.len == size && memcmp(lab_str_get(&out), data, size) == 0);
    return 0;
}
