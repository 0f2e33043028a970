/* The archive of `support`: what is in it, what never is, and that it comes about whatever is
 * missing. */
#include "run_fixture.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/io.h"
#include "run/support.h"

#define TOKEN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde0"
#define YAML                                                                                       \
    "name: lab\nimage_url: ./x.img\nnetworks: {default: {ipam: {range: 192.0.2.0/24, gateway: "    \
    "192.0.2.1, start: 192.0.2.10}}}\nnodes: [{name: n1, cpu: 1, memory: 256Mi, disk_size: 1Gi, "  \
    "networks: [default]}]\n"

/* --- reading ------------------------------------------------------------------------------------
 */

struct member {
    char *name; /* without the folder */
    struct lab_str text;
};

struct members {
    LAB_VEC(struct member) list;
    char *folder;
};

static void members_read(struct members *out, const char *path)
{
    struct archive *a = archive_read_new();
    struct archive_entry *entry;
    archive_read_support_format_tar(a);
    archive_read_support_filter_gzip(a);
    assert_int_equal(archive_read_open_filename(a, path, 10240), ARCHIVE_OK);
    while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
        const char *name = archive_entry_pathname(entry), *slash = strchr(name, '/');
        struct member *m = lab_vec_push(&out->list);
        LAB_AUTOFREE char *bytes = lab_alloc((size_t)archive_entry_size(entry) + 1);
        assert_non_null(slash);
        LAB_AUTOFREE char *folder = lab_strndup(name, (size_t)(slash - name));
        if (out->folder)
            assert_string_equal(out->folder, folder);
        lab_assign(&out->folder, folder);
        m->name = lab_strdup(slash + 1);
        assert_int_equal(archive_read_data(a, bytes, (size_t)archive_entry_size(entry)),
                         archive_entry_size(entry));
        lab_str_addn(&m->text, bytes, (size_t)archive_entry_size(entry));
        assert_int_equal(archive_entry_perm(entry), 0600);
    }
    archive_read_free(a);
}

static void members_clear(struct members *m)
{
    LAB_VEC_FOREACH (one, &m->list) {
        free(one->name);
        lab_str_clear(&one->text);
    }
    lab_vec_clear(&m->list);
    free(m->folder);
}

/* NULL: it is not there. */
static const char *text_of(const struct members *m, const char *name)
{
    LAB_VEC_FOREACH (one, &m->list)
        if (strcmp(one->name, name) == 0)
            return lab_str_get(&one->text);
    return NULL;
}

static void assert_says(const struct members *m, const char *name, const char *words)
{
    const char *text = text_of(m, name);
    if (!text || !strstr(text, words))
        fail_msg("%s does not say '%s': %s", name, words, text ? text : "it is not there");
}

static const char *lack_of(const struct lab_support_report *report, const char *what)
{
    LAB_VEC_FOREACH (lack, &report->lacks)
        if (strcmp(lack->what, what) == 0)
            return lack->why;
    return NULL;
}

/* --- a lab --------------------------------------------------------------------------------------
 */

static void put(const struct fixture *f, const char *name, const char *bytes, size_t n)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(f->home, name);
    LAB_AUTOFREE char *dir = lab_path_dir(path);
    must(plat_mkdirs(dir, 0700, &err), &err);
    must(lab_file_replace(path, bytes, n, 0600, &err), &err);
}

static void put_text(const struct fixture *f, const char *name, const char *text)
{
    put(f, name, text, strlen(text));
}

static int query(struct lab_provider *p,
                 const char *const *names,
                 size_t n,
                 struct lab_vm_states *out,
                 struct lab_error *err)
{
    (void)p, (void)err;
    for (size_t i = 0; i < n; i++) {
        struct lab_vm_state *vm = lab_vec_push(&out->list);
        vm->name = lab_strdup(names[i]);
        vm->power = LAB_POWER_OFF;
        vm->ours = true;
    }
    return 0;
}

static int records(struct lab_provider *p,
                   const char *name,
                   const struct lab_record_taker *taker,
                   struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    (void)p;
    if (strcmp(name, "n1") != 0)
        return lab_fail(err, LAB_HYPERVISOR, "no such VM");
    lab_str_add(&text, "<graphics passwd='hunter22'/>");
    taker->take(taker->arg, "domain.xml", &text);
    return lab_fail(err, LAB_HYPERVISOR, "its log went away");
}

static void make_lab(struct fixture *f)
{
    fixture_lab(f, YAML);
    f->ops.name = "libvirt";
    f->ops.query = query;
    f->ops.records = records;
    f->run.provider_open = true;
    put_text(f, "lab.yaml", YAML "auth: {password: hunter22}\n");
    put_text(f, "labs/lab/keys/k3s-token", TOKEN "\n");
    LAB_AUTOFREE char *login = lab_path_join(f->home, "labs/lab/keys/login");
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey key = {0};
    struct lab_error err = LAB_ERROR_INIT;
    must(lab_sshkey_ensure(&key, login, "lab", &err), &err);
    put_text(f, "labs/lab/registry/htpasswd", "labctl:$2y$05$short-one\n");
    put_text(f, "labs/lab/registry/secret", "http-secret-of-the-registry");
    put_text(f, "labs/lab/labctl.log",
             "k3s agent " TOKEN "\nhttp-secret-of-the-registry $2y$05$short-one\n");
    put_text(f, "labs/lab/console/n1.log", "boot\nlogin: ");
    lab_run_event(&f->run, "n1", "address", "failed", "token: hunter23");
}

static void
run_support(struct fixture *f, struct lab_support_report *report, struct members *members)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *out = lab_path_join(f->home, "x.tar.gz");
    LAB_AUTOFREE char *part = lab_path_join(f->home, "x.tar.gz.part");
    const struct lab_support_options options = {.out = out};
    struct plat_stat st;
    must(lab_support(&f->run, &options, report, &err), &err);
    assert_string_equal(report->path, out);
    assert_int_equal(plat_stat(out, &st), 0);
    assert_int_equal(st.mode & 0777, 0600);
    assert_int_equal(st.size, report->bytes);
    assert_false(lab_file_exists(part));
    members_read(members, out);
    assert_int_equal(members->list.len, report->files);
}

static void has_all_parts_and_no_secret(void **state)
{
    struct fixture *f = *state;
    struct lab_support_report report;
    struct members m = {0};
    make_lab(f);
    run_support(f, &report, &m);
    assert_non_null(strstr(m.folder, "labctl-support-lab-"));
    assert_says(&m, "lab.yaml", "auth: {password: [redacted: password]}");
    assert_says(&m, "labctl.log",
                "k3s agent [redacted: k3s token]\n[redacted: registry's http secret] "
                "[redacted: password hash]\n");
    assert_says(&m, "console/n1.log", "boot\nlogin: ");
    assert_says(&m, "events.ndjson",
                "\"gate\":\"address\",\"state\":\"failed\","
                "\"evidence\":\"token: [redacted: token]\"");
    assert_says(&m, "state.ndjson", "{\"table\":\"fact\",\"key\":\"name\",\"value\":\"lab\"}");
    assert_says(&m, "machines/n1/domain.xml", "passwd='[redacted: password]'");
    assert_says(&m, "status.txt", "n1");
    assert_says(&m, "versions.txt", "libarchive");
    assert_says(&m, "doctor.txt", "time zone");
    assert_says(&m, "files.txt", "keys/k3s-token");
    assert_says(&m, "README.txt", "labctl.log");
    assert_says(&m, "README.txt", "machines/n1/: its log went away");
    assert_string_equal(lack_of(&report, "machines/n1/"), "its log went away");
    assert_non_null(strstr(lack_of(&report, "guests/n1/"), "does not answer"));
    assert_true(report.masked >= 6);
    LAB_VEC_FOREACH (one, &m.list) {
        assert_null(strstr(lab_str_get(&one->text), TOKEN));
        assert_null(strstr(lab_str_get(&one->text), "hunter2"));
    }
    members_clear(&m);
    lab_support_report_clear(&report);
}

static void what_cannot_be_masked_is_left_out(void **state)
{
    struct fixture *f = *state;
    struct lab_support_report report;
    struct members m = {0};
    make_lab(f);
    put_text(f, "labs/lab/console/n1.log",
             "0123456789abcdef0123456789abcdef0123456789abcdef\r\n"
             "  0123456789abcde0\n");
    run_support(f, &report, &m);
    assert_null(text_of(&m, "console/n1.log"));
    assert_non_null(strstr(lack_of(&report, "console/n1.log"), "k3s token"));
    members_clear(&m);
    lab_support_report_clear(&report);
}

static void long_logs_are_cut_and_say_so(void **state)
{
    struct fixture *f = *state;
    struct lab_support_report report;
    struct members m = {0};
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    make_lab(f);
    for (unsigned i = 0; text.len < 5 << 20; i++)
        lab_str_addf(&text, "line %u of a long boot\n", i);
    lab_str_addn(&text, "a reset\0\0\n", 10);
    put(f, "labs/lab/console/n1.log", lab_str_get(&text), text.len);
    run_support(f, &report, &m);
    const char *console = text_of(&m, "console/n1.log");
    assert_non_null(console);
    assert_true(strlen(console) <= 4 << 20 && strlen(console) > 3 << 20);
    assert_int_equal(strncmp(console, "line ", 5), 0);
    assert_non_null(strstr(console, "a reset\n"));
    assert_non_null(strstr(lack_of(&report, "console/n1.log"), "left out"));
    members_clear(&m);
    lab_support_report_clear(&report);
}

/* lab.yaml is refused, and nothing else is known. */
static void works_without_a_lab(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_support_report report;
    struct members m = {0};
    LAB_AUTOFREE char *yaml = lab_path_join(f->home, "lab.yaml");
    const struct lab_support_options options = {
        .file = yaml, .out = f->home, .refused = "it has 4 errors"};
    put_text(f, "lab.yaml", "name: x\nauth:\n  password: hunter22\n");
    must(lab_support(NULL, &options, &report, &err), &err);
    LAB_AUTOFREE char *dir = lab_path_dir(report.path);
    assert_string_equal(dir, f->home); /* a folder: the name is labctl's */
    members_read(&m, report.path);
    assert_says(&m, "lab.yaml", "  password: [redacted: password]\n");
    assert_says(&m, "README.txt", "it has 4 errors");
    assert_says(&m, "versions.txt", "labctl");
    assert_non_null(lack_of(&report, "plan.txt"));
    assert_non_null(lack_of(&report, "state.ndjson, events.ndjson"));
    members_clear(&m);
    lab_support_report_clear(&report);
}

/* The ledger is lost, its folder is not. */
static void works_without_a_ledger(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_support_report report;
    struct members m = {0};
    const struct lab_support_options options = {.lab = "lab", .out = f->home, .refused = "lost"};
    put_text(f, "labs/lab/keys/k3s-token", TOKEN "\n");
    put_text(f, "labs/lab/console/n1.log", "said " TOKEN "\n");
    must(lab_support(NULL, &options, &report, &err), &err);
    members_read(&m, report.path);
    assert_says(&m, "console/n1.log", "said [redacted: k3s token]\n");
    members_clear(&m);
    lab_support_report_clear(&report);
}

static void nothing_is_left_of_what_cannot_be_written(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_support_report report;
    LAB_AUTOFREE char *out = lab_path_join(f->home, "none/x.tar.gz");
    const struct lab_support_options options = {.out = out};
    must_fail(lab_support(NULL, &options, &report, &err), &err, LAB_HOST, "x.tar.gz.part", NULL);
    lab_support_report_clear(&report);
    make_lab(f);
    f->run.interrupted = true;
    LAB_AUTOFREE char *late = lab_path_join(f->home, "x.tar.gz");
    LAB_AUTOFREE char *part = lab_path_join(f->home, "x.tar.gz.part");
    const struct lab_support_options again = {.out = late};
    must_fail(lab_support(&f->run, &again, &report, &err), &err, LAB_CANCELLED, "interrupted",
              NULL);
    assert_false(lab_file_exists(late) || lab_file_exists(part));
    lab_support_report_clear(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(has_all_parts_and_no_secret),
        fixture_test(what_cannot_be_masked_is_left_out),
        fixture_test(long_logs_are_cut_and_say_so),
        fixture_test(works_without_a_lab),
        fixture_test(works_without_a_ledger),
        fixture_test(nothing_is_left_of_what_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
