/* libvirt's XML, parts of which are written by whoever defined the object. A network that is handed
 * over has the new tag, and is otherwise what it was. */
#include "fuzz.h"
#include "provider/libvirt_read.h"

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void domain(const char *xml)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_libvirt_domain d = {.name = NULL};
    int rc = lab_libvirt_read_domain(&d, xml, &err);
    fuzz_answer(rc, &err);
    if (rc == 0)
        lab_libvirt_domain_clear(&d);
}

static void pool(const char *xml)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_libvirt_pool_info p = {.name = NULL};
    int rc = lab_libvirt_read_pool(&p, xml, &err);
    fuzz_answer(rc, &err);
    if (rc == 0)
        lab_libvirt_pool_info_clear(&p);
}

static void hand_over(const char *xml, const struct lab_libvirt_network *before)
{
    static char lab[] = "other <lab>", id[] = "0a-\"1\"";
    static const struct lab_libvirt_tag tag = {.lab = lab, .id = id};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    struct lab_libvirt_network after = {.name = NULL};
    if (!before->tag.id || lab_libvirt_retag_network(&out, xml, &tag, &err) < 0)
        return;
    fuzz_check(lab_libvirt_read_network(&after, lab_str_get(&out), &err) == 0);
    fuzz_check(same(after.tag.lab, lab) && same(after.tag.id, id));
    fuzz_check(same(after.name, before->name) && same(after.uuid, before->uuid));
    fuzz_check(same(after.device, before->device) && after.address == before->address);
    lab_libvirt_network_clear(&after);
}

static void network(const char *xml)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_libvirt_network n = {.name = NULL};
    int rc = lab_libvirt_read_network(&n, xml, &err);
    fuzz_answer(rc, &err);
    if (rc < 0)
        return;
    fuzz_check(n.range.prefix <= 32 && (n.range.network & ~lab_cidr_mask(n.range)) == 0);
    hand_over(xml, &n);
    lab_libvirt_network_clear(&n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *xml = fuzz_text(data, size);
    domain(xml);
    network(xml);
    pool(xml);
    return 0;
}
