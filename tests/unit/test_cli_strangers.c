/* Somebody else's VM, network and pool under the names that this lab uses: no command changes or
 * removes them, also when the ledger was edited by hand to claim them; and neither a link nor a
 * name with `..` leads a command out of the lab's folder. */
#include <sqlite3.h>

#include "cli_fixture.h"

#include "base/crypto.h"

#define DIR        "home/labs/airgap"
#define THEIR_ID   "5f0c9c1e-0000-4000-8000-0000000000bb"
#define THEIR_HOME "other:/home/lee/labctl"
#define OWNER      "xmlns:l='urn:labctl:1' lab='airgap' id='" THEIR_ID "' home='" THEIR_HOME "'/>"
#define LAB                                                                                        \
    "name: airgap\nprovider: libvirt\nimage_url: ./x.img\nnetworks:\n  default:\n"                 \
    "    bridge: theirs\n    ipam: {range: 192.168.6.0/24, start: 192.168.6.10}\n"                 \
    "nodes:\n  - {name_prefix: web, replicas: 2, cpu: 1, memory: 512Mi, disk_size: 1Gi, "          \
    "networks: [default]}\n"

static void edit_ledger(const char *sql)
{
    LAB_AUTOFREE char *path = cli_path(DIR "/state.db");
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static const char *before = ""; /* rules that go before the others */

/* tag: "" or the mark of another lab; everything that labctl might do would succeed. */
static void put_strangers(const char *node_tag, const char *net_tag)
{
    LAB_AUTO_STR struct lab_str rules = LAB_STR_INIT;
    LAB_AUTOFREE char *stats = cli_path("stats");
    scratch_write(stats, "Domain: 'web-01'\n  state.state=1\n  state.reason=1\n\n"
                         "Domain: 'web-02'\n  state.state=5\n  state.reason=1\n\n");
    lab_str_addf(&rules, "%s" CLI_CONNECTS "list*\tsay\tu1\n", before);
    for (int i = 1; i <= 2; i++)
        lab_str_addf(
            &rules,
            "dumpxml*web-0%d\tsay\t<domain><name>web-0%d</name><uuid>u%d</uuid><metadata>%s"
            "</metadata><devices><interface type='network'><source network='theirs'/>"
            "</interface></devices></domain>\n",
            i, i, i, node_tag);
    lab_str_addf(&rules,
                 "dumpxml*u1\tsay\t<domain><name>web-01</name><uuid>u1</uuid><metadata>%s"
                 "</metadata></domain>\n"
                 "net-list*\tsay\ttheirs\nnet-dumpxml*\tsay\t<network><name>theirs</name>"
                 "<uuid>n1</uuid><metadata>%s</metadata><bridge name='lo'/></network>\n"
                 "pool-dumpxml*\tsay\t<pool type='dir'><name>labctl-airgap</name><uuid>p1</uuid>"
                 "<target><path>/srv/theirs</path></target></pool>\n"
                 "pool-list*\tsay\tlabctl-airgap\ndomstats*\tout\t%s\n"
                 "version*\tok\nvol-list*\tsay\t web-01.qcow2 /srv/theirs/web-01.qcow2\n*\tok\n",
                 node_tag, net_tag, stats);
    cli_rules(lab_str_get(&rules));
    cli_write("log", "");
}

static void put_lab(void)
{
    cli_put_lab(LAB);
}

static void assert_untouched(const char *command)
{
    static const char *const looks[] = {"process ",     "echo ",     "uri",          "dumpxml",
                                        "domstats",     "list",      "net-list",     "net-dumpxml",
                                        "pool-dumpxml", "pool-list", "version",      "vol-list",
                                        "vol-info",     "domcap",    "pool-refresh", "domid"};
    LAB_AUTOFREE char *log = cli_read("log");
    for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n")) {
        bool look = false;
        for (size_t i = 0; i < LAB_ARRAY_LEN(looks); i++)
            look = look || strncmp(line, looks[i], strlen(looks[i])) == 0;
        if (!look)
            fail_msg("%s: %s", command, line);
    }
}

static const char *const commands[][8] = {
    {"up", "--timeout", "1s"},
    {"up", "--recreate", "-y", "--timeout=1s"},
    {"up", "--prune", "-y", "--timeout=1s"},
    {"up", "--adopt", "-y", "--timeout=1s"},
    {"start", "--timeout=1s"},
    {"stop", "--timeout=1s"},
    {"restart", "--timeout=1s"},
    {"teardown", "--orphans", "-y"},
    {"teardown", "-y"},
};

/* ledger: the lab has one, until the teardown at the end. */
static void assert_no_command_touches(const char *node_tag, const char *net_tag, bool ledger)
{
    LAB_AUTOFREE char *file = cli_path("lab.yaml");
    for (size_t i = 0; i < LAB_ARRAY_LEN(commands); i++) {
        const char *args[16] = {commands[i][0], "-f", file};
        for (size_t k = 1; commands[i][k]; k++)
            args[k + 2] = commands[i][k];
        put_strangers(node_tag, net_tag);
        struct cli_said said = cli_run(args);
        /* without a ledger there is nothing to switch; what cannot be touched is said, or kept */
        bool power = commands[i][0][0] != 'u' && commands[i][0][0] != 't';
        int wanted = commands[i][0][0] == 't' ? 0 : power && !ledger ? LAB_USAGE : LAB_CONFLICT;
        if (said.status != wanted)
            fail_msg("%s %s: %d: %s%s", args[0], args[3], said.status, said.out, said.err);
        assert_untouched(commands[i][0]);
        cli_forget(&said);
    }
}

static void nobodys_are_left_alone(void **state)
{
    (void)state;
    put_lab();
    assert_no_command_touches("", "", false);
}

static void a_ledger_that_claims_them_changes_nothing(void **state)
{
    (void)state;
    put_lab();
    cli_make_lab();
    edit_ledger("INSERT INTO object(kind, name, state, detail) VALUES"
                "('network', 'theirs', 'present', 'made'), ('lab', 'storage', 'present', NULL),"
                "('medium', 'web-01', 'present', '/srv/theirs/web-01.qcow2'),"
                "('medium', 'payload', 'present', '/srv/theirs/x.iso');"
                "UPDATE object SET detail='u1' WHERE name='web-01'");
    assert_no_command_touches("", "", true);
}

static void another_labs_are_left_alone(void **state)
{
    (void)state;
    put_lab();
    cli_make_lab();
    edit_ledger("INSERT INTO object(kind, name, state, detail) VALUES"
                "('network', 'theirs', 'present', 'made'), ('lab', 'storage', 'present', NULL)");
    assert_no_command_touches("<l:node " OWNER, "<l:network " OWNER, true);
}

/* The pool, too, has a UUID that is made from that id. */
static void put_their_pool(void)
{
    char uuid[LAB_UUID_TEXT], sum[LAB_SHA256_HEX];
    lab_uuid_named("labctl pool " THEIR_ID, uuid);
    lab_sha256_hex(THEIR_HOME, strlen(THEIR_HOME), sum);
    before = lab_format(
        "pool-dumpxml*labctl-airgap\tsay\t<pool type='dir'><name>labctl-airgap</name>"
        "<uuid>%s</uuid><target><path>/srv/theirs</path></target></pool>\n"
        "vol-list*\tsay\t labctl." THEIR_ID ".%.16s /srv/theirs/labctl." THEIR_ID ".%.16s\n",
        uuid, sum, sum);
}

static void an_id_that_was_edited_makes_nothing_ours(void **state)
{
    (void)state;
    put_lab();
    cli_make_lab();
    edit_ledger("INSERT INTO object(kind, name, state, detail) VALUES"
                "('network', 'theirs', 'present', 'made'), ('lab', 'storage', 'present', NULL),"
                "('medium', 'payload', 'present', NULL);"
                "UPDATE fact SET value='" THEIR_ID "' WHERE key='id'");
    put_their_pool();
    put_strangers("<l:node " OWNER, "<l:network " OWNER);
    LAB_AUTOFREE char *file = cli_path("lab.yaml");
    struct cli_said said = cli("up", "-f", file, "--timeout=1s");
    assert_int_equal(said.status, LAB_CONFLICT);
    assert_has(said.err, "or the id in this lab's ledger was edited");
    cli_forget(&said);
    assert_no_command_touches("<l:node " OWNER, "<l:network " OWNER, true);
    free((char *)before);
    before = "";
}

/* With both in one LABCTL_HOME the tags cannot tell whose is whose. */
static void two_ledgers_with_one_id_are_refused(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st;
    put_lab();
    cli_make_lab();
    LAB_AUTOFREE char *source = cli_path("other.yaml");
    assert_ok(lab_state_open(&st, "other", LAB_STATE_CREATE, source, "test", &err), err);
    cli_put_node(st, "db-01", 1);
    LAB_AUTOFREE char *sql =
        lab_format("UPDATE fact SET value='%s' WHERE key='id'", lab_state_id(st));
    lab_state_close(st);
    edit_ledger(sql);
    LAB_AUTOFREE char *file = cli_path("lab.yaml");
    static const char *const refused[] = {"up", "start", "stop", "restart", "teardown"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(refused); i++) {
        bool asks = strcmp(refused[i], "teardown") == 0;
        const char *args[] = {refused[i], "-f", file, asks ? "-y" : NULL, NULL};
        put_strangers("", "");
        struct cli_said said = cli_run(args);
        if (said.status != LAB_CONFLICT)
            fail_msg("%s: %d: %s%s", refused[i], said.status, said.out, said.err);
        assert_has(said.err, "have the same id");
        assert_has(said.err, "labs/other/state.db");
        cli_forget(&said);
        assert_untouched(refused[i]);
    }
    LAB_AUTOFREE char *login = cli_path(DIR "/keys/login");
    assert_true(lab_file_exists(login));
}

/* --- names and links -------------------------------------------------------------------------- */

static void a_name_that_leads_out_is_damage(void **state)
{
    (void)state;
    static const char *const edits[] = {
        "UPDATE object SET name='../../../../victim' WHERE name='web-01'",
        "UPDATE node SET name='../../../../victim' WHERE name='web-01'",
        "INSERT INTO object(kind, name, state) VALUES('medium', '../../../../victim', 'present')",
    };
    static const char *const files[] = {"victim", "victim.pub", "victim.log", "victim-seed.iso"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(edits); i++) {
        LAB_AUTOFREE char *home = cli_path("home");
        assert_int_equal(plat_remove_tree(home, NULL), 0);
        cli_make_lab();
        for (size_t k = 0; k < LAB_ARRAY_LEN(files); k++)
            cli_write(files[k], "precious\n");
        edit_ledger(edits[i]);
        cli_rules(CLI_NOTHING "dumpxml*\tmissing\n*\tok\n");
        struct cli_said said = cli("teardown", "--lab", "airgap", "-y");
        if (said.status != LAB_INTEGRITY)
            fail_msg("status %d: %s%s", said.status, said.out, said.err);
        assert_has(said.err, "names a node '../../../../victim', which labctl never does");
        cli_forget(&said);
        for (size_t k = 0; k < LAB_ARRAY_LEN(files); k++) {
            LAB_AUTOFREE char *path = cli_path(files[k]);
            assert_file(path, "precious\n");
        }
    }
}

static void a_lab_name_that_leads_out_is_refused(void **state)
{
    (void)state;
    cli_make_lab();
    LAB_AUTOFREE char *victim = cli_path("keys");
    struct lab_error err = LAB_ERROR_INIT;
    assert_ok(plat_mkdirs(victim, 0700, &err), err);
    cli_write("keys/login", "precious\n");
    cli_rules(CLI_NOTHING "*\tok\n");
    static const char *const names[] = {"../..", "../../../labctl", "..", "."};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++) {
        struct cli_said said = cli("teardown", "-y", "--lab", names[i]);
        assert_int_equal(said.status, LAB_USAGE);
        assert_has(said.err, "is not a name of a lab");
        cli_forget(&said);
        said = cli("teardown", "-y", "--orphans", "--lab", names[i]);
        assert_int_equal(said.status, LAB_USAGE);
        cli_forget(&said);
    }
    LAB_AUTOFREE char *login = cli_path("keys/login");
    assert_file(login, "precious\n");
}

static void links_in_the_lab_s_folder_are_not_followed(void **state)
{
    (void)state;
    static const char *const names[] = {"keys", "media", "console", "vms", "labctl.log", "pki"};
    LAB_AUTOFREE char *outside = cli_path("outside");
    LAB_AUTOFREE char *key = cli_path("outside/web-01");
    struct lab_error err = LAB_ERROR_INIT;
    put_lab();
    cli_make_lab();
    assert_ok(plat_mkdirs(outside, 0700, &err), err);
    scratch_write(key, "precious\n");
    put_strangers("", "");
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++) {
        LAB_AUTOFREE char *dir = cli_path(DIR);
        LAB_AUTOFREE char *link = lab_path_join(dir, names[i]);
        assert_ok(plat_remove_tree(link, &err), err);
        assert_int_equal(symlink(outside, link), 0);
        struct cli_said said = cli("teardown", "--lab", "airgap", "-y");
        if (said.status != LAB_CONFLICT)
            fail_msg("%s: status %d: %s%s", names[i], said.status, said.out, said.err);
        assert_has(said.err, names[i]);
        assert_has(said.err, "is a symbolic link");
        cli_forget(&said);
        assert_file(key, "precious\n");
        assert_ok(plat_remove(link, &err), err);
    }
    struct cli_said said = cli("teardown", "--lab", "airgap", "-y");
    assert_int_equal(said.status, 0);
    cli_forget(&said);
    assert_file(key, "precious\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cli_test(nobodys_are_left_alone),
        cli_test(a_ledger_that_claims_them_changes_nothing),
        cli_test(another_labs_are_left_alone),
        cli_test(an_id_that_was_edited_makes_nothing_ours),
        cli_test(two_ledgers_with_one_id_are_refused),
        cli_test(a_name_that_leads_out_is_damage),
        cli_test(a_lab_name_that_leads_out_is_refused),
        cli_test(links_in_the_lab_s_folder_are_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
