/* Files of an archive, read in place; links, loops, and ways out of it. */
#include "base_scratch.h"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include "base/io.h"
#include "oci/archive_priv.h"

static struct lab_error err;

static void write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

struct member {
    const char *name;
    const char *text; /* or NULL: a link */
    const char *soft, *hard;
};

static char *
write_tar(void **state, const char *name, int filter, const struct member *members, size_t n)
{
    char *path = lab_path_join(*state, name);
    struct archive *a = archive_write_new();
    assert_int_equal(archive_write_set_format_pax_restricted(a), ARCHIVE_OK);
    if (filter)
        assert_int_equal(archive_write_add_filter(a, filter), ARCHIVE_OK);
    assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
    for (size_t i = 0; i < n; i++) {
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, members[i].name);
        archive_entry_set_filetype(entry, members[i].soft ? AE_IFLNK : AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_size(entry, members[i].text ? (la_int64_t)strlen(members[i].text) : 0);
        if (members[i].soft)
            archive_entry_set_symlink(entry, members[i].soft);
        if (members[i].hard)
            archive_entry_set_hardlink(entry, members[i].hard);
        assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
        if (members[i].text)
            archive_write_data(a, members[i].text, strlen(members[i].text));
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_free(a), ARCHIVE_OK);
    return path;
}

#define tar(...)                                                                                   \
    write_tar(state, "a.tar", 0, (const struct member[]){__VA_ARGS__},                             \
              sizeof((const struct member[]){__VA_ARGS__}) / sizeof(struct member))

static struct lab_archive *open_tar(void **state, const char *path)
{
    struct lab_archive *a = NULL;
    assert_ok(lab_archive_open(&a, path, *state, &err), err);
    return a;
}

static void assert_member(const struct lab_archive *a, const char *name, const char *text)
{
    struct lab_span span;
    char bytes[100] = "";
    size_t got;
    assert_ok(lab_archive_find(a, name, &span, &err), err);
    assert_int_equal(span.size, strlen(text));
    assert_ok(lab_span_read(&span, "a.tar", 0, bytes, sizeof(bytes) - 1, &got, &err), err);
    assert_string_equal(bytes, text);
    lab_span_close(&span);
}

static void test_members(void **state)
{
    char long_name[301];
    memset(long_name, 'n', 300);
    long_name[300] = '\0';
    LAB_AUTOFREE char *path = tar({.name = "a", .text = "one"}, {.name = "./d/b", .text = "second"},
                                  {.name = long_name, .text = "third"}, {.name = "e", .text = ""},
                                  {.name = "a", .text = "again"});
    struct lab_archive *a = open_tar(state, path);
    assert_member(a, "a", "again"); /* as tar has it: the last counts */
    assert_member(a, "d/b", "second");
    assert_member(a, "./d//b", "second");
    assert_member(a, long_name, "third");
    assert_member(a, "e", "");
    assert_true(lab_archive_has(a, "e"));
    assert_false(lab_archive_has(a, "f"));
    struct lab_span span;
    assert_refused(lab_archive_find(a, "f", &span, &err), err, LAB_INTEGRITY, "lacks 'f'");
    assert_refused(lab_archive_find(a, "../a", &span, &err), err, LAB_INTEGRITY, "outside");
    assert_refused(lab_archive_find(a, "/a", &span, &err), err, LAB_INTEGRITY, "outside");
    lab_archive_close(a);
}

static void test_links(void **state)
{
    LAB_AUTOFREE char *path = tar({.name = "x/layer.tar", .text = "data"},
                                  {.name = "y/layer.tar", .soft = "../x/layer.tar"},
                                  {.name = "z/layer.tar", .hard = "y/layer.tar"},
                                  {.name = "w", .soft = "./y/../z/layer.tar"});
    struct lab_archive *a = open_tar(state, path);
    assert_member(a, "y/layer.tar", "data");
    assert_member(a, "z/layer.tar", "data");
    assert_member(a, "w", "data");
    lab_archive_close(a);
}

static void test_loops(void **state)
{
    struct lab_span span;
    LAB_AUTOFREE char *path = tar({.name = "a", .soft = "b"}, {.name = "b", .soft = "c"},
                                  {.name = "c", .soft = "a"}, {.name = "s", .soft = "s"});
    struct lab_archive *a = open_tar(state, path);
    assert_refused(lab_archive_find(a, "a", &span, &err), err, LAB_INTEGRITY,
                   "in a circle, at 'a'");
    assert_refused(lab_archive_find(a, "s", &span, &err), err, LAB_INTEGRITY,
                   "in a circle, at 's'");
    lab_archive_close(a);
}

static void assert_no_archive(void **state, const char *path, const char *why)
{
    struct lab_archive *a;
    assert_refused(lab_archive_open(&a, path, *state, &err), err, LAB_INTEGRITY, why);
}

static void test_ways_out(void **state)
{
    LAB_AUTOFREE char *up = tar({.name = "../a", .text = "x"});
    assert_no_archive(state, up, "outside of the archive: '../a'");
    LAB_AUTOFREE char *middle = tar({.name = "a/../../b", .text = "x"});
    assert_no_archive(state, middle, "outside of the archive");
    LAB_AUTOFREE char *absolute = tar({.name = "/etc/passwd", .text = "x"});
    assert_no_archive(state, absolute, "outside of the archive: '/etc/passwd'");
    LAB_AUTOFREE char *soft = tar({.name = "d/a", .soft = "../../b"});
    assert_no_archive(state, soft, "link out of the archive: 'd/a' to '../../b'");
    LAB_AUTOFREE char *etc = tar({.name = "a", .soft = "/etc/passwd"});
    assert_no_archive(state, etc, "link out of the archive");
    LAB_AUTOFREE char *hard = tar({.name = "a", .hard = "../b"});
    assert_no_archive(state, hard, "link out of the archive");
}

static void test_cut_off(void **state)
{
    char text[2001];
    memset(text, 'x', 2000);
    text[2000] = '\0';
    LAB_AUTOFREE char *path = tar({.name = "a", .text = text});
    LAB_AUTO_STR struct lab_str bytes = LAB_STR_INIT;
    assert_ok(lab_file_read(path, 1 << 20, &bytes, &err), err);
    write_bytes(path, bytes.ptr, 1500);
    assert_no_archive(state, path, "is cut off: its member 'a'");
}

static void assert_packed(void **state, const char *path)
{
    struct lab_archive *a = open_tar(state, path);
    assert_member(a, "a", "packed");
    lab_archive_close(a);
}

/* RFC 8878: a frame of one raw block. The libzstd of labctl.exe cannot pack. */
static size_t put_frame(unsigned char *out, const struct lab_str *plain)
{
    size_t head = plain->len << 3 | 1;
    memcpy(out, "\x28\xb5\x2f\xfd\x00\x50", 6);
    for (size_t i = 0; i < 3; i++)
        out[6 + i] = (unsigned char)(head >> (8 * i));
    memcpy(out + 9, plain->ptr, plain->len);
    return plain->len + 9;
}

/* The suffixes say nothing. */
static void test_packed(void **state)
{
    static const struct member members[] = {{.name = "a", .text = "packed"}};
    unsigned char frame[40000];
    LAB_AUTO_STR struct lab_str plain = LAB_STR_INIT;
    LAB_AUTOFREE char *gzip = write_tar(state, "packed.tar", ARCHIVE_FILTER_GZIP, members, 1);
    assert_packed(state, gzip);
    LAB_AUTOFREE char *path = write_tar(state, "packed.gz", 0, members, 1);
    assert_ok(lab_file_read(path, 30000, &plain, &err), err);
    size_t n = put_frame(frame, &plain);
    write_bytes(path, frame, n);
    assert_packed(state, path);
    write_bytes(path, frame, n - 5);
    assert_no_archive(state, path, "cannot be unpacked: it is cut off");
    frame[6] |= 6; /* a block of no known kind */
    write_bytes(path, frame, n);
    assert_no_archive(state, path, "cannot be unpacked");
}

static int count(void *arg, const char *name)
{
    *(size_t *)arg += strncmp(name, "labctl-", 7) == 0;
    return 0;
}

static void test_nothing_is_left(void **state)
{
    size_t left = 0;
    struct lab_archive *a;
    static const struct member members[] = {{.name = "../a", .text = "bad"}};
    LAB_AUTOFREE char *path = write_tar(state, "packed.tar", ARCHIVE_FILTER_GZIP, members, 1);
    assert_refused(lab_archive_open(&a, path, *state, &err), err, LAB_INTEGRITY, "outside");
    write_bytes(path, "\x1f\x8b\x08\0\0\0\0\0\0\xff nothing that was ever packed", 40);
    assert_refused(lab_archive_open(&a, path, *state, &err), err, LAB_INTEGRITY,
                   "cannot be unpacked");
    assert_ok(plat_list_dir(*state, count, &left, &err), err);
    assert_int_equal(left, 0);
}

static void test_no_room(void **state)
{
    /* a zstd frame that claims 2^60 bytes */
    static const char frame[] = "\x28\xb5\x2f\xfd\xe0\x01\x01\x01\x01\x01\x01\x01\x10 and so on";
    struct lab_archive *a;
    LAB_AUTOFREE char *path = lab_path_join(*state, "bomb.tar");
    scratch_write(path, frame);
    assert_refused(lab_archive_open(&a, path, *state, &err), err, LAB_HOST, "no room to unpack");
}

/* A thousand zeros are as many bytes as one of them, packed. */
static void test_a_bomb_is_stopped(void **state)
{
    enum { MOST = 1 << 20 };
    static const struct {
        size_t n;
        const char *why;
    } cases[] = {{MOST, NULL}, {MOST + 1, "1 MiB"}, {64 << 20, "1 MiB"}};
    LAB_AUTOFREE char *path = lab_path_join(*state, "bomb.tar");
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE char *zeros = lab_alloc(cases[i].n);
        LAB_AUTOFREE char *temporary = NULL;
        size_t left = 0;
        gzFile out = gzopen(path, "wb");
        assert_int_equal(gzwrite(out, zeros, (unsigned)cases[i].n), (int)cases[i].n);
        assert_int_equal(gzclose(out), Z_OK);
        int fd, from = lab_io_open(path, &err);
        int rc = lab_archive_unpack(path, from, *state, MOST, &fd, &temporary, &err);
        lab_io_close(from);
        if (cases[i].why) {
            assert_refused(rc, err, LAB_INTEGRITY, cases[i].why);
            assert_int_equal(fd, -1);
        } else {
            assert_ok(rc, err);
            lab_io_close(fd);
        }
        assert_ok(plat_list_dir(*state, count, &left, &err), err);
        assert_int_equal(left, 0);
    }
}

static void test_other_files(void **state)
{
    struct lab_archive *a;
    LAB_AUTOFREE char *path = lab_path_join(*state, "file");
    scratch_write(path, "This is a letter, and it is long enough to be looked at by everybody.");
    assert_refused(lab_archive_open(&a, path, *state, &err), err, LAB_USAGE, "is no tar archive");
    scratch_write(path, "BZh91AY&SY");
    assert_refused(lab_archive_open(&a, path, *state, &err), err, LAB_USAGE, "packed by bzip2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_members),
        scratch_test(test_links),
        scratch_test(test_loops),
        scratch_test(test_ways_out),
        scratch_test(test_cut_off),
        scratch_test(test_packed),
        scratch_test(test_nothing_is_left),
        scratch_test(test_no_room),
        scratch_test(test_a_bomb_is_stopped),
        scratch_test(test_other_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
