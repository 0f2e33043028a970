/* How much room a lab takes, by each provider's own way of storing it. */
#include "provider_fake.h"

#include <unistd.h>

#define SHA "00000000000000000000000000000000000000000000000000000000000000ff"
#define MIB (1ull << 20)

static struct lab_demand demand;
static struct lab_places places;
static struct lab_provider p;

/* A base image of 8 MiB with 3 MiB of data, and two VMs to make from it. */
static int setup(void **state)
{
    static char data[3 * MIB];
    if (fake_setup(state))
        return -1;
    LAB_AUTOFREE char *base = fake_path("base.raw");
    memset(data, 1, sizeof(data)); /* no text */
    write_bytes(base, data, sizeof(data));
    assert_int_equal(truncate(base, 8 * MIB), 0);
    struct lab_demand_image *image = lab_vec_push(&demand.images);
    image->path = lab_steal(&base);
    image->wanted = true;
    *lab_vec_push(&demand.nodes) =
        (struct lab_demand_node){.name = "web-01", .disk_bytes = 40 * MIB};
    *lab_vec_push(&demand.nodes) =
        (struct lab_demand_node){.name = "web-02", .disk_bytes = 10 * MIB};
    return 0;
}

static int teardown(void **state)
{
    lab_places_clear(&places);
    if (p.impl)
        p.ops->close(&p);
    free((char *)(size_t)demand.images.items[0].path);
    lab_vec_clear(&demand.images);
    lab_vec_clear(&demand.nodes);
    memset(&demand, 0, sizeof(demand));
    return fake_teardown(state);
}

#define room_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static void look(void)
{
    lab_places_clear(&places);
    assert_ok(p.ops->room(&p, &demand, &places, &err));
}

static void assert_place(const char *what, const char *folder, uint64_t now, uint64_t later)
{
    const struct lab_place *found = NULL;
    LAB_VEC_FOREACH (place, &places.list)
        if (strcmp(place->what, what) == 0)
            found = place;
    assert_non_null(found);
    assert_non_null(strstr(found->folder, folder));
    assert_int_equal(found->now, now);
    assert_int_equal(found->later, later);
}

static void open_vmware(void)
{
    setenv("FAKE_VMRUN", fake_dir, 1);
    setenv("LABCTL_HOME", fake_dir, 1);
    LAB_AUTOFREE char *home = fake_path("labs/airgap");
    const struct lab_provider_config config = {.owner = {"airgap", FAKE_LAB_ID, NULL},
                                               .home = home};
    assert_ok(lab_vmware_ops.open(&p, &config, &err));
}

static void put(const char *name, size_t bytes)
{
    LAB_AUTOFREE char *path = fake_path(name);
    LAB_AUTOFREE char *dir = lab_path_dir(path);
    assert_ok(plat_mkdirs(dir, 0700, &err));
    write_text(path, "");
    assert_int_equal(truncate(path, (off_t)bytes), 0);
}

/* Every VM gets a copy of the image's data, holes apart. */
static void vmware_copies(void **state)
{
    (void)state;
    open_vmware();
    look();
    assert_place("images as VMDK", "/images", 3 * MIB, 0);
    assert_place("disks", "/labs/airgap/vms", 6 * MIB, 37 * MIB + 7 * MIB);
    memcpy(demand.images.items[0].sha256, SHA, sizeof(SHA));
    put("images/" SHA ".vmdk", 1);
    put("labs/airgap/vms/web-01/web-01.vmdk", 15 * MIB);
    demand.nodes.items[0].made = true;
    look();
    assert_place("images as VMDK", "/images", 0, 0);
    assert_place("disks", "/labs/airgap/vms", 3 * MIB, 25 * MIB + 7 * MIB);
}

static void vmware_cannot_read_the_image(void **state)
{
    (void)state;
    open_vmware();
    LAB_AUTOFREE char *base = fake_path("base.raw");
    assert_ok(plat_remove(base, &err));
    assert_refused(p.ops->room(&p, &demand, &places, &err), LAB_HOST, "base.raw", NULL);
}

#define POOL "/var/lib/libvirt/images/labctl_images"

static void open_libvirt(const char *volumes)
{
    LAB_AUTOFREE char *rules = lab_format("uri\tok\n%s", volumes);
    fake_rules(rules);
    assert_ok(fake_open(&p, NULL, &err));
}

/* One copy of the file for all labs; disks begin as nearly nothing on top of it. */
static void libvirt_shares(void **state)
{
    (void)state;
    demand.payload_bytes = 5 * MIB;
    open_libvirt("vol-list*\terr\tfailed to get pool 'labctl_images'\n");
    look();
    assert_false(places.elsewhere);
    assert_place("images", POOL, 8 * MIB, 0);
    assert_place("disks and media", "labctl-airgap", 9 * MIB, 50 * MIB);
    demand.nodes.items[0].made = demand.nodes.items[1].made = true;
    demand.images.items[0].wanted = false;
    fake_forget();
    look();
    assert_place("images", POOL, 0, 0);
    assert_place("disks and media", "labctl-airgap", 0, 50 * MIB);
    assert_int_equal(fake_count("vol-list"), 0);
}

static void libvirt_has_the_image(void **state)
{
    (void)state;
    memcpy(demand.images.items[0].sha256, SHA, sizeof(SHA));
    open_libvirt("vol-list*\tsay\t " SHA "-0011.raw   " POOL "/" SHA "-0011.raw\n");
    look();
    assert_place("images", POOL, 8 * MIB, 0); /* an upload that never ended */
    fake_rules("vol-list*\tsay\t " SHA "-0011.raw.ok   " POOL "/" SHA "-0011.raw.ok\n");
    look();
    assert_place("images", POOL, 0, 0);
    fake_rules("vol-list*\terr\tinternal error\n");
    assert_refused(p.ops->room(&p, &demand, &places, &err), LAB_HYPERVISOR, "internal error", NULL);
}

static void another_host_has_its_own_disks(void **state)
{
    (void)state;
    fake_rules("uri\tok\n");
    assert_ok(fake_open(&p, "qemu+ssh://lab@far/system", &err));
    look();
    assert_true(places.elsewhere);
    assert_int_equal(places.list.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        room_test(vmware_copies),
        room_test(vmware_cannot_read_the_image),
        room_test(libvirt_shares),
        room_test(libvirt_has_the_image),
        room_test(another_host_has_its_own_disks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
