#include "provider/libvirt_read.h"

#include <stdlib.h>
#include <string.h>

#include "provider/xml_in.h"

static uint64_t read_memory(xmlNode *root)
{
    xmlNode *memory = lab_xml_child(root, "memory");
    uint64_t n = lab_xml_number(memory);
    /* libvirt always prints KiB; a document of ours says MiB. */
    return lab_xml_attr_is(memory, "unit", "MiB") ? n : n / 1024;
}

static void read_disk(struct lab_libvirt_domain *out, xmlNode *disk)
{
    xmlNode *target = lab_xml_child(disk, "target");
    if (!lab_xml_attr_is(disk, "device", "cdrom"))
        return;
    char **slot = lab_xml_attr_is(target, "dev", "sda")   ? &out->seed
                  : lab_xml_attr_is(target, "dev", "sdb") ? &out->payload
                                                          : NULL;
    if (slot && !*slot)
        *slot = lab_xml_attr(lab_xml_child(disk, "source"), "file");
}

static void read_nic(struct lab_libvirt_domain *out, xmlNode *nic)
{
    xmlNode *source = lab_xml_child(nic, "source");
    char *network = lab_xml_attr(source, "network");
    if (network)
        *lab_vec_push(&out->networks) = network;
    /* A running NIC on a network names that network's bridge too. */
    char *bridge = lab_xml_attr(source, "bridge");
    if (bridge)
        *lab_vec_push(&out->bridges) = bridge;
    *lab_vec_push(&out->nics.list) = (struct lab_libvirt_nic){
        .mac = lab_xml_attr(lab_xml_child(nic, "mac"), "address"),
        .model = lab_xml_attr(lab_xml_child(nic, "model"), "type"),
        .network = lab_strdup(network),
        .bridge = lab_strdup(bridge),
        .tap = lab_xml_attr(lab_xml_child(nic, "target"), "dev"),
    };
}

void lab_libvirt_nics_clear(struct lab_libvirt_nics *nics)
{
    LAB_VEC_FOREACH (nic, &nics->list) {
        free(nic->mac);
        free(nic->model);
        free(nic->network);
        free(nic->bridge);
        free(nic->tap);
    }
    lab_vec_clear(&nics->list);
}

int lab_libvirt_read_domain(struct lab_libvirt_domain *out, const char *xml, struct lab_error *err)
{
    LAB_AUTO_XML xmlDoc *doc = lab_xml_parse(xml, "domain", err);
    if (!doc)
        return -1;
    memset(out, 0, sizeof(*out));
    xmlNode *root = xmlDocGetRootElement(doc);
    out->name = lab_xml_text(lab_xml_child(root, "name"));
    out->uuid = lab_xml_text(lab_xml_child(root, "uuid"));
    lab_libvirt_read_tag(&out->tag, root, "node");
    out->cpu = (unsigned)lab_xml_number(lab_xml_child(root, "vcpu"));
    out->memory_mib = read_memory(root);
    out->kvm = lab_xml_attr_is(root, "type", "kvm");
    xmlNode *devices = lab_xml_child(root, "devices");
    LAB_XML_EACH(disk, devices, "disk")
    read_disk(out, disk);
    LAB_XML_EACH(nic, devices, "interface")
    read_nic(out, nic);
    if (out->name && out->uuid)
        return 0;
    lab_libvirt_domain_clear(out);
    return lab_fail(err, LAB_HYPERVISOR,
                    "libvirt's description of a domain has no name or no UUID");
}

void lab_libvirt_domain_clear(struct lab_libvirt_domain *d)
{
    free(d->name);
    free(d->uuid);
    lab_libvirt_tag_clear(&d->tag);
    free(d->seed);
    free(d->payload);
    LAB_VEC_FOREACH (n, &d->networks)
        free(*n);
    lab_vec_clear(&d->networks);
    LAB_VEC_FOREACH (b, &d->bridges)
        free(*b);
    lab_vec_clear(&d->bridges);
    lab_libvirt_nics_clear(&d->nics);
    memset(d, 0, sizeof(*d));
}
