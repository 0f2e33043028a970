/* A lab whose ledger is lost while its VMs run: they are known by their tags, named, and adopted or
 * removed when that is asked for; what another LABCTL_HOME made is not touched by that. */
#include "cli_fixture.h"

#include <sqlite3.h>

#include "base/crypto.h"
#include "media/sshkey.h"

#define DIR       "home/labs/airgap"
#define ID        "5f0c9c1e-0000-4000-8000-0000000000aa"
#define OTHER_ID  "5f0c9c1e-0000-4000-8000-0000000000bb"
#define UUID(n)   "5f0c9c1e-1111-4000-8000-00000000000" n
#define POOL_PATH "/var/lib/libvirt/images/labctl-airgap"
#define NET_UUID  "5f0c9c1e-2222-4000-8000-000000000001"
#define LAB                                                                                        \
    "name: airgap\nprovider: libvirt\nimage_url: ./x.img\nnetworks:\n  default:\n"                 \
    "    ipam: {range: 192.168.6.0/24, gateway: 192.168.6.1, start: 192.168.6.10}\n"               \
    "nodes:\n  - {name_prefix: web, replicas: 2, cpu: 2, memory: 512Mi, disk_size: 1Gi, "          \
    "networks: [default]}\n"

/* One of the two VMs, as libvirt describes it. */
struct vm {
    const char *name, *home, *id; /* home NULL: an older labctl's */
    bool seed;
};

static char *here(void)
{
    return lab_home_tag();
}

static char *tag_of(const char *element, const char *id, const char *home, const char *rest)
{
    LAB_AUTOFREE char *attr = home ? lab_format(" home=\"%s\"", home) : lab_strdup("");
    return lab_format("<metadata><l:%s xmlns:l=\"urn:labctl:1\" lab=\"airgap\" id=\"%s\"%s%s/>"
                      "</metadata>",
                      element, id, attr, rest);
}

static void put_vm(struct lab_str *rules, struct lab_str *stats, const struct vm *vm, int n)
{
    LAB_AUTOFREE char *uuid = lab_format(UUID("%d"), n);
    LAB_AUTOFREE char *file = cli_path(uuid);
    LAB_AUTOFREE char *tag = tag_of("node", vm->id, vm->home, " generation=\"g1\"");
    LAB_AUTOFREE char *xml = lab_format(
        "<domain type='qemu'><name>%s</name><uuid>%s</uuid>%s<memory unit='KiB'>524288</memory>"
        "<vcpu>2</vcpu><devices>%s</devices></domain>\n",
        vm->name, uuid, tag,
        vm->seed ? "<disk type='file' device='cdrom'><source file='/s.iso'/><target dev='sda' "
                   "bus='scsi'/></disk>"
                 : "");
    scratch_write(file, xml);
    lab_str_addf(rules, "dumpxml*%s\tout\t%s\ndumpxml*%s\tout\t%s\n", uuid, file, vm->name, file);
    lab_str_addf(stats, "Domain: '%s'\n  state.state=1\n  state.reason=1\n\n", vm->name);
}

static void put_network_and_pool(struct lab_str *rules, const char *id, const char *home)
{
    char uuid[LAB_UUID_TEXT];
    LAB_AUTOFREE char *net = cli_path("net.xml");
    LAB_AUTOFREE char *pool = cli_path("pool.xml");
    LAB_AUTOFREE char *tag = tag_of("network", id, home, "");
    LAB_AUTOFREE char *seed = lab_format("labctl pool %s", id);
    lab_uuid_named(seed, uuid);
    LAB_AUTOFREE char *net_xml =
        lab_format("<network><name>airgap-default</name><uuid>" NET_UUID "</uuid>%s"
                   "<bridge name='lo'/><ip address='192.168.6.1' prefix='24'/></network>\n",
                   tag);
    LAB_AUTOFREE char *pool_xml =
        lab_format("<pool type='dir'><name>labctl-airgap</name><uuid>%s</uuid>"
                   "<target><path>/var/lib/libvirt/images/labctl-airgap</path></target></pool>\n",
                   uuid);
    scratch_write(net, net_xml);
    scratch_write(pool, pool_xml);
    lab_str_addf(rules,
                 "net-list --name\tsay\tairgap-default\nnet-list*\tsay\t" NET_UUID
                 "\nnet-dumpxml*\tout\t%s\npool-dumpxml*labctl-airgap\tout\t%s\n",
                 net, pool);
}

/* first: rules that go before the rest. */
static void put_hypervisor(const char *first, const struct vm vms[2])
{
    LAB_AUTO_STR struct lab_str rules = LAB_STR_INIT, stats = LAB_STR_INIT;
    LAB_AUTOFREE char *list = cli_path("uuids");
    LAB_AUTOFREE char *file = cli_path("stats");
    scratch_write(list, UUID("1") "\n" UUID("2") "\n");
    lab_str_addf(&rules, "%s" CLI_CONNECTS "list*\tout\t%s\n", first, list);
    put_vm(&rules, &stats, &vms[0], 1);
    put_vm(&rules, &stats, &vms[1], 2);
    put_network_and_pool(&rules, vms[0].id, vms[0].home);
    scratch_write(file, lab_str_get(&stats));
    lab_str_addf(&rules,
                 "dumpxml*\tmissing\ndomstats*\tout\t%s\ndestroy*\tok\nundefine*\tok\nnet-*\tok\n"
                 "pool-list*\tsay\tlabctl-airgap\npool-*\tok\nvol-*\tok\nversion*\tok\n",
                 file);
    cli_rules(lab_str_get(&rules));
    cli_write("log", "");
}

static void put_ours(const char *first, bool seed)
{
    LAB_AUTOFREE char *home = here();
    put_hypervisor(first, (struct vm[2]){{"web-01", home, ID, seed}, {"web-02", home, ID, seed}});
}

static void put_lab(void)
{
    cli_put_lab(LAB);
}

static void put_key(const char *name)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *keys = cli_path(DIR "/keys");
    LAB_AUTOFREE char *path = lab_path_join(keys, name);
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey key = {0};
    assert_ok(plat_mkdirs(keys, 0700, &err), err);
    assert_ok(lab_sshkey_ensure(&key, path, name, &err), err);
}

static void put_keys(void)
{
    put_key("login");
    put_key("web-01");
    put_key("web-02");
}

static struct cli_said lab_cli_say_in(const char *const *args)
{
    LAB_AUTOFREE char *file = cli_path("lab.yaml");
    const char *all[16] = {args[0], "-f", file};
    for (size_t i = 1; args[i]; i++)
        all[i + 2] = args[i];
    return cli_run(all);
}
#define lab(...) lab_cli_say_in((const char *const[]){__VA_ARGS__, NULL})

static bool there(const char *name)
{
    LAB_AUTOFREE char *path = cli_path(name);
    return lab_file_exists(path);
}

static void assert_untouched(void)
{
    static const char *const acts[] = {"destroy",     "undefine",   "define ",
                                       "net-destroy", "net-define", "pool-define",
                                       "pool-del",    "vol-delete", "pool-destroy"};
    LAB_AUTOFREE char *log = cli_read("log");
    for (size_t i = 0; i < LAB_ARRAY_LEN(acts); i++)
        assert_lacks(log, acts[i]);
}

#define assert_said(said, code, text, part)                                                        \
    do {                                                                                           \
        if ((said).status != (code))                                                               \
            fail_msg("status %d: %s%s", (said).status, (said).out, (said).err);                    \
        assert_has((said).text, part);                                                             \
    } while (0)

/* --- refusing --------------------------------------------------------------------------------- */

static void up_names_each_and_both_ways_out(void **state)
{
    (void)state;
    static const char *const commands[] = {"up", "plan", "teardown"};
    put_lab();
    put_ours("", false);
    for (size_t i = 0; i < 3; i++) {
        struct cli_said said = i < 2 ? lab(commands[i]) : lab(commands[i], "-y");
        assert_said(said, LAB_CONFLICT, err, "state.db' is gone");
        assert_has(said.err, "VM 'web-01' (qemu:///system, uuid " UUID("1") ", running)");
        assert_has(said.err, "VM 'web-02' (qemu:///system, uuid " UUID("2"));
        assert_has(said.err, "network 'airgap-default' (qemu:///system, uuid " NET_UUID ")");
        assert_has(said.err, "'labctl-airgap' (/var/lib/libvirt/images/labctl-airgap)");
        assert_has(said.err, "lab.yaml up --adopt;");
        assert_has(said.err, "lab.yaml teardown --orphans\n");
        cli_forget(&said);
    }
    assert_untouched();
    assert_false(there(DIR)); /* no ledger that would hide them the next time */
}

static void an_empty_ledger_hides_nothing(void **state)
{
    (void)state;
    put_lab();
    put_ours("", false);
    lab_state_close(cli_open_lab(LAB_STATE_CREATE));
    struct cli_said said = lab("up");
    assert_said(said, LAB_CONFLICT, err, "up --adopt");
    cli_forget(&said);
    assert_untouched();
}

static void status_says_so(void **state)
{
    (void)state;
    put_lab();
    put_ours("", false);
    struct cli_said said = lab("status");
    assert_said(said, 0, out, "an orphan");
    cli_forget(&said);
}

static void keys_stay_while_nobody_can_look(void **state)
{
    (void)state;
    put_lab();
    put_keys();
    cli_rules(CLI_CONNECTS "list*\terr\tlibvirt is busy\n");
    struct cli_said said = lab("teardown", "-y");
    assert_true(said.status != 0);
    assert_has(said.err, "libvirt is busy");
    assert_true(there(DIR "/keys/login"));
    cli_forget(&said);
}

static void what_labctl_never_writes_is_no_tag(void **state)
{
    (void)state;
    LAB_AUTOFREE char *home = here();
    put_lab();
    put_hypervisor("net-dumpxml*\tsay\t<network/>\n",
                   (struct vm[2]){{"../keys", home, ID, false}, {"web-07", home, "$(reboot)", 0}});
    struct cli_said said = lab("teardown", "--orphans", "-y");
    assert_said(said, 0, out, "nothing to remove");
    cli_forget(&said);
    assert_untouched();
}

/* --- whose ------------------------------------------------------------------------------------ */

static void another_homes_wants_its_id_and_a_yes(void **state)
{
    (void)state;
    put_lab();
    put_hypervisor("", (struct vm[2]){{"web-01", "other:/home/lee/labctl", OTHER_ID, false},
                                      {"web-02", "other:/home/lee/labctl", OTHER_ID, false}});
    struct cli_said said = lab("up");
    assert_said(said, LAB_CONFLICT, err, "made from other:/home/lee/labctl");
    assert_has(said.err, "nobody else's");
    assert_has(said.err, "teardown --orphans=" OTHER_ID);
    cli_forget(&said);
    said = lab("teardown", "--orphans", "-y");
    assert_said(said, 0, out, "nothing to remove");
    cli_forget(&said);
    said = lab("teardown", "-y"); /* one's own lab is gone, whatever others call theirs */
    assert_said(said, 0, out, "nothing to remove");
    cli_forget(&said);
    said = lab("up", "--adopt", "-y");
    assert_said(said, LAB_CONFLICT, err, "up --adopt=" OTHER_ID);
    cli_forget(&said);
    said = lab("teardown", "--orphans=" OTHER_ID);
    assert_said(said, LAB_USAGE, err, "wants a yes");
    cli_forget(&said);
    put_keys();
    said = lab("up", "--adopt=" OTHER_ID, "--no-start");
    assert_said(said, LAB_USAGE, err, "wants a yes");
    cli_forget(&said);
    assert_untouched();
    assert_false(there(DIR "/state.db"));
    said = lab("teardown", "--orphans=" OTHER_ID, "-y");
    assert_said(said, 0, out, "removed: VM web-01");
    cli_forget(&said);
}

/* Neither in the way nor asked for: another user's lab of the same name. */
static void another_homes_under_other_names_is_no_matter(void **state)
{
    (void)state;
    put_lab();
    put_hypervisor("", (struct vm[2]){{"db-01", "other:/home/lee/labctl", OTHER_ID, false},
                                      {"db-02", "other:/home/lee/labctl", OTHER_ID, false}});
    struct cli_said said = lab("plan");
    assert_said(said, 0, out, "create");
    cli_forget(&said);
    said = lab("teardown", "-y");
    assert_said(said, 0, out, "nothing to remove");
    cli_forget(&said);
    assert_untouched();
}

static void an_older_labctls_wants_its_id(void **state)
{
    (void)state;
    put_lab();
    put_hypervisor("", (struct vm[2]){{"web-01", NULL, ID, false}, {"web-02", NULL, ID, false}});
    struct cli_said said = lab("up");
    assert_said(said, LAB_CONFLICT, err, "made by an older labctl");
    assert_has(said.err, "up --adopt=" ID);
    cli_forget(&said);
    said = lab("teardown", "--orphans", "-y");
    assert_said(said, 0, out, "nothing to remove");
    cli_forget(&said);
    assert_untouched();
}

static void a_lab_whose_folder_was_renamed_is_not_lost(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    put_lab();
    cli_make_lab();
    LAB_AUTOFREE char *id = cli_lab_id();
    LAB_AUTOFREE char *home = here();
    LAB_AUTOFREE char *from = cli_path(DIR);
    LAB_AUTOFREE char *to = cli_path("home/labs/kept");
    put_hypervisor("", (struct vm[2]){{"web-01", home, id, false}, {"web-02", home, id, false}});
    assert_ok(plat_rename(from, to, &err), err);
    struct cli_said said = lab("teardown", "--orphans", "-y");
    assert_said(said, 0, out, "nothing to remove");
    cli_forget(&said);
    assert_untouched();
}

/* --- removing --------------------------------------------------------------------------------- */

static void assert_all_went(void)
{
    LAB_AUTOFREE char *log = cli_read("log");
    assert_has(log, "undefine --domain " UUID("1"));
    assert_has(log, "undefine --domain " UUID("2"));
    assert_has(log, "net-undefine --network airgap-default");
    assert_has(log, "pool-undefine --pool labctl-airgap");
}

static void orphans_are_removed(void **state)
{
    (void)state;
    put_lab();
    put_keys();
    put_ours("", false);
    struct cli_said said = lab("teardown", "--orphans");
    assert_said(said, LAB_USAGE, err, "wants a yes");
    cli_forget(&said);
    said = lab("teardown", "--orphans", "--dry-run");
    assert_said(said, 0, out, "would remove: vm web-01");
    assert_has(said.out, "would remove: pool labctl-airgap");
    cli_forget(&said);
    assert_untouched();
    assert_true(there(DIR "/keys/login"));
    said = cli("teardown", "--orphans", "-y", "--lab", "airgap"); /* without lab.yaml, too */
    assert_said(said, 0, out, "removed: VM web-02");
    assert_has(said.out, "removed: network airgap-default");
    cli_forget(&said);
    assert_all_went();
    assert_false(there(DIR));
}

static void a_removal_cut_short_is_finished_by_teardown(void **state)
{
    (void)state;
    put_lab();
    put_ours("undefine*" UUID("2") "*\terr\tlibvirt is busy\n", false);
    struct cli_said said = lab("teardown", "--orphans", "-y");
    assert_true(said.status != 0);
    assert_has(said.err, "libvirt is busy");
    cli_forget(&said);
    LAB_AUTOFREE char *id = cli_lab_id();
    assert_string_equal(id, ID);
    put_ours("", false);
    said = lab("teardown", "-y");
    assert_said(said, 0, out, "removed: network airgap-default");
    cli_forget(&said);
    assert_false(there(DIR));
}

static void the_same_command_finishes_a_removal_cut_short(void **state)
{
    (void)state;
    put_lab();
    put_ours("undefine*" UUID("2") "*\terr\tlibvirt is busy\n", false);
    struct cli_said said = lab("teardown", "--orphans", "-y");
    assert_true(said.status != 0);
    cli_forget(&said);
    put_ours("", false);
    said = lab("teardown", "--orphans", "-y");
    assert_said(said, 0, out, "removed: network airgap-default");
    cli_forget(&said);
    assert_false(there(DIR));
}

/* Killed when only the folder was left. */
static void the_same_command_removes_the_last_of_it(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    put_lab();
    struct lab_state *st = cli_open_lab(LAB_STATE_CREATE);
    assert_ok(lab_state_set(st, "provider", "libvirt", &err), err);
    assert_ok(lab_state_set(st, "orphans", "removing", &err), err);
    lab_state_close(st);
    cli_rules(CLI_NOTHING);
    struct cli_said said = lab("teardown", "--orphans", "-y");
    assert_said(said, 0, out, "removed: folder");
    cli_forget(&said);
    assert_false(there(DIR));
}

/* --- a storage pool alone ----------------------------------------------------------------------
 */

/* The VMs are gone, and the network is the user's. tag: of which id and home a volume in it says
 * that the pool is. */
static void put_pool_alone(const char *tag_id, const char *home)
{
    char sum[LAB_SHA256_HEX];
    LAB_AUTO_STR struct lab_str rules = LAB_STR_INIT;
    LAB_AUTOFREE char *list = cli_path("volumes");
    lab_sha256_hex(home, strlen(home), sum);
    LAB_AUTOFREE char *volumes = lab_format(" labctl.%s.%.16s   " POOL_PATH "/labctl.%s.%.16s\n"
                                            " web-01.qcow2   " POOL_PATH "/web-01.qcow2\n",
                                            tag_id, sum, tag_id, sum);
    scratch_write(list, volumes);
    lab_str_addf(
        &rules,
        CLI_CONNECTS "list*\tok\nnet-list*\tok\nnet-dumpxml*\tmissing\nvol-list*\tout\t%s\n", list);
    put_network_and_pool(&rules, ID, home);
    lab_str_add(&rules,
                "dumpxml*\tmissing\ndomstats*\tok\nnet-*\tok\npool-list*\tsay\tlabctl-airgap\n"
                "pool-*\tok\nvol-*\tok\nversion*\tok\n");
    cli_rules(lab_str_get(&rules));
    cli_write("log", "");
}

static void a_pool_alone_is_known_by_its_tag(void **state)
{
    (void)state;
    LAB_AUTOFREE char *home = here();
    put_lab();
    put_pool_alone(ID, home);
    struct cli_said said = lab("up");
    assert_said(said, LAB_CONFLICT, err, "'labctl-airgap' (" POOL_PATH "), of id " ID);
    assert_has(said.err, "teardown --orphans");
    cli_forget(&said);
    assert_untouched();
    said = lab("teardown", "--orphans");
    assert_said(said, LAB_USAGE, err, "wants a yes");
    cli_forget(&said);
    assert_untouched();
    said = lab("teardown", "--orphans", "-y");
    assert_said(said, 0, out, "removed: ");
    cli_forget(&said);
    LAB_AUTOFREE char *log = cli_read("log");
    char *disk = strstr(log, "vol-delete --pool labctl-airgap --vol web-01.qcow2");
    char *tag = strstr(log, "vol-delete --pool labctl-airgap --vol labctl." ID);
    assert_true(disk && tag && disk < tag);
    assert_has(tag, "pool-undefine --pool labctl-airgap");
    assert_false(there(DIR));
}

static void another_homes_pool_wants_its_id(void **state)
{
    (void)state;
    put_lab();
    put_pool_alone(ID, "other:/home/lee/labctl");
    struct cli_said said = lab("teardown", "--orphans", "-y");
    assert_said(said, 0, out, "nothing to remove");
    cli_forget(&said);
    assert_untouched();
    said = lab("teardown", "--orphans=" ID, "-y");
    assert_said(said, 0, out, "removed: ");
    cli_forget(&said);
    LAB_AUTOFREE char *log = cli_read("log");
    assert_has(log, "pool-undefine --pool labctl-airgap");
}

/* Anybody can give a file such a name: the pool's UUID is not made from that id. */
static void a_tag_that_does_not_fit_its_pool_is_none(void **state)
{
    (void)state;
    LAB_AUTOFREE char *home = here();
    put_lab();
    put_pool_alone(OTHER_ID, home);
    struct cli_said said = lab("teardown", "--orphans", "-y");
    assert_said(said, 0, out, "nothing to remove");
    cli_forget(&said);
    said = lab("teardown", "--orphans=" OTHER_ID, "-y");
    assert_said(said, 0, out, "nothing to remove");
    cli_forget(&said);
    assert_untouched();
}

/* Beside a lab of this name that has its ledger: that one is not touched. */
static void orphans_beside_a_lab_are_removed_alone(void **state)
{
    (void)state;
    put_lab();
    cli_make_lab();
    put_ours("", false);
    struct cli_said said = lab("teardown", "--orphans", "-y");
    assert_said(said, 0, out, "removed: VM web-01 of id " ID);
    cli_forget(&said);
    assert_all_went();
    struct lab_state *st = cli_open_lab(LAB_STATE_READ);
    struct lab_node_records nodes;
    struct lab_error err = LAB_ERROR_INIT;
    assert_ok(lab_state_nodes(st, &nodes, &err), err);
    assert_int_equal(nodes.list.len, 2);
    lab_node_records_clear(&nodes);
    lab_state_close(st);
    assert_true(there(DIR "/keys/login"));
}

/* --- adopting --------------------------------------------------------------------------------- */

static void assert_adopted(bool settled)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_node_records nodes;
    struct lab_objects objects;
    struct lab_state *st = cli_open_lab(LAB_STATE_READ);
    assert_string_equal(lab_state_id(st), ID);
    assert_string_equal(lab_state_get(st, "provider"), "libvirt");
    assert_ok(lab_state_nodes(st, &nodes, &err), err);
    assert_int_equal(nodes.list.len, 2);
    const struct lab_node_record *r = &nodes.list.items[1];
    assert_string_equal(r->name, "web-02");
    assert_string_equal(r->generation, "g1");
    assert_int_equal(r->cpu, 2);
    assert_int_equal(r->memory_mib, 512);
    assert_string_equal(r->nics.items[0].ip, "192.168.6.11");
    assert_true(r->provisioned == settled && r->detached == settled && r->restarted == settled);
    assert_non_null(r->provision_hash);
    assert_ok(lab_state_objects(st, &objects, &err), err);
    size_t vms = 0, networks = 0;
    LAB_VEC_FOREACH (o, &objects.list) {
        vms += o->kind == LAB_OBJECT_VM;
        networks += o->kind == LAB_OBJECT_NETWORK;
    }
    assert_int_equal(vms, 2);
    assert_int_equal(networks, 1);
    lab_objects_clear(&objects);
    lab_node_records_clear(&nodes);
    lab_state_close(st);
}

static void with_their_keys_they_are_adopted(void **state)
{
    (void)state;
    put_lab();
    put_keys();
    put_ours("", false);
    struct cli_said said = lab("up", "--adopt", "--no-start");
    assert_said(said, 0, err, "adopted web-01, web-02 with id " ID);
    assert_has(said.err, "from lab.yaml as it is now");
    cli_forget(&said);
    assert_untouched();
    assert_adopted(true);
    said = lab("plan");
    assert_said(said, 0, out, "nothing to do");
    cli_forget(&said);
    said = lab("up", "--adopt", "--no-start"); /* again: there is nothing left to adopt */
    assert_said(said, 0, out, "");
    assert_lacks(said.err, "adopted");
    cli_forget(&said);
    said = lab("teardown", "-y");
    assert_said(said, 0, out, "removed: VM web-01");
    cli_forget(&said);
    assert_all_went();
}

/* Nothing says that a node that still has its seed is through. */
static void one_with_its_seed_is_in_the_middle(void **state)
{
    (void)state;
    put_lab();
    put_keys();
    put_ours("", true);
    struct cli_said said = lab("up", "--adopt", "--no-start"); /* there is no pool for its image */
    assert_has(said.err, "adopted web-01, web-02");
    cli_forget(&said);
    assert_adopted(false);
    said = lab("plan");
    assert_said(said, 0, out, "not through cloud-init yet");
    cli_forget(&said);
}

static void without_a_key_it_is_refused_and_says_what_helps(void **state)
{
    (void)state;
    put_lab();
    put_key("login");
    put_key("web-01");
    put_ours("", false);
    struct cli_said said = lab("up", "--adopt");
    assert_said(said, LAB_CONFLICT, err, "cannot be reached or trusted");
    assert_has(said.err, "node 'web-02'");
    assert_has(said.err, "/keys/web-02' is gone");
    assert_lacks(said.err, "node 'web-01'");
    assert_has(said.err, "up --adopt --recreate web-02");
    cli_forget(&said);
    assert_false(there(DIR "/state.db"));
    LAB_AUTOFREE char *login = cli_path(DIR "/keys/login");
    assert_int_equal(plat_remove(login, NULL), 0);
    said = lab("up", "--adopt");
    assert_said(said, LAB_CONFLICT, err, "the key by which labctl logs in");
    assert_has(said.err, "up --adopt --recreate web-01 --recreate web-02");
    cli_forget(&said);
    assert_untouched();
    said = lab("up", "--adopt", "--recreate"); /* asks before it destroys them */
    assert_said(said, LAB_USAGE, err, "not replacing web-01, web-02 without a yes");
    cli_forget(&said);
    assert_untouched();
}

static void two_labs_leftovers_are_not_mixed(void **state)
{
    (void)state;
    LAB_AUTOFREE char *home = here();
    put_lab();
    put_keys();
    put_hypervisor("",
                   (struct vm[2]){{"web-01", home, ID, false}, {"web-02", home, OTHER_ID, false}});
    struct cli_said said = lab("up", "--adopt");
    assert_said(said, LAB_CONFLICT, err, "left of several labs");
    assert_has(said.err, "of id " OTHER_ID);
    cli_forget(&said);
    assert_untouched();
    said = lab("teardown", "--orphans", "-y"); /* one after the other */
    assert_said(said, 0, out, "removed: VM web-02");
    assert_has(said.out, "removed: VM web-01");
    cli_forget(&said);
    assert_false(there(DIR));
}

/* --- ledgers that are there ------------------------------------------------------------------- */

static void break_ledger(void)
{
    lab_state_close(cli_open_lab(LAB_STATE_CREATE));
    cli_write(DIR "/state.db", "no database\n");
}

static char *aside(void)
{
    LAB_AUTOFREE char *dir = cli_path(DIR);
    LAB_AUTOFREE char *found = NULL;
    struct lab_names names = {0};
    uv_fs_t req;
    uv_dirent_t entry;
    assert_true(uv_fs_scandir(NULL, &req, dir, 0, NULL) >= 0);
    while (uv_fs_scandir_next(&req, &entry) == 0)
        if (strstr(entry.name, "state.db.damaged-") && !strstr(entry.name, "-wal"))
            found = lab_format(DIR "/%s", entry.name);
    uv_fs_req_cleanup(&req);
    lab_names_clear(&names);
    assert_non_null(found);
    return cli_read(found);
}

static void a_damaged_ledger_is_moved_aside_and_kept(void **state)
{
    (void)state;
    put_lab();
    put_keys();
    put_ours("", false);
    break_ledger();
    struct cli_said said = lab("up");
    assert_said(said, LAB_INTEGRITY, err, DIR "/state.db' is damaged");
    assert_has(said.err, "labctl up --adopt");
    assert_has(said.err, "labctl teardown --orphans");
    cli_forget(&said);
    said = lab("teardown", "-y");
    assert_said(said, LAB_INTEGRITY, err, "labctl teardown --orphans");
    cli_forget(&said);
    LAB_AUTOFREE char *before = cli_read(DIR "/state.db");
    assert_string_equal(before, "no database\n");
    said = lab("up", "--adopt", "--no-start");
    assert_said(said, 0, err, "the damaged ledger is '");
    cli_forget(&said);
    assert_adopted(true);
    LAB_AUTOFREE char *kept = aside();
    assert_string_equal(kept, "no database\n");
    said = lab("teardown", "-y");
    assert_said(said, 0, out, "the damaged ledger that was moved aside");
    cli_forget(&said);
    LAB_AUTOFREE char *still = aside();
    assert_string_equal(still, "no database\n");
}

static void orphans_of_a_damaged_ledger_are_removed(void **state)
{
    (void)state;
    put_lab();
    put_ours("", false);
    break_ledger();
    struct cli_said said = lab("teardown", "--orphans", "-y");
    assert_said(said, 0, out, "removed: VM web-01");
    cli_forget(&said);
    assert_all_went();
    LAB_AUTOFREE char *kept = aside();
    assert_string_equal(kept, "no database\n");
}

static void a_newer_ledger_is_left_alone(void **state)
{
    (void)state;
    put_lab();
    put_keys();
    lab_state_close(cli_open_lab(LAB_STATE_CREATE));
    LAB_AUTOFREE char *path = cli_path(DIR "/state.db");
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA user_version=9; UPDATE fact SET value='" ID
                                  "' WHERE key='id'; UPDATE fact SET value='7.5.3' WHERE "
                                  "key='labctl'; INSERT INTO object(kind, name, state) "
                                  "VALUES('vm', 'web-01', 'present')",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    put_ours("", false);
    struct cli_said said = lab("up", "--adopt");
    assert_said(said, LAB_CONFLICT, err, "labctl 7.5.3 (format 9)");
    cli_forget(&said);
    said = lab("teardown", "-y");
    assert_said(said, LAB_CONFLICT, err, "labctl 7.5.3 (format 9)");
    cli_forget(&said);
    said = lab("teardown", "--orphans", "-y"); /* its id is known, so they are none */
    assert_said(said, 0, out, "nothing to remove");
    cli_forget(&said);
    assert_untouched();
    assert_true(there(DIR "/state.db"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cli_test(up_names_each_and_both_ways_out),
        cli_test(an_empty_ledger_hides_nothing),
        cli_test(status_says_so),
        cli_test(keys_stay_while_nobody_can_look),
        cli_test(what_labctl_never_writes_is_no_tag),
        cli_test(another_homes_wants_its_id_and_a_yes),
        cli_test(another_homes_under_other_names_is_no_matter),
        cli_test(an_older_labctls_wants_its_id),
        cli_test(a_lab_whose_folder_was_renamed_is_not_lost),
        cli_test(orphans_are_removed),
        cli_test(a_removal_cut_short_is_finished_by_teardown),
        cli_test(the_same_command_removes_the_last_of_it),
        cli_test(a_pool_alone_is_known_by_its_tag),
        cli_test(another_homes_pool_wants_its_id),
        cli_test(a_tag_that_does_not_fit_its_pool_is_none),
        cli_test(the_same_command_finishes_a_removal_cut_short),
        cli_test(orphans_beside_a_lab_are_removed_alone),
        cli_test(with_their_keys_they_are_adopted),
        cli_test(one_with_its_seed_is_in_the_middle),
        cli_test(without_a_key_it_is_refused_and_says_what_helps),
        cli_test(two_labs_leftovers_are_not_mixed),
        cli_test(a_damaged_ledger_is_moved_aside_and_kept),
        cli_test(orphans_of_a_damaged_ledger_are_removed),
        cli_test(a_newer_ledger_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
