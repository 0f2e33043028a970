/* A log that is read while it grows, is replaced and is emptied; what drives the file is the
 * question whether to go on, so nothing here depends on time. */
#include "base/follow.h"
#include "base/lines.h"
#include "base_scratch.h"

struct reading {
    char *path;
    const char *steps; /* 'a' append, 'r' replace, 'e' empty and write, '.' end */
    unsigned looks, begun_anew;
    struct lab_str seen;
};

static void put(void *arg, const char *bytes, size_t n)
{
    lab_str_addn(&((struct reading *)arg)->seen, bytes, n);
}

static void anew(void *arg)
{
    struct reading *r = arg;
    r->begun_anew++;
    lab_str_add(&r->seen, "|");
}

static void append(const char *path, const char *mode, const char *text)
{
    FILE *f = fopen(path, mode);
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* The step is taken only once what there is has been read. */
static bool drive(void *arg)
{
    struct reading *r = arg;
    LAB_AUTOFREE char *other = lab_format("%s.new", r->path);
    struct lab_error err = LAB_ERROR_INIT;
    if (*r->steps == '.' && r->looks > 12)
        return true;
    if (r->looks++ % 3) /* every step has looks of its own */
        return false;
    switch (*r->steps) {
    case 'a':
        append(r->path, "ab", "added\n");
        break;
    case 'r':
        append(other, "wb", "replaced, and longer than before\n");
        assert_ok(plat_rename(other, r->path, &err), err);
        break;
    case 'e':
        append(r->path, "wb", "short\n");
        break;
    default:
        return false;
    }
    r->steps++;
    return false;
}

static void it_goes_on_when_the_file_begins_anew(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct reading r = {.path = lab_path_join(*state, "log"), .steps = "are."};
    const struct lab_follow f = {.path = r.path,
                                 .from = 6,
                                 .follow = true,
                                 .put = put,
                                 .anew = anew,
                                 .cancelled = drive,
                                 .arg = &r};
    append(r.path, "wb", "first\nsecond\n");
    assert_refused(lab_file_follow(&f, &err), err, LAB_CANCELLED, "interrupted");
    assert_string_equal(lab_str_get(&r.seen),
                        "second\nadded\n|replaced, and longer than before\n|short\n");
    assert_int_equal(r.begun_anew, 2);
    lab_str_clear(&r.seen);
    free(r.path);
}

static void without_follow_it_ends_at_the_end(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct reading r = {.path = lab_path_join(*state, "log")};
    const struct lab_follow f = {.path = r.path, .put = put, .arg = &r};
    assert_refused(lab_file_follow(&f, &err), err, LAB_HOST, "cannot open");
    append(r.path, "wb", "all of it");
    assert_ok(lab_file_follow(&f, &err), err);
    assert_string_equal(lab_str_get(&r.seen), "all of it");
    lab_str_clear(&r.seen);
    free(r.path);
}

static void last_lines(void **state)
{
    static const struct {
        const char *text;
        uint64_t lines;
        int64_t from;
    } cases[] = {{"a\nb\nc\n", 1, 4}, {"a\nb\nc\n", 2, 2}, {"a\nb\nc\n", 3, 0}, {"a\nb\nc\n", 9, 0},
                 {"a\nb\nc", 1, 4},   {"a\nb\nc", 2, 2},   {"a\n\n\n", 2, 2},   {"", 3, 0},
                 {"abc", 1, 0},       {"a\nb\n", 0, 4}};
    LAB_AUTOFREE char *path = lab_path_join(*state, "log");
    assert_int_equal(lab_file_last_lines(path, 3), 0);
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        append(path, "wb", cases[i].text);
        assert_int_equal(lab_file_last_lines(path, cases[i].lines), cases[i].from);
    }
    /* over the borders of the blocks that are read */
    LAB_AUTO_STR struct lab_str big = LAB_STR_INIT;
    for (int i = 0; i < 30000; i++)
        lab_str_addf(&big, "line %05d\n", i);
    append(path, "wb", lab_str_get(&big));
    assert_int_equal(lab_file_last_lines(path, 20000), 10000 * 11);
    assert_int_equal(lab_file_last_lines(path, 30000), 0);
}

static void keep_line(void *arg, const char *text, size_t n)
{
    assert_int_equal(strlen(text), n);
    lab_str_addf(arg, "[%s]", text);
}

static void lines_out_of_pieces(void **state)
{
    (void)state;
    struct lab_str seen = LAB_STR_INIT;
    struct lab_lines lines = {.line = keep_line, .arg = &seen};
    static const char text[] = "one\r\ntw";
    lab_lines_add(&lines, text, sizeof(text) - 1);
    lab_lines_add(&lines, "o\n\nthree", 8);
    assert_string_equal(lab_str_get(&seen), "[one][two][]");
    lab_lines_end(&lines);
    lab_lines_end(&lines);
    assert_string_equal(lab_str_get(&seen), "[one][two][][three]");
    lab_lines_clear(&lines);
    lab_str_clear(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_goes_on_when_the_file_begins_anew, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(without_follow_it_ends_at_the_end, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(last_lines, scratch_setup, scratch_teardown),
        cmocka_unit_test(lines_out_of_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
