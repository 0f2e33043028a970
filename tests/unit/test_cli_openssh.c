/* ssh-config and hosts, the first as the real OpenSSH reads it. */
#include "cli_fixture.h"

static void make_lab_with_pins(void)
{
    cli_make_lab();
    cli_write("home/labs/airgap/known_hosts", "web-01,192.0.2.1 ssh-ed25519 AAAA\n");
}

/* What ssh makes of the configuration for this name. */
static char *ssh_sees(const char *config, const char *name)
{
    LAB_AUTOFREE char *command = lab_format("ssh -G -F '%s' %s 2>&1", config, name);
    struct lab_str text = LAB_STR_INIT;
    char bytes[512];
    size_t n;
    FILE *ssh = popen(command, "r");
    assert_non_null(ssh);
    while ((n = fread(bytes, 1, sizeof(bytes), ssh)) > 0)
        lab_str_addn(&text, bytes, n);
    if (pclose(ssh) != 0)
        fail_msg("%s: %s", command, lab_str_get(&text));
    return lab_str_detach(&text);
}

static void openssh_finds_every_node_with_its_pin(void **state)
{
    (void)state;
    make_lab_with_pins();
    LAB_AUTOFREE char *config = cli_path("an odd % name");
    struct cli_said said = cli("ssh-config", "--lab", "airgap", "--to", config);
    assert_int_equal(said.status, 0);
    assert_string_equal(said.out, "");
    cli_forget(&said);
    static const char *const names[] = {"web-02", "web-02.airgap"};
    for (size_t i = 0; i < 2; i++) {
        LAB_AUTOFREE char *seen = ssh_sees(config, names[i]);
        LAB_AUTOFREE char *key = cli_path("home/labs/airgap/keys/login");
        assert_has(seen, "hostname 192.0.2.2\n");
        assert_has(seen, "hostkeyalias web-02\n");
        assert_has(seen, "stricthostkeychecking true\n");
        assert_has(seen, "identitiesonly yes\n");
        assert_has(seen, key);
        assert_has(seen, "/known_hosts\n");
    }
    LAB_AUTOFREE char *stranger = ssh_sees(config, "web-03");
    assert_has(stranger, "hostname web-03\n");
}

static void paths_that_openssh_would_read_otherwise(void **state)
{
    (void)state;
    LAB_AUTOFREE char *spaced = cli_path("my % home");
    LAB_AUTOFREE char *quoted = cli_path("my \" home");
    LAB_AUTOFREE char *config = cli_path("config");
    setenv("LABCTL_HOME", spaced, 1);
    cli_make_lab();
    cli_write("my % home/labs/airgap/known_hosts", "");
    struct cli_said said = cli("ssh-config", "--lab", "airgap", "--to", config);
    assert_int_equal(said.status, 0);
    LAB_AUTOFREE char *seen = ssh_sees(config, "web-01");

    assert_has(seen, "my %% home/labs/airgap/keys/login\n"); /* before it is expanded */
    cli_forget(&said);

    setenv("LABCTL_HOME", quoted, 1);
    cli_make_lab();
    cli_write("my \" home/labs/airgap/known_hosts", "");
    said = cli("ssh-config", "--lab", "airgap");
    assert_int_equal(said.status, LAB_HOST);
    assert_has(said.err, "cannot name such a path");
    assert_string_equal(said.out, "");
    cli_forget(&said);
}

static void hosts_has_a_line_for_each_node(void **state)
{
    (void)state;
    make_lab_with_pins();
    struct cli_said said = cli("hosts", "--lab", "airgap");
    assert_string_equal(said.out, "# Lab airgap, made by labctl\n"
                                  "192.0.2.1       web-01 web-01.airgap\n"
                                  "192.0.2.2       web-02 web-02.airgap\n");
    cli_forget(&said);
    said = cli("hosts", "web-02", "--lab", "airgap", "-o", "json");
    json_t *v = cli_json(&said), *nodes = json_object_get(v, "nodes");
    assert_int_equal(json_array_size(nodes), 1);
    assert_string_equal(cli_text(json_array_get(nodes, 0), "address"), "192.0.2.2");
    assert_string_equal(cli_text(v, "lab"), "airgap");
    json_decref(v);
    cli_forget(&said);
}

static void what_is_not_there_is_said(void **state)
{
    (void)state;
    make_lab_with_pins();
    struct cli_said said = cli("hosts", "web-3", "--lab", "airgap");
    assert_int_equal(said.status, LAB_USAGE);
    assert_has(said.err, "web-3");
    cli_forget(&said);
    LAB_AUTOFREE char *known = cli_path("home/labs/airgap/known_hosts");
    assert_int_equal(unlink(known), 0);
    said = cli("ssh-config", "--lab", "airgap");
    assert_int_equal(said.status, LAB_USAGE);
    assert_has(said.err, "'labctl --lab airgap up'");
    cli_forget(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cli_test(openssh_finds_every_node_with_its_pin),
        cli_test(paths_that_openssh_would_read_otherwise),
        cli_test(hosts_has_a_line_for_each_node),
        cli_test(what_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
