#include "provider/virsh_connect.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "provider/virsh.h"

/* Words in virsh's complaint, and the way out. The first row that fits counts. */
static const struct {
    const char *words;
    const char *hint;
    bool remote; /* only of another host */
} ways_out[] = {
    {"unexpected qemu URI path",
     LAB_N(
         "use qemu:///system, qemu:///session or qemu+ssh://USER@HOST/system in lab.yaml (libvirt: uri:)"),
     false},
    {"no connection driver available",
     LAB_N("install QEMU's driver: sudo apt install libvirt-daemon-system"), false},
    {"Host key verification failed",
     LAB_N("log in once with ssh to that host and accept its key, then try again"), true},
    {"Cannot recv data", LAB_N("check that ssh to that host works without a password"), true},
    {"No such file or directory",
     LAB_N("start libvirt: sudo systemctl start libvirtd, or virtqemud.socket virtnetworkd.socket "
           "virtstoraged.socket (not installed: sudo apt install "
           "libvirt-daemon-system qemu-system-x86 qemu-utils)"),
     false},
    {"Connection refused", LAB_N("start libvirt: sudo systemctl restart libvirtd"), false},
    {"Connection reset by peer", LAB_N("look why libvirtd ends: journalctl -u libvirtd"), false},
    {"end of file", LAB_N("look why libvirtd ends: journalctl -u libvirtd"), false},
};

static bool is_permission(const char *text)
{
    static const char *const words[] = {"Permission denied", "authentication unavailable",
                                        "authentication failed", "access denied",
                                        "no polkit agent"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(words); i++) {
        if (strstr(text, words[i]))
            return true;
    }
    return false;
}

static void hint(const char *text, const char *uri, struct lab_error *err)
{
    if (is_permission(text) && lab_virsh_uri_is_local(uri)) {
        LAB_AUTOFREE char *user = plat_user_name();
        lab_error_hint(
            err, "join the group that may use it, then log in again: sudo usermod -aG libvirt %s",
            user ? user : "USER");
        return;
    }
    for (size_t i = 0; i < LAB_ARRAY_LEN(ways_out); i++) {
        bool may_be = !ways_out[i].remote || !lab_virsh_uri_is_local(uri);
        if (may_be && strstr(text, ways_out[i].words)) {
            lab_error_hint(err, "%s", lab_tr(ways_out[i].hint));
            return;
        }
    }
    lab_error_hint(err, "see what libvirt says: virsh -c '%s' version", uri);
}

int lab_virsh_connect_explain(const struct lab_child *c, const char *uri, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str reason = LAB_STR_INIT;
    lab_virsh_reason(c, &reason);
    static const char heading[] = "failed to connect to the hypervisor: ";
    const char *text = lab_str_get(&reason);
    const char *cause = strstr(text, heading);
    lab_fail(err, LAB_HOST, "cannot connect to libvirt at %s: %s", uri,
             cause ? cause + strlen(heading) : text);
    hint(text, uri, err);
    return -1;
}

/* driver[+transport]://[host]/path */
bool lab_virsh_uri_is_local(const char *uri)
{
    const char *host = strstr(uri, "://");
    if (!host)
        return true;
    const char *plus = memchr(uri, '+', (size_t)(host - uri));
    bool socket = !plus || lab_starts_with(plus, "+unix:");
    return socket && host[3] == '/';
}

bool lab_virsh_uri_is_session(const char *uri)
{
    const char *path = strstr(uri, "://");
    path = path ? strchr(path + 3, '/') : NULL;
    return path && lab_starts_with(path, "/session");
}
