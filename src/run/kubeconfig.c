#include "run/kubeconfig.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/text.h"
#include "kube/kubeconfig.h"
#include "platform.h"
#include "run/report.h"

static const char merged_key[] = "kubeconfig"; /* lines "CONTEXT CA-SHA256 PATH" */

static void wipe(struct lab_str *text)
{
    if (text->ptr)
        lab_wipe(text->ptr, text->len);
    lab_str_clear(text);
}

void lab_kubeconfig_made_clear(struct lab_kubeconfig_made *made)
{
    free(made->context);
    free(made->server);
    free(made->path);
    wipe(&made->text);
    *made = (struct lab_kubeconfig_made){0};
}

/* --- from the master ----------------------------------------------------------------------------
 */

static const struct lab_node_record *find_master(struct lab_run *run, struct lab_error *err)
{
    LAB_VEC_FOREACH (r, &run->records.list)
        if (r->role == LAB_ROLE_MASTER && r->restarted && r->nics.len && r->nics.items[0].ip)
            return r;
    lab_fail(err, LAB_USAGE, "this lab has no master that runs k3s");
    lab_error_hint(err, "'%s up' makes it", lab_run_self(run));
    return NULL;
}

static int read_master(struct lab_run *run,
                       const struct lab_node_record *master,
                       struct lab_kubeconfig *out,
                       struct lab_error *err)
{
    struct lab_str text = LAB_STR_INIT;
    int rc = lab_exec_one(run, master->name, "sudo -n cat /etc/rancher/k3s/k3s.yaml", &text, err);
    if (rc == 0 && lab_kubeconfig_read(lab_str_get(&text), text.len, out, err))
        rc = lab_error_wrap(err, "cannot use /etc/rancher/k3s/k3s.yaml of %s", master->name);
    wipe(&text);
    return rc;
}

/* --- is it this cluster that answers? ----------------------------------------------------------
 */

struct live {
    const char *server;
    struct lab_str ca;
};

static size_t ignore_body(char *bytes, size_t one, size_t n, void *arg)
{
    (void)bytes;
    (void)arg;
    return one * n;
}

static int explain(const struct live *live, CURLcode rc, const char *reason, struct lab_error *err)
{
    if (rc == CURLE_PEER_FAILED_VERIFICATION) {
        lab_fail(err, LAB_INTEGRITY, "'%s' is not the cluster of this lab: %s", live->server,
                 reason);
        return lab_error_hint(err, "another cluster may have this address, or a clock is wrong: "
                                   "compare `date -u` here and on the master");
    }
    lab_fail(err, LAB_HOST, "cannot reach '%s' from this host: %s", live->server, reason);
    return lab_error_hint(err, "is the master up, and has this host an address in its network? "
                               "With --unchecked it is written all the same");
}

/* /ping answers everybody; what counts is the handshake: the CA and the address in the SAN. */
static int ask_live(void *arg, struct lab_error *err)
{
    struct live *live = arg;
    char reason[CURL_ERROR_SIZE] = "";
    LAB_AUTOFREE char *url = lab_format("%s/ping", live->server);
    struct curl_blob blob = {live->ca.ptr, live->ca.len, CURL_BLOB_NOCOPY};
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore_body);
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* the lab is not behind one */
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 15L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    CURLcode rc = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return rc == CURLE_OK ? 0 : explain(live, rc, *reason ? reason : curl_easy_strerror(rc), err);
}

static int check_live(struct lab_run *run,
                      const char *server,
                      const struct lab_kubeconfig *config,
                      struct lab_error *err)
{
    struct live live = {server, LAB_STR_INIT};
    int rc = lab_add_unbase64(&live.ca, config->ca)
                 ? lab_fail(err, LAB_GUEST, "the CA in the master's kubeconfig is no base64")
                 : lab_await(run, NULL, ask_live, &live, NULL, err);
    lab_str_clear(&live.ca);
    return rc;
}

/* --- into files ------------------------------------------------------------------------------- */

static char *default_path(void)
{
    const char *list = plat_getenv("KUBECONFIG");
    if (list) {
        const char *end = list;
        while (*end && !plat_is_list_separator(*end))
            end++;
        if (end > list)
            return lab_strndup(list, (size_t)(end - list));
    }
    char home[4096];
    size_t n = sizeof(home);
    if (uv_os_homedir(home, &n))
        return NULL;
    return lab_path_join(home, ".kube/config");
}

struct merged {
    char *context, *sha256, *path;
};

/* The next line of *at; false at the end. Pieces point into the text, which is cut. */
static bool next_merged(char **at, struct merged *out)
{
    while (*at && **at) {
        char *line = *at, *end = strchr(line, '\n');
        *at = end ? end + 1 : NULL;
        if (end)
            *end = '\0';
        char *sha = strchr(line, ' '), *path = sha ? strchr(sha + 1, ' ') : NULL;
        if (!path)
            continue;
        *sha = *path = '\0';
        *out = (struct merged){line, sha + 1, path + 1};
        return true;
    }
    return false;
}

static bool is_ours(struct lab_run *run, const char *context, const char *path)
{
    LAB_AUTOFREE char *lines = lab_strdup(lab_state_get(run->state, merged_key));
    char *at = lines;
    struct merged m;
    while (next_merged(&at, &m))
        if (strcmp(m.context, context) == 0 && plat_same_path(m.path, path))
            return true;
    return false;
}

static int remember(struct lab_run *run,
                    const char *context,
                    const char *ca,
                    const char *path,
                    struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *lines = lab_strdup(lab_state_get(run->state, merged_key));
    char *at = lines;
    struct merged m;
    while (next_merged(&at, &m))
        if (strcmp(m.context, context) != 0 || !plat_same_path(m.path, path))
            lab_str_addf(&text, "%s %s %s\n", m.context, m.sha256, m.path);
    lab_sha256_hex(ca, strlen(ca), hex);
    lab_str_addf(&text, "%s %s %s\n", context, hex, path);
    return lab_state_set(run->state, merged_key, lab_str_get(&text), err);
}

static int read_theirs(const char *path, struct lab_str *text, struct lab_error *err)
{
    text->max = LAB_KUBECONFIG_MAX + 1;
    return lab_file_exists(path) ? lab_file_read(path, LAB_KUBECONFIG_MAX, text, err) : 0;
}

static int merge(struct lab_run *run,
                 const struct lab_kubeconfig_options *options,
                 const struct lab_kubeconfig *config,
                 struct lab_kubeconfig_made *out,
                 struct lab_error *err)
{
    LAB_AUTOFREE char *given = options->into ? lab_strdup(options->into) : default_path();
    if (!given)
        return lab_fail(err, LAB_HOST, "cannot tell where your kubeconfig is: there is no home");
    out->path = plat_absolute(given);
    LAB_AUTOFREE char *dir = lab_path_dir(out->path);
    struct lab_str theirs = LAB_STR_INIT;
    bool ours = is_ours(run, out->context, out->path);
    int rc = read_theirs(out->path, &theirs, err);
    if (rc == 0 &&
        lab_kubeconfig_merge(lab_str_get(&theirs), theirs.len, config, out->context, out->server,
                             ours ? LAB_KUBECONFIG_OURS : LAB_KUBECONFIG_THEIRS, options->use,
                             &out->text, err)) {
        rc = lab_error_wrap(err, "cannot merge into '%s'", out->path);
        if (err->code == LAB_CONFLICT)
            lab_error_hint(err, "give the lab's another name with --context, or remove that one: "
                                "kubectl config delete-context");
    }
    /* before the act: what teardown finds in the file and is another's it leaves alone */
    if (rc == 0)
        rc = remember(run, out->context, config->ca, out->path, err);
    if (rc == 0 && !lab_file_exists(dir))
        rc = plat_mkdirs(dir, 0700, err);
    if (rc == 0)
        rc = lab_file_replace(out->path, lab_str_get(&out->text), out->text.len, 0600, err);
    wipe(&theirs);
    return rc;
}

static int place(struct lab_run *run,
                 const struct lab_kubeconfig_options *options,
                 const struct lab_kubeconfig *config,
                 struct lab_kubeconfig_made *out,
                 struct lab_error *err)
{
    if (options->merge)
        return merge(run, options, config, out, err);
    if (lab_kubeconfig_merge("", 0, config, out->context, out->server, LAB_KUBECONFIG_THEIRS, true,
                             &out->text, err))
        return -1;
    if (!options->to)
        return 0;
    out->path = lab_strdup(options->to);
    if (lab_file_exists(options->to)) {
        lab_fail(err, LAB_CONFLICT, "'%s' is there already", options->to);
        return lab_error_hint(err, "with --merge --into FILE it is kept and added to");
    }
    return lab_file_replace(options->to, lab_str_get(&out->text), out->text.len, 0600, err);
}

int lab_kubeconfig(struct lab_run *run,
                   const struct lab_kubeconfig_options *options,
                   struct lab_kubeconfig_made *out,
                   struct lab_error *err)
{
    LAB_AUTO_KUBECONFIG struct lab_kubeconfig config = {0};
    const struct lab_node_record *master = find_master(run, err);
    if (!master || read_master(run, master, &config, err))
        return -1;
    out->server = lab_format("https://%s:6443", master->nics.items[0].ip);
    out->context = lab_strdup(options->context ? options->context : lab_state_name(run->state));
    if (!options->unchecked && check_live(run, out->server, &config, err))
        return -1;
    return place(run, options, &config, out, err);
}

/* --- teardown --------------------------------------------------------------------------------- */

static int forget_one(const struct merged *m, bool *removed, struct lab_error *err)
{
    struct lab_str theirs = LAB_STR_INIT, left = LAB_STR_INIT;
    *removed = false;
    int rc = read_theirs(m->path, &theirs, err);
    if (rc == 0 && theirs.len)
        rc = lab_kubeconfig_remove(lab_str_get(&theirs), theirs.len, m->context, m->sha256, &left,
                                   removed, err);
    if (rc == 0 && *removed)
        rc = lab_file_replace(m->path, lab_str_get(&left), left.len, 0600, err);
    wipe(&theirs);
    wipe(&left);
    return rc;
}

void lab_kubeconfig_forget(struct lab_run *run, struct lab_report *report)
{
    LAB_AUTOFREE char *lines = lab_strdup(lab_state_get(run->state, merged_key));
    char *at = lines;
    struct merged m;
    while (next_merged(&at, &m)) {
        bool removed;
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        if (forget_one(&m, &removed, &err))
            lab_run_warning(run, "the context '%s' stays in '%s': %s", m.context, m.path,
                            err.message);
        else if (removed)
            lab_report_removed(report, "context %s in %s", m.context, m.path);
    }
}
