#include "provider/libvirt_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "provider/xml_in.h"

static int prefix_of(xmlNode *ip, uint8_t *out)
{
    LAB_AUTOFREE char *prefix = lab_xml_attr(ip, "prefix");
    LAB_AUTOFREE char *netmask = lab_xml_attr(ip, "netmask");
    uint64_t n = 0;
    uint32_t mask = 0;
    if (prefix) {
        if (lab_parse_uint(prefix, 32, &n) != 0)
            return -1;
    } else if (netmask && lab_ipv4_parse(netmask, &mask) == 0) {
        while (mask & 0x80000000u) {
            mask <<= 1;
            n++;
        }
    } else {
        return -1;
    }
    *out = (uint8_t)n;
    return 0;
}

static void read_address(struct lab_libvirt_network *out, xmlNode *root)
{
    LAB_XML_EACH(ip, root, "ip")
    {
        LAB_AUTOFREE char *address = lab_xml_attr(ip, "address");
        uint32_t value;
        struct lab_cidr range = {0, 0};
        if (lab_xml_attr_is(ip, "family", "ipv6") || !address ||
            lab_ipv4_parse(address, &value) != 0 || prefix_of(ip, &range.prefix) != 0)
            continue;
        range.network = value & lab_cidr_mask(range);
        out->range = range;
        out->address = value;
        return;
    }
}

int lab_libvirt_read_network(struct lab_libvirt_network *out,
                             const char *xml,
                             struct lab_error *err)
{
    LAB_AUTO_XML xmlDoc *doc = lab_xml_parse(xml, "network", err);
    if (!doc)
        return -1;
    memset(out, 0, sizeof(*out));
    xmlNode *root = xmlDocGetRootElement(doc);
    out->name = lab_xml_text(lab_xml_child(root, "name"));
    out->uuid = lab_xml_text(lab_xml_child(root, "uuid"));
    out->device = lab_xml_attr(lab_xml_child(root, "bridge"), "name");
    lab_libvirt_read_tag(&out->tag, root, "network");
    read_address(out, root);
    return 0;
}

void lab_libvirt_network_clear(struct lab_libvirt_network *n)
{
    free(n->name);
    free(n->uuid);
    free(n->device);
    lab_libvirt_tag_clear(&n->tag);
    memset(n, 0, sizeof(*n));
}

int lab_libvirt_retag_network(struct lab_str *out,
                              const char *xml,
                              const struct lab_libvirt_tag *tag,
                              struct lab_error *err)
{
    LAB_AUTO_XML xmlDoc *doc = lab_xml_parse(xml, "network", err);
    if (!doc)
        return -1;
    xmlNode *node = lab_libvirt_tag_node(xmlDocGetRootElement(doc), "network");
    if (!node)
        return lab_fail(err, LAB_INTERNAL, "a network without labctl's tag cannot be handed over");
    xmlSetProp(node, (const xmlChar *)"lab", (const xmlChar *)(tag->lab ? tag->lab : ""));
    xmlSetProp(node, (const xmlChar *)"id", (const xmlChar *)(tag->id ? tag->id : ""));
    xmlSetProp(node, (const xmlChar *)"home", (const xmlChar *)(tag->home ? tag->home : ""));
    xmlChar *text = NULL;
    int n = 0;
    xmlDocDumpMemory(doc, &text, &n);
    lab_str_addn(out, text, n > 0 ? (size_t)n : 0);
    xmlFree(text);
    return 0;
}

int lab_libvirt_read_pool(struct lab_libvirt_pool_info *out, const char *xml, struct lab_error *err)
{
    LAB_AUTO_XML xmlDoc *doc = lab_xml_parse(xml, "pool", err);
    if (!doc)
        return -1;
    xmlNode *root = xmlDocGetRootElement(doc);
    out->name = lab_xml_text(lab_xml_child(root, "name"));
    out->uuid = lab_xml_text(lab_xml_child(root, "uuid"));
    out->path = lab_xml_text(lab_xml_child(lab_xml_child(root, "target"), "path"));
    out->available = lab_xml_number(lab_xml_child(root, "available"));
    return 0;
}

void lab_libvirt_pool_info_clear(struct lab_libvirt_pool_info *p)
{
    free(p->name);
    free(p->uuid);
    free(p->path);
    memset(p, 0, sizeof(*p));
}
