/* libxml2, read-only, the way libvirt_read_*.c need it. */
#ifndef LAB_PROVIDER_XML_IN_H
#define LAB_PROVIDER_XML_IN_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "provider/libvirt_read.h"

#define LAB_AUTO_XML LAB_CLEANUP(lab_xml_free)

/* The document when its root element is `root`; else NULL with err set. */
xmlDoc *lab_xml_parse(const char *xml, const char *root, struct lab_error *err);
void lab_xml_free(xmlDoc **doc);

/* Elements of libvirt's own, which are in no namespace. A NULL parent has no children. */
xmlNode *lab_xml_next(xmlNode *node, const char *name); /* from node on */
xmlNode *lab_xml_child(xmlNode *parent, const char *name);
#define LAB_XML_EACH(it, parent, name) /* NOLINTNEXTLINE(bugprone-macro-parentheses) */            \
    for (xmlNode *it = lab_xml_child((parent), (name)); it; it = lab_xml_next(it->next, (name)))

/* NULL when the node is NULL or has no such attribute; the caller frees. */
char *lab_xml_attr(xmlNode *node, const char *name);
bool lab_xml_attr_is(xmlNode *node, const char *name, const char *wanted);
char *lab_xml_text(xmlNode *node);
uint64_t lab_xml_number(xmlNode *node); /* 0 when it is none */

/* <labctl:NAME> in <metadata>, or NULL. */
xmlNode *lab_libvirt_tag_node(xmlNode *root, const char *name);
void lab_libvirt_read_tag(struct lab_libvirt_tag *out, xmlNode *root, const char *name);

#endif
