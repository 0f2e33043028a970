/* What a node is provisioned from: which edits count, under which name, and which do not. */
#include "test_plan_fixture.h"

static struct lab_cloud_init user_part = {.kind = LAB_CLOUD_CONFIG};

static void edit_image_content(struct world *w)
{
    w->image_sum = SUM2;
}

static void edit_image_place(struct world *w)
{
    lab_assign(&w->spec->images.items[0].path, "/elsewhere/debian.qcow2");
}

static void edit_role(struct world *w)
{
    w->spec->nodes.items[0].role = LAB_ROLE_WORKER;
}

static void edit_username(struct world *w)
{
    lab_assign(&w->spec->auth.username, "kim");
}

static void edit_password(struct world *w)
{
    lab_assign(&w->spec->auth.password_hash, "$6$salt$x");
}

static void edit_prompt(struct world *w)
{
    w->spec->auth.password_prompt = true;
}

static void edit_password_file(struct world *w)
{
    lab_assign(&w->spec->auth.password_file, "/srv/x");
}

/* The same text in another place must not look the same. */
static void edit_password_env(struct world *w)
{
    lab_assign(&w->spec->auth.password_env, "/srv/x");
}

static void edit_keys(struct world *w)
{
    *lab_vec_push(&w->spec->auth.authorized_keys) = lab_strdup("ssh-ed25519 AAAA kim");
}

static void edit_cloud_init(struct world *w)
{
    user_part.text = (char *)"#cloud-config\n";
    w->spec->nodes.items[0].cloud_init = &user_part;
}

static void edit_empty_cloud_init(struct world *w)
{
    static struct lab_cloud_init none = {.kind = LAB_CLOUD_NONE};
    w->spec->nodes.items[0].cloud_init = &none;
}

static void edit_bridge(struct world *w)
{
    lab_assign(&w->spec->networks.items[0].bridge, "VMnet1");
}

static void edit_range(struct world *w)
{
    w->spec->networks.items[0].range.prefix = 25;
}

static void edit_gateway(struct world *w)
{
    w->spec->networks.items[0].gateway = NET + 1;
}

static void edit_nameserver(struct world *w)
{
    *lab_vec_push(&w->spec->networks.items[0].nameservers) = NET + 1;
}

static void edit_nic_model(struct world *w)
{
    lab_assign(&w->spec->nodes.items[0].nics.items[0].model, "e1000");
}

static void edit_nic_mac(struct world *w)
{
    w->spec->nodes.items[0].nics.items[0].mac_given = true;
}

static void edit_route(struct world *w)
{
    w->spec->nodes.items[0].nics.items[0].default_route = false;
}

static void edit_hardware(struct world *w)
{
    w->spec->nodes.items[0].hardware.cd_bus = LAB_CD_BUS_IDE;
}

static void edit_registry(struct world *w)
{
    lab_assign(&w->spec->registry.address, "192.168.6.1:5000");
}

static void edit_registry_kind(struct world *w)
{
    w->spec->registry.serve = true;
}

static void edit_registry_ca(struct world *w)
{
    lab_assign(&w->spec->registry.ca_pem, "-----BEGIN CERTIFICATE-----");
}

static void edit_registry_mirror(struct world *w)
{
    *lab_vec_push(&w->spec->registry.mirrors) = lab_strdup("docker.io");
}

/* Where a password or a file comes from is nothing that a guest knows. */
static void edit_registry_source(struct world *w)
{
    lab_assign(&w->spec->registry.password_file, "/etc/password");
    lab_assign(&w->spec->registry.ca, "/etc/ca.crt");
}

static void edit_payload(struct world *w)
{
    lab_assign(&w->spec->payload.dir, "/srv/bundle");
    w->payload_sum = SUM1;
}

static void edit_growth(struct world *w)
{
    add_node(w, "web-02", LAB_ROLE_NONE);
    w->spec->groups.items[0].replicas = 2;
}

static void edit_resources(struct world *w)
{
    struct lab_node *node = &w->spec->nodes.items[0];
    node->cpu = 8;
    node->memory_mib = 8192;
    node->disk_bytes = 80 * GIB;
}

static void edit_waits(struct world *w)
{
    w->spec->wait.timeout_ms = 1;
    w->spec->wait.strict = true;
}

static void edit_derived(struct world *w)
{
    w->spec->nodes.items[0].nics.items[0].mac[5] = 7;    /* by lab_spec_assign_macs() */
    w->spec->nodes.items[0].nics.items[0].ip = NET + 77; /* told by its record */
    w->spec->networks.items[0].start = NET + 70;
    w->spec->payload.per_node = true;
}

static void edit_two(struct world *w)
{
    edit_image_content(w);
    edit_cloud_init(w);
}

static void edit_three(struct world *w)
{
    edit_two(w);
    edit_role(w);
}

static void edits_have_names(void **state)
{
    (void)state;
    static const struct {
        void (*edit)(struct world *w);
        const char *changed;
    } cases[] = {
        {edit_image_content, "image"},
        {edit_image_place, ""},
        {edit_role, "role"},
        {edit_username, "auth"},
        {edit_password, "auth"},
        {edit_prompt, "auth"},
        {edit_password_file, "auth"},
        {edit_keys, "auth"},
        {edit_cloud_init, "cloud_init"},
        {edit_empty_cloud_init, ""},
        {edit_bridge, "networks"},
        {edit_range, "networks"},
        {edit_gateway, "networks"},
        {edit_nameserver, "networks"},
        {edit_nic_model, "networks"},
        {edit_nic_mac, "networks"},
        {edit_route, "networks"},
        {edit_hardware, "hardware"},
        {edit_registry, "registry"},
        {edit_registry_kind, "registry"},
        {edit_registry_ca, "registry"},
        {edit_registry_mirror, "registry"},
        {edit_registry_source, ""},
        {edit_payload, "payload"},
        {edit_growth, ""},
        {edit_resources, ""},
        {edit_waits, ""},
        {edit_derived, ""},
        {edit_two, "image and cloud_init"},
        {edit_three, "image, role and cloud_init"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        struct world *w = new_world();
        add_node(w, "web-01", LAB_ROLE_NONE);
        LAB_AUTOFREE char *before = hash_of(w, &w->spec->nodes.items[0]);
        cases[i].edit(w);
        LAB_AUTOFREE char *after = hash_of(w, &w->spec->nodes.items[0]);
        LAB_AUTO_STR struct lab_str changed = LAB_STR_INIT;
        size_t n = lab_plan_provision_diff(&changed, before, after);
        if (strcmp(lab_str_get(&changed), cases[i].changed) != 0)
            print_error("case %u\n", (unsigned)i);
        assert_string_equal(lab_str_get(&changed), cases[i].changed);
        assert_int_equal(n == 0, *cases[i].changed == '\0');
        free_world(w);
    }
}

static void fields_do_not_run_into_each_other(void **state)
{
    (void)state;
    struct world *w = new_world();
    add_node(w, "web-01", LAB_ROLE_NONE);
    edit_password_file(w);
    LAB_AUTOFREE char *file = hash_of(w, &w->spec->nodes.items[0]);
    lab_assign(&w->spec->auth.password_file, NULL);
    edit_password_env(w);
    LAB_AUTOFREE char *env = hash_of(w, &w->spec->nodes.items[0]);
    assert_string_not_equal(file, env);
    free_world(w);
}

/* The form is on disk: older records must stay comparable. */
static void the_text_is_stable(void **state)
{
    (void)state;
    struct world *w = new_world();
    add_node(w, "web-01", LAB_ROLE_MASTER);
    LAB_AUTOFREE char *text = hash_of(w, &w->spec->nodes.items[0]);
    assert_string_equal(
        text, "image=1111111111111111/1c91ee33b6e83941;role=733885ccc12ce849;"
              "auth=60575e11dd9bbc57;cloud_init=98614a96ecbbb5a2;"
              "networks=3976d4ba55da7042;hardware=7a1ca330a8fd964b;registry=ad0961600ed3c576;"
              "payload=ad0961600ed3c576;");
    free_world(w);
}

static void what_is_not_known_has_not_changed(void **state)
{
    (void)state;
    struct world *w = new_world();
    add_node(w, "web-01", LAB_ROLE_NONE);
    const struct lab_node *node = &w->spec->nodes.items[0];
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    edit_payload(w);
    LAB_AUTOFREE char *known = hash_of(w, node);
    w->image_sum = w->payload_sum = NULL;
    LAB_AUTOFREE char *unknown = hash_of(w, node);
    assert_int_equal(lab_plan_provision_diff(&out, known, unknown), 0);
    assert_int_equal(lab_plan_provision_diff(&out, unknown, known), 0);
    assert_int_equal(lab_plan_provision_diff(&out, NULL, known), 0);
    assert_int_equal(lab_plan_provision_diff(&out, known, NULL), 0);
    /* Of an image that nobody has read, the place is all that is known. */
    edit_image_place(w);
    LAB_AUTOFREE char *moved = hash_of(w, node);
    assert_int_equal(lab_plan_provision_diff(&out, known, moved), 1);
    assert_string_equal(lab_str_get(&out), "image");
    /* lab.yaml may name the digest. */
    lab_assign(&w->spec->images.items[0].sha256, SUM1);
    LAB_AUTOFREE char *named = hash_of(w, node);
    assert_int_equal(lab_plan_provision_diff(&out, known, named), 0);
    free_world(w);
}

static void other_versions_records_are_read_as_far_as_known(void **state)
{
    (void)state;
    static const struct {
        const char *recorded, *wanted, *changed;
    } cases[] = {
        {"role=a;", "role=b;auth=c;", "role"},      /* auth was not recorded then */
        {"role=a;later=x;", "role=a;", ""},         /* by a newer labctl */
        {"auth=c;role=a;", "role=a;auth=c;", ""},   /* in another order */
        {"xrole=b;role2=b;role=a;", "role=a;", ""}, /* names are compared whole */
        {"", "role=a;", ""},
        {"rubbish", "role=a;", ""},
        {"role", "role=a;", ""},
        {";;=;=", "role=a;", ""},
        {"image=?/1;", "image=2/1;", ""},
        {"image=?/1;", "image=2/3;", "image"},
        {"image=2/1;", "image=2/3;", ""},
        {"image=2/1;", "image=3/1;", "image"},
        {"payload=?;", "payload=1;", ""},
        {"payload=2;", "payload=1;", "payload"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        lab_plan_provision_diff(&out, cases[i].recorded, cases[i].wanted);
        if (strcmp(lab_str_get(&out), cases[i].changed) != 0)
            print_error("case %u\n", (unsigned)i);
        assert_string_equal(lab_str_get(&out), cases[i].changed);
    }
}

/* The image cache asks so, before it removes one. */
static void the_image_of_a_record_is_known(void **state)
{
    (void)state;
    struct world *w = new_world();
    add_node(w, "web-01", LAB_ROLE_NONE);
    LAB_AUTOFREE char *text = hash_of(w, &w->spec->nodes.items[0]);
    assert_true(lab_plan_provision_uses(text, SUM1));
    assert_false(lab_plan_provision_uses(text, SUM2));
    assert_false(lab_plan_provision_uses(NULL, SUM1));
    assert_false(lab_plan_provision_uses("image=?/1c91ee33b6e83941;", SUM1));
    assert_false(lab_plan_provision_uses("role=1111111111111111/1;", SUM1));
    free_world(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_have_names),
        cmocka_unit_test(fields_do_not_run_into_each_other),
        cmocka_unit_test(the_text_is_stable),
        cmocka_unit_test(what_is_not_known_has_not_changed),
        cmocka_unit_test(other_versions_records_are_read_as_far_as_known),
        cmocka_unit_test(the_image_of_a_record_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
