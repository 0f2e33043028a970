/* The provider's decisions against tests/fake/virsh: what it asks, and above all what it does not
 * do. The same against a real libvirt: test_provider_real.c. */
#include "provider_fake.h"

static struct lab_provider lab;

#define CONNECTS "uri\tok\n"
#define WEB_RUNS                                                                                   \
    "dumpxml web-01\tout\t" RECORDED "dumpxml-running.xml\n"                                       \
    "dumpxml --inactive web-01\tout\t" RECORDED "dumpxml-inactive.xml\n"
#define STATS "domstats*\tout\t" RECORDED "domstats.txt\n"
#define NO_VM "dumpxml*\tmissing\ndomstats*\tok\n"
#define NO_POOL                                                                                    \
    "pool-dumpxml*\terr\tfailed to get pool 'labctl-airgap'\n"                                     \
    "pool-list*\tok\n"                                                                             \
    "pool-define*\tok\npool-build*\tok\npool-start*\tok\n"

static void open_with(const char *rules)
{
    LAB_AUTOFREE char *all = lab_format(CONNECTS "%s", rules);
    fake_rules(all);
    assert_ok(fake_open(&lab, NULL, &err));
    fake_forget();
}

static void assert_only_asked(void)
{
    static const char *const acts[] = {"snapshot-",  "\ndefine",   "start",      "destroy",
                                       "undefine",   "shutdown",   "resume",     "vol-create",
                                       "vol-delete", "vol-upload", "vol-resize", "net-define",
                                       "pool-define"};
    LAB_AUTOFREE char *log = fake_log();
    for (size_t i = 0; i < LAB_ARRAY_LEN(acts); i++)
        assert_lacks(log, acts[i]);
}

static struct lab_vm vm_of(const char *name)
{
    return (struct lab_vm){.name = name,
                           .uuid = "5f0c9c1e-1111-4000-8000-000000000009",
                           .cpu = 1,
                           .memory_mib = 64,
                           .disk_bytes = 1 << 20,
                           .base = "/pool/base.qcow2",
                           .hypervisor = "qemu"};
}

static void closing(void)
{
    lab.ops->close(&lab);
}

/* --- query ---------------------------------------------------------------------------------------
 */

static void one_process_answers_for_all(void **state)
{
    (void)state;
    open_with(WEB_RUNS STATS "dumpxml*nobody\tmissing\n");
    const char *names[] = {"nobody", "web-01"};
    struct lab_vm_states states = {{0}};
    assert_ok(lab.ops->query(&lab, names, 2, &states, &err));
    assert_int_equal(fake_count("process"), 1);
    const struct lab_vm_state *nobody = &states.list.items[0], *web = &states.list.items[1];
    assert_string_equal(nobody->name, "nobody");
    assert_int_equal(nobody->power, LAB_POWER_ABSENT);
    assert_int_equal(web->power, LAB_POWER_ON);
    assert_true(web->ours && web->seed_attached && web->payload_attached);
    assert_string_equal(web->where, "web-01 on " FAKE_URI);
    assert_false(web->accelerated);
    lab_vm_states_clear(&states);
    closing();
}

/* Emulated guests get longer; every command must know, not only the one that defines. */
static void the_query_tells_who_is_emulated(void **state)
{
    (void)state;
    open_with(
        "dumpxml*\tsay\t<domain type='kvm'><name>web-01</name><uuid>u</uuid></domain>\n" STATS);
    const char *name = "web-01";
    struct lab_vm_states states = {{0}};
    assert_ok(lab.ops->query(&lab, &name, 1, &states, &err));
    assert_true(states.list.items[0].accelerated);
    lab_vm_states_clear(&states);
    closing();
}

static void hundreds_of_names_stay_few_processes(void **state)
{
    (void)state;
    enum { N = 700 };
    char *names[N];
    for (int i = 0; i < N; i++)
        names[i] = lab_format("node-%04d", i);
    struct lab_vm_states states = {{0}};
    open_with("domstats*\tok\ndumpxml*node-0007\terr\tlibvirt is busy\ndumpxml*\tmissing\n");
    assert_refused(lab.ops->query(&lab, (const char *const *)names, N, &states, &err),
                   LAB_HYPERVISOR, "cannot read VM 'node-0007' (" FAKE_URI "): libvirt is busy",
                   NULL);
    lab_vm_states_clear(&states);
    fake_rules("domstats*\tok\ndumpxml*\tmissing\n");
    fake_forget();
    assert_ok(lab.ops->query(&lab, (const char *const *)names, N, &states, &err));
    assert_int_equal(states.list.len, N);
    assert_string_equal(states.list.items[N - 1].name, "node-0699");
    assert_int_equal(states.list.items[N - 1].power, LAB_POWER_ABSENT);
    assert_int_equal(fake_count("process"), 2);
    lab_vm_states_clear(&states);
    for (int i = 0; i < N; i++)
        free(names[i]);
    closing();
}

static enum lab_power power_with(const char *stats)
{
    LAB_AUTOFREE char *rules = lab_format(CONNECTS WEB_RUNS "domstats*\tout\t%s/stats\n", fake_dir);
    LAB_AUTOFREE char *path = fake_path("stats");
    write_text(path, stats);
    fake_rules(rules);
    const char *name = "web-01";
    struct lab_vm_states states = {{0}};
    assert_ok(lab.ops->query(&lab, &name, 1, &states, &err));
    enum lab_power power = states.list.items[0].power;
    lab_vm_states_clear(&states);
    return power;
}

static void states_are_read_from_numbers(void **state)
{
    (void)state;
    open_with("");
    static const struct {
        int state, reason;
        enum lab_power power;
    } cases[] = {
        {1, 1, LAB_POWER_ON},      {2, 0, LAB_POWER_ON},     {3, 5, LAB_POWER_PAUSED},
        {4, 1, LAB_POWER_ON},      {5, 1, LAB_POWER_OFF},    {5, 3, LAB_POWER_CRASHED},
        {6, 0, LAB_POWER_CRASHED}, {7, 0, LAB_POWER_PAUSED},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE char *stats =
            lab_format("Domain: 'web-01'\n  state.state=%d\n  state.reason=%d\n", cases[i].state,
                       cases[i].reason);
        assert_int_equal(power_with(stats), cases[i].power);
    }
    /* Undefined between the two questions. */
    assert_int_equal(power_with("Domain: 'other'\n  state.state=1\n"), LAB_POWER_ABSENT);
    assert_int_equal(power_with(""), LAB_POWER_ABSENT);
    closing();
}

static void an_unanswered_question_is_not_absence(void **state)
{
    (void)state;
    open_with(WEB_RUNS "domstats*\terr\tCannot allocate memory\n");
    const char *name = "web-01";
    struct lab_vm_states states = {{0}};
    assert_refused(lab.ops->query(&lab, &name, 1, &states, &err), LAB_HYPERVISOR, "allocate",
                   "virsh -c 'qemu:///system' list --all");
    lab_vm_states_clear(&states);
    closing();
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    open_with("dumpxml*\tsay\t<domain><name>web-01</na\ndomstats*\tok\n");
    const char *name = "web-01";
    struct lab_vm_states states = {{0}};
    assert_refused(lab.ops->query(&lab, &name, 1, &states, &err), LAB_HYPERVISOR,
                   "VM 'web-01' (" FAKE_URI "): libvirt's description of a domain cannot be read",
                   NULL);
    lab_vm_states_clear(&states);
    closing();
}

/* virsh would take these for an id and a UUID, and show another VM. */
static void names_like_ids_are_not_given_to_virsh(void **state)
{
    (void)state;
    static const char *const names[] = {"5", "123e4567-e89b-42d3-a456-426614174000"};
    open_with("list*\tok\n");
    struct lab_vm_states states = {{0}};
    assert_ok(lab.ops->query(&lab, names, 2, &states, &err));
    assert_int_equal(states.list.len, 2);
    assert_int_equal(states.list.items[0].power, LAB_POWER_ABSENT);
    LAB_AUTOFREE char *log = fake_log();
    assert_lacks(log, "dumpxml");
    lab_vm_states_clear(&states);
    closing();
}

/* --- what is not ours
 * ------------------------------------------------------------------------------ */

static void a_strangers_vm_is_only_looked_at(void **state)
{
    (void)state;
    open_with("dumpxml*\tsay\t<domain><name>db</name><uuid>u</uuid></domain>\n"
              "domstats*\tsay\tDomain: 'db'\n");
    struct lab_vm vm = vm_of("db");
    assert_refused(lab.ops->define(&lab, &vm, &err), LAB_CONFLICT, "'db' on " FAKE_URI,
                   "undefine --nvram --managed-save db");
    assert_refused(lab.ops->start(&lab, "db", &err), LAB_CONFLICT, "'db'", NULL);
    assert_refused(lab.ops->soft_stop(&lab, "db", &err), LAB_CONFLICT, "'db'", NULL);
    assert_refused(lab.ops->hard_stop(&lab, "db", &err), LAB_CONFLICT, "'db'", NULL);
    assert_refused(lab.ops->grow_disk(&lab, "db", 5, &err), LAB_CONFLICT, "'db'", NULL);
    assert_refused(lab.ops->destroy(&lab, "db", &err), LAB_CONFLICT, "'db'", NULL);
    assert_only_asked();
    closing();
}

/* Between looking and defining, somebody takes the name. */
static void a_name_taken_meanwhile_is_a_conflict(void **state)
{
    (void)state;
    open_with(NO_VM NO_POOL
              "vol-list*\tok\nvol-create-as*\tok\n"
              "define*\terr\tFailed\\nerror: domain 'web-01' already exists with uuid x\n");
    struct lab_vm vm = vm_of("web-01");
    vm.base = "/p/b.raw";
    /* The images' pool is not there in this rule set either; both are made. */
    assert_refused(lab.ops->define(&lab, &vm, &err), LAB_CONFLICT, "already exists with uuid",
                   NULL);
    LAB_AUTOFREE char *log = fake_log();
    assert_has(log, "--backing-vol /p/b.raw --backing-vol-format raw");
    closing();
}

static void a_pool_of_another_lab_is_a_conflict(void **state)
{
    (void)state;
    open_with("pool-dumpxml*\tout\t" RECORDED "pool-dumpxml.xml\npool-list*\tok\n" NO_VM);
    struct lab_vm vm = vm_of("web-01");
    assert_refused(lab.ops->define(&lab, &vm, &err), LAB_CONFLICT, "'labctl-airgap'",
                   "pool-undefine labctl-airgap");
    assert_ok(lab.ops->remove_lab(&lab, &err));
    assert_ok(lab.ops->remove_medium(&lab, "payload", &err));
    assert_only_asked();
    closing();
}

/* The node was provisioned and its volume deleted by hand: an empty disk would pass for the guest.
 */
static void a_disk_that_is_gone_is_not_made_again(void **state)
{
    (void)state;
    LAB_AUTOFREE char *stats = fake_path("stats");
    write_text(stats, "Domain: 'web-01'\n  state.state=5\n  state.reason=1\n");
    LAB_AUTOFREE char *rules =
        lab_format(WEB_RUNS "domstats*\tout\t%s\n" NO_POOL "vol-list*\tok\nvol-create-as*\tok\n"
                            "define*\tok\n",
                   stats);
    open_with(rules);
    struct lab_vm vm = vm_of("web-01");
    assert_refused(lab.ops->define(&lab, &vm, &err), LAB_HYPERVISOR,
                   "no volume 'web-01.qcow2' in pool 'labctl-airgap'", "up --recreate web-01");
    assert_refused(lab.ops->grow_disk(&lab, "web-01", 5, &err), LAB_HYPERVISOR,
                   "no volume 'web-01.qcow2'", "up --recreate web-01");
    assert_int_equal(fake_count("vol-create-as"), 0);
    vm.seed = "/p/seed.iso"; /* before its first boot there is nothing to lose */
    assert_ok(lab.ops->define(&lab, &vm, &err));
    assert_int_equal(fake_count("vol-create-as"), 2); /* with the pool's tag */
    closing();
}

/* Somebody undefined the VM between our look and the detach; its disk holds the guest. */
static void a_disk_with_a_guest_is_not_replaced(void **state)
{
    (void)state;
    open_with(NO_VM NO_POOL
              "vol-list*\tsay\t web-01.qcow2   /var/lib/libvirt/images/labctl-airgap/web-01.qcow2\n"
              "vol-delete*\tok\nvol-create-as*\tok\ndefine*\tok\n");
    struct lab_vm vm = vm_of("web-01");
    assert_ok(lab.ops->define(&lab, &vm, &err));
    assert_int_equal(fake_count("vol-delete") + fake_count("vol-create-as"), 0);
    vm.seed = "/p/seed.iso"; /* half made by an attempt that was killed */
    assert_ok(lab.ops->define(&lab, &vm, &err));
    assert_int_equal(fake_count("vol-delete"), 1);
    assert_int_equal(fake_count("vol-create-as"), 2); /* with the pool's tag */
    closing();
}

/* --- storage
 * -------------------------------------------------------------------------------------- */

static int put(struct lab_error *err)
{
    LAB_AUTOFREE char *path = fake_path("seed.iso");
    write_text(path, "seed");
    char *ref = NULL;
    int rc = lab.ops->put_medium(&lab, "seed", path, "0123456789abcdef0123", NULL, &ref, err);
    free(ref);
    return rc;
}

/* vol-upload reports success even when its volume was deleted meanwhile. */
static void an_upload_that_did_not_arrive_is_tried_again(void **state)
{
    (void)state;
    open_with(NO_POOL "vol-list*\tok\nvol-create-as*\tok\nvol-upload*\tok\nvol-delete*\tok\n"
                      "vol-info*\terr\tfailed to get vol 'x'\n");
    assert_refused(put(&err), LAB_HYPERVISOR, "did not arrive", NULL);
    assert_int_equal(fake_count("\nvol-upload"), 3);
    assert_int_equal(fake_count(".ok"), 0); /* never marked as complete */
    closing();
}

static void a_short_upload_is_not_believed(void **state)
{
    (void)state;
    open_with(NO_POOL "vol-list*\tok\nvol-create-as*\tok\nvol-upload*\tok\nvol-delete*\tok\n"
                      "vol-info*\tsay\tPhysical: 3 bytes\n");
    assert_refused(put(&err), LAB_HYPERVISOR, "(4 bytes) arrived", NULL);
    assert_int_equal(fake_count(".ok"), 0);
    fake_rules(
        "vol-list*\tok\nvol-create-as*\tok\nvol-upload*\tok\n"
        "vol-info*--physical\tsay\tPhysical: 4 bytes\nvol-info*\tsay\tAllocation: 4 bytes\n");
    assert_ok(put(&err));
    assert_int_equal(fake_count(".iso.ok"), 1);
    closing();
}

/* libvirt calls an upload good whose last write did not fit; holes are fine. */
static void an_upload_into_a_full_pool_is_not_believed(void **state)
{
    (void)state;
    static const char rules[] =
        "vol-list*\tok\nvol-create-as*\tok\nvol-upload*\tok\nvol-delete*\tok\npool-refresh*\tok\n"
        "pool-list*\tok\nvol-info*--physical\tsay\tPhysical: 4 bytes\n"
        "vol-info*\tsay\tAllocation: 0 bytes\n"
        "pool-dumpxml*\tsay\t<pool><name>p</name><uuid>u</uuid><available>%s</available></pool>\n";
    LAB_AUTOFREE char *roomy = lab_format(rules, "1048576");
    LAB_AUTOFREE char *full = lab_format(rules, "1048575");
    open_with(NO_POOL "vol-list*\tok\nvol-create-as*\terr\tnone yet\nvol-delete*\tok\n");
    assert_refused(put(&err), LAB_HYPERVISOR, "none yet", NULL); /* the pool is there now */
    fake_forget();
    fake_rules(full);
    assert_refused(put(&err), LAB_HOST, "No space left on device", "df -h ");
    assert_int_equal(fake_count(".iso.ok"), 0);
    fake_rules(roomy);
    assert_ok(put(&err));
    closing();
}

static void only_marked_volumes_are_taken(void **state)
{
    (void)state;
#define VOL(name) " " name "   /var/lib/libvirt/images/labctl-airgap/" name "\n"
    LAB_AUTOFREE char *list = fake_path("volumes");
    write_text(list,
               VOL("seed.0123456789abcdef-0000000a.iso") VOL("seed.0123456789abcdef-0000000b.iso")
                   VOL("seed.0123456789abcdef-0000000b.iso.ok")
                       VOL("seed.0123456789abcdef-zzzzzzzz.iso.ok")
                           VOL("seed-2.0123456789abcdef-0000000c.iso") VOL("a b.iso"));
    LAB_AUTOFREE char *rules = lab_format(NO_POOL "vol-list*\tout\t%s\nvol-delete*\tok\n", list);
    open_with(rules);
    assert_ok(put(&err));
    LAB_AUTOFREE char *log = fake_log();
    assert_lacks(log, "vol-upload");
    fake_forget();
    assert_ok(lab.ops->remove_medium(&lab, "seed", &err));
    LAB_AUTOFREE char *removal = fake_log();
    assert_int_equal(fake_count("vol-delete"), 3);
    assert_lacks(removal, "seed-2");
    assert_lacks(removal, "zzzz");
    /* The mark goes before its volume: a kill in between leaves nothing that looks complete. */
    assert_true(strstr(removal, "0000000b.iso.ok\n") < strstr(removal, "0000000b.iso\n"));
    closing();
}

/* --- other decisions
 * -------------------------------------------------------------------------------- */

/* --- snapshots ----------------------------------------------------------------------------------
 */

#define WEB_UUID "5f0c9c1e-1111-4000-8000-000000000001"

static void open_with_web_off(const char *rules)
{
    LAB_AUTOFREE char *stats = fake_path("off.txt");
    LAB_AUTOFREE char *all =
        lab_format("dumpxml*web-01\tout\t" RECORDED "dumpxml-inactive.xml\ndomstats*\tout\t%s\n%s",
                   stats, rules);
    write_text(stats, "Domain: 'web-01'\n  state.state=5\n  state.reason=1\n");
    open_with(all);
}

static void snapshots_are_asked_for_by_uuid(void **state)
{
    (void)state;
    struct lab_vm_snapshots there = {{0}, false};
    open_with_web_off("snapshot-create-as*\tok\nsnapshot-revert*\tok\nsnapshot-delete*\tok\n"
                      "snapshot-list*\tsay\tlabctl-a-0\nlist --all*\tok\n");
    assert_ok(lab.ops->snapshot(&lab, "web-01", "labctl-a-0", &err));
    assert_ok(lab.ops->revert(&lab, "web-01", "labctl-a-0", &err));
    assert_ok(lab.ops->delete_snapshot(&lab, "web-01", "labctl-a-0", &err));
    assert_ok(lab.ops->snapshots(&lab, "web-01", &there, &err));
    assert_true(lab_vm_snapshots_has(&there, "labctl-a-0"));
    assert_false(lab_vm_snapshots_has(&there, "labctl-a"));
    lab_vm_snapshots_clear(&there);
    LAB_AUTOFREE char *log = fake_log();
    assert_has(log, "\nsnapshot-create-as --domain " WEB_UUID " --name labctl-a-0\n");
    assert_has(log, "\nsnapshot-revert --domain " WEB_UUID " --snapshotname labctl-a-0\n");
    assert_has(log, "\nsnapshot-delete --domain " WEB_UUID " --snapshotname labctl-a-0\n");
    assert_has(log, "\nsnapshot-list --domain " WEB_UUID " --name\n");
    closing();
}

/* Else libvirt would refuse to revert, or a start put it over another disk. */
static void memory_that_was_kept_is_told_and_given_up(void **state)
{
    (void)state;
    LAB_AUTO_VM_SNAPSHOTS struct lab_vm_snapshots there = {{0}, false}, others = {{0}, false};
    open_with_web_off("snapshot-revert*\tok\nsnapshot-list*\tok\nmanagedsave-remove*\tok\n"
                      "list --all --with-managed-save --uuid\tsay\t" WEB_UUID "\n");
    assert_ok(lab.ops->snapshots(&lab, "web-01", &there, &err));
    assert_true(there.memory_kept);
    assert_ok(lab.ops->revert(&lab, "web-01", "x", &err));
    LAB_AUTOFREE char *log = fake_log();
    const char *removal = strstr(log, "\nmanagedsave-remove --domain " WEB_UUID "\n");
    assert_true(removal && strstr(removal, "\nsnapshot-revert "));
    closing();
    open_with_web_off("snapshot-revert*\tok\nsnapshot-list*\tok\n"
                      "list --all*\tsay\tx" WEB_UUID "\n");
    assert_ok(lab.ops->snapshots(&lab, "web-01", &others, &err));
    assert_false(others.memory_kept);
    assert_ok(lab.ops->revert(&lab, "web-01", "x", &err));
    closing();
}

static void what_is_so_already_is_no_failure_of_a_snapshot(void **state)
{
    (void)state;
    open_with_web_off(
        "snapshot-create-as*\terr\toperation failed: domain moment x already exists\n"
        "snapshot-list*\tok\nlist --all*\tok\n"
        "snapshot-*\terr\tDomain snapshot not found: no domain snapshot with matching name "
        "'x'\n");
    assert_ok(lab.ops->snapshot(&lab, "web-01", "x", &err));
    assert_ok(lab.ops->delete_snapshot(&lab, "web-01", "x", &err));
    assert_refused(lab.ops->revert(&lab, "web-01", "x", &err), LAB_HYPERVISOR,
                   "cannot go back to snapshot 'x' of VM 'web-01'", NULL);
    closing();
}

static void a_vm_that_is_on_is_neither_kept_nor_set_back(void **state)
{
    (void)state;
    open_with(WEB_RUNS STATS);
    assert_refused(lab.ops->snapshot(&lab, "web-01", "x", &err), LAB_HYPERVISOR,
                   "cannot snapshot VM 'web-01' while it is on", "labctl stop");
    assert_refused(lab.ops->revert(&lab, "web-01", "x", &err), LAB_HYPERVISOR, "while it is on",
                   "labctl stop");
    assert_only_asked();
    closing();
}

static void no_vm_has_no_snapshots(void **state)
{
    (void)state;
    struct lab_vm_snapshots there = {{0}, false};
    open_with(NO_VM);
    assert_ok(lab.ops->snapshots(&lab, "web-01", &there, &err));
    assert_int_equal(there.names.len, 0);
    assert_ok(lab.ops->delete_snapshot(&lab, "web-01", "x", &err));
    assert_refused(lab.ops->snapshot(&lab, "web-01", "x", &err), LAB_HYPERVISOR,
                   "there is no such VM", "labctl up");
    assert_only_asked();
    closing();
}

static void kvm_trouble_points_to_doctor(void **state)
{
    (void)state;
    LAB_AUTOFREE char *stats = fake_path("stats");
    write_text(stats, "Domain: 'web-01'\n  state.state=5\n  state.reason=1\n");
    LAB_AUTOFREE char *rules =
        lab_format(WEB_RUNS "domstats*\tout\t%s\n"
                            "start*\terr\tFailed to start domain 'web-01'\\nerror: internal error: "
                            "qemu-system-x86_64: failed to initialize kvm: Permission denied\n",
                   stats);
    open_with(rules);
    assert_refused(lab.ops->start(&lab, "web-01", &err), LAB_HYPERVISOR, "failed to initialize kvm",
                   "labctl doctor");
    LAB_AUTOFREE char *log = fake_log();
    assert_has(log, "start --domain 5f0c9c1e-1111-4000-8000-000000000001"); /* by UUID */
    closing();
}

static void starting_nothing_is_an_error(void **state)
{
    (void)state;
    open_with(NO_VM);
    assert_refused(lab.ops->start(&lab, "web-01", &err), LAB_HYPERVISOR, "no such VM", "labctl up");
    assert_ok(lab.ops->soft_stop(&lab, "web-01", &err));
    assert_ok(lab.ops->hard_stop(&lab, "web-01", &err));
    closing();
}

static void a_session_wants_a_bridge_of_the_host(void **state)
{
    (void)state;
    fake_rules(CONNECTS);
    assert_ok(fake_open(&lab, "qemu:///session", &err));
    const struct lab_net net = {.name = "default", .bridge = "nobr0", .has_ipam = true};
    struct lab_net_state s = {0};
    assert_refused(lab.ops->ensure_network(&lab, &net, &s, &err), LAB_HOST,
                   "'nobr0' is not a bridge", "qemu:///system");
    assert_only_asked();
    closing();
}

static void the_versions_are_read(void **state)
{
    (void)state;
    open_with("version*\tout\t" RECORDED "version.txt\n");
    struct lab_host_info info = {0};
    assert_ok(lab.ops->probe(&lab, &info, &err));
    assert_string_equal(info.hypervisor, "libvirt 9.0.0, QEMU 7.2.22");
    assert_true(info.accelerated || info.why);
    free(info.hypervisor);
    free(info.why);
    fake_rules("version*\tsay\tsomething else\n");
    assert_ok(lab.ops->probe(&lab, &info, &err));
    assert_string_equal(info.hypervisor, "libvirt of unknown version, QEMU of unknown version");
    free(info.hypervisor);
    free(info.why);
    closing();
}

static void providers_are_found_by_kind(void **state)
{
    (void)state;
    assert_ptr_equal(lab_provider_by_kind(LAB_PROVIDER_LIBVIRT), &lab_libvirt_ops);
    assert_null(lab_provider_by_kind(LAB_PROVIDER_AUTO));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fake_test(one_process_answers_for_all),
        fake_test(the_query_tells_who_is_emulated),
        fake_test(hundreds_of_names_stay_few_processes),
        fake_test(states_are_read_from_numbers),
        fake_test(an_unanswered_question_is_not_absence),
        fake_test(nonsense_is_refused),
        fake_test(names_like_ids_are_not_given_to_virsh),
        fake_test(a_strangers_vm_is_only_looked_at),
        fake_test(a_name_taken_meanwhile_is_a_conflict),
        fake_test(a_pool_of_another_lab_is_a_conflict),
        fake_test(a_disk_that_is_gone_is_not_made_again),
        fake_test(a_disk_with_a_guest_is_not_replaced),
        fake_test(an_upload_that_did_not_arrive_is_tried_again),
        fake_test(a_short_upload_is_not_believed),
        fake_test(an_upload_into_a_full_pool_is_not_believed),
        fake_test(only_marked_volumes_are_taken),
        fake_test(snapshots_are_asked_for_by_uuid),
        fake_test(memory_that_was_kept_is_told_and_given_up),
        fake_test(what_is_so_already_is_no_failure_of_a_snapshot),
        fake_test(a_vm_that_is_on_is_neither_kept_nor_set_back),
        fake_test(no_vm_has_no_snapshots),
        fake_test(kvm_trouble_points_to_doctor),
        fake_test(starting_nothing_is_an_error),
        fake_test(a_session_wants_a_bridge_of_the_host),
        fake_test(the_versions_are_read),
        cmocka_unit_test(providers_are_found_by_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
