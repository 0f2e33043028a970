/* Where the registry is and how one comes in, and what the nodes' seeds say of it. */
#include "run_fixture.h"

#include "base/crypto.h"
#include "pki/ca.h"
#include "registryd/probe.h"
#include "run/registry.h"
#include "run/registry_seed.h"
#include "run/registry_target.h"
#include "run/seed.h"

#define LAB                                                                                        \
    "name: airgap\n"                                                                               \
    "image_url: disk.img\n"                                                                        \
    "networks: {default: {ipam: {range: 10.9.8.0/24, gateway: 10.9.8.1, start: 10.9.8.7}}}\n"      \
    "nodes: [{name: store}, {name: web}]\n"

static struct lab_error err;

static void put(const struct fixture *f, const char *name, const char *text)
{
    LAB_AUTOFREE char *path = lab_path_join(f->home, name);
    LAB_AUTOFREE char *dir = lab_path_dir(path);
    must(plat_mkdirs(dir, 0700, &err), &err);
    must(lab_file_replace(path, text, strlen(text), 0600, &err), &err);
}

static void none_is_said(void **state)
{
    struct fixture *f = *state;
    LAB_AUTO_REGISTRY_PLACE struct lab_registry_place place = {0};
    fixture_lab(f, LAB);
    must_fail(lab_registry_place(&f->run, &place, &err), &err, LAB_USAGE, "has no registry",
              "serve: true");
    must(lab_prepare_registry(&f->ladder, &err), &err);
    assert_null(f->ladder.registry);
}

static void own_one_was_never_up(void **state)
{
    struct fixture *f = *state;
    LAB_AUTO_REGISTRY_PLACE struct lab_registry_place place = {0};
    fixture_lab(f, LAB "registry: {serve: true}\n");
    must_fail(lab_registry_place(&f->run, &place, &err), &err, LAB_USAGE, "never up",
              "registry up");
    assert_null(lab_registry_address(&f->run));
}

/* The address that was chosen is the ledger's, CA and password are files. */
static void own_one_is_known_by_its_files(void **state)
{
    struct fixture *f = *state;
    LAB_AUTO_REGISTRY_PLACE struct lab_registry_place place = {0};
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    LAB_AUTO_STR struct lab_str password = LAB_STR_INIT;
    fixture_lab(f, LAB "registry: {serve: true, auth: true}\n");
    lab_registryd_files(&files, "airgap");
    must(lab_registryd_write(&files, "airgap", "10.9.8.1:5003", true, false, &err), &err);
    must(lab_state_set(f->run.state, "registry_address", "10.9.8.1:5003", &err), &err);
    must(lab_file_read(files.password, 100, &password, &err), &err);
    LAB_AUTOFREE char *edited = lab_format("%s\n", lab_str_get(&password));
    must(lab_file_replace(files.password, edited, strlen(edited), 0600, &err), &err);
    must(lab_registry_place(&f->run, &place, &err), &err);
    assert_string_equal(place.address, "10.9.8.1:5003");
    assert_true(place.ours);
    assert_null(lab_cert_why_not(place.ca_pem));
    assert_string_equal(place.username, "labctl");
    assert_string_equal(place.password, lab_str_get(&password));
}

/* The words of the hint are those that reach it. */
static void without_lab_yaml_the_way_there_is_said(void **state)
{
    struct fixture *f = *state;
    LAB_AUTO_REGISTRY_TARGET struct lab_registry_target target = {0};
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    fixture_lab(f, LAB "registry: {serve: true, auth: true}\n");
    struct lab_spec *spec = f->run.spec;
    f->run.spec = NULL;
    f->options.lab = "airgap";
    must_fail(lab_registry_target(&f->run, &target, &err), &err, LAB_USAGE, "/lab.yaml'",
              "--to HOST:PORT");
    lab_registryd_files(&files, "airgap");
    must(lab_registryd_write(&files, "airgap", "10.9.8.1:5003", true, false, &err), &err);
    must(lab_state_set(f->run.state, "registry_address", "10.9.8.1:5003", &err), &err);
    LAB_AUTOFREE char *words =
        lab_format("--to 10.9.8.1:5003 --ca '%s' --username labctl --password-file '%s'", files.ca,
                   files.password);
    must_fail(lab_registry_target(&f->run, &target, &err), &err, LAB_USAGE, "lab 'airgap'", words);
    f->run.spec = spec;
}

static void password_is_given_or_kept(void **state)
{
    struct fixture *f = *state;
    LAB_AUTO_REGISTRY_PLACE struct lab_registry_place first = {0}, second = {0}, third = {0};
    put(f, "ca.crt", "-----BEGIN CERTIFICATE-----\n");
    fixture_lab(f, LAB "registry: {address: nexus.lab:8443, ca: ca.crt, username: puller, "
                       "password: \"{{ password }}\"}\n");
    uv_os_setenv("LABCTL_REGISTRY_PASSWORD", "one");
    must(lab_registry_place(&f->run, &first, &err), &err);
    assert_string_equal(first.password, "one");
    assert_string_equal(first.username, "puller");
    assert_string_equal(first.ca_pem, "-----BEGIN CERTIFICATE-----\n");
    assert_false(first.ours);
    uv_os_unsetenv("LABCTL_REGISTRY_PASSWORD");
    must(lab_registry_place(&f->run, &second, &err), &err);
    assert_string_equal(second.password, "one");
    uv_os_setenv("LABCTL_REGISTRY_PASSWORD", "two");
    f->options.mode = LAB_STATE_READ; /* a look keeps nothing */
    must(lab_registry_place(&f->run, &third, &err), &err);
    assert_string_equal(third.password, "two");
    uv_os_unsetenv("LABCTL_REGISTRY_PASSWORD");
    lab_registry_place_clear(&third);
    must(lab_registry_place(&f->run, &third, &err), &err);
    assert_string_equal(third.password, "one");
}

static void password_sources_are_named(void **state)
{
    struct fixture *f = *state;
    LAB_AUTO_REGISTRY_PLACE struct lab_registry_place place = {0};
    fixture_lab(f, LAB "registry: {address: nexus.lab:8443, username: u, password_file: gone}\n");
    must_fail(lab_registry_place(&f->run, &place, &err), &err, LAB_USAGE,
              "(registry.password_file)", NULL);
    lab_registry_place_clear(&place);
    put(f, "gone", "\n");
    must_fail(lab_registry_place(&f->run, &place, &err), &err, LAB_USAGE,
              "no password in the first line of", NULL);
    lab_registry_place_clear(&place);
    put(f, "gone", "found\r\nmore");
    must(lab_registry_place(&f->run, &place, &err), &err);
    assert_string_equal(place.password, "found");
}

/* --- seeds ------------------------------------------------------------------------------------ */

static int keep_medium(struct lab_provider *p,
                       const char *name,
                       const char *path,
                       const char *sha256,
                       const struct lab_progress *progress,
                       char **ref,
                       struct lab_error *error)
{
    (void)p, (void)name, (void)sha256, (void)progress, (void)error;
    *ref = lab_strdup(path);
    return 0;
}

static char *seed_of(struct fixture *f, size_t climb)
{
    LAB_AUTOFREE char *path = NULL;
    struct lab_str bytes = LAB_STR_INIT;
    lab_assign(&f->ladder.climbs[climb].record->generation, "g1");
    must(lab_seed_make(&f->ladder.climbs[climb], &path, &err), &err);
    must(lab_file_read(path, 16 << 20, &bytes, &err), &err);
    for (size_t i = 0; i < bytes.len; i++) /* one text, for strstr() */
        if (!bytes.ptr[i])
            bytes.ptr[i] = ' ';
    return lab_str_detach(&bytes);
}

static void guest_gets_the_server(void **state)
{
    struct fixture *f = *state;
    fixture_lab(f, LAB "payload: {dir: payload}\nregistry: {node: store, auth: true}\n");
    f->ops.put_medium = keep_medium;
    must(lab_prepare_keys(&f->run, &err), &err);
    must_fail(lab_prepare_registry(&f->ladder, &err), &err, LAB_USAGE, "registry/docker-registry",
              "copy it there");
    put(f, "payload/registry/docker-registry", "program");
    must(lab_prepare_registry(&f->ladder, &err), &err);
    assert_string_equal(f->ladder.registry->address, "10.9.8.7:5000");
    assert_string_equal(lab_registry_address(&f->run), "10.9.8.7:5000");

    LAB_AUTOFREE char *store = seed_of(f, 0);
    LAB_AUTOFREE char *web = seed_of(f, 1);
    assert_non_null(strstr(store, "/etc/labctl/registry/server.key"));
    assert_non_null(strstr(store, "/etc/labctl/registry/htpasswd"));
    assert_non_null(strstr(store, "rootdirectory: \\\"/var/lib/labctl-registry\\\""));
    assert_non_null(strstr(store, "addr: \\\"10.9.8.7:5000\\\""));
    assert_null(strstr(web, "/etc/labctl/registry"));
    assert_non_null(strstr(web, "/usr/local/share/ca-certificates/labctl-airgap.crt"));
}

static void one_address_is_bound_once(void **state)
{
    (void)state;
    uv_loop_t loop;
    uv_tcp_t tcp;
    struct sockaddr_in to;
    bool taken = true;
    int port = plat_random_free_port();
    LAB_AUTOFREE char *address = lab_format("127.0.0.1:%d", port);
    must(lab_registry_can_bind(address, &taken, &err), &err);
    assert_false(taken);
    uv_loop_init(&loop);
    uv_tcp_init(&loop, &tcp);
    uv_ip4_addr("127.0.0.1", port, &to);
    assert_int_equal(uv_tcp_bind(&tcp, (const struct sockaddr *)&to, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&tcp, 1, NULL), 0);
    must_fail(lab_registry_can_bind(address, &taken, &err), &err, LAB_CONFLICT, address, NULL);
    assert_true(taken);
    uv_close((uv_handle_t *)&tcp, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    must_fail(lab_registry_can_bind("192.0.2.1:5000", &taken, &err), &err, LAB_HOST,
              "192.0.2.1:5000", "--no-start");
    assert_false(taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(none_is_said),
        fixture_test(own_one_was_never_up),
        fixture_test(own_one_is_known_by_its_files),
        fixture_test(without_lab_yaml_the_way_there_is_said),
        fixture_test(password_is_given_or_kept),
        fixture_test(password_sources_are_named),
        fixture_test(guest_gets_the_server),
        cmocka_unit_test(one_address_is_bound_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
