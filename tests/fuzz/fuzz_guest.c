/* What guests print when they are asked: the airgap look, k3s' status, the serial console. */
#include "base/text.h"
#include "fuzz.h"
#include "run/airgap.h"
#include "run/console.h"
#include "run/k3s.h"

static const struct lab_cidr networks[] = {{0xc0a80600, 24}};
static const char *const hosts[] = {"m1", "w1"};

static void airgap(char *first, char *second)
{
    static char m1[] = "m1", w1[] = "w1";
    const struct lab_lint_lab lab = {.networks = networks,
                                     .networks_len = LAB_ARRAY_LEN(networks),
                                     .hosts = hosts,
                                     .hosts_len = LAB_ARRAY_LEN(hosts),
                                     .registry = "192.168.6.1:5000"};
    const struct lab_airgap_look looks[] = {{.node = m1, .k3s = true, .text = first},
                                            {.node = w1, .k3s = true, .text = second}};
    struct lab_airgap out = {.files = 0};
    lab_airgap_judge(&out, &lab, looks, LAB_ARRAY_LEN(looks));
    fuzz_check(out.rows.len > 0);
    LAB_VEC_FOREACH (row, &out.rows) {
        fuzz_check(row->evidence && row->check && *lab_airgap_result_name(row->result));
        fuzz_check(!strchr(row->evidence, '\n') && !strchr(row->evidence, '\x1b'));
        fuzz_check((row->fix == NULL) == (row->result == LAB_AIRGAP_OK));
    }
    lab_airgap_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *all = fuzz_text(data, size);
    LAB_AUTOFREE char *first = fuzz_piece(&data, &size);
    LAB_AUTOFREE char *second = fuzz_text(data, size);
    airgap(first, second);

    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    bool saw_cd = false;
    lab_console_last_line(&line, all, strlen(all));
    fuzz_check(line.len <= 120 && lab_utf8_check(lab_str_get(&line), line.len) == line.len);
    (void)lab_console_seedless(first, &saw_cd);
    LAB_AUTOFREE char *nodes = lab_k3s_line(first, "nodes");
    fuzz_check(!nodes || !strpbrk(nodes, "\r\n"));
    struct lab_k3s k = {.nodes = nodes};
    (void)lab_k3s_is_ready(&k, "m1");
    return 0;
}
