/* VMX files as text: what VMware accepts is read, what it refuses is refused with its line, and
 * everything that was not asked to change comes back byte for byte. */
#include "provider_golden.h"

#include "provider/vmx.h"

#define REWRITTEN LABCTL_TEST_DIR "/golden/vmware/edit/rewritten.vmx"
#define BOM       "\xef\xbb\xbf"

static int parse(struct lab_vmx *vmx, const char *text, struct lab_error *err)
{
    return lab_vmx_parse(vmx, "a.vmx", text, strlen(text), err);
}

static void refused(const char *bytes, size_t n, const char *part)
{
    LAB_AUTO_VMX struct lab_vmx vmx;
    assert_refused(lab_vmx_parse(&vmx, "a.vmx", bytes, n, &err), LAB_HYPERVISOR, part, NULL);
}

static void text_is(const struct lab_vmx *vmx, const char *wanted)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    lab_vmx_put(vmx, &out);
    assert_string_equal(lab_str_get(&out), wanted);
}

static void value_is(const struct lab_vmx *vmx, const char *name, const char *wanted)
{
    const char *value = lab_vmx_get(vmx, name);
    assert_non_null(value);
    assert_string_equal(value, wanted);
}

/* Made after samples of Workstation on Windows: CRLF, its own keys, escapes, Korean. */
static void a_rewritten_file_is_read(void **state)
{
    (void)state;
    LAB_AUTO_VMX struct lab_vmx vmx;
    uint64_t n;
    assert_ok(lab_vmx_load(&vmx, REWRITTEN, &err));
    assert_int_equal(vmx.encoding, LAB_VMX_UTF8);
    value_is(&vmx, "DISPLAYNAME", "web-01");
    value_is(&vmx, "sata0:1.filename", "C:\\Users\\지원\\랩\\seed.iso");
    value_is(&vmx, "annotation", "first\r\nsecond \"quoted\" | bar | |zz");
    value_is(&vmx, "empty", "");
    value_is(&vmx, "bare", "value");
    assert_null(lab_vmx_get(&vmx, "kept"));
    assert_true(lab_vmx_get_bool(&vmx, "cleanShutdown", false));
    assert_false(lab_vmx_get_bool(&vmx, "softPowerOff", true));
    assert_true(lab_vmx_get_bool(&vmx, "bare", true));
    assert_true(lab_vmx_get_uint(&vmx, "memsize", &n) && n == 4096);
    assert_true(lab_vmx_get_uint(&vmx, "octal", &n) && n == 8);
    assert_true(lab_vmx_get_uint(&vmx, "hex", &n) && n == 31);
    assert_false(lab_vmx_get_uint(&vmx, "vmci0.id", &n));
    assert_false(lab_vmx_get_uint(&vmx, "bare", &n));
}

static void without_a_change_it_is_the_same_bytes(void **state)
{
    (void)state;
    LAB_AUTO_VMX struct lab_vmx vmx;
    assert_ok(lab_vmx_load(&vmx, REWRITTEN, &err));
    assert_ok(lab_vmx_set(&vmx, "NUMVCPUS", "2", &err));
    assert_false(vmx.changed);
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    lab_vmx_put(&vmx, &out);
    golden_is("vmware/edit/rewritten.vmx", &out);
    static const char *const texts[] = {
        "",
        "\n\n",
        "a=1",
        "\t#x\r\na = \"1\"\nb=2\r\n",
        "a=\n\n",
        "#!/usr/bin/x\n",
        BOM "a = \"\xed\x95\x9c\"\n",
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(texts); i++) {
        LAB_AUTO_VMX struct lab_vmx small;
        assert_ok(parse(&small, texts[i], &err));
        text_is(&small, texts[i]);
    }
}

static void a_change_touches_one_value(void **state)
{
    (void)state;
    LAB_AUTO_VMX struct lab_vmx vmx;
    assert_ok(lab_vmx_load(&vmx, REWRITTEN, &err));
    assert_ok(lab_vmx_set(&vmx, "sata0:1.startconnected", "FALSE", &err));
    assert_ok(lab_vmx_set(&vmx, "numvcpus", "4", &err));
    assert_ok(lab_vmx_set(&vmx, "bare", "two words", &err));
    assert_ok(lab_vmx_set(&vmx, "guestinfo.labctl.note", "가 \"|\" \x01\x7f", &err));
    assert_true(lab_vmx_remove(&vmx, "OCTAL"));
    assert_false(lab_vmx_remove(&vmx, "octal"));
    assert_true(vmx.changed);
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    lab_vmx_put(&vmx, &out);
    golden_is("vmware/edit/changed.vmx", &out);
    LAB_AUTO_VMX struct lab_vmx again;
    assert_ok(lab_vmx_parse(&again, "again", lab_str_get(&out), out.len, &err));
    value_is(&again, "guestinfo.labctl.note", "가 \"|\" \x01\x7f");
}

static void a_last_line_without_end_gets_one(void **state)
{
    (void)state;
    LAB_AUTO_VMX struct lab_vmx vmx;
    assert_ok(parse(&vmx, "a=1\r\nb=2", &err));
    assert_ok(lab_vmx_set(&vmx, "c", "3", &err));
    text_is(&vmx, "a=1\r\nb=2\r\nc = \"3\"\r\n");
}

static void a_new_file_begins_empty(void **state)
{
    (void)state;
    LAB_AUTO_VMX struct lab_vmx vmx = {.encoding = LAB_VMX_UTF8};
    assert_ok(lab_vmx_set(&vmx, "a", "1", &err));
    text_is(&vmx, "a = \"1\"\n");
}

static void what_vmware_refuses_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"a=1\n// comment\n", "a.vmx:2: this is neither"},
        {"[section]\n", "a.vmx:1: this is neither"},
        {"= \"x\"\n", "a.vmx:1: this is neither"},
        {"a b = \"x\"\n", "a.vmx:1: this is neither"},
        {"a # = \"x\"\n", "a.vmx:1: this is neither"},
        {"lonely\n", "a.vmx:1: this is neither"},
        {"\n\na = \"x\n", "a.vmx:3: the value has no closing quote"},
        {"a = \"x\"y\"\n", "a.vmx:1: there is more text"},
        {"a = \"x\" y\n", "a.vmx:1: there is more text"},
        {"a = x y\n", "a.vmx:1: there is more text"},
        {"a = x\"y\n", "a.vmx:1: a quote stands inside"},
        {"a = \"|00\"\n", "a.vmx:1: the value holds |00"},
        {"a = \"x\ry\"\n", "a.vmx:1: a carriage return"},
        {"memsize=1\n#\nMEMSIZE = \"2\"\n", "a.vmx:3: 'MEMSIZE' is already defined on line 1"},
        {"b=1\na=1\nB=2\nA=2\nA=3\n", "a.vmx:3: 'B' is already defined on line 1"},
        {".encoding = \"UTF-8\"\na = \"\xff\"\n", "a.vmx:2: byte 6 is no UTF-8"},
        {"# \xc0\x80\n.encoding = \"utf-8\"\n", "a.vmx:1: byte 3 is no UTF-8"},
        {BOM "a = \"\xff\"\n", "a.vmx:1: byte 6 is no UTF-8"},
        {"\xef\xbb\xbf.encoding = \"windows-949\"\n", "a.vmx:1: a UTF-8 file declares another"},
        {"a=1\n.encoding = \"UTF-16\"\n", "a.vmx:2: the encoding has an unknown name"},
        {".encoding = \"w\"\n", "a.vmx:1: the encoding has an unknown name"},
        {".encoding = \"US-ASCII\"\na = \"\xe9\"\n", "a.vmx:2: byte 6 is no US-ASCII"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++)
        refused(cases[i].text, strlen(cases[i].text), cases[i].part);
    refused("a=1\nb=\0\n", 8, "a.vmx:2: there is a NUL byte");
    refused("a=\"\0\"", 5, "a.vmx:1: there is a NUL byte");
}

static void odd_but_valid(void **state)
{
    (void)state;
    LAB_AUTO_VMX struct lab_vmx vmx;
    assert_ok(parse(&vmx,
                    "  a\t=\t\"#x\"# y\nb=c#d\n  \n\t# \"\ne = \"\\\"\nf=|41|4\ng=#none\n"
                    "ethernet0.address=\"|\"\n",
                    &err));
    value_is(&vmx, "a", "#x");
    value_is(&vmx, "b", "c");
    value_is(&vmx, "e", "\\");
    value_is(&vmx, "f", "A|4");
    value_is(&vmx, "g", "");
    value_is(&vmx, "ethernet0.address", "|");
}

/* 10 MB in few lines, in many lines, and many names that are nearly the same. */
static void large_files_are_refused_quickly(void **state)
{
    (void)state;
    size_t n = 10u << 20;
    LAB_AUTOFREE char *bytes = lab_alloc(n + 1);
    memset(bytes, 'x', n);
    refused(bytes, n, "a.vmx: more than 4194304 bytes");
    memset(bytes, '\n', n);
    refused(bytes, 70000, "a.vmx: more than 65536 lines");
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    for (unsigned i = 0; i < LAB_VMX_MAX_LINES; i++)
        lab_str_addf(&text, "n%u=1\n", i);
    LAB_AUTO_VMX struct lab_vmx vmx;
    uint64_t start = plat_now_ms();
    assert_ok(parse(&vmx, lab_str_get(&text), &err));
    assert_true(plat_now_ms() - start < 20000);
}

static void other_encodings_take_only_ascii(void **state)
{
    (void)state;
    static const char *const heads[] = {".encoding = \"windows-949\"\n", ""};
    for (size_t i = 0; i < LAB_ARRAY_LEN(heads); i++) {
        LAB_AUTO_VMX struct lab_vmx vmx;
        LAB_AUTOFREE char *text = lab_format("%sa = \"\xc7\xd1\"\n", heads[i]);
        assert_ok(parse(&vmx, text, &err));
        value_is(&vmx, "a", "\xc7\xd1");
        assert_refused(lab_vmx_set(&vmx, "b", "한", &err), LAB_HYPERVISOR, "only ASCII", NULL);
        assert_ok(lab_vmx_set(&vmx, "b", "ascii", &err));
        LAB_AUTOFREE char *after = lab_format("%sb = \"ascii\"\n", text);
        text_is(&vmx, after);
    }
}

static void names_that_vmware_could_not_read(void **state)
{
    (void)state;
    static const char *const names[] = {"", ".encoding", "a b", "a=b", "a#", "a\"", "a\n", "한"};
    LAB_AUTO_VMX struct lab_vmx vmx = {.encoding = LAB_VMX_UTF8};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++)
        assert_refused(lab_vmx_set(&vmx, names[i], "x", &err), LAB_INTERNAL, "no name", NULL);
}

static void files_are_saved_when_they_changed(void **state)
{
    (void)state;
    LAB_AUTOFREE char *dir = scratch_folder();
    LAB_AUTOFREE char *path = lab_path_join(dir, "웹-01.vmx");
    LAB_AUTO_VMX struct lab_vmx vmx;
    assert_refused(lab_vmx_load(&vmx, path, &err), LAB_HOST, "웹-01.vmx", NULL);
    write_text(path, "a=1\n");
    assert_ok(lab_vmx_load(&vmx, path, &err));
    struct plat_stat before, after;
    assert_int_equal(plat_stat(path, &before), 0);
    assert_ok(lab_vmx_save(&vmx, path, &err));
    assert_int_equal(plat_stat(path, &after), 0);
    assert_true(before.inode == after.inode && before.mtime_ns == after.mtime_ns);
    assert_ok(lab_vmx_set(&vmx, "a", "2", &err));
    assert_ok(lab_vmx_save(&vmx, path, &err));
    assert_int_equal(plat_stat(path, &after), 0);
    assert_int_equal(after.mode, before.mode);
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    assert_ok(lab_file_read(path, 100, &text, &err));
    assert_string_equal(lab_str_get(&text), "a=\"2\"\n");
    assert_int_equal(plat_remove_tree(dir, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rewritten_file_is_read),
        cmocka_unit_test(without_a_change_it_is_the_same_bytes),
        cmocka_unit_test(a_change_touches_one_value),
        cmocka_unit_test(a_last_line_without_end_gets_one),
        cmocka_unit_test(a_new_file_begins_empty),
        cmocka_unit_test(what_vmware_refuses_is_refused),
        cmocka_unit_test(odd_but_valid),
        cmocka_unit_test(large_files_are_refused_quickly),
        cmocka_unit_test(other_encodings_take_only_ascii),
        cmocka_unit_test(names_that_vmware_could_not_read),
        cmocka_unit_test(files_are_saved_when_they_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
