#include "provider/xml_in.h"

#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

void lab_xml_free(xmlDoc **doc)
{
    xmlFreeDoc(*doc);
}

xmlDoc *lab_xml_parse(const char *xml, const char *root, struct lab_error *err)
{
    size_t n = strlen(xml);
    if (n > LAB_LIBVIRT_XML_MAX) {
        lab_fail(err, LAB_HYPERVISOR,
                 "libvirt's description of a %s has %zu bytes; labctl reads at most %u", root, n,
                 LAB_LIBVIRT_XML_MAX);
        return NULL;
    }
    xmlDoc *doc = xmlReadMemory(xml, (int)n, NULL, NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const xmlNode *top = doc ? xmlDocGetRootElement(doc) : NULL;
    if (!top || doc->intSubset || strcmp((const char *)top->name, root) != 0) {
        lab_fail(err, LAB_HYPERVISOR, "libvirt's description of a %s cannot be read: %s", root,
                 !top             ? lab_tr("it is not XML")
                 : doc->intSubset ? lab_tr("it has a document type")
                                  : lab_tr("it describes something else"));
        xmlFreeDoc(doc);
        return NULL;
    }
    return doc;
}

xmlNode *lab_xml_next(xmlNode *node, const char *name)
{
    for (; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && !node->ns &&
            strcmp((const char *)node->name, name) == 0)
            return node;
    }
    return NULL;
}

xmlNode *lab_xml_child(xmlNode *parent, const char *name)
{
    return parent ? lab_xml_next(parent->children, name) : NULL;
}

char *lab_xml_attr(xmlNode *node, const char *name)
{
    xmlChar *value = node ? xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;
    char *copy = lab_strdup((const char *)value);
    xmlFree(value);
    return copy;
}

bool lab_xml_attr_is(xmlNode *node, const char *name, const char *wanted)
{
    LAB_AUTOFREE char *value = lab_xml_attr(node, name);
    return value && strcmp(value, wanted) == 0;
}

char *lab_xml_text(xmlNode *node)
{
    xmlChar *value = node ? xmlNodeGetContent(node) : NULL;
    char *copy = lab_strdup((const char *)value);
    xmlFree(value);
    return copy;
}

uint64_t lab_xml_number(xmlNode *node)
{
    LAB_AUTOFREE char *text = lab_xml_text(node);
    uint64_t n = 0;
    return text && lab_parse_uint(text, UINT64_MAX, &n) == 0 ? n : 0;
}

xmlNode *lab_libvirt_tag_node(xmlNode *root, const char *name)
{
    xmlNode *metadata = lab_xml_child(root, "metadata");
    for (xmlNode *n = metadata ? metadata->children : NULL; n; n = n->next) {
        if (n->type == XML_ELEMENT_NODE && n->ns &&
            strcmp((const char *)n->ns->href, LAB_LIBVIRT_TAG_NS) == 0 &&
            strcmp((const char *)n->name, name) == 0)
            return n;
    }
    return NULL;
}

void lab_libvirt_read_tag(struct lab_libvirt_tag *out, xmlNode *root, const char *name)
{
    xmlNode *tag = lab_libvirt_tag_node(root, name);
    out->lab = lab_xml_attr(tag, "lab");
    out->id = lab_xml_attr(tag, "id");
    out->generation = lab_xml_attr(tag, "generation");
    out->home = lab_xml_attr(tag, "home");
    if (out->home && !*out->home)
        lab_assign(&out->home, NULL);
}

void lab_libvirt_tag_clear(struct lab_libvirt_tag *t)
{
    free(t->lab);
    free(t->id);
    free(t->generation);
    free(t->home);
}
