/* What platform/win32 does that the other system has no counterpart of. */
#include "../unit/base_scratch.h"

#include <windows.h>

#include <shellapi.h>
#include <wchar.h>

#include "../platform/win32/wide.h"
#include "base/child.h"

static char *self;

/* --- paths ------------------------------------------------------------------------------------ */

static void case_and_slashes_do_not_matter(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *file = lab_format("%s/Lab N1.vmx", (const char *)*state);
    LAB_AUTOFREE char *absolute = plat_absolute(file);
    LAB_AUTOFREE char *odd = plat_native(absolute);
    for (char *s = odd; *s; s++)
        *s = (char)(*s >= 'a' && *s <= 'z' ? *s - 'a' + 'A' : *s);
    assert_true(plat_same_path(absolute, odd)); /* it is not there yet */
    assert_ok(lab_file_replace(file, "", 0, 0600, &err), err);
    assert_true(plat_same_path(absolute, odd));
    assert_null(strchr(odd, '/'));
    LAB_AUTOFREE char *other = lab_format("%s/Lab N2.vmx", (const char *)*state);
    assert_false(plat_same_path(other, odd));
}

static void short_names_are_resolved(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    wchar_t name[MAX_PATH];
    LAB_AUTOFREE char *folder = lab_format("%s/a folder with a long name", (const char *)*state);
    LAB_AUTOFREE char *file = lab_format("%s/a file with a long name.vmx", folder);
    assert_ok(plat_mkdirs(folder, 0700, &err), err);
    assert_ok(lab_file_replace(file, "", 0, 0600, &err), err);
    LAB_AUTOFREE wchar_t *wide = plat_wide_path(file);
    assert_in_range(GetShortPathNameW(wide, name, MAX_PATH), 1, MAX_PATH - 1);
    LAB_AUTOFREE char *brief = plat_utf8(name);
    assert_true(plat_same_path(file, brief));
}

/* Wine knows no limit, so that the prefix is there is all that can be seen. */
static void libraries_get_long_paths_with_the_prefix(void **state)
{
    char part[201];
    memset(part, 'x', sizeof(part));
    part[200] = '\0';
    LAB_AUTOFREE char *file = lab_format("%s/%s/f", (const char *)*state, part);
    LAB_AUTOFREE char *brief = plat_any_length(*state);
    assert_true(strncmp(brief, "\\\\?\\", 4) != 0);
    LAB_AUTOFREE char *longer = lab_format("%s/%s/f", file, part);
    LAB_AUTOFREE char *lifted = plat_any_length(longer);
    assert_true(strncmp(lifted, "\\\\?\\", 4) == 0);
    assert_null(strchr(lifted, '/'));
}

/* --- command lines ---------------------------------------------------------------------------- */

static void arguments_survive_the_command_line(void **state)
{
    static const char *const words[] = {"C:\\Program Files\\VMware\\vmrun.exe",
                                        "",
                                        "plain",
                                        "two words",
                                        "ends\\",
                                        "two words\\",
                                        "say \"so\"",
                                        "a\\\\\"b",
                                        "%PATH% ^& |",
                                        "한글 이름"};
    LAB_AUTO_CHILD struct lab_child c;
    int argc = 0;
    (void)state;
    lab_child_init(&c, words[0]);
    for (size_t i = 1; i < LAB_ARRAY_LEN(words); i++)
        lab_child_arg(&c, words[i]);
    *lab_vec_push(&c.argv) = NULL;
    c.argv.len--;
    LAB_AUTOFREE wchar_t *line = plat_command_line(c.argv.items);
    wchar_t **split = CommandLineToArgvW(line, &argc);
    assert_int_equal(argc, LAB_ARRAY_LEN(words));
    for (int i = 0; i < argc; i++) {
        LAB_AUTOFREE char *arg = plat_utf8(split[i]);
        assert_string_equal(arg, words[i]);
    }
    LocalFree(split);
}

/* --- jobs ------------------------------------------------------------------------------------- */

static bool in_a_job(void)
{
    BOOL in = FALSE;
    IsProcessInJob(GetCurrentProcess(), NULL, &in);
    return in;
}

/* Enters a job that lets its children go, or one that does not, and starts a child that shall
 * leave. */
static int enter_job(bool lets_go)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    HANDLE job = CreateJobObjectW(NULL, NULL);
    limits.BasicLimitInformation.LimitFlags = lets_go ? JOB_OBJECT_LIMIT_BREAKAWAY_OK : 0;
    if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)) ||
        !AssignProcessToJobObject(job, GetCurrentProcess()))
        return 2;
    lab_child_init(&c, self);
    lab_child_arg(&c, "report");
    c.breakaway = true;
    if (lab_child_run(&c, &err) != 0)
        return 3;
    fputs(lab_str_get(&c.out), stdout);
    return c.status;
}

static void assert_job(const char *how, const char *said)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, self);
    lab_child_arg(&c, how);
    /* Straight from here, or libuv's own job would be between. */
    c.breakaway = true;
    assert_ok(lab_child_run(&c, &err), err);
    assert_int_equal(c.status, 0);
    assert_string_equal(lab_str_get(&c.out), said);
}

static void a_child_leaves_the_job(void **state)
{
    (void)state;
    assert_job("enter-open", "free");
}

static void a_job_that_holds_its_children_gets_one_more(void **state)
{
    (void)state;
    assert_job("enter-closed", "in a job");
}

static int as_child(const char *what)
{
    if (strcmp(what, "report") == 0)
        fputs(in_a_job() ? "in a job" : "free", stdout);
    else
        return enter_job(strcmp(what, "enter-open") == 0);
    return 0;
}

int main(int argc, char **argv)
{
    char exe[4096];
    size_t size = sizeof(exe);
    plat_console_init();
    argv = plat_arguments(&argc, argv);
    if (uv_exepath(exe, &size) != 0)
        return 1;
    self = exe;
    if (argc > 1)
        return as_child(argv[1]);
    const struct CMUnitTest tests[] = {
        scratch_test(case_and_slashes_do_not_matter),
        scratch_test(short_names_are_resolved),
        scratch_test(libraries_get_long_paths_with_the_prefix),
        cmocka_unit_test(arguments_survive_the_command_line),
        cmocka_unit_test(a_child_leaves_the_job),
        cmocka_unit_test(a_job_that_holds_its_children_gets_one_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
