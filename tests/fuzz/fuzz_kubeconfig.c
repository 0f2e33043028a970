/* kubeconfig: what k3s wrote, and the user's own file that it goes into and comes out of again. */
#include "base/crypto.h"
#include "fuzz.h"
#include "kube/kubeconfig.h"

static void merge(const char *text, size_t size)
{
    static char ca_text[] = "Y2E=", certificate[] = "Y2VydA==", key[] = "a2V5";
    static const struct lab_kubeconfig config = {ca_text, certificate, key};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str merged = LAB_STR_INIT, removed = LAB_STR_INIT;
    char ca[LAB_SHA256_HEX];
    bool gone = false;
    int rc = lab_kubeconfig_merge(text, size, &config, "fuzz-lab", "https://10.0.0.1:6443",
                                  LAB_KUBECONFIG_OURS, true, &merged, &err);
    fuzz_answer(rc, &err);
    if (rc < 0)
        return;
    struct lab_kubeconfig out = {0};
    fuzz_check(lab_kubeconfig_read(lab_str_get(&merged), merged.len, &out, &err) == 0 ||
               err.code == LAB_GUEST);
    lab_kubeconfig_clear(&out);
    lab_error_clear(&err);
    lab_sha256_hex(config.ca, strlen(config.ca), ca);
    fuzz_check(lab_kubeconfig_remove(lab_str_get(&merged), merged.len, "fuzz-lab", ca, &removed,
                                     &gone, &err) == 0);
    fuzz_check(gone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *text = fuzz_text(data, size);
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_KUBECONFIG struct lab_kubeconfig config = {0};
    int rc = lab_kubeconfig_read(text, size, &config, &err);
    fuzz_answer(rc, &err);
    fuzz_check(rc < 0 || (config.ca && config.certificate && config.key));
    merge(text, size);
    return 0;
}
