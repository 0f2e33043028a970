#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "run/cloud_init.h"

#define DONE "{\"v1\":{\"datasource\":\"DataSourceNoCloud [seed=/dev/sr0]\",\"errors\":[]}}"
#define FAILED                                                                                     \
    "{\"v1\":{\"datasource\":\"DataSourceNoCloud\",\"errors\":[\"('scripts_user', "                \
    "RuntimeError('Runparts: 1 failures (runcmd) in 1 attempted commands'))\"]}}"
#define DEGRADED                                                                                   \
    "{\"v1\":{\"init\":{\"errors\":[],\"recoverable_errors\":{\"WARNING\":[\"deprecated "          \
    "key\"]}},\"stage\":null}}"

static const struct {
    const char *what;
    struct lab_cloud_facts facts;
    enum lab_cloud_state state;
    const char *detail;
} cases[] = {
    {"nothing known", {NULL, NULL, NULL, NULL, NULL}, LAB_CLOUD_NOT_RUN, "has not run yet"},
    {"not installed", {"no", "unknown", "none", "", ""}, LAB_CLOUD_NOT_INSTALLED, "not installed"},
    {"no datasource", {"yes", "disabled", "none", "", ""}, LAB_CLOUD_DISABLED, "cidata"},
    {"running", {"yes", "enabled", "modules-config", "", "{}"}, LAB_CLOUD_RUNNING, "modules-config"},
    {"between stages", {"yes", "enabled", "none", "", "{\"v1\":{}}"}, LAB_CLOUD_RUNNING, "between"},
    {"not started", {"yes", "enabled", "none", "", ""}, LAB_CLOUD_NOT_RUN, "has not run yet"},
    {"done", {"yes", "enabled", "none", DONE, "{}"}, LAB_CLOUD_DONE, "DataSourceNoCloud"},
    {"error", {"yes", "enabled", "none", FAILED, "{}"}, LAB_CLOUD_ERROR, "Runparts: 1 failures"},
    {"degraded", {"yes", "enabled", "none", DONE, DEGRADED}, LAB_CLOUD_DEGRADED, "deprecated key"},
    {"half a file", {"yes", "enabled", "none", "{\"v1\":", "{}"}, LAB_CLOUD_RUNNING, "not complete"},
    {"cut by the stream", {"yes", "enabled", "none", "{\"v1\"...[cut]", ""}, LAB_CLOUD_RUNNING, "not complete"},
    {"not an object", {"yes", "enabled", "none", "{\"v1\":[]}", ""}, LAB_CLOUD_RUNNING, "not complete"},
    {"errors of a wrong type", {"yes", "enabled", "none", "{\"v1\":{\"errors\":7}}", ""}, LAB_CLOUD_RUNNING, "not complete"},
    /* a result wins over the stage: the final stage has ended */
    {"done, stale stage", {"yes", "enabled", "modules-final", DONE, "{}"}, LAB_CLOUD_DONE, "done"},
};

static void reads_every_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTO_STR struct lab_str detail = LAB_STR_INIT;
        enum lab_cloud_state got = lab_cloud_init_read(&cases[i].facts, &detail);
        if (got != cases[i].state || !strstr(lab_str_get(&detail), cases[i].detail))
            fail_msg("%s: state %d, detail '%s'", cases[i].what, got, lab_str_get(&detail));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_every_state)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
