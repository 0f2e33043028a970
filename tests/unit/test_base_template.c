#include "base_scratch.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/asset.h"
#include "base/child.h"
#include "base/template_text.h"
#include "base/text.h"

static void places_are_filled(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    const struct lab_var vars[] = {{"name", "a<b", false}, {"nics", "<nic/>", true}};
    lab_template_text(&out, "t.xml", "<d n='{{name}}'>{{nics}}</d>{{name}} {x} }}\n",
                      LAB_ESCAPE_XML, vars, 2);
    assert_string_equal(lab_str_get(&out), "<d n='a&lt;b'><nic/></d>a&lt;b {x} }}\n");
}

static void values_are_not_templates(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    const struct lab_var vars[] = {{"a", "{{b}}", true}, {"b", "x", true}};
    lab_template_text(&out, "t", "{{a}}{{b}}", LAB_ESCAPE_NONE, vars, 2);
    assert_string_equal(lab_str_get(&out), "{{b}}x");
}

/* What a child process, which runs the template, says before it aborts. */
static void assert_aborts(const char *text, const struct lab_var *vars, size_t n, const char *part)
{
    int fds[2], status;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct lab_str out = LAB_STR_INIT;
        dup2(fds[1], 2);
        signal(SIGABRT, SIG_DFL);
        lab_template_text(&out, "t.xml", text, LAB_ESCAPE_XML, vars, n);
        _exit(0);
    }
    char said[500] = "";
    close(fds[1]);
    ssize_t len = read(fds[0], said, sizeof(said) - 1);
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT || len <= 0 ||
        !strstr(said, "'t.xml'") || !strstr(said, part))
        fail_msg("status %x, said: %s", (unsigned)status, said);
}

static void mismatches_abort(void **state)
{
    (void)state;
    const struct lab_var var = {"name", "x", false}, empty = {"name", NULL, false};
    assert_aborts("{{nmae}} {{name}}", &var, 1, "unknown name 'nmae'");
    assert_aborts("{{name}} {{nam}}", &var, 1, "unknown name 'nam'");
    assert_aborts("nothing", &var, 1, "no place for 'name'");
    assert_aborts("{{name", &var, 1, "'name'");
    assert_aborts("{{ name }}", &var, 1, "' name }}'");
    assert_aborts("{{}}", NULL, 0, "'}}'");
    assert_aborts("{{name}}", &empty, 1, "no value for 'name'");
}

static void assets_are_built_in(void **state)
{
    (void)state;
    for (unsigned long i = 0; i < lab_asset_count; i++) {
        assert_ptr_equal(lab_asset_get(lab_assets[i].path), &lab_assets[i]);
        LAB_AUTOFREE char *path = lab_format("%s/../%s", LABCTL_TEST_DIR, lab_assets[i].path);
        if (!lab_ends_with(path, ".mo")) /* made of the .po file by the build */
            assert_file(path, lab_assets[i].text);
        assert_int_equal(lab_assets[i].text[lab_assets[i].size], '\0');
    }
}

static void escapes(void **state)
{
    (void)state;
    static const struct {
        enum lab_escape how;
        const char *in, *out;
    } cases[] = {
        {LAB_ESCAPE_XML, "<a b=\"c\" d='e'>&amp;",
         "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;amp;"},
        {LAB_ESCAPE_XML, "t\tn\nr\r", "t&#9;n&#10;r&#13;"},
        {LAB_ESCAPE_XML, "\x01\x1b\x1f\x7f", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\x7f"},
        {LAB_ESCAPE_XML, "\xef\xbf\xbf\xff\xea\xb0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xea\xb0\x80"},
        {LAB_ESCAPE_YAML, "", "\"\""},
        {LAB_ESCAPE_YAML, "yes", "\"yes\""},
        {LAB_ESCAPE_YAML, "a\"b\\c", "\"a\\\"b\\\\c\""},
        {LAB_ESCAPE_YAML, "\t\n\r\x01\x7f", "\"\\x09\\n\\x0D\\x01\\x7F\""},
        {LAB_ESCAPE_YAML, "\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf",
         "\"\\x85\\u2028\\u2029\\uFEFF\""},
        {LAB_ESCAPE_YAML, "\xed\x95\x9c \xf0\x9f\x9a\x80\xfe",
         "\"\xed\x95\x9c \xf0\x9f\x9a\x80\xef\xbf\xbd\""},
        {LAB_ESCAPE_SHELL_ENV, "", "''"},
        {LAB_ESCAPE_SHELL_ENV, "$(id) `id` \\ \"", "'$(id) `id` \\ \"'"},
        {LAB_ESCAPE_SHELL_ENV, "it's", "'it'\\''s'"},
        {LAB_ESCAPE_VMX, "C:\\VMs\\a \"b\" | #1\t\r\n\x7f", "C:\\VMs\\a |22b|22 |7C #1\t|0D|0A|7F"},
        {LAB_ESCAPE_VMX, "\xed\x95\x9c\xff", "\xed\x95\x9c\xef\xbf\xbd"},
        {LAB_ESCAPE_NONE, "<'\">", "<'\">"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        lab_escape(&out, cases[i].how, cases[i].in);
        assert_string_equal(lab_str_get(&out), cases[i].out);
    }
}

/* A real shell reads back what was written. */
static void a_shell_agrees(void **state)
{
    (void)state;
    static const char *const values[] = {"",
                                         "'",
                                         "''",
                                         "a'b'c",
                                         "$HOME `id` $(id)",
                                         "\\ \\n",
                                         "\"x\"",
                                         "l1\nl2",
                                         "!#&*()[]{}<>?;~|",
                                         "\xed\x95\x9c"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(values); i++) {
        struct lab_error err = LAB_ERROR_INIT;
        LAB_AUTO_STR struct lab_str script = LAB_STR_INIT;
        lab_str_add(&script, "V=");
        lab_escape(&script, LAB_ESCAPE_SHELL_ENV, values[i]);
        lab_str_add(&script, "\nprintf %s \"$V\"");
        LAB_AUTO_CHILD struct lab_child c;
        lab_child_init(&c, "sh");
        lab_child_args(&c, "-c", lab_str_get(&script), (const char *)NULL);
        assert_ok(lab_child_run(&c, &err), err);
        assert_string_equal(lab_str_get(&c.out), values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_filled), cmocka_unit_test(values_are_not_templates),
        cmocka_unit_test(mismatches_abort),  cmocka_unit_test(assets_are_built_in),
        cmocka_unit_test(escapes),           cmocka_unit_test(a_shell_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
