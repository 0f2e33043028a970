/* What the nodes share, prepared without a hypervisor. */
#include "run_fixture.h"

#include <sys/stat.h>

#include "base/crypt.h"
#include "base/crypto.h"
#include "disk/disk.h"
#include "media/seed.h"

#define LAB                                                                                        \
    "name: airgap\nimage_url: ./x.qcow2\n"                                                         \
    "networks:\n  default:\n    bridge: VMnet1\n"                                                  \
    "    ipam: {range: 192.168.6.0/24, start: 192.168.6.10}\n"                                     \
    "nodes:\n  - {name: a, cpu: 1, memory: 1Gi, disk_size: 4Gi, networks: [default]}\n"

/* --- networks
 * ------------------------------------------------------------------------------------ */

static const char *net_owner;
static bool net_made;

static int net_answer(struct lab_provider *p,
                      const struct lab_net *net,
                      struct lab_net_state *out,
                      struct lab_error *err)
{
    (void)p;
    (void)err;
    *out = (struct lab_net_state){
        .name = lab_strdup(net->bridge), .made = net_made, .owner = lab_strdup(net_owner)};
    return 0;
}

/* How the network stands in the ledger after it was prepared: its detail, or NULL. */
static char *recorded_network(struct fixture *f, bool made, const char *owner)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_objects objects = {{0}};
    char *detail = NULL;
    net_made = made;
    net_owner = owner;
    f->ops.look_network = f->ops.ensure_network = net_answer;
    lab_net_state_clear(&f->ladder.nets[0]); /* of the last time */
    must(lab_preflight(&f->ladder, &err), &err);
    must(lab_prepare_networks(&f->ladder, &err), &err);
    must(lab_state_objects(f->run.state, &objects, &err), &err);
    LAB_VEC_FOREACH (o, &objects.list) {
        assert_int_equal(o->kind, LAB_OBJECT_NETWORK);
        assert_int_equal(o->state, LAB_OBJECT_PRESENT);
        assert_string_equal(o->name, "VMnet1");
        detail = lab_strdup(o->detail);
    }
    lab_objects_clear(&objects);
    return detail;
}

static void a_users_network_is_not_recorded(void **state)
{
    struct fixture *f = *state;
    fixture_lab(f, LAB);
    assert_null(recorded_network(f, false, NULL));
}

/* Its maker may be torn down first; then only this record leads a teardown to it. */
static void a_network_of_another_lab_is_recorded(void **state)
{
    struct fixture *f = *state;
    fixture_lab(f, LAB);
    LAB_AUTOFREE char *shared = recorded_network(f, false, "b");
    assert_string_equal(shared, "shared");
    LAB_AUTOFREE char *made = recorded_network(f, true, NULL); /* handed over meanwhile */
    assert_string_equal(made, "made");
}

/* --- images
 * -------------------------------------------------------------------------------------- */

static enum lab_image_format imported_format;
static uint64_t imported_size;

static int import_answer(struct lab_provider *p,
                         const char *path,
                         const char *sha256,
                         enum lab_image_format format,
                         const struct lab_progress *progress,
                         char **ref,
                         struct lab_error *err)
{
    (void)p;
    (void)progress;
    struct lab_disk *disk;
    imported_format = format;
    if (lab_disk_open(&disk, path, err))
        return -1;
    imported_size = lab_disk_info(disk)->size;
    assert_int_equal(lab_disk_info(disk)->format == LAB_DISK_RAW, format == LAB_IMAGE_RAW);
    lab_disk_close(disk);
    *ref = lab_strdup(sha256);
    return 0;
}

static void import_as(struct fixture *f, enum lab_provider_kind kind)
{
    struct lab_error err = LAB_ERROR_INIT;
    char hex[LAB_SHA256_HEX], *sums[] = {hex};
    f->ops.kind = kind;
    f->ops.import_base = import_answer;
    must(lab_sha256_file(f->run.spec->images.items[0].path, hex, NULL, &err), &err);
    must(lab_prepare_images(&f->ladder, sums, &err), &err);
    assert_int_equal(imported_size, 1 << 20);
    free(f->ladder.base_refs[0]);
    f->ladder.base_refs[0] = NULL;
}

/* Its pool takes qcow2 and raw. */
static void a_vmdk_becomes_raw_for_libvirt(void **state)
{
    static const char zeros[1 << 20];
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_disk_result result;
    fixture_lab(f, LAB);
    LAB_AUTOFREE char *raw = lab_path_join(f->home, "x.raw"),
                      *vmdk = lab_path_join(f->home, "x.vmdk");
    const struct lab_disk_job job = {.source = raw, .target = vmdk, .format = LAB_DISK_TO_VMDK};
    must(lab_file_replace(raw, zeros, sizeof(zeros), 0600, &err), &err);
    must(lab_disk_convert(&job, &result, &err), &err);
    struct lab_image *image = &f->run.spec->images.items[0];
    lab_assign(&image->path, vmdk);
    image->format = LAB_IMAGE_VMDK;
    import_as(f, LAB_PROVIDER_LIBVIRT);
    assert_int_equal(imported_format, LAB_IMAGE_RAW);
    import_as(f, LAB_PROVIDER_VMWARE);
    assert_int_equal(imported_format, LAB_IMAGE_VMDK);
}

/* --- keys
 * ---------------------------------------------------------------------------------------- */

static int keys_in(struct fixture *f, enum lab_state_mode mode, struct lab_error *err)
{
    f->options.mode = mode;
    lab_sshkey_clear(&f->run.login);
    f->warnings[0] = '\0';
    return lab_prepare_keys(&f->run, err);
}

static void only_up_makes_the_login_key(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB);
    LAB_AUTOFREE char *path = lab_run_path(&f->run, "keys/login");
    must_fail(keys_in(f, LAB_STATE_READ, &err), &err, LAB_HOST, "keys/login' is missing",
              "up --recreate NODE");
    assert_false(lab_file_exists(path));

    must(keys_in(f, LAB_STATE_WRITE, &err), &err); /* a stop goes on without the guests' help */
    assert_non_null(strstr(f->warnings, "is missing"));
    assert_true(f->run.login.blob_len > 0);
    assert_false(lab_file_exists(path));

    must(keys_in(f, LAB_STATE_CREATE, &err), &err);
    assert_string_equal(f->warnings, "");
    LAB_AUTOFREE char *line = lab_strdup(f->run.login.public_line);
    must(keys_in(f, LAB_STATE_READ, &err), &err);
    assert_string_equal(f->run.login.public_line, line);
}

static void a_new_login_key_for_old_guests_is_said(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB);
    f->run.records.list.items[0].provisioned = true;
    must(keys_in(f, LAB_STATE_CREATE, &err), &err);
    assert_non_null(strstr(f->warnings, "was lost and is made anew"));
}

static void a_lost_token_is_not_replaced(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_k3s made = {0}, loaded = {0};
    LAB_AUTOFREE char *path = lab_path_join(f->home, "token");
    must_fail(lab_k3s_load_token(&loaded, path, &err), &err, LAB_HOST, "k3s token",
              "/var/lib/rancher/k3s/server/token");
    assert_false(lab_file_exists(path));
    must(lab_k3s_token(&made, path, &err), &err);
    must(lab_k3s_load_token(&loaded, path, &err), &err);
    assert_string_equal(made.token, loaded.token);
}

/* --- password
 * ------------------------------------------------------------------------------------ */

static char *hash_now(struct fixture *f)
{
    struct lab_error err = LAB_ERROR_INIT;
    lab_assign(&f->ladder.password_hash, NULL);
    must(lab_prepare_password(&f->ladder, &err), &err);
    return lab_strdup(f->ladder.password_hash);
}

static void put_text(const char *path, const char *text)
{
    struct lab_error err = LAB_ERROR_INIT;
    must(lab_file_replace(path, text, strlen(text), 0600, &err), &err);
}

static void a_changed_password_file_wins(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB "auth: {password_file: ./secret}\n");
    must(keys_in(f, LAB_STATE_CREATE, &err), &err);
    const char *file = f->run.spec->auth.password_file;
    must_fail(lab_prepare_password(&f->ladder, &err), &err, LAB_USAGE, "secret'", NULL);
    put_text(file, "\nsecond line\n");
    must_fail(lab_prepare_password(&f->ladder, &err), &err, LAB_USAGE, "secret'", NULL);
    put_text(file, "first\nsecond line\n");
    LAB_AUTOFREE char *first = hash_now(f);
    assert_string_equal(f->warnings, "");
    assert_int_equal(chmod(file, 0644), 0);
    LAB_AUTOFREE char *again = hash_now(f);
    assert_true(lab_crypt_matches("first", first));
    assert_string_equal(first, again); /* the salt too */
    assert_non_null(strstr(f->warnings, "chmod 600 '"));
    put_text(file, "second");
    LAB_AUTOFREE char *second = hash_now(f);
    assert_true(lab_crypt_matches("second", second));
    must(plat_remove(file, &err), &err);
    LAB_AUTOFREE char *kept = hash_now(f);
    assert_string_equal(second, kept);
}

static void a_changed_password_variable_wins(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB "auth: {password_env: TEST_PASSWORD}\n");
    must(keys_in(f, LAB_STATE_CREATE, &err), &err);
    must_fail(lab_prepare_password(&f->ladder, &err), &err, LAB_USAGE, "TEST_PASSWORD", NULL);
    uv_os_setenv("TEST_PASSWORD", "first");
    LAB_AUTOFREE char *first = hash_now(f);
    assert_true(lab_crypt_matches("first", first));
    uv_os_setenv("TEST_PASSWORD", "second");
    LAB_AUTOFREE char *second = hash_now(f);
    assert_false(lab_crypt_matches("first", second));
    assert_true(lab_crypt_matches("second", second));
    uv_os_unsetenv("TEST_PASSWORD");
    LAB_AUTOFREE char *kept = hash_now(f);
    assert_string_equal(second, kept);
}

/* --- the payload
 * ------------------------------------------------------------------------------------ */

/* A host whose clock is before the payload was built would give all nodes its time. */
static void a_payload_from_the_future_is_refused(void **state)
{
    struct fixture *f = *state;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_path_join(f->home, "payload");
    LAB_AUTOFREE char *stamp = lab_path_join(dir, "build-timestamp");
    LAB_AUTOFREE char *yaml = lab_format(LAB "payload: {dir: %s}\n", dir);
    LAB_AUTOFREE char *past =
        lab_format("EPOCH_SECONDS=%lld\n", (long long)plat_wall_ms() / 1000 - 60);
    LAB_AUTOFREE char *future =
        lab_format("EPOCH_SECONDS=%lld\n", (long long)plat_wall_ms() / 1000 + 2 * 86400);
    must(plat_mkdirs(dir, 0700, &err), &err);
    must(lab_file_replace(stamp, past, strlen(past), 0644, &err), &err);
    fixture_lab(f, yaml);
    f->ops.put_medium = fixture_put_medium;
    must(lab_prepare_payload(&f->ladder, &err), &err);
    assert_string_equal(f->ladder.payload_ref, "payload");
    must(lab_file_replace(stamp, future, strlen(future), 0644, &err), &err);
    must_fail(lab_prepare_payload(&f->ladder, &err), &err, LAB_HOST, "this host's clock says",
              "set this host's clock");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(a_users_network_is_not_recorded),
        fixture_test(a_network_of_another_lab_is_recorded),
        fixture_test(a_vmdk_becomes_raw_for_libvirt),
        fixture_test(only_up_makes_the_login_key),
        fixture_test(a_new_login_key_for_old_guests_is_said),
        fixture_test(a_lost_token_is_not_replaced),
        fixture_test(a_changed_password_file_wins),
        fixture_test(a_changed_password_variable_wins),
        fixture_test(a_payload_from_the_future_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
