/* Small readings of text, and the escapes by which foreign text gets into XML and YAML: a parser
 * reads it back as it was. */
#include "base/ipv4.h"
#include "base/template.h"
#include "base/text.h"
#include "fuzz.h"
#include "provider/xml_in.h"
#include "spec/yaml.h"

static void printable(const char *text, size_t size)
{
    LAB_AUTO_STR struct lab_str once = LAB_STR_INIT, twice = LAB_STR_INIT;
    lab_put_printable(&once, text, size, 200);
    const char *s = lab_str_get(&once);
    fuzz_check(once.len <= 200 && strlen(s) == once.len);
    fuzz_check(lab_utf8_check(s, once.len) == once.len && !strpbrk(s, "\r\n\t\x1b\x7f"));
    lab_put_printable(&twice, s, once.len, 200);
    fuzz_check(strcmp(s, lab_str_get(&twice)) == 0);
    (void)lab_utf8_width(s);
}

static void numbers(const char *text)
{
    char ip[LAB_IPV4_TEXT], mac[LAB_MAC_TEXT];
    uint64_t n;
    uint32_t address, again;
    uint8_t bytes[6], same[6];
    struct lab_cidr cidr;
    bool host_bits;
    (void)lab_parse_size(text, &n);
    (void)lab_parse_duration(text, &n);
    fuzz_check(lab_parse_uint(text, 1000, &n) != 0 || n <= 1000);
    if (lab_ipv4_parse(text, &address) == 0)
        fuzz_check(lab_ipv4_parse(lab_ipv4_format(address, ip), &again) == 0 && again == address);
    if (lab_cidr_parse(text, &cidr, &host_bits) == 0)
        fuzz_check(cidr.prefix <= 32 && (cidr.network & ~lab_cidr_mask(cidr)) == 0);
    if (lab_mac_parse(text, bytes) == 0)
        fuzz_check(lab_mac_parse(lab_mac_format(bytes, mac), same) == 0 &&
                   memcmp(bytes, same, 6) == 0);
    (void)lab_is_label(text);
}

/* Whether XML 1.0 can hold it: tab, line ends, and what is not below a blank or FFFE, FFFF. */
static bool fits_xml(const char *text)
{
    for (const char *s = text; *s; s++)
        if ((unsigned char)*s < 0x20 && !strchr("\t\r\n", *s))
            return false;
    return !strstr(text, "\xef\xbf\xbe") && !strstr(text, "\xef\xbf\xbf");
}

static void xml(const char *text)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    lab_str_add(&out, "<a b=\"");
    lab_escape(&out, LAB_ESCAPE_XML, text);
    lab_str_add(&out, "\">");
    lab_escape(&out, LAB_ESCAPE_XML, text);
    lab_str_add(&out, "</a>");
    LAB_AUTO_XML xmlDoc *doc = lab_xml_parse(lab_str_get(&out), "a", &err);
    fuzz_check(doc);
    LAB_AUTOFREE char *attribute = lab_xml_attr(xmlDocGetRootElement(doc), "b");
    LAB_AUTOFREE char *content = lab_xml_text(xmlDocGetRootElement(doc));
    fuzz_check(!fits_xml(text) || strcmp(attribute, text) == 0);
    fuzz_check(!fits_xml(text) || strcmp(content, text) == 0);
}

static void yaml(const char *text)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    struct lab_problems problems = {.errors = 0};
    struct lab_yaml_doc doc = {.root = NULL};
    lab_str_add(&out, "a: ");
    lab_escape(&out, LAB_ESCAPE_YAML, text);
    lab_str_add(&out, "\n");
    const struct lab_yaml_source source = {.text = lab_str_get(&out), .len = out.len, .about = ""};
    fuzz_check(lab_yaml_read(&doc, &source, &problems) == 0 && problems.errors == 0);
    const char *back = lab_yaml_text(doc.root, "a");
    fuzz_check(back && strcmp(back, text) == 0);
    lab_yaml_doc_clear(&doc);
    lab_problems_clear(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *text = fuzz_text(data, size);
    printable((const char *)data, size);
    numbers(text);
    if (lab_utf8_check(text, strlen(text)) < strlen(text))
        return 0;
    xml(text);
    yaml(text);
    return 0;
}
