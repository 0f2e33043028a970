/* The fact stream: the same facts, however its bytes are cut; and what is made of a fact. */
#include "base/text.h"
#include "fuzz.h"
#include "guest/session.h"
#include "run/cloud_init.h"
#include "run/marker.h"

static void look(const char *key, const char *value)
{
    int64_t ms = 0;
    fuzz_check(*key && strlen(key) <= 64);
    fuzz_check(strlen(value) <= LAB_FACTS_LINE);
    fuzz_check(lab_utf8_check(value, strlen(value)) == strlen(value) &&
               !strpbrk(value, "\r\n\t\x1b"));
    if (lab_tick_read(value, &ms))
        fuzz_check(ms >= 0 && ms < (int64_t)1 << 48);
    static const char *const keys[] = {"generation", "reason", "file",
                                       "files",      "step",   "total_bytes"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(keys); i++) {
        const char *at = lab_marker_value(value, keys[i]);
        fuzz_check(*at == '\0' || (at > value && at < value + strlen(value)));
    }
    (void)lab_marker_is(value, "generation", "g1");
}

static void on_fact(void *arg, const char *key, const char *value)
{
    look(key, value);
    lab_str_addf(arg, "%s %s\n", key, value);
}

static void feed(struct lab_str *out, const uint8_t *data, size_t size, size_t piece)
{
    struct lab_guest g = {.why = LAB_WHY_PROGRESS, .events = {.fact = on_fact}, .arg = out};
    lab_facts_init(&g, "script", "command");
    while (size > 0) {
        size_t n = size < piece ? size : piece;
        LAB_AUTOFREE char *bytes = fuzz_text(data, 0);
        bytes = lab_realloc(bytes, n, 1); /* not even a NUL behind it */
        memcpy(bytes, data, n);
        lab_facts_take(&g, bytes, n);
        data += n;
        size -= n;
    }
    fuzz_check(g.facts.line.len <= LAB_FACTS_LINE && g.facts.noise.len <= LAB_FACTS_NOISE);
    lab_facts_clear(&g.facts);
}

/* Five values, as the facts of these names carry them. */
static void cloud_init(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *installed = fuzz_piece(&data, &size);
    LAB_AUTOFREE char *enabled = fuzz_piece(&data, &size);
    LAB_AUTOFREE char *stage = fuzz_piece(&data, &size);
    LAB_AUTOFREE char *result = fuzz_piece(&data, &size);
    LAB_AUTOFREE char *status = fuzz_piece(&data, &size);
    const struct lab_cloud_facts facts = {installed, enabled, stage, result, status};
    LAB_AUTO_STR struct lab_str detail = LAB_STR_INIT;
    enum lab_cloud_state state = lab_cloud_init_read(&facts, &detail);
    fuzz_check(state >= LAB_CLOUD_NOT_INSTALLED && state <= LAB_CLOUD_ERROR);
    fuzz_check(*result == '{' || detail.len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTO_STR struct lab_str whole = LAB_STR_INIT, cut = LAB_STR_INIT;
    feed(&whole, data, size, size);
    feed(&cut, data, size, 7);
    fuzz_check(strcmp(lab_str_get(&whole), lab_str_get(&cut)) == 0);
    cloud_init(data, size);
    return 0;
}
