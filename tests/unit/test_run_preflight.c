/* Who has the lab's addresses already, in a network namespace whose only other machine is this
 * test: at the far end of a TAP device it answers for one address and for nothing else. */
#include "run_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LAB                                                                                        \
    "name: airgap\nimage_url: ./x.qcow2\n"                                                         \
    "networks:\n"                                                                                  \
    "  default:\n    bridge: br0\n    ipam: {range: 192.168.6.0/24, start: 192.168.6.10}\n"        \
    "  back:\n    bridge: br1\n    ipam: {range: 10.99.0.0/24, start: 10.99.0.10}\n"               \
    "nodes:\n  - {name: a, cpu: 1, memory: 1Gi, disk_size: 4Gi, networks: [default, back]}\n"

static const unsigned char mac[6] = {0x52, 0x54, 0, 1, 2, 3};
static const unsigned char address[4] = {10, 99, 0, 10}; /* of a's second NIC */
static atomic_bool there, ended;
static pthread_t answering;
static int tap = -1;

/* An ARP request for our address becomes the reply. */
static void answer(unsigned char *f, ssize_t n)
{
    if (n < 42 || f[12] != 8 || f[13] != 6 || f[21] != 1 || memcmp(f + 38, address, 4) != 0)
        return;
    unsigned char asker[10];
    memcpy(asker, f + 22, sizeof(asker)); /* its hardware address and its own */
    memcpy(f, f + 6, 6);
    memcpy(f + 6, mac, 6);
    f[21] = 2;
    memcpy(f + 22, mac, 6);
    memcpy(f + 28, address, 4);
    memcpy(f + 32, asker, sizeof(asker));
    assert_int_equal(write(tap, f, 42), 42);
}

static void *answer_all(void *arg)
{
    unsigned char frame[2048];
    struct pollfd p = {.fd = tap, .events = POLLIN};
    while (!atomic_load(&ended)) {
        ssize_t n = poll(&p, 1, 50) > 0 ? read(tap, frame, sizeof(frame)) : 0;
        if (atomic_load(&there))
            answer(frame, n);
    }
    return arg;
}

static void set_address(int s, struct ifreq *r, unsigned long what, uint32_t value)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(value)};
    memcpy(&r->ifr_addr, &a, sizeof(a));
    assert_int_equal(ioctl(s, what, r), 0);
}

static int group_setup(void **state)
{
    (void)state;
    struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    snprintf(r.ifr_name, sizeof(r.ifr_name), "labtest0");
    if (unshare(CLONE_NEWNET) != 0 || (tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC)) < 0)
        return 0;
    if (ioctl(tap, TUNSETIFF, &r) != 0) {
        close(tap);
        tap = -1;
        return 0;
    }
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    set_address(s, &r, SIOCSIFADDR, 0x0a630001);
    set_address(s, &r, SIOCSIFNETMASK, 0xffffff00);
    r.ifr_flags = IFF_UP | IFF_RUNNING;
    assert_int_equal(ioctl(s, SIOCSIFFLAGS, &r), 0);
    close(s);
    return pthread_create(&answering, NULL, answer_all, NULL);
}

static int group_teardown(void **state)
{
    (void)state;
    if (tap < 0)
        return 0;
    atomic_store(&ended, true);
    pthread_join(answering, NULL);
    return close(tap);
}

#define skip_without_tap()                                                                         \
    do {                                                                                           \
        if (tap < 0) {                                                                             \
            print_message("skipped: needs root and /dev/net/tun\n");                               \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

static int a_bridge(struct lab_provider *p,
                    const struct lab_net *net,
                    struct lab_net_state *out,
                    struct lab_error *err)
{
    (void)p;
    (void)err;
    *out =
        (struct lab_net_state){.name = lab_strdup(net->bridge), .is_bridge = true, .active = true};
    return 0;
}

static struct fixture *to_interrupt;

static int an_interrupted_bridge(struct lab_provider *p,
                                 const struct lab_net *net,
                                 struct lab_net_state *out,
                                 struct lab_error *err)
{
    to_interrupt->run.interrupted = true;
    return a_bridge(p, net, out, err);
}

/* What the hypervisor says when it is asked again. */
static bool comes_up, goes_away;

/* Another machine that refuses connections: ourselves. */
static void listen_at(uint32_t value)
{
    struct ifreq r = {.ifr_flags = IFF_UP | IFF_RUNNING};
    snprintf(r.ifr_name, sizeof(r.ifr_name), "lo");
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(ioctl(s, SIOCSIFFLAGS, &r), 0);
    set_address(s, &r, SIOCSIFADDR, value);
    close(s);
}

static int query(struct lab_provider *p,
                 const char *const *names,
                 size_t n,
                 struct lab_vm_states *out,
                 struct lab_error *err)
{
    (void)p;
    (void)names;
    (void)err;
    assert_int_equal(n, 1);
    if (goes_away)
        listen_at(0x7f000001);
    *lab_vec_push(&out->list) = (struct lab_vm_state){
        .name = lab_strdup("a"), .ours = true, .power = comes_up ? LAB_POWER_ON : LAB_POWER_OFF};
    return 0;
}

static int preflight(struct fixture *f, struct lab_error *err)
{
    for (size_t i = 0; i < f->run.spec->networks.len; i++)
        lab_net_state_clear(&f->ladder.nets[i]); /* of the last time */
    f->ops.look_network = to_interrupt ? an_interrupted_bridge : a_bridge;
    f->ops.query = query;
    return lab_preflight(&f->ladder, err);
}

/* So that the kernel has to ask again. */
static void forget_neighbour(void)
{
    struct arpreq r = {0};
    struct sockaddr_in a = {.sin_family = AF_INET};
    memcpy(&a.sin_addr, address, sizeof(address));
    memcpy(&r.arp_pa, &a, sizeof(a));
    snprintf(r.arp_dev, sizeof(r.arp_dev), "labtest0");
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (ioctl(s, SIOCDARP, &r) != 0)
        assert_int_equal(errno, ENXIO); /* it has not asked yet */
    close(s);
}

static void an_address_that_only_answers_for_itself_is_taken(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    skip_without_tap();
    fixture_lab(f, LAB);
    atomic_store(&there, true);
    /* On a busy machine our own answer may come too late to be heard. */
    int rc = 0;
    for (int tries = 0; rc == 0 && tries < 10; tries++) {
        forget_neighbour();
        rc = preflight(f, &err);
    }
    must_fail(rc, &err, LAB_CONFLICT,
              "address 10.99.0.10 of node 'a' already answers (52:54:00:01:02:03 has it)", "ip:");
}

/* The kernel still lists the machine of the test before. */
static void a_machine_that_went_a_moment_ago_is_gone(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    skip_without_tap();
    fixture_lab(f, LAB);
    atomic_store(&there, false);
    must(preflight(f, &err), &err);
}

static void our_own_running_vm_may_answer(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    skip_without_tap();
    fixture_lab(f, LAB);
    struct lab_vm_state *vm = lab_vec_push(&f->run.observed.list);
    *vm = (struct lab_vm_state){.name = lab_strdup("a"), .ours = true, .power = LAB_POWER_ON};
    atomic_store(&there, true);
    must(preflight(f, &err), &err);
}

/* Of a labctl that was killed, `vmrun start` or the guest's power-off may still be under way. */
static void a_vm_that_is_just_coming_up_is_no_stranger(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    skip_without_tap();
    fixture_lab(f, LAB);
    struct lab_climb *c = &f->ladder.climbs[0];
    c->gates = LAB_GATES_START | LAB_GATE_BIT(LAB_GATE_DEFINED);
    listen_at(0x0a63000a);
    comes_up = true;
    must(preflight(f, &err), &err);
    comes_up = false;
    listen_at(0x7f000001);
    assert_int_equal(c->power, LAB_POWER_ON);
    assert_int_equal(c->gates, LAB_GATES_START & ~LAB_GATE_BIT(LAB_GATE_POWERED));
}

static void a_vm_that_is_just_going_down_is_waited_for(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    skip_without_tap();
    fixture_lab(f, LAB);
    atomic_store(&there, false);
    listen_at(0x0a63000a);
    must_fail(preflight(f, &err), &err, LAB_CONFLICT, "of node 'a' already answers, and", "ip:");
    goes_away = true;
    must(preflight(f, &err), &err);
    goes_away = false;
}

static void an_interrupt_ends_it(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB);
    to_interrupt = f;
    must_fail(preflight(f, &err), &err, LAB_CANCELLED, "interrupted", NULL);
    to_interrupt = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(an_address_that_only_answers_for_itself_is_taken),
        fixture_test(a_machine_that_went_a_moment_ago_is_gone),
        fixture_test(our_own_running_vm_may_answer),
        fixture_test(a_vm_that_is_just_coming_up_is_no_stranger),
        fixture_test(a_vm_that_is_just_going_down_is_waited_for),
        fixture_test(an_interrupt_ends_it),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
