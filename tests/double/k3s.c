/* K3S DOUBLE: NOT KUBERNETES. A cheap one, for the many boots of tests/crash: the stand-in of
 * tests/standin/k3s is closer to k3s, and takes a second of CPU for each cluster. It has what
 * labctl's guest scripts look at: a server that needs a default route, keeps its CA, its token and
 * its nodes, and takes no other token; agents that check the CA by the hash in a full token and
 * have a password of their own; `kubectl get --raw /readyz|/ping`, `get nodes --no-headers`,
 * `delete node`; `crictl` is the stand-in's. Everything takes a tenth of the time. The wire is not
 * k3s's: a line is asked, the text of the answer comes.
 *
 * Docs of the real ones: docs.k3s.io/cli/token (formats), docs.k3s.io/architecture (registration).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define VERSION "v0.0.0+double"
#define BANNER  "K3S DOUBLE: NOT KUBERNETES"
#define ETC     "/etc/rancher/k3s"
#define STANDIN "/usr/local/seed/k3s/standin" /* tests/standin/k3s/k3s */
#define DATA    "/var/lib/rancher/k3s/server"
enum {
    PORT = 6443,
    SETTLE_MS = 200, /* from listening to ready, and from joining to Ready */
    GRACE_MS =
        4000, /* without a sign of life until NotReady; a restarted server believes its record */
    PAUSE_MS = 500, /* between an agent's signs of life, and its tries */
    LINE = 512,
    NODES = 16
};

static struct {
    char name[128], server[128], token_file[128], token[LINE];
} config;

static void say(const char *level, const char *fmt, ...)
{
    va_list ap;
    fprintf(stderr, "level=%s msg=\"", level);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\"\n");
}

#define die(...) (say("fatal", __VA_ARGS__), exit(1))

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* --- files -------------------------------------------------------------------------------------
 */

/* The first line when CUT; false when there is no file. */
static bool get_file(const char *path, char *out, size_t size, bool cut)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    out[fread(out, 1, size - 1, f)] = '\0';
    fclose(f);
    if (cut)
        out[strcspn(out, "\n")] = '\0';
    return true;
}

/* A guest may lose its power at any time. */
static void put_file(const char *path, const char *text)
{
    char part[256];
    snprintf(part, sizeof(part), "%s.tmp", path);
    for (char *p = strchr(part + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = '\0';
        mkdir(part, 0755);
        *p = '/';
    }
    FILE *f = fopen(part, "w");
    if (!f || fputs(text, f) < 0 || fchmod(fileno(f), 0600) || fclose(f) || rename(part, path))
        die("cannot write %s: %s", path, strerror(errno));
}

static void get_random(char hex[33])
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
        die("no random numbers");
    for (size_t i = 0; i < sizeof(bytes); i++)
        sprintf(hex + 2 * i, "%02x", bytes[i]);
}

static void get_sum(const char *text, char sum[65])
{
    char command[LINE * 2];
    snprintf(command, sizeof(command), "printf %%s '%s' | sha256sum", text);
    FILE *f = strchr(text, '\'') ? NULL : popen(command, "r");
    if (!f || !fgets(sum, 65, f))
        die("no sha256sum");
    pclose(f);
}

/* The plain lines of k3s's YAML that labctl writes. */
static void read_config_file(const char *path)
{
    static const struct {
        const char *key;
        char *value;
    } keys[] = {
        {"node-name", config.name}, {"server", config.server}, {"token-file", config.token_file}};
    char line[LINE], key[64], value[128];
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f))
        for (size_t i = 0; i < 3; i++)
            if (sscanf(line, "%63[a-z-]: %127s", key, value) == 2 && strcmp(key, keys[i].key) == 0)
                snprintf(keys[i].value, 128, "%.*s", (int)strcspn(value + (*value == '"'), "\""),
                         value + (*value == '"'));
    if (f)
        fclose(f);
}

static void read_config(void)
{
    read_config_file(ETC "/config.yaml");
    read_config_file(ETC "/config.yaml.d/labctl.yaml");
    if (!*config.name || !get_file(config.token_file, config.token, sizeof(config.token), true))
        die("no node-name, or no token in '%s'", config.token_file);
    say("info", "Starting k3s " VERSION ", " BANNER);
}

static const char *password_of(const char *token)
{
    const char *colon = strrchr(token, ':');
    return colon ? colon + 1 : token;
}

static void get_node_password(char out[64])
{
    static const char path[] = "/etc/rancher/node/password";
    char hex[33];
    if (!get_file(path, out, 64, true)) {
        get_random(hex);
        put_file(path, hex);
        strcpy(out, hex);
    }
}

static void notify_ready(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    snprintf(to.sun_path, sizeof(to.sun_path), "%s", path ? path : "");
    sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&to, sizeof(to));
    close(fd);
}

/* --- the server --------------------------------------------------------------------------------
 */

static struct node {
    char name[128], password[64];
    bool master;
    long long joined, seen;
} nodes[NODES];
static size_t node_count;
static char ca[LINE];
static bool ready;

static void save_nodes(void)
{
    char text[NODES * 256] = "";
    for (size_t i = 0; i < node_count; i++)
        sprintf(text + strlen(text), "%s %s %s\n", nodes[i].name, nodes[i].password,
                nodes[i].master ? "master" : "worker");
    put_file(DATA "/db/nodes", text);
}

static void load_nodes(void)
{
    char role[16];
    FILE *f = fopen(DATA "/db/nodes", "r");
    struct node *n = nodes;
    while (f && node_count < NODES &&
           fscanf(f, "%127s %63s %15s", n->name, n->password, role) == 3) {
        n->master = strcmp(role, "master") == 0;
        n->joined = now_ms() - SETTLE_MS;
        n->seen = now_ms();
        n = &nodes[++node_count];
    }
    if (f)
        fclose(f);
}

static struct node *find_node(const char *name)
{
    for (size_t i = 0; i < node_count; i++)
        if (strcmp(nodes[i].name, name) == 0)
            return &nodes[i];
    return NULL;
}

static const char *beat(const char *name, const char *password, bool master)
{
    struct node *n = find_node(name);
    if (n && strcmp(n->password, password) != 0)
        return "403 Node password rejected, duplicate hostname or contents of "
               "'/etc/rancher/node/password' may not match server node-passwd entry";
    if (!n) {
        if (node_count == NODES)
            return "503 full";
        n = &nodes[node_count++];
        *n = (struct node){.master = master, .joined = now_ms()};
        snprintf(n->name, sizeof(n->name), "%s", name);
        snprintf(n->password, sizeof(n->password), "%s", password);
        save_nodes();
    }
    n->seen = now_ms();
    return "ok";
}

static void list_nodes(char *out)
{
    for (size_t i = 0; i < node_count; i++) {
        const struct node *n = &nodes[i];
        bool well = now_ms() - n->seen <= GRACE_MS && now_ms() - n->joined >= SETTLE_MS;
        out += sprintf(out, "%s %s %s 1s " VERSION "\n", n->name, well ? "Ready" : "NotReady",
                       n->master ? "control-plane,master" : "<none>");
    }
}

static const char *delete_node(const char *name)
{
    struct node *n = find_node(name);
    if (!n)
        return "404";
    memmove(n, n + 1, (size_t)(nodes + --node_count - n) * sizeof(*n));
    save_nodes();
    return "ok";
}

static void answer(char *line, char *out)
{
    char word[5][128] = {{0}};
    sscanf(line, "%127s %127s %127s %127s", word[0], word[1], word[2], word[3]);
    if (strcmp(word[0], "/ping") == 0)
        strcpy(out, "pong");
    else if (strcmp(word[0], "/cacerts") == 0)
        strcpy(out, ca);
    else if (strcmp(word[1], password_of(config.token)) != 0)
        strcpy(out, "401 Unauthorized");
    else if (!ready)
        strcpy(out, "503 the server is not ready");
    else if (strcmp(word[0], "/readyz") == 0)
        strcpy(out, "ok");
    else if (strcmp(word[0], "nodes") == 0)
        list_nodes(out);
    else if (strcmp(word[0], "delete") == 0)
        strcpy(out, delete_node(word[2]));
    else if (strcmp(word[0], "beat") == 0 && *word[3])
        strcpy(out, beat(word[2], word[3], false));
    else
        strcpy(out, "404");
}

static void serve_one(int listener)
{
    char line[LINE] = "", out[NODES * 256] = "";
    const struct timeval patience = {.tv_sec = 1};
    int fd = accept(listener, NULL, NULL);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (recv(fd, line, sizeof(line) - 1, 0) > 0) {
        answer(line, out);
        send(fd, out, strlen(out), MSG_NOSIGNAL);
    }
    close(fd);
}

static int listen_at_port(void)
{
    const struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, (const struct sockaddr *)&here, sizeof(here)) || listen(fd, 64))
        die("listen tcp 0.0.0.0:%d: %s", PORT, strerror(errno));
    return fd;
}

static void check_default_route(void)
{
    char line[LINE];
    unsigned dest = 1;
    FILE *f = fopen("/proc/net/route", "r");
    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "%*s %x", &dest) == 1 && dest == 0)
            break;
    if (dest)
        die("no default routes found in \\\"/proc/net/route\\\" or \\\"/proc/net/ipv6_route\\\"");
    fclose(f);
}

/* CA, token and kubeconfig: made once, and then what they are. */
static void prepare_server(void)
{
    char old[LINE], hex[33], sum[65], text[LINE * 2];
    const char *password = password_of(config.token);
    bool full = strncmp(config.token, "K10", 3) == 0;
    if (get_file(DATA "/db/token", old, sizeof(old), true) && strcmp(old, password) != 0)
        die("starting kubernetes: preparing server: bootstrap data already found and encrypted with "
            "different token");
    if (!get_file(DATA "/tls/server-ca.crt", ca, sizeof(ca), false)) {
        if (full)
            die("failed to normalize server token; must be in format <PASSWORD> before the cluster CA exists");
        get_random(hex);
        snprintf(ca, sizeof(ca), "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n",
                 hex);
        put_file(DATA "/tls/server-ca.crt", ca);
    }
    get_sum(ca, sum);
    if (full && strncmp(config.token + 3, sum, 64) != 0)
        die("token CA hash does not match the Cluster CA certificate hash: %.64s != %s",
            config.token + 3, sum);
    put_file(DATA "/db/token", password);
    snprintf(text, sizeof(text), "K10%s::server:%s\n", sum, password);
    put_file(DATA "/token", text);
    put_file(ETC "/k3s.yaml", password);
}

static void run_server(void)
{
    char password[64];
    check_default_route();
    prepare_server();
    get_node_password(password);
    load_nodes();
    struct pollfd door = {.fd = listen_at_port(), .events = POLLIN};
    long long began = now_ms();
    say("info", "Running kube-apiserver (double), listening on :%d", PORT);
    for (;;) {
        if (poll(&door, 1, ready ? PAUSE_MS : 20) > 0)
            serve_one(door.fd);
        if (now_ms() - began < SETTLE_MS)
            continue;
        if (strcmp(beat(config.name, password, true), "ok") != 0)
            die("Node password rejected");
        if (ready)
            continue;
        ready = true;
        notify_ready();
        say("info", "k3s is up and running");
    }
}

/* --- who asks it -------------------------------------------------------------------------------
 */

/* False when nobody is there. */
static bool ask(const char *host, char *out, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static bool ask(const char *host, char *out, size_t size, const char *fmt, ...)
{
    char line[LINE];
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    const struct timeval patience = {.tv_sec = 3};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    inet_pton(AF_INET, host, &to.sin_addr);
    ssize_t got = 0, n = 0;
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
        send(fd, line, (size_t)len, MSG_NOSIGNAL) == len)
        while ((n = recv(fd, out + got, size - 1 - (size_t)got, 0)) > 0)
            got += n;
    close(fd);
    out[got] = '\0';
    return got > 0;
}

static bool is_trusted(const char *host)
{
    char pem[LINE], sum[65];
    if (!ask(host, pem, sizeof(pem), "/cacerts")) {
        say("error", "failed to get CA certs: %s: %s", config.server, strerror(errno));
        return false;
    }
    get_sum(pem, sum);
    if (strncmp(config.token, "K10", 3) == 0 && strncmp(config.token + 3, sum, 64) == 0)
        return true;
    say("error", "token CA hash does not match the Cluster CA certificate hash");
    return false;
}

static void run_agent(void)
{
    char host[64], password[64], out[LINE];
    bool trusted = false, joined = false;
    if (sscanf(config.server, "https://%63[0-9.]:6443", host) != 1)
        die("--server is required, as https://ADDRESS:6443, not '%s'", config.server);
    get_node_password(password);
    for (;; usleep(PAUSE_MS * 1000)) {
        trusted = trusted || is_trusted(host);
        if (!trusted)
            continue;
        if (!ask(host, out, sizeof(out), "beat %s %s %s", password_of(config.token), config.name,
                 password))
            say("error", "failed to reach %s", config.server);
        else if (strcmp(out, "ok") != 0)
            say("info", "Waiting to retrieve agent configuration; server is not ready: %s", out);
        else if (!joined) {
            joined = true;
            say("info", "Joined the cluster at %s as %s", config.server, config.name);
            notify_ready();
        }
    }
}

static int kubectl(int argc, char **argv)
{
    const char *words[4] = {"", "", "", ""};
    char password[LINE], out[NODES * 256];
    size_t n = 0;
    for (int i = 0; i < argc; i++)
        if (*argv[i] != '-' && n < 4)
            words[n++] = argv[i];
    if (!get_file(ETC "/k3s.yaml", password, sizeof(password), true))
        *password = '\0';
    const char *what = strcmp(words[1], "nodes") == 0 ? "nodes" : words[1];
    if (strcmp(words[0], "delete") == 0 && strcmp(words[1], "node") == 0 && *words[2])
        what = "delete";
    else if (strcmp(words[0], "get") != 0 || !(*what == '/' || strcmp(what, "nodes") == 0)) {
        fprintf(stderr, "error: not in the double: kubectl %s %s (" BANNER ")\n", words[0],
                words[1]);
        return 1;
    }
    if (!ask("127.0.0.1", out, sizeof(out), "%s %s %s", what, *password ? password : "-",
             words[2])) {
        fprintf(stderr, "The connection to the server 127.0.0.1:6443 was refused\n");
        return 1;
    }
    if (*out >= '4' && *out <= '5' && strncmp(out, "404", 3) != 0) {
        fprintf(stderr, "Error from server: %s\n", out);
        return 1;
    }
    fputs(strcmp(what, "delete") == 0 ? "" : out, stdout);
    return 0;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    umask(022);
    if (strcmp(command, "--version") == 0)
        return puts("k3s version " VERSION " (" BANNER ")") < 0;
    if (strcmp(command, "crictl") == 0)
        return execv(STANDIN, argv);
    if (strcmp(command, "kubectl") == 0)
        return kubectl(argc - 2, argv + 2);
    if (strcmp(command, "server") != 0 && strcmp(command, "agent") != 0) {
        fprintf(stderr, "not in the double: k3s %s (" BANNER ")\n", command);
        return 1;
    }
    read_config();
    if (strcmp(command, "server") == 0)
        run_server();
    run_agent();
}
