#include "run/k3s.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

int lab_k3s_load_token(struct lab_k3s *k, const char *path, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(256);
    if (!lab_file_exists(path)) {
        lab_fail(err, LAB_HOST, "the k3s token '%s' is missing", path);
        return lab_error_hint(err, "put the file back; a master has the token as the part behind "
                                   "'server:' of /var/lib/rancher/k3s/server/token");
    }
    if (lab_file_read(path, 256, &text, err))
        return -1;
    size_t digits = strspn(lab_str_get(&text), "0123456789abcdef");
    if (digits != 64) {
        lab_fail(err, LAB_INTEGRITY, "the k3s token in '%s' is not 64 hex digits", path);
        return lab_error_hint(err, "restore the file, or tear the lab down and make it anew");
    }
    memcpy(k->token, lab_str_get(&text), 64);
    lab_wipe(text.ptr, text.len);
    return 0;
}

int lab_k3s_token(struct lab_k3s *k, const char *path, struct lab_error *err)
{
    if (lab_file_exists(path))
        return lab_k3s_load_token(k, path, err);
    lab_random_hex(k->token, 64);
    return lab_file_replace(path, k->token, 64, 0600, err);
}

void lab_k3s_full_token(const struct lab_k3s *k, struct lab_str *out)
{
    lab_str_addf(out, "K10%s::server:%s", k->ca, k->token);
}

bool lab_k3s_is_ready(const struct lab_k3s *k, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = k->nodes; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
        if (strncmp(p, name, n) == 0 && p[n] == ':')
            return strncmp(p + n + 1, "Ready", 5) == 0 && (p[n + 6] == '\0' || p[n + 6] == ',');
    return false;
}

char *lab_k3s_line(const char *text, const char *key)
{
    size_t n = strlen(key);
    for (const char *p = text; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
        if (strncmp(p, key, n) == 0 && p[n] == '=')
            return lab_strndup(p + n + 1, strcspn(p + n + 1, "\r\n"));
    return NULL;
}
