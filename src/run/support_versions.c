/* What this labctl is, what it was built with, and what it runs on. */
#include <archive.h>
#include <curl/curl.h>
#include <jansson.h>
#include <libssh2.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <string.h>
#include <uv.h>
#include <yaml.h>
#include <zlib.h>
#include <zstd.h>

#include "base/child.h"
#include "base/host_fact.h"
#include "base/text.h"
#include "base/time.h"
#include "platform.h"
#include "run/support_priv.h"

static void put(struct lab_str *out, const char *name, const char *value)
{
    lab_str_addf(out, "%-14s %s\n", name, value && *value ? value : "-");
}

static void put_libraries(struct lab_str *out)
{
    put(out, "libarchive", archive_version_string());
    put(out, "libcurl", curl_version());
    put(out, "jansson", JANSSON_VERSION);
    put(out, "libssh2", libssh2_version(0));
    put(out, "libcrypto", OpenSSL_version(OPENSSL_VERSION));
    put(out, "sqlite", sqlite3_libversion());
    put(out, "libuv", uv_version_string());
    put(out, "libyaml", yaml_get_version_string());
    put(out, "zlib", zlibVersion());
    put(out, "libzstd", ZSTD_versionString());
}

static void put_processor(struct lab_str *out)
{
    uv_cpu_info_t *cpus = NULL;
    int n = 0;
    if (uv_cpu_info(&cpus, &n) != 0 || n < 1)
        return;
    LAB_AUTOFREE char *text = lab_format("%d x %s", n, cpus[0].model);
    put(out, "processors", text);
    uv_free_cpu_info(cpus, n);
}

static void put_memory(struct lab_str *out)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    uint64_t total, available;
    if (plat_memory(&total, &available, NULL))
        return;
    lab_put_size(&text, total);
    lab_str_add(&text, ", available ");
    lab_put_size(&text, available);
    put(out, "memory", lab_str_get(&text));
}

static void put_fact(struct lab_str *out, const char *name, void (*ask)(struct lab_host_fact *))
{
    struct lab_host_fact fact = {0};
    ask(&fact);
    if (fact.answer != LAB_FACT_NONE)
        put(out, name, fact.text);
    lab_host_fact_clear(&fact);
}

static void put_host(struct lab_str *out)
{
    uv_utsname_t u;
    LAB_AUTO_STR struct lab_str now = LAB_STR_INIT;
    if (uv_os_uname(&u) == 0) {
        LAB_AUTOFREE char *text =
            lab_format("%s %s %s %s", u.sysname, u.release, u.version, u.machine);
        put(out, "system", text);
    }
    lab_put_time(&now, plat_wall_ms());
    put(out, "time", lab_str_get(&now));
    put_processor(out);
    put_memory(out);
    put_fact(out, "virtualisation", plat_ask_cpu);
    put_fact(out, "vmware", plat_ask_vmware);
}

/* Each as quick as a version should be; an odd one is no reason to wait. */
static void put_program(struct lab_str *out, const char *const *argv)
{
    enum { LIMIT_MS = 3000, SHOWN = 300 };
    LAB_AUTO_CHILD struct lab_child c;
    LAB_AUTO_STR struct lab_str said = LAB_STR_INIT;
    LAB_AUTOFREE char *path = plat_find_program(argv[0]);
    lab_child_init(&c, argv[0]);
    if (!path)
        return;
    for (size_t i = 1; argv[i]; i++)
        lab_child_arg(&c, argv[i]);
    c.timeout_ms = LIMIT_MS;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    int rc = lab_child_run(&c, &err);
    const struct lab_str *text = c.out.len ? &c.out : &c.errout;
    lab_put_printable(&said, lab_str_get(text), text->len, SHOWN);
    put(out, argv[0], rc ? err.message : lab_str_get(&said));
}

static void put_programs(struct lab_str *out)
{
    static const char *const programs[][3] = {
        {"virsh", "--version"},
        {"qemu-system-x86_64", "--version"},
        {"qemu-img", "--version"},
        {"docker-registry", "--version"},
        {"ssh", "-V"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(programs); i++)
        put_program(out, programs[i]);
    LAB_AUTOFREE char *vmrun = plat_find_vmware("vmrun");
    if (vmrun)
        put(out, "vmrun", vmrun);
}

void lab_support_versions(struct lab_support *s)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    put(&out, "labctl", LABCTL_VERSION);
    put_host(&out);
    put_libraries(&out);
    put_programs(&out);
    lab_support_put(s, "versions.txt",
                    "labctl, its libraries, this host, and the hypervisor's programs",
                    lab_str_get(&out), out.len);
}
