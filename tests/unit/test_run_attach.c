/* Opening a run on its lab, and what it learns by looking. */
#include "run_fixture.h"

#include "run/roster.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#define LAB                                                                                        \
    "name: airgap\nimage_url: ./x.qcow2\n"                                                         \
    "networks:\n  default:\n    bridge: VMnet1\n"                                                  \
    "    ipam: {range: 192.168.6.0/24, start: 192.168.6.10}\n"                                     \
    "nodes:\n  - {name: n%d, replicas: 2, cpu: 1, memory: 1Gi, disk_size: 4Gi, networks: "         \
    "[default]}\n"

static void *interrupt_soon(void *arg)
{
    usleep(300 * 1000);
    kill(getpid(), SIGINT);
    return arg;
}

/* A libvirt that does not answer is given twenty seconds, the user is not made to wait for it. */
static void an_interrupt_ends_the_opening(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_problems problems = {0};
    struct lab_run *run = NULL;
    pthread_t user;
    LAB_AUTOFREE char *file = lab_path_join(f->home, "lab.yaml");
    LAB_AUTOFREE char *rules = lab_path_join(f->home, "rules");
    LAB_AUTOFREE char *path = lab_format(LABCTL_TEST_DIR "/fake:%s", getenv("PATH"));
    must(lab_file_replace(file, LAB, strlen(LAB), 0600, &err), &err);
    must(lab_file_replace(rules, "uri\thang\n", 10, 0600, &err), &err);
    uv_os_setenv("FAKE_VIRSH", f->home);
    uv_os_setenv("PATH", path);
    f->options.file = file;
    must(lab_run_open(&run, &f->options, &f->listener, &problems, &err), &err);
    lab_problems_clear(&problems);
    uint64_t began = plat_now_ms();
    assert_int_equal(pthread_create(&user, NULL, interrupt_soon, NULL), 0);
    must_fail(lab_run_attach(run, &err), &err, LAB_CANCELLED, "interrupted", NULL);
    pthread_join(user, NULL);
    assert_true(plat_now_ms() - began < 8000);
    lab_run_close(run);
    lab_work_cancel_all(false);
}

static bool second_is_emulated;

static int two_vms(struct lab_provider *p,
                   const char *const *names,
                   size_t n,
                   struct lab_vm_states *out,
                   struct lab_error *err)
{
    (void)p;
    (void)err;
    for (size_t i = 0; i < n; i++)
        *lab_vec_push(&out->list) =
            (struct lab_vm_state){.name = lab_strdup(names[i]),
                                  .ours = true,
                                  .power = LAB_POWER_ON,
                                  .accelerated = i == 0 || !second_is_emulated};
    return 0;
}

/* Only a command that defines VMs probes the host; the others must give emulated guests their time
 * just the same. */
static void looking_tells_whether_guests_are_emulated(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB);
    f->ops.query = two_vms;
    must(lab_run_observe(&f->run, &err), &err);
    assert_true(f->run.host.accelerated);
    second_is_emulated = true;
    must(lab_run_observe(&f->run, &err), &err);
    assert_false(f->run.host.accelerated);
}

/* start and restart must not put another cluster's token where the lab's was. */
static void a_roster_makes_no_token(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_ladder ladder = {0};
    fixture_lab(f, LAB);
    f->ops.query = two_vms;
    LAB_VEC_FOREACH (r, &f->run.records.list)
        r->role = LAB_ROLE_MASTER;
    must(lab_prepare_keys(&f->run, &err), &err);
    LAB_AUTOFREE char *token = lab_run_path(&f->run, "keys/k3s-token");
    must_fail(lab_roster(&ladder, &f->run, LAB_LADDER_RESTART, &err), &err, LAB_HOST,
              "k3s-token' is missing", NULL);
    assert_false(lab_file_exists(token));
    must(lab_roster(&ladder, &f->run, LAB_LADDER_STOP, &err), &err); /* needs none */
    lab_ladder_clear(&ladder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(an_interrupt_ends_the_opening),
        fixture_test(looking_tells_whether_guests_are_emulated),
        fixture_test(a_roster_makes_no_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
