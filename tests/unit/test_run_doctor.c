/* Doctor's own checks, and what `up` asks of the host before it begins, on a made-up host with a
 * made-up hypervisor. */
#include "run_fixture.h"

#include "fact_host.h"
#include "run/commands.h"
#include "run/doctor.h"
#include "run/host.h"

#define LAB                                                                                        \
    "name: airgap\nimage_url: ./x.qcow2\nnetworks:\n  default:\n"                                  \
    "    ipam: {range: 192.168.6.0/24, start: 192.168.6.10}\n"                                     \
    "nodes:\n  - {name: \"w%d\", replicas: 2, cpu: 1, memory: 1Gi, disk_size: 4Gi, "               \
    "networks: [default]}\n"

#define MEMORY(total, available) "MemTotal: " total " kB\nMemAvailable: " available " kB\n"
#define MIB                      (1ull << 20)

static struct lab_findings found;

#define assert_found(check, result, part) assert_finding(&found, check, LAB_RESULT_##result, part)

/* The made-up hypervisor. */
static bool asked, faulty, elsewhere;
static uint64_t needs;

static void diagnose(const struct lab_provider_config *config,
                     const struct lab_demand *demand,
                     bool quick,
                     struct lab_findings *out)
{
    asked = true;
    assert_true(quick);
    assert_string_equal(config->owner.lab, "airgap");
    assert_int_equal(demand->nets.len, 1);
    lab_found(out, "colour", LAB_RESULT_WARNING, "it is grey");
    if (faulty)
        lab_finding_fix(lab_found(out, "driver", LAB_RESULT_FAIL, "not loaded"), "load it");
}

static int room(struct lab_provider *p,
                const struct lab_demand *demand,
                struct lab_places *out,
                struct lab_error *err)
{
    (void)p;
    (void)demand;
    out->elsewhere = elsewhere;
    if (needs == 1)
        return lab_fail(err, LAB_HYPERVISOR, "nobody knows");
    lab_places_add(out, "/tmp/not/there/yet", "disks")->now = needs;
    return 0;
}

static int setup(void **state)
{
    int rc = fixture_setup(state);
    struct fixture *f = *state;
    host_begin(f->home);
    host_file("/proc/meminfo", MEMORY("8000000", "6000000"));
    f->ops.diagnose = diagnose;
    f->ops.room = room;
    f->ops.name = "made-up";
    asked = faulty = elsewhere = false;
    needs = 0;
    return rc;
}

static int teardown(void **state)
{
    lab_findings_clear(&found);
    host_end();
    return fixture_teardown(state);
}

#define doctor_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static void there_is(struct fixture *f, const char *name, enum lab_power power)
{
    *lab_vec_push(&f->run.observed.list) =
        (struct lab_vm_state){.name = lab_strdup(name), .ours = true, .power = power};
}

/* --- before up -------------------------------------------------------------------------------- */

static void a_host_that_fits_is_not_talked_about(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB);
    must(lab_check_host(&f->run, NULL, &err), &err);
    assert_true(asked);
    assert_null(strstr(f->warnings, "memory"));
    assert_null(strstr(f->warnings, "disk"));
}

static void the_first_fault_stops_with_its_fix(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB);
    faulty = true;
    must_fail(lab_check_host(&f->run, NULL, &err), &err, LAB_HOST, "driver: not loaded", "load it");
    faulty = false;
    needs = UINT64_MAX / 4;
    must_fail(lab_check_host(&f->run, NULL, &err), &err, LAB_HOST, "disk: ", "vm_dir");
    needs = 0;
    host_file("/proc/meminfo", MEMORY("2000000", "1500000"));
    must_fail(lab_check_host(&f->run, NULL, &err), &err, LAB_HOST,
              "the nodes that do not run yet want 2 GiB", "less memory");
}

static void what_may_go_wrong_is_a_warning(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB);
    host_file("/proc/meminfo", MEMORY("8000000", "1500000"));
    must(lab_check_host(&f->run, NULL, &err), &err);
    assert_non_null(strstr(f->warnings, "memory: 1.4 GiB of 7.6 GiB can be had"));
}

/* What runs has its memory already, and what is there has its disk. */
static void only_what_is_missing_counts(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB);
    there_is(f, "w1", LAB_POWER_ON);
    there_is(f, "w2", LAB_POWER_OFF);
    needs = UINT64_MAX / 4;
    host_file("/proc/meminfo", MEMORY("1500000", "1200000"));
    must(lab_check_host(&f->run, NULL, &err), &err);
    assert_null(strstr(f->warnings, "memory"));
}

static void a_lab_that_is_up_is_not_looked_at(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB);
    there_is(f, "w1", LAB_POWER_ON);
    there_is(f, "w2", LAB_POWER_ON);
    faulty = true;
    must(lab_check_host(&f->run, NULL, &err), &err);
    assert_false(asked);
}

static void not_knowing_stops_nobody(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB);
    needs = 1;
    host_file("/proc/meminfo", NULL);
    must(lab_check_host(&f->run, NULL, &err), &err);
}

static void another_hosts_memory_is_not_ours(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB);
    elsewhere = true;
    host_file("/proc/meminfo", MEMORY("20", "10"));
    must(lab_check_host(&f->run, NULL, &err), &err);
}

static void only_targets_count(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    static const char *const one[] = {"w2"};
    fixture_lab(f, LAB);
    f->options.targets = one;
    f->options.targets_len = 1;
    host_file("/proc/meminfo", MEMORY("1500000", "1200000"));
    must(lab_check_host(&f->run, NULL, &err), &err);
}

/* --- disks ------------------------------------------------------------------------------------ */

static void put_place(struct lab_places *places, const char *folder, uint64_t now, uint64_t later)
{
    struct lab_place *place = lab_places_add(places, folder, "disks");
    place->now = now;
    place->later = later;
}

/* Two folders that would fit alone do not fit together. */
static void folders_of_one_disk_are_one(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_PLACES struct lab_places places = {{0}, false};
    uint64_t free_bytes;
    LAB_AUTOFREE char *a = lab_path_join(f->home, "a/b/c");
    LAB_AUTOFREE char *b = lab_path_join(f->home, "b");
    must(plat_free_space(f->home, &free_bytes, &err), &err);
    put_place(&places, a, free_bytes / 3 * 2, 0);
    put_place(&places, "/dev/shm/labctl-test", 1, 0);
    lab_doctor_disk(&places, &found);
    assert_int_equal(found.list.len, 2);
    assert_int_equal(found.list.items[0].result, LAB_RESULT_OK);
    lab_findings_clear(&found);
    lab_places_clear(&places);
    put_place(&places, a, free_bytes / 3 * 2, 0);
    put_place(&places, b, free_bytes / 3 * 2, 0);
    lab_doctor_disk(&places, &found);
    assert_found("disk", FAIL, "free some space");
    assert_found("disk", FAIL, a);
    assert_found("disk", FAIL, b);
}

static void sparse_disks_may_outgrow(void **state)
{
    struct fixture *f = *state;
    LAB_AUTO_PLACES struct lab_places places = {{0}, false};
    put_place(&places, f->home, MIB, MIB);
    lab_doctor_disk(&places, &found);
    assert_found("disk", OK, "the lab needs 1 MiB (disks 1 MiB); its disks may grow by 1 MiB");
    lab_findings_clear(&found);
    places.list.items[0].later = UINT64_MAX;
    lab_doctor_disk(&places, &found);
    assert_found("disk", WARNING, "sparse");
    lab_findings_clear(&found);
    places.list.items[0].later = 0;
    places.list.items[0].meanwhile = UINT64_MAX / 2;
    lab_doctor_disk(&places, &found);
    assert_found("disk", FAIL, "for a while");
}

static void a_folder_that_cannot_be_asked(void **state)
{
    (void)state;
    LAB_AUTO_PLACES struct lab_places places = {{0}, false};
    put_place(&places, "/proc/self/fd/none", MIB, 0);
    lab_doctor_disk(&places, &found);
    assert_int_equal(found.list.len, 1);
    assert_true(found.list.items[0].result != LAB_RESULT_OK); /* /proc has no room */
}

/* --- the lab's files -------------------------------------------------------------------------- */

static void put_file(struct fixture *f, const char *name, const char *text)
{
    LAB_AUTOFREE char *path = lab_path_join(f->home, name);
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_path_dir(path);
    must(plat_mkdirs(dir, 0700, &err), &err);
    must(lab_file_replace(path, text, strlen(text), 0600, &err), &err);
}

static void look_at_files(struct fixture *f, const char *yaml)
{
    LAB_AUTOFREE char *file = lab_path_join(f->home, "lab.yaml");
    put_file(f, "lab.yaml", yaml);
    lab_findings_clear(&found);
    struct lab_spec *spec = lab_doctor_load(file, &found);
    if (spec)
        lab_doctor_files(spec, f->home, &found);
    lab_spec_free(spec);
}

static void files_of_a_lab(void **state)
{
    struct fixture *f = *state;
    look_at_files(f, LAB "payload: {dir: ./payload}\n");
    assert_found("lab.yaml", FAIL, "labctl validate");
    assert_found("image", FAIL, "x.qcow2");
    assert_found("payload", FAIL, "payload.dir");
    assert_found("seeds", OK, "0 of 2");
    LAB_AUTO_STR struct lab_str bytes = LAB_STR_INIT;
    for (size_t i = 0; i < 1024; i++)
        lab_str_add(&bytes, "\x01"); /* no text: a raw disk */
    put_file(f, "x.qcow2", lab_str_get(&bytes));
    put_file(f, "payload/k3s", "binary");
    put_file(f, "media/w1-seed.iso", "iso");
    look_at_files(f, LAB "payload: {dir: ./payload}\n");
    assert_found("lab.yaml", OK, "lab 'airgap', 2 nodes");
    assert_found("image", OK, "x.qcow2, a disk of 1 KiB");
    assert_found("payload", OK, "1 file, ");
    assert_found("seeds", OK, "1 of 2");
    look_at_files(f, "name: airgap\nnodes: 3\n");
    assert_found("lab.yaml", FAIL, "line ");
    assert_int_equal(found.list.len, 1);
}

static void an_image_from_the_network(void **state)
{
    struct fixture *f = *state;
    static const char sum[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    LAB_AUTOFREE char *yaml =
        lab_format("name: airgap\nimage_url: http://127.0.0.1:1/d.qcow2\nsha256: %s\n%s", sum,
                   strchr(strchr(LAB, '\n') + 1, '\n') + 1);
    look_at_files(f, yaml);
    assert_found("image", WARNING, "will be downloaded by up");
    LAB_AUTOFREE char *name = lab_format("images/%s-d.qcow2", sum);
    put_file(f, name, "x");
    look_at_files(f, yaml);
    assert_found("image", OK, "was downloaded");
}

static void an_image_of_the_cache(void **state)
{
    struct fixture *f = *state;
    static const char sum[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    LAB_AUTOFREE char *yaml = lab_format("name: airgap\nimage_url: image:debian12\n%s",
                                         strchr(strchr(LAB, '\n') + 1, '\n') + 1);
    look_at_files(f, yaml);
    assert_found("image", FAIL, "'image:debian12' was not imported");
    LAB_AUTOFREE char *name = lab_format("images/%s-debian12", sum);
    LAB_AUTOFREE char *disk = lab_alloc(1025);
    memset(disk, 1, 1024);
    put_file(f, name, disk);
    look_at_files(f, yaml);
    assert_found("image", OK, "a disk of 1 KiB");
}

/* --- the machine ------------------------------------------------------------------------------ */

static void the_machine(void **state)
{
    (void)state;
    setenv("LC_ALL", "C.UTF-8", 1);
    host_file("/run/systemd/timesync/synchronized", "");
    lab_doctor_machine(&found);
    assert_found("date", OK, "20");
    assert_found("clock", OK, "time service");
    assert_found("time zone", OK, "UTC");
    assert_found("UTF-8", OK, "C.UTF-8");
    assert_no_finding(&found, "long paths");
}

static void a_named_file_must_be_there(void **state)
{
    (void)state;
    struct lab_error err = LAB_ERROR_INIT;
    must_fail(lab_doctor("nothing.yaml", NULL, &found, &err), &err, LAB_USAGE, "nothing.yaml",
              "-f FILE");
    must_fail(lab_doctor(NULL, "unheard-of", &found, &err), &err, LAB_USAGE, "unheard-of", NULL);
    assert_int_equal(found.list.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        doctor_test(a_host_that_fits_is_not_talked_about),
        doctor_test(the_first_fault_stops_with_its_fix),
        doctor_test(what_may_go_wrong_is_a_warning),
        doctor_test(only_what_is_missing_counts),
        doctor_test(a_lab_that_is_up_is_not_looked_at),
        doctor_test(not_knowing_stops_nobody),
        doctor_test(another_hosts_memory_is_not_ours),
        doctor_test(only_targets_count),
        doctor_test(folders_of_one_disk_are_one),
        doctor_test(sparse_disks_may_outgrow),
        doctor_test(a_folder_that_cannot_be_asked),
        doctor_test(files_of_a_lab),
        doctor_test(an_image_from_the_network),
        doctor_test(an_image_of_the_cache),
        doctor_test(the_machine),
        doctor_test(a_named_file_must_be_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
