/* Damaged files: cut, bits turned, pieces of one in another. Nothing is asserted about the
 * messages; the sanitizers watch, and an answer must be consistent. Two seconds, a fixed seed. */
#include "spec_case.h"

#define SECONDS 2

static const char *const corpus[] = {"minimal.yaml", "airgap.yaml", "vocabulary.yaml",
                                     "numbering.yaml", "refused.txt"};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

struct inputs {
    struct lab_str text[LAB_ARRAY_LEN(corpus)];
};

static void read_inputs(struct inputs *in)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(corpus); i++) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        LAB_AUTOFREE char *path = lab_format(LABCTL_TEST_DIR "/golden/spec/%s", corpus[i]);
        in->text[i] = (struct lab_str)LAB_STR_INIT;
        assert_ok(lab_file_read(path, LAB_SPEC_MAX_BYTES, &in->text[i], &err), err);
    }
}

/* A piece of one of the files; of refused.txt one case, as the whole would end at its first line.
 */
static void piece(struct lab_str *out, const struct inputs *in, uint64_t *seed)
{
    size_t i = next_random(seed) % LAB_ARRAY_LEN(corpus);
    const char *text = lab_str_get(&in->text[i]);
    size_t from = 0, n = in->text[i].len;
    if (i == LAB_ARRAY_LEN(corpus) - 1) {
        const char *start = strstr(text + next_random(seed) % n, "\n===== ");
        if (!start)
            return;
        start = strchr(start + 1, '\n') + 1;
        from = (size_t)(start - text);
        n = strcspn(start, "=");
        const char *end = strstr(start, "\n-----");
        n = end ? (size_t)(end - start) + 1 : n;
    }
    lab_str_addn(out, text + from, n);
}

static void damage(struct lab_str *s, const struct inputs *in, uint64_t *seed)
{
    static const char *const tokens[] = {
        "{",   "}",           "[",    "]",    ":",     "- ",         "\n",
        "&a ", "*a",          "<<: ", "\t",   "|",     "\"",         "#",
        "%d",  "!!str ",      "~",    "\xFF", "---\n", "4294967295", "255.255.255.255",
        "0/0", "\xED\x95\x9C"};
    uint64_t what = next_random(seed) % 4;
    size_t at = s->len ? next_random(seed) % s->len : 0;
    if (what == 0) {
        lab_str_truncate(s, at);
    } else if (what == 1 && s->len) {
        s->ptr[at] ^= (char)(1u << next_random(seed) % 8);
    } else {
        struct lab_str out = LAB_STR_INIT;
        lab_str_addn(&out, lab_str_get(s), at);
        if (what == 2)
            lab_str_add(&out, tokens[next_random(seed) % LAB_ARRAY_LEN(tokens)]);
        else if (out.len < LAB_SPEC_MAX_BYTES)
            piece(&out, in, seed);
        lab_str_add(&out, s->len ? s->ptr + at : "");
        lab_str_clear(s);
        *s = out;
    }
}

static void test_damaged_files(void **state)
{
    (void)state;
    struct inputs in;
    uint64_t seed = 0x6C616263746C, rounds = 0, accepted = 0;
    read_inputs(&in);
    for (uint64_t end = plat_now_ms() + SECONDS * 1000; plat_now_ms() < end; rounds++) {
        struct lab_str text = LAB_STR_INIT;
        struct lab_spec *spec;
        piece(&text, &in, &seed);
        for (uint64_t n = next_random(&seed) % 4; n--;)
            damage(&text, &in, &seed);
        char *messages =
            spec_messages("lab.yaml", lab_str_get(&text), text.len, &spec_no_files, &spec);
        assert_true(spec || *messages);
        accepted += spec != NULL;
        lab_spec_free(spec);
        free(messages);
        lab_str_clear(&text);
    }
    /* Both ways were gone, or the loop proves nothing. */
    assert_true(rounds > 50);
    assert_true(accepted > 0 && accepted < rounds);
    for (size_t i = 0; i < LAB_ARRAY_LEN(corpus); i++)
        lab_str_clear(&in.text[i]);
}

/* Every prefix of a whole file. */
static void test_every_prefix(void **state)
{
    (void)state;
    struct inputs in;
    read_inputs(&in);
    for (size_t n = 0; n <= in.text[1].len; n++) {
        struct lab_spec *spec;
        char *messages =
            spec_messages("lab.yaml", lab_str_get(&in.text[1]), n, &spec_no_files, &spec);
        assert_true(spec || *messages);
        lab_spec_free(spec);
        free(messages);
    }
    for (size_t i = 0; i < LAB_ARRAY_LEN(corpus); i++)
        lab_str_clear(&in.text[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_prefix),
        cmocka_unit_test(test_damaged_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
