#include "media_golden.h"
#include "media_seeds.h"

#include "base/crypto.h"
#include "base/text.h"

static void golden_texts(const char *name, const struct lab_seed *seed)
{
    LAB_AUTO_STR struct lab_str user = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str meta = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str network = LAB_STR_INIT;
    bool mime = seed->node->cloud_init != NULL;
    LAB_AUTOFREE char *user_name = lab_format("user-data/%s.%s", name, mime ? "mime" : "yaml");
    LAB_AUTOFREE char *meta_name = lab_format("meta-data/%s.yaml", name);
    LAB_AUTOFREE char *network_name = lab_format("network-config/%s.yaml", name);

    lab_seed_user_data(&user, seed);
    lab_seed_meta_data(&meta, seed);
    lab_seed_network_config(&network, seed);
    assert_golden(user_name, &user);
    assert_golden(meta_name, &meta);
    assert_golden(network_name, &network);
}

static void plain_node(void **state)
{
    (void)state;
    struct lab_seed seed = fixture_seed(&plain_spec, 0);
    golden_texts("plain", &seed);
}

static void cluster_with_payload(void **state)
{
    (void)state;
    static const char *const names[] = {"cluster-master1", "cluster-worker1", "cluster-worker2"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++) {
        struct lab_seed seed = fixture_seed(&cluster_spec, i);
        seed.payload_label = "LABCTL_PAYLOAD";
        seed.payload_manifest = FIXTURE_MANIFEST;
        golden_texts(names[i], &seed);
    }
}

/* --- the registry ----------------------------------------------------------------------------- */

#define FIXTURE_CA "-----BEGIN CERTIFICATE-----\nZml4dHVyZQ==\n-----END CERTIFICATE-----\n"

/* As lab.yaml may describe it; what is not here is as in cluster_spec. */
static struct lab_spec with_registry(struct lab_registry_spec registry)
{
    struct lab_spec spec = cluster_spec;
    spec.has_registry = true;
    spec.registry = registry;
    return spec;
}

static void golden_registries(const char *name, const struct lab_seed *seed)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *golden = lab_format("registries/%s.yaml", name);
    lab_seed_registries(&text, seed);
    assert_golden(golden, &text);
}

static void registries_say_how_to_pull(void **state)
{
    (void)state;
    static char *some[] = {(char *)"docker.io", (char *)"quay.io:8443"};
    static const struct lab_seed_registry open = {.address = "192.168.6.1:5000",
                                                  .ca_pem = FIXTURE_CA},
                                          closed = {.address = "192.168.6.1:5000",
                                                    .ca_pem = FIXTURE_CA,
                                                    .username = "labctl",
                                                    .password = "p\"a: ss\\#'한"},
                                          public = {.address = "registry.lab:443"};
    const struct {
        const char *name;
        struct lab_registry_spec spec;
        const struct lab_seed_registry *registry;
    } cases[] = {
        {"served", {.serve = true}, &open},
        {"login", {.serve = true, .auth = true}, &closed},
        {"mirrors", {.mirrors = {some, 2, 2}}, &open},
        {"trusted", {.mirrors = {NULL, 0, 0}}, &public},
        {"insecure", {.insecure = true}, &public},
        {"insecure-mirrors", {.insecure = true, .mirrors = {some, 2, 2}}, &public},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        struct lab_spec spec = with_registry(cases[i].spec);
        struct lab_seed seed = fixture_seed(&spec, 0);
        seed.registry = cases[i].registry;
        golden_registries(cases[i].name, &seed);
    }
}

static void golden_user_data(const char *name, const struct lab_seed *seed)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_seed_user_data(&text, seed);
    assert_golden(name, &text);
}

/* k3s nodes get registries.yaml, every node the CA, the node that runs it the server's files. */
static void seeds_carry_the_registry(void **state)
{
    (void)state;
    static const struct lab_seed_registry registry = {.address = "192.168.6.11:5000",
                                                      .ca_pem = FIXTURE_CA,
                                                      .username = "labctl",
                                                      .password = "secret",
                                                      .config = "version: 0.1\n",
                                                      .certificate = "certificate\n",
                                                      .key = "key\n",
                                                      .htpasswd = "labctl:$2y$\n"};
    struct lab_spec spec = with_registry((struct lab_registry_spec){.node = (char *)"k3s-worker1"});
    struct lab_seed master = fixture_seed(&spec, 0), server = fixture_seed(&spec, 1);
    master.registry = server.registry = &registry;
    golden_user_data("user-data/registry-client.yaml", &master);
    golden_user_data("user-data/registry-server.yaml", &server);

    LAB_AUTO_STR struct lab_str plain = LAB_STR_INIT;
    struct lab_seed vm = fixture_seed(&plain_spec, 0);
    vm.registry = &registry;
    lab_seed_user_data(&plain, &vm);
    assert_non_null(
        strstr(lab_str_get(&plain), "/usr/local/share/ca-certificates/labctl-plain.crt"));
    assert_null(strstr(lab_str_get(&plain), "/etc/rancher"));
    assert_null(strstr(lab_str_get(&plain), "secret"));
    assert_null(strstr(lab_str_get(&plain), "labctl-registry.service"));
}

static void tricky_characters(void **state)
{
    (void)state;
    static const char *const names[] = {"two-nics", "dhcp-second", "script", "boothook",
                                        "dhcp-only"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++) {
        struct lab_seed seed = fixture_seed(&tricky_spec, i);
        seed.password_hash = FIXTURE_HASH;
        golden_texts(names[i], &seed);
    }
}

static void hosts_name_every_node_with_an_address(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str hosts = LAB_STR_INIT;
    lab_seed_hosts(&hosts, &cluster_spec);
    assert_string_equal(lab_str_get(&hosts), "192.168.6.10 k3s-master1\n"
                                             "192.168.6.11 k3s-worker1\n"
                                             "192.168.6.12 k3s-worker2\n");
    lab_str_truncate(&hosts, 0);
    lab_seed_hosts(&hosts, &tricky_spec);
    assert_null(strstr(lab_str_get(&hosts), "dhcp-only"));
    assert_non_null(strstr(lab_str_get(&hosts), "10.0.1.1 dhcp-second\n"));
}

static void generation_is_in_the_instance_id(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str id = LAB_STR_INIT;
    struct lab_seed seed = fixture_seed(&plain_spec, 0);
    lab_seed_instance_id(&id, &seed);
    assert_string_equal(lab_str_get(&id), "iid-plain-web-01-0123456789abcdef");
}

/* Another boundary for another text: the same would let two seeds differ without being different.
 */
static void boundary_follows_the_content(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str one = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str other = LAB_STR_INIT;
    struct lab_seed seed = fixture_seed(&tricky_spec, 2);
    lab_seed_user_data(&one, &seed);
    seed.generation = "fedcba9876543210";
    lab_seed_user_data(&other, &seed);
    size_t line = strcspn(lab_str_get(&one), "\n");
    assert_true(lab_starts_with(lab_str_get(&one), "Content-Type: multipart/mixed; boundary="));
    assert_memory_not_equal(lab_str_get(&one), lab_str_get(&other), line);
}

/* The real scripts: all of seeds/guest/ byte for byte, but those that are sent over SSH. */
static bool is_sent(const char *path)
{
    return strcmp(path, "seeds/guest/facts") == 0 || strcmp(path, "seeds/guest/set-clock") == 0 ||
           strcmp(path, "seeds/guest/airgap") == 0 || strcmp(path, "seeds/guest/pull-images") == 0;
}

static void embedded_scripts_are_all_there(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    struct lab_seed seed = fixture_seed(&plain_spec, 0);
    size_t found = 0;
    seed.scripts = NULL;
    lab_seed_user_data(&text, &seed);
    for (size_t i = 0; i < lab_asset_count; i++) {
        const struct lab_asset *asset = &lab_assets[i];
        if (!lab_starts_with(asset->path, "seeds/guest/"))
            continue;
        LAB_AUTO_STR struct lab_str item = LAB_STR_INIT;
        lab_str_addf(&item,
                     "- path: \"/usr/local/lib/labctl/%s\"\n    owner: root:root\n"
                     "    permissions: \"0755\"\n    encoding: \"b64\"\n    content: \"",
                     asset->path + strlen("seeds/guest/"));
        lab_put_base64(&item, asset->text, asset->size);
        bool there = strstr(lab_str_get(&text), lab_str_get(&item)) != NULL;
        assert_int_equal(there, !is_sent(asset->path));
        found += there;
    }
    assert_true(found >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_node),
        cmocka_unit_test(cluster_with_payload),
        cmocka_unit_test(registries_say_how_to_pull),
        cmocka_unit_test(seeds_carry_the_registry),
        cmocka_unit_test(tricky_characters),
        cmocka_unit_test(hosts_name_every_node_with_an_address),
        cmocka_unit_test(generation_is_in_the_instance_id),
        cmocka_unit_test(boundary_follows_the_content),
        cmocka_unit_test(embedded_scripts_are_all_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
