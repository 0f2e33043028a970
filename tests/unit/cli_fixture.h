/* labctl's command line in a process of its own, with tests/fake/virsh for a hypervisor and a lab
 * that is known from its ledger alone: two nodes, web-01 and web-02, made long ago. */
#ifndef TEST_CLI_FIXTURE_H
#define TEST_CLI_FIXTURE_H

#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base_scratch.h"
#include "cli/cli.h"
#include "media/sshkey.h"
#include "platform.h"

struct cli_said {
    int status;
    char *out, *err; /* stdout, stderr */
};

static char *cli_dir;

static inline char *cli_path(const char *name)
{
    return lab_path_join(cli_dir, name);
}

static inline void cli_write(const char *name, const char *text)
{
    LAB_AUTOFREE char *path = cli_path(name);
    scratch_write(path, text);
}

static inline char *cli_read(const char *name)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *path = cli_path(name);
    assert_ok(lab_file_read(path, 1 << 20, &text, &err), err);
    return lab_str_detach(&text);
}

/* See tests/fake/virsh. */
#define CLI_CONNECTS "uri\tsay\tqemu:///system\n"
#define CLI_NOTHING                                                                                \
    CLI_CONNECTS                                                                                   \
    "list*\tok\nnet-list*\tok\npool-dumpxml*\terr\tfailed to get pool\npool-list*\tok\n"
#define CLI_ABSENT CLI_CONNECTS "domstats*\tok\ndumpxml*\tmissing\n"

static inline void cli_rules(const char *rules)
{
    cli_write("rules", rules);
}

static int cli_setup(void **state)
{
    if (scratch_setup(state))
        return -1;
    cli_dir = *state;
    LAB_AUTOFREE char *home = cli_path("home");
    setenv("LABCTL_HOME", home, 1);
    setenv("FAKE_VIRSH", cli_dir, 1);
    setenv("TERM", "dumb", 1);
    const char *fakes = LABCTL_TEST_DIR "/fake:";
    if (strncmp(getenv("PATH"), fakes, strlen(fakes)) != 0) {
        LAB_AUTOFREE char *front = lab_format("%s%s", fakes, getenv("PATH"));
        setenv("PATH", front, 1);
    }
    cli_rules(CLI_CONNECTS);
    return 0;
}

#define cli_test(fn) cmocka_unit_test_setup_teardown(fn, cli_setup, scratch_teardown)

/* lab.yaml, and the image x.img that it names. */
static inline void cli_put_lab(const char *yaml)
{
    static const char zeros[4096];
    LAB_AUTOFREE char *image = cli_path("x.img");
    struct lab_error err = LAB_ERROR_INIT;
    cli_write("lab.yaml", yaml);
    assert_ok(lab_file_replace(image, zeros, sizeof(zeros), 0600, &err), err);
}

static inline void cli_put_node(struct lab_state *st, const char *name, unsigned number)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *ip = lab_format("192.0.2.%u", number);
    struct lab_nic_record nic = {(char *)"default", ip, (char *)"52:54:00:00:00:01"};
    struct lab_node_record r = {.name = (char *)name,
                                .group = (char *)"web",
                                .number = number,
                                .order = number,
                                .generation = (char *)"g1",
                                .cpu = 1,
                                .memory_mib = 512,
                                .provisioned = true,
                                .detached = true,
                                .restarted = true};
    *lab_vec_push(&r.nics) = nic;
    assert_ok(lab_state_node_put(st, &r, &err), err);
    assert_ok(lab_state_object_put(st, LAB_OBJECT_VM, name, LAB_OBJECT_PRESENT, NULL, &err), err);
    lab_vec_clear(&r.nics);
}

static inline struct lab_state *cli_open_lab(enum lab_state_mode mode)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st;
    LAB_AUTOFREE char *source = cli_path("lab.yaml");
    assert_ok(lab_state_open(&st, "airgap", mode, source, "test", &err), err);
    return st;
}

/* The hypervisor's VMs: of web-01, web-02 those with a power (domstats' number; 0: no such VM). */
static inline void cli_hypervisor(const char *owner_id, int web_01, int web_02)
{
    const int power[] = {web_01, web_02};
    LAB_AUTO_STR struct lab_str rules = LAB_STR_INIT, stats = LAB_STR_INIT;
    lab_str_add(&rules, CLI_CONNECTS "start*\tok\n");
    for (int i = 0; i < 2; i++) {
        LAB_AUTOFREE char *name = lab_format("web-%02d", i + 1);
        LAB_AUTOFREE char *file = cli_path(name);
        if (!power[i])
            continue;
        LAB_AUTOFREE char *xml =
            lab_format("<domain type='qemu'><name>%s</name>"
                       "<uuid>5f0c9c1e-1111-4000-8000-00000000000%d</uuid><metadata>"
                       "<labctl:node xmlns:labctl=\"urn:labctl:1\" lab=\"airgap\" id=\"%s\" "
                       "node=\"%s\" generation=\"g1\"/></metadata><devices/></domain>\n",
                       name, i + 1, owner_id, name);
        scratch_write(file, xml);
        lab_str_addf(&rules, "dumpxml*%s\tout\t%s\n", name, file);
        lab_str_addf(&stats, "Domain: '%s'\n  state.state=%d\n  state.reason=1\n\n", name,
                     power[i]);
    }
    LAB_AUTOFREE char *file = cli_path("stats");
    scratch_write(file, lab_str_get(&stats));
    lab_str_addf(&rules, "dumpxml*\tmissing\ndomstats*\tout\t%s\n", file);
    cli_rules(lab_str_get(&rules));
}
enum { CLI_GONE = 0, CLI_ON = 1, CLI_OFF = 5 };

static inline char *cli_lab_id(void)
{
    struct lab_state *st = cli_open_lab(LAB_STATE_READ);
    char *id = lab_strdup(lab_state_id(st));
    lab_state_close(st);
    return id;
}

static inline void cli_make_lab(void)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = cli_open_lab(LAB_STATE_CREATE);
    assert_ok(lab_state_set(st, "provider", "libvirt", &err), err);
    assert_ok(lab_state_set(st, "uri", "", &err), err);
    cli_put_node(st, "web-01", 1);
    cli_put_node(st, "web-02", 2);
    LAB_AUTOFREE char *keys = lab_path_join(lab_state_dir(st), "keys");
    LAB_AUTOFREE char *login = lab_path_join(keys, "login");
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey key = {0};
    assert_ok(plat_mkdirs(keys, 0700, &err), err);
    assert_ok(lab_sshkey_ensure(&key, login, "airgap", &err), err);
    lab_state_close(st);
}

/* In the child: never returns. */
static inline void cli_become(const char *const *args)
{
    char *argv[32] = {(char *)"labctl"};
    int argc = 1;
    while (args[argc - 1] && argc < 31) {
        argv[argc] = lab_strdup(args[argc - 1]);
        argc++;
    }
    alarm(60);
    int status = lab_cli_main(argc, argv);
    for (int i = 1; i < argc; i++)
        free(argv[i]);
    fflush(NULL);
    _exit(status);
}

static inline struct cli_said cli_run(const char *const *args)
{
    struct cli_said said;
    LAB_AUTOFREE char *out = cli_path("out");
    LAB_AUTOFREE char *err = cli_path("err");
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "r", stdin) || !freopen(out, "w", stdout) ||
            !freopen(err, "w", stderr))
            _exit(99);
        cli_become(args);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    said.out = cli_read("out");
    said.err = cli_read("err");
    if (!WIFEXITED(status))
        fail_msg("labctl died of %d: %s%s", WTERMSIG(status), said.out, said.err);
    said.status = WEXITSTATUS(status);
    return said;
}

#define cli(...) cli_run((const char *const[]){__VA_ARGS__, NULL})

static inline void cli_forget(struct cli_said *said)
{
    free(said->out);
    free(said->err);
}

#define assert_has(text, part)                                                                     \
    do {                                                                                           \
        if (!strstr((text), (part)))                                                               \
            fail_msg("'%s' is not in: %s", (part), (text));                                        \
    } while (0)
#define assert_lacks(text, part)                                                                   \
    do {                                                                                           \
        if (strstr((text), (part)))                                                                \
            fail_msg("'%s' is in: %s", (part), (text));                                            \
    } while (0)

/* One JSON document and nothing else; the caller decrefs. */
static inline json_t *cli_json(const struct cli_said *said)
{
    json_error_t why;
    json_t *v = json_loads(said->out, 0, &why);
    if (!v)
        fail_msg("%s in: %s%s", why.text, said->out, said->err);
    return v;
}

static inline const char *cli_text(const json_t *v, const char *key)
{
    const json_t *text = json_object_get(v, key);
    if (!json_is_string(text))
        fail_msg("no text '%s'", key);
    return json_string_value(text);
}

#endif
