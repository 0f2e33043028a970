/* A real libvirtd behind the provider's tests. They run only where LABCTL_TEST_LIBVIRT_URI names
 * one (tests/provider/check starts it in a sandbox); everywhere else each test says that it is
 * skipped. */
#ifndef TEST_PROVIDER_REAL_H
#define TEST_PROVIDER_REAL_H

#include "provider_fixture.h"

#include "base/child.h"
#include "base/crypto.h"
#include "provider/virsh.h"

#define LAB_ID "5f0c9c1e-0000-4000-8000-0000000000aa"
#define OTHER  "5f0c9c1e-0000-4000-8000-0000000000bb"
#define MIB    (1024u * 1024)

static const char *uri;
static char *scratch, *home;
static struct lab_provider lab;
static char notices[4096];

static void on_notice(void *arg, const char *text)
{
    (void)arg;
    snprintf(notices, sizeof(notices), "%s", text);
}

static inline int
open_lab(struct lab_provider *p, const char *name, const char *id, struct lab_error *err)
{
    const struct lab_provider_config config = {
        .owner = {name, id, NULL},
        .uri = uri,
        .home = home,
        .notice = on_notice,
    };
    return lab_libvirt_ops.open(p, &config, err);
}

/* Runs virsh as the user would; its stdout. `ok`: it must succeed. */
static inline char *virsh(bool ok, const char *command)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, uri);
    lab_child_arg(&c, command);
    if (lab_virsh_run(&c, &err) != 0)
        fail_msg("virsh %s: %s", command, err.message);
    if (ok && c.status != 0)
        fail_msg("virsh %s: %s", command, lab_str_get(&c.errout));
    return lab_str_detach(&c.out);
}

static inline void define_raw(const char *command, const char *xml)
{
    LAB_AUTOFREE char *path = lab_path_join(home, "raw.xml");
    LAB_AUTOFREE char *line = lab_format("%s %s", command, path);
    write_text(path, xml);
    free(virsh(true, line));
}

/* Valid until the next call. */
static struct lab_vm_states now;
static inline struct lab_vm_state one(const char *name)
{
    lab_vm_states_clear(&now);
    assert_ok(lab.ops->query(&lab, &name, 1, &now, &err));
    assert_int_equal(now.list.len, 1);
    return now.list.items[0];
}

/* A disk whose boot sector prints the text on the serial port, then writes `last` to port 0x505 (1
 * there is a guest's panic for QEMU's pvpanic) and halts. */
static inline void
make_guest(const char *path, const char *text, unsigned char last, char sum[LAB_SHA256_HEX])
{
    /* cli; ds = 0; bytes from 0x7c1c to port 0x3f8 until NUL; last to port 0x505; hlt for ever */
    static const unsigned char code[] = {0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0xbe, 0x1c, 0x7c, 0xba, 0xf8,
                                         0x03, 0xac, 0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf8, 0xb0,
                                         0x00, 0xba, 0x05, 0x05, 0xee, 0xf4, 0xeb, 0xfd};
    static unsigned char disk[MIB];
    memset(disk, 0, sizeof(disk));
    memcpy(disk, code, sizeof(code));
    disk[20] = last;
    memcpy(disk + sizeof(code), text, strlen(text) + 1);
    disk[510] = 0x55;
    disk[511] = 0xaa;
    write_bytes(path, disk, sizeof(disk));
    lab_sha256_hex(disk, sizeof(disk), sum);
}

#define skip_without_libvirt()                                                                     \
    do {                                                                                           \
        if (!uri) {                                                                                \
            print_message("skipped: LABCTL_TEST_LIBVIRT_URI is not set (tests/provider/check)\n"); \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

static int real_setup(void **state)
{
    (void)state;
    uri = plat_getenv("LABCTL_TEST_LIBVIRT_URI");
    if (!uri)
        return 0;
    scratch = scratch_folder();
    home = lab_format("%s/labs/real", scratch); /* as LABCTL_HOME/labs/NAME */
    struct lab_error err = LAB_ERROR_INIT;
    if (plat_mkdirs(home, 0700, &err) == 0 && open_lab(&lab, "real", LAB_ID, &err) == 0)
        return 0;
    print_error("%s\n", err.message);
    return -1;
}

static int real_teardown(void **state)
{
    (void)state;
    if (!uri)
        return 0;
    lab.ops->close(&lab);
    lab_vm_states_clear(&now);
    int rc = plat_remove_tree(scratch, NULL);
    free(scratch);
    free(home);
    return rc;
}

#endif
