/* lab.yaml files and what they expand to, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/asset.h"
#include "base/file.h"
#include "base/text.h"
#include "spec/spec.h"

#define GOLDEN LABCTL_TEST_DIR "/golden/spec/"

static void put_text(struct lab_str *out, const char *name, const char *text)
{
    if (text)
        lab_str_addf(out, "%s: %s\n", name, text);
}

static void put_block(struct lab_str *out, const char *text)
{
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        lab_str_addf(out, "  | %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

/* Paths below the file's folder, so that the golden file is the same on every machine; others
 * without the drive that Windows puts before them. */
static void
put_path(struct lab_str *out, const struct lab_spec *spec, const char *name, const char *path)
{
    size_t n = strlen(spec->dir);
    if (path && strncmp(path, spec->dir, n) == 0)
        lab_str_addf(out, "%s: DIR%s\n", name, path + n);
    else
        put_text(out, name, path && path[0] && path[1] == ':' ? path + 2 : path);
}

static void put_registry(struct lab_str *out, const struct lab_spec *spec)
{
    const struct lab_registry_spec *r = &spec->registry;
    if (!spec->has_registry)
        return;
    lab_str_addf(out, "registry at %d:%d: %s serve %d auth %d insecure %d prompt %d\n", r->pos.line,
                 r->pos.column, r->address ? r->address : "-", r->serve, r->auth, r->insecure,
                 r->password_prompt);
    put_text(out, "  node", r->node);
    put_path(out, spec, "  ca", r->ca);
    put_text(out, "  username", r->username);
    put_path(out, spec, "  password_file", r->password_file);
    put_text(out, "  password_env", r->password_env);
    for (size_t i = 0; i < r->mirrors.len; i++)
        put_text(out, "  mirror", r->mirrors.items[i]);
}

static void put_top(struct lab_str *out, const struct lab_spec *spec)
{
    put_text(out, "name", spec->name);
    put_text(out, "provider", lab_provider_kind_name(spec->provider));
    put_text(out, "uri", spec->libvirt_uri);
    put_registry(out, spec);
    put_path(out, spec, "vm_dir", spec->vm_dir);
    put_path(out, spec, "payload", spec->payload.dir);
    lab_str_addf(out, "per_node: %d\n", spec->payload.per_node);
    lab_str_addf(out, "wait: timeout %llu stall %llu%s skew %llu strict %d\n",
                 (unsigned long long)spec->wait.timeout_ms, (unsigned long long)spec->wait.stall_ms,
                 spec->wait.stall_given ? " given" : "",
                 (unsigned long long)spec->wait.clock_skew_ms, spec->wait.strict);
    put_text(out, "username", spec->auth.username);
    put_text(out, "password_hash", spec->auth.password_hash);
    put_path(out, spec, "password_file", spec->auth.password_file);
    put_text(out, "password_env", spec->auth.password_env);
    lab_str_addf(out, "password_prompt: %d\n", spec->auth.password_prompt);
    for (size_t i = 0; i < spec->auth.authorized_keys.len; i++)
        put_text(out, "key", spec->auth.authorized_keys.items[i]);
}

static void put_images(struct lab_str *out, const struct lab_spec *spec)
{
    static const char *const formats[] = {"qcow2", "raw", "vmdk", "ova"};
    for (size_t i = 0; i < spec->images.len; i++) {
        const struct lab_image *image = &spec->images.items[i];
        lab_str_addf(out, "image %zu at %d:%d: %s %s, %llu bytes\n", i, image->pos.line,
                     image->pos.column, formats[image->format], image->source,
                     (unsigned long long)image->virtual_size);
        put_path(out, spec, "  path", image->path);
        put_text(out, "  sha256", image->sha256);
    }
}

static void put_networks(struct lab_str *out, const struct lab_spec *spec)
{
    char a[LAB_IPV4_TEXT], b[LAB_IPV4_TEXT], c[LAB_IPV4_TEXT];
    for (size_t i = 0; i < spec->networks.len; i++) {
        const struct lab_network *n = &spec->networks.items[i];
        lab_str_addf(out, "network %s at %d:%d: bridge %s, %s %s/%u gateway %s start %s\n", n->name,
                     n->pos.line, n->pos.column, n->bridge ? n->bridge : "-",
                     n->has_ipam ? "ipam" : "dhcp", lab_ipv4_format(n->range.network, a),
                     n->range.prefix, lab_ipv4_format(n->gateway, b), lab_ipv4_format(n->start, c));
        for (size_t k = 0; k < n->nameservers.len; k++)
            lab_str_addf(out, "  nameserver %s\n", lab_ipv4_format(n->nameservers.items[k], a));
    }
}

static void put_hardware(struct lab_str *out, const struct lab_hardware *h)
{
    static const char *const firmwares[] = {"-", "bios", "efi"};
    static const char *const disks[] = {"-", "pvscsi", "lsilogic", "sata", "nvme"};
    static const char *const cds[] = {"-", "sata", "ide"};
    if (h->firmware || h->disk_bus || h->cd_bus)
        lab_str_addf(out, "  firmware %s disk %s cd %s\n", firmwares[h->firmware],
                     disks[h->disk_bus], cds[h->cd_bus]);
}

static void put_node(struct lab_str *out, const struct lab_spec *spec, const struct lab_node *node)
{
    char ip[LAB_IPV4_TEXT], mac[LAB_MAC_TEXT];
    lab_str_addf(out,
                 "node %s at %d:%d: group %s number %u role %s cpu %u memory %lluMi disk %llu "
                 "image %zu\n",
                 node->name, node->pos.line, node->pos.column,
                 spec->groups.items[node->group].label, node->number, lab_role_name(node->role),
                 node->cpu, (unsigned long long)node->memory_mib,
                 (unsigned long long)node->disk_bytes, node->image);
    put_hardware(out, &node->hardware);
    for (size_t i = 0; i < node->nics.len; i++) {
        const struct lab_nic *nic = &node->nics.items[i];
        lab_str_addf(out, "  nic %s at %d:%d: %s mac %s%s%s%s%s\n",
                     spec->networks.items[nic->network].name, nic->pos.line, nic->pos.column,
                     nic->ip ? lab_ipv4_format(nic->ip, ip) : "dhcp", lab_mac_format(nic->mac, mac),
                     nic->mac_given ? " given" : "", nic->model ? " model " : "",
                     nic->model ? nic->model : "", nic->default_route ? " default-route" : "");
    }
    if (!node->cloud_init)
        return;
    lab_str_addf(out, "  cloud-init kind %d at %d:%d\n", node->cloud_init->kind,
                 node->cloud_init->pos.line, node->cloud_init->pos.column);
    put_block(out, node->cloud_init->text);
}

static void dump(struct lab_str *out, struct lab_spec *spec, const struct lab_problems *problems)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    assert_int_equal(lab_spec_assign_macs(spec, LAB_PROVIDER_LIBVIRT, &err), 0);
    lab_problems_print(out, problems, "lab.yaml");
    put_top(out, spec);
    put_images(out, spec);
    put_networks(out, spec);
    for (size_t i = 0; i < spec->groups.len; i++) {
        char ip[LAB_IPV4_TEXT];
        const struct lab_group *g = &spec->groups.items[i];
        lab_str_addf(out, "group %s: replicas %u%s start %s\n", g->label, g->replicas,
                     g->replicas_given ? " given" : "", lab_ipv4_format(g->start, ip));
    }
    for (size_t i = 0; i < spec->nodes.len; i++)
        put_node(out, spec, &spec->nodes.items[i]);
}

static void compare(const char *name, const char *text)
{
    LAB_AUTOFREE char *path = lab_format(GOLDEN "%s", name);
    LAB_AUTO_STR struct lab_str expected = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    const char *mode = getenv("LABCTL_GOLDEN");
    if (mode && strcmp(mode, "update") == 0)
        assert_int_equal(lab_file_replace(path, text, strlen(text), 0644, &err), 0);
    if (lab_file_read(path, 1 << 20, &expected, &err) < 0)
        fail_msg("%s", err.message);
    assert_string_equal(lab_str_get(&expected), text);
}

static void check_text(const char *golden, const char *text, size_t len)
{
    const struct lab_spec_options options = {.skip_files = true};
    struct lab_problems problems = {.errors = 0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_spec *spec = NULL;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    if (lab_spec_parse(&spec, "lab.yaml", text, len, &options, &problems, &err) < 0) {
        lab_problems_print(&out, &problems, golden);
        fail_msg("%s\n%s", err.message, lab_str_get(&out));
    }
    dump(&out, spec, &problems);
    compare(golden, lab_str_get(&out));
    lab_spec_free(spec);
    lab_problems_clear(&problems);
}

static void check_file(const char *name)
{
    LAB_AUTOFREE char *path = lab_format(GOLDEN "%s.yaml", name);
    LAB_AUTOFREE char *golden = lab_format("%s.txt", name);
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    assert_int_equal(lab_file_read(path, LAB_SPEC_MAX_BYTES, &text, &err), 0);
    check_text(golden, lab_str_get(&text), text.len);
}

static void test_minimal(void **state)
{
    (void)state;
    check_file("minimal");
}

static void test_airgap(void **state)
{
    (void)state;
    check_file("airgap");
}

static void test_vocabulary(void **state)
{
    (void)state;
    check_file("vocabulary");
}

static void test_numbering(void **state)
{
    (void)state;
    check_file("numbering");
}

static void registry_of_labctl(void **state)
{
    (void)state;
    check_file("registry");
}

/* What `labctl init` writes, and the sample lab: valid as they are, without a warning. */
static void check_asset(const char *path, const char *golden)
{
    const struct lab_asset *asset = lab_asset_get(path);
    check_text(golden, asset->text, asset->size);
}

static void test_template(void **state)
{
    (void)state;
    check_asset("templates/lab.yaml", "template.txt");
}

/* A commented line that is an example rather than a sentence: "# key:" or "# - ". */
static bool is_example(const char *line)
{
    const char *at = line + strspn(line, " ");
    if (lab_starts_with(at, "# "))
        at += 1 + strspn(at + 1, " ");
    else
        return false;
    if (lab_starts_with(at, "- "))
        return true;
    size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789");
    return n && at[n] == ':';
}

/* Taking the '#' away is all that a user of the template has to do. */
static void test_examples_in_template(void **state)
{
    (void)state;
    const char *text = lab_asset_get("templates/lab.yaml")->text;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    size_t examples = 0;
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n") + 1, indent = strspn(line, " ");
        const char *digits = strstr(line, "<64 digits>");
        lab_str_addn(&out, line, indent);
        size_t from = is_example(line) ? indent + 2 : indent;
        examples += from > indent;
        if (digits && digits < line + n)
            lab_str_addf(&out, "sha256: \"%064d\"\n", 0);
        else
            lab_str_addn(&out, line + from, n - from);
        line += n;
    }
    assert_true(examples > 15);
    check_text("examples.txt", lab_str_get(&out), out.len);
}

static void test_sample(void **state)
{
    (void)state;
    check_asset("seeds/sample/lab.yaml", "sample.txt");
}

/* Every "$ref" below leads to a definition. */
static size_t count_references(const json_t *defs, json_t *at)
{
    const char *key;
    json_t *value;
    size_t i, n = 0;
    json_object_foreach(at, key, value)
    {
        if (strcmp(key, "$ref") == 0) {
            const char *path = json_string_value(value);
            assert_true(lab_starts_with(path, "#/$defs/"));
            assert_non_null(json_object_get(defs, path + strlen("#/$defs/")));
            n++;
        }
        n += count_references(defs, value);
    }
    json_array_foreach(at, i, value) n += count_references(defs, value);
    return n;
}

static void test_schema(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    lab_spec_schema_json(&out);
    compare("schema.json", lab_str_get(&out));
    json_t *schema = json_loads(lab_str_get(&out), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(schema);
    assert_true(count_references(json_object_get(schema, "$defs"), schema) >= 9);
    json_decref(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minimal),
        cmocka_unit_test(test_airgap),
        cmocka_unit_test(test_vocabulary),
        cmocka_unit_test(test_numbering),
        cmocka_unit_test(registry_of_labctl),
        cmocka_unit_test(test_template),
        cmocka_unit_test(test_examples_in_template),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
