/* What needs no web server; tests/bundle/check has one. */
#include "base_scratch.h"

#include "base/work.h"
#include "net/download.h"
#include "net/download_priv.h"
#include "net/http.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static int get(struct lab_download *d, struct lab_error *err)
{
    static const struct lab_download_options once = {.tries = 1, .stall_s = 1};
    return lab_download_all(d, 1, &once, err);
}

static void no_leftovers(const char *path)
{
    LAB_AUTOFREE char *part = lab_format("%s.part", path);
    LAB_AUTOFREE char *note = lab_format("%s.part.from", path);
    assert_false(lab_file_exists(part));
    assert_false(lab_file_exists(note));
}

static void files_are_copied_and_checked(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *from = lab_path_join(*state, "from"), *to = lab_path_join(*state, "to");
    LAB_AUTOFREE char *nowhere = lab_path_join(*state, "nowhere");
    scratch_write(from, "abc");
    struct lab_download d = {.source = from, .path = to, .mode = 0600};
    assert_ok(get(&d, &err), err);
    assert_file(to, "abc");
    assert_string_equal(d.got, ABC);
    assert_true(d.done && !d.reused);

    scratch_write(from, "ab"); /* and yet what is there already is right */
    d = (struct lab_download){.source = from, .path = to, .mode = 0600, .sha256 = ABC};
    assert_ok(get(&d, &err), err);
    assert_true(d.done && d.reused);

    d = (struct lab_download){.source = from, .path = nowhere, .mode = 0600, .sha256 = ABC};
    assert_refused(get(&d, &err), err, LAB_INTEGRITY, "and should be " ABC);
    d = (struct lab_download){.source = from, .path = nowhere, .mode = 0600, .size = 3};
    assert_refused(get(&d, &err), err, LAB_INTEGRITY, "has 2 bytes, and it should have 3");
    d = (struct lab_download){.source = from, .path = nowhere, .mode = 0600, .max_bytes = 1};
    assert_refused(get(&d, &err), err, LAB_INTEGRITY, "at most 1 can be right");
    d = (struct lab_download){.source = *state, .path = nowhere, .mode = 0600};
    assert_refused(get(&d, &err), err, LAB_HOST, "there is no such file");
    assert_false(d.done || lab_file_exists(nowhere));
    no_leftovers(nowhere);
}

static void urls_of_files(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *from = lab_path_join(*state, "from+x"), *to = lab_path_join(*state, "to");
    bool rooted = **(char **)state == '/';
    LAB_AUTOFREE char *url = lab_format("file://%s%s/from%%2Bx", rooted ? "" : "/", (char *)*state);
    scratch_write(from, "abc");
    assert_int_equal(lab_download_length(url), 3);
    struct lab_download d = {.source = url, .path = to, .mode = 0644, .sha256 = ABC, .size = 3};
    assert_ok(get(&d, &err), err);
    assert_file(to, "abc");
    no_leftovers(to);

    scratch_write(from, ""); /* nothing at all is a file, too */
    d = (struct lab_download){.source = url, .path = to, .mode = 0644};
    assert_ok(get(&d, &err), err);
    assert_file(to, "");
    d = (struct lab_download){.source = url, .path = to, .mode = 0644, .sha256 = ABC};
    assert_refused(get(&d, &err), err, LAB_INTEGRITY, "should be " ABC);
    no_leftovers(to);
}

static void one_failure_ends_the_batch(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    const struct lab_download_options options = {.tries = 1, .parallel = 1};
    LAB_AUTOFREE char *from = lab_path_join(*state, "from"), *a = lab_path_join(*state, "a");
    LAB_AUTOFREE char *b = lab_path_join(*state, "b"), *gone = lab_path_join(*state, "gone");
    LAB_AUTOFREE char *c = lab_path_join(*state, "c");
    scratch_write(from, "abc");
    struct lab_download list[] = {{.source = from, .path = a, .mode = 0644},
                                  {.source = gone, .path = b, .mode = 0644},
                                  {.source = from, .path = c, .mode = 0644}};
    assert_refused(lab_download_all(list, 3, &options, &err), err, LAB_HOST, "gone");
    assert_true(list[0].done);
    assert_false(list[1].done || list[2].done || lab_file_exists(c));
}

/* The system answers for a server that never comes to it. */
static void silence_ends(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *to = lab_path_join(*state, "to");
    uv_loop_t loop;
    uv_tcp_t server;
    struct sockaddr_in address;
    int n = sizeof(address);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(uv_tcp_init(&loop, &server), 0);
    uv_ip4_addr("127.0.0.1", 0, &address);
    assert_int_equal(uv_tcp_bind(&server, (const struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&server, 8, NULL), 0);
    assert_int_equal(uv_tcp_getsockname(&server, (struct sockaddr *)&address, &n), 0);
    LAB_AUTOFREE char *url = lab_format("http://127.0.0.1:%d/x", ntohs(address.sin_port));
    struct lab_download d = {.source = url, .path = to, .mode = 0644};
    assert_refused(get(&d, &err), err, LAB_HOST, "too slow");
    uv_close((uv_handle_t *)&server, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}

static void cancelled(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *to = lab_path_join(*state, "to");
    struct lab_download d = {.source = "http://127.0.0.1:1/x", .path = to, .mode = 0644};
    lab_work_cancel_all(true);
    assert_refused(get(&d, &err), err, LAB_CANCELLED, "interrupted");
    lab_work_cancel_all(false);
}

static void notes(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "note");
    struct lab_note note = {lab_strdup("http://x/y"), lab_strdup("W/\"1\""), lab_strdup("Tue"), 7};
    struct lab_note back;
    assert_string_equal(lab_note_validator(&note), "Tue"); /* a weak tag is none */
    lab_assign(&note.etag, "\"1\"");
    assert_string_equal(lab_note_validator(&note), "\"1\"");
    assert_ok(lab_note_write(&note, path, &err), err);
    assert_true(lab_note_read(&back, path));
    assert_string_equal(back.etag, "\"1\"");
    assert_int_equal(back.total, 7);
    lab_note_clear(&note);
    lab_note_clear(&back);
    scratch_write(path, "http://x/y\n\n");
    assert_false(lab_note_read(&back, path));
    scratch_write(path, "http://x/y\n\n\nmany\n");
    assert_false(lab_note_read(&back, path));
}

static void urls(void **state)
{
    (void)state;
    assert_true(lab_is_url("https://x/y"));
    assert_true(lab_is_url("file:///x"));
    assert_false(lab_is_url("C:\\x"));
    assert_false(lab_is_url("://x"));
    assert_false(lab_is_url("./a b://c"));
    assert_true(lab_url_has_login("https://me:secret@x/y"));
    assert_false(lab_url_has_login("https://x/y@z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(files_are_copied_and_checked),
        scratch_test(urls_of_files),
        scratch_test(one_failure_ends_the_batch),
        scratch_test(silence_ends),
        scratch_test(cancelled),
        scratch_test(notes),
        cmocka_unit_test(urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
