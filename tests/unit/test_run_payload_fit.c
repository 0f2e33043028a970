/* Payloads that are too big for the nodes' disks, told before anything is made. */
#include "run_fixture.h"

#include "base/text.h"
#include "bundle/manifest.h"
#include "run/commands.h"
#include "run/payload_fit.h"

/* Two groups; the second one leaves disk_size out, and so has 10 GiB. */
#define LAB LAB_OF("3Gi")
#define LAB_OF(disk)                                                                               \
    "name: airgap\nimage_url: ./x.qcow2\n"                                                         \
    "networks:\n  default:\n    ipam: {range: 10.9.8.0/24, start: 10.9.8.10}\n"                    \
    "nodes:\n"                                                                                     \
    "  - {name: \"w%d\", replicas: 2, disk_size: " disk "}\n"                                      \
    "  - {name: big}\n"

#define MIB ((uint64_t)1 << 20)

static struct lab_error err;

/* The file has holes: nobody reads it. */
static void payload_of(const struct fixture *f, const char *name, uint64_t bytes)
{
    uv_fs_t req;
    LAB_AUTOFREE char *path = lab_path_join(f->home, name);
    LAB_AUTOFREE char *dir = lab_path_dir(path);
    must(plat_mkdirs(dir, 0700, &err), &err);
    must(lab_file_replace(path, "", 0, 0600, &err), &err);
    int fd = uv_fs_open(NULL, &req, path, UV_FS_O_RDWR, 0, NULL);
    assert_true(fd >= 0);
    assert_int_equal(uv_fs_ftruncate(NULL, &req, fd, (int64_t)bytes, NULL), 0);
    assert_int_equal(uv_fs_close(NULL, &req, fd, NULL), 0);
}

/* bytes + 5 % + 64 MiB is what a guest wants free: of 3 GiB that is 3003920579 bytes. */
static void what_cannot_be_copied_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_lab(f, LAB "payload: {dir: ./payload}\n");
    payload_of(f, "payload/file", 3003920579 - 1000);
    payload_of(f, "payload/more", 1000);
    payload_of(f, "payload/SHA256SUMS", 5000 * MIB); /* which no guest counts */
    must(lab_payload_check(&f->run, NULL, &err), &err);
    assert_string_equal(f->warnings, "");
    payload_of(f, "payload/more", 1001);
    must_fail(lab_payload_check(&f->run, NULL, &err), &err, LAB_USAGE,
              "/lab.yaml:7:43: 'disk_size' is 3 GiB, but the payload (2.8 GiB) needs 3 GiB free",
              "larger disk_size");
    payload_of(f, "payload/file", 10240 * MIB);
    must_fail(lab_payload_check(&f->run, (const bool[]){false, false, true}, &err), &err, LAB_USAGE,
              "/lab.yaml:8:12: the disk, without 'disk_size', is 10 GiB", NULL);
    must(lab_payload_check(&f->run, (const bool[]){false, false, false}, &err), &err);
}

/* One problem for a group, whatever its size. */
static void groups_are_named_once(void **state)
{
    struct fixture *f = *state;
    struct lab_problems problems = {{0}, 0, 0};
    fixture_lab(f, LAB "payload: {dir: ./payload}\n");
    payload_of(f, "payload/file", 10240 * MIB);
    must(lab_payload_fit(f->run.spec, NULL, &problems, &err), &err);
    assert_int_equal(problems.errors, 2);
    assert_int_equal(problems.warnings, 0);
    lab_problems_clear(&problems);
}

static void put_manifest(const struct fixture *f, uint64_t min_free)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTO_MANIFEST struct lab_manifest manifest = {.arch = lab_strdup("amd64"),
                                                      .min_free_bytes = min_free};
    LAB_AUTOFREE char *path = lab_path_join(f->home, "bundle/manifest.yaml");
    lab_manifest_put(&text, &manifest);
    must(lab_file_replace(path, lab_str_get(&text), text.len, 0600, &err), &err);
}

static void what_a_bundle_wants_is_a_warning(void **state)
{
    struct fixture *f = *state;
    fixture_lab(f, LAB "payload: {bundle: ./bundle}\n");
    payload_of(f, "bundle/file", 10 * MIB);
    put_manifest(f, 3072 * MIB);
    must(lab_payload_check(&f->run, NULL, &err), &err);
    assert_string_equal(f->warnings, "");
    put_manifest(f, 3073 * MIB);
    must(lab_payload_check(&f->run, NULL, &err), &err);
    assert_non_null(strstr(f->warnings, "/lab.yaml:7:43: 'disk_size' is 3 GiB, which may be too"));
    assert_null(strstr(f->warnings, ":8:"));

    /* beside a full image, unless that is as large as the disk */
    put_manifest(f, 2000 * MIB);
    f->warnings[0] = '\0';
    f->run.spec->images.items[0].virtual_size = 3072 * MIB;
    must(lab_payload_check(&f->run, NULL, &err), &err);
    assert_string_equal(f->warnings, "");
    f->run.spec->images.items[0].virtual_size = 2048 * MIB;
    must(lab_payload_check(&f->run, NULL, &err), &err);
    assert_non_null(strstr(f->warnings, "free beside the system"));
}

static int query(struct lab_provider *p,
                 const char *const *names,
                 size_t n,
                 struct lab_vm_states *out,
                 struct lab_error *error)
{
    (void)p, (void)error;
    for (size_t i = 0; i < n; i++)
        *lab_vec_push(&out->list) =
            (struct lab_vm_state){.name = lab_strdup(names[i]), .power = LAB_POWER_ABSENT};
    return 0;
}

/* A plan is what `up` begins with. */
static void a_plan_refuses_for_targeted_nodes(void **state)
{
    struct fixture *f = *state;
    static const struct lab_plan_options options;
    struct lab_plan plan = {0};
    fixture_lab(f, LAB_OF("100Mi") "payload: {dir: ./payload}\n");
    payload_of(f, "payload/file", 40 * MIB);
    payload_of(f, "x.qcow2", 4096);
    f->options.mode = LAB_STATE_READ;
    f->ops.query = query;
    lab_node_records_clear(&f->run.records);
    must_fail(lab_plan_now(&f->run, &options, &plan, &err), &err, LAB_USAGE,
              "/lab.yaml:7:43: 'disk_size' is 100 MiB, but the payload", NULL);
    assert_int_equal(plan.nodes.len, 3);
    lab_plan_clear(&plan);
    const char *const big[] = {"big"};
    const struct lab_plan_options one = {.targets = big, .targets_len = 1};
    must(lab_plan_now(&f->run, &one, &plan, &err), &err);
    lab_plan_clear(&plan);
}

static void no_payload_needs_no_room(void **state)
{
    struct fixture *f = *state;
    fixture_lab(f, LAB);
    must(lab_payload_check(&f->run, NULL, &err), &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(what_cannot_be_copied_is_refused),
        fixture_test(groups_are_named_once),
        fixture_test(what_a_bundle_wants_is_a_warning),
        fixture_test(a_plan_refuses_for_targeted_nodes),
        fixture_test(no_payload_needs_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
