/* Parsing texts and comparing what is said about them. */
#ifndef TEST_SPEC_CASE_H
#define TEST_SPEC_CASE_H

#include "base_scratch.h"
#include "spec/spec.h"

#define SPEC_HEAD                                                                                  \
    "name: demo\n"                                                                                 \
    "image_url: ./disk.qcow2\n"                                                                    \
    "networks:\n"                                                                                  \
    "  default: {ipam: {range: 10.0.0.0/16, gateway: 10.0.0.1}}\n"

static const struct lab_spec_options spec_no_files = {.skip_files = true};

/* The messages for a text, and whether it was accepted; caller frees both. */
static inline char *spec_messages(const char *file,
                                  const char *text,
                                  size_t len,
                                  const struct lab_spec_options *options,
                                  struct lab_spec **spec)
{
    struct lab_problems problems = {.errors = 0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_str out = LAB_STR_INIT;
    *spec = NULL;
    int rc = lab_spec_parse(spec, file, text, len, options, &problems, &err);
    assert_int_equal(rc, *spec ? 0 : -1);
    assert_int_equal(err.code, *spec ? LAB_OK : LAB_USAGE);
    lab_problems_print(&out, &problems, "lab.yaml");
    lab_problems_clear(&problems);
    return lab_str_detach(&out);
}

static inline void assert_messages_n(const char *text, size_t len, const char *expected)
{
    struct lab_spec *spec;
    char *messages = spec_messages("lab.yaml", text, len, &spec_no_files, &spec);
    assert_string_equal(messages, expected);
    assert_int_equal(spec != NULL, *expected == '\0');
    lab_spec_free(spec);
    free(messages);
}

static inline void assert_messages(const char *text, const char *expected)
{
    assert_messages_n(text, strlen(text), expected);
}

/* Accepted without a word; caller frees. */
static inline struct lab_spec *spec_good(const char *text, const struct lab_spec_options *options)
{
    struct lab_spec *spec;
    char *messages = spec_messages("lab.yaml", text, strlen(text), options, &spec);
    assert_string_equal(messages, "");
    assert_non_null(spec);
    free(messages);
    return spec;
}

#endif
