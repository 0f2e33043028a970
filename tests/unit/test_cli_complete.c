/* What may come next on a command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/complete.h"

static void nodes(struct lab_candidates *out, const char *file, const char *lab)
{
    lab_candidates_add(out, "k3s-master1", NULL);
    lab_candidates_add(out, file ? file : "k3s-worker1", NULL);
    lab_candidates_add(out, lab ? lab : "web-01", NULL);
}

static void labs_of_host(struct lab_candidates *out)
{
    lab_candidates_add(out, "airgap", NULL);
    lab_candidates_add(out, "demo", NULL);
}

static void snapshots_of_lab(struct lab_candidates *out, const char *file, const char *lab)
{
    (void)file;
    lab_candidates_add(out, lab ? lab : "before-upgrade", NULL);
}

static const struct lab_complete_names names = {nodes, labs_of_host, snapshots_of_lab};

/* What is offered behind the words of line; ':' at its end stands for names of files. */
static char *offered(const char *line)
{
    const char *words[16];
    size_t n = 0;
    LAB_AUTOFREE char *copy = lab_strdup(line);
    for (char *at = copy; at;) {
        char *space = strchr(at, ' ');
        if (space)
            *space = 0;
        words[n++] = at;
        at = space ? space + 1 : NULL;
    }
    struct lab_candidates found = {0};
    struct lab_str text = LAB_STR_INIT;
    lab_complete(words, n, &names, &found);
    LAB_VEC_FOREACH (c, &found.list)
        lab_str_addf(&text, "%s%s", text.len ? " " : "", c->text);
    if (found.files)
        lab_str_addf(&text, "%s:", text.len ? " " : "");
    lab_candidates_clear(&found);
    return lab_str_detach(&text);
}

static void what_comes_next(void **state)
{
    (void)state;
    static const struct {
        const char *line, *offered;
    } cases[] = {
        {"sta", "status start"},
        {"nonsense ", ":"},
        {"__c", ""},
        {"-o j", "json"},
        {"snapshot r", "restore"},
        {"snapshot restore b", "before-upgrade"},
        {"snapshot --lab x delete ", "x"},
        {"snapshot list ", ""},
        {"status -o ta", "table"},
        {"status --output=nd", "--output=ndjson"},
        {"status --tar", "--target"},
        {"status --target ", "k3s-master1 k3s-worker1 web-01"},
        {"status --target=web", "--target=web-01"},
        {"status -f web-lab -t web", "web-lab web-01"},
        {"status --file=web-lab -t web", "web-lab web-01"},
        {"--lab web-9 status -t web", "web-9"},
        {"status --lab ", "airgap demo"},
        {"status -f ", ":"},
        {"status ", ""},
        {"up --recreate k", "k3s-master1 k3s-worker1"},
        {"up --recreate --adop", "--adopt"},
        {"wait --for clo", "clock cloud-init"},
        {"wait --timeout ", ""},
        {"ssh k3s-m", "k3s-master1"},
        {"ssh k3s-master1 ", ""},
        {"ssh k3s-master1 -- l", ":"},
        {"exec k3s-master1 web", "web-01"},
        {"logs ", "k3s-master1 k3s-worker1 web-01"},
        {"logs k3s-master1 k3", "k3s k3s-master1 k3s-worker1"},
        {"logs k3s-master1 web-01 pack", "packages"},
        {"cp ", "k3s-master1: k3s-worker1: web-01: :"},
        {"cp a b web", "web-01: :"},
        {"registry v", "verify"},
        {"registry push ", ":"},
        {"registry --child", ""},
        {"image convert --format v", "vmdk vmdk-stream"},
        {"image convert a ", ":"},
        {"image convert a b ", ""},
        {"image info a b ", ":"},
        {"bundle diff a b ", ""},
        {"help val", "validate"},
        {"completion ", "bash zsh fish powershell"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE char *found = offered(cases[i].line);
        if (strcmp(found, cases[i].offered) != 0)
            fail_msg("'%s' gave '%s', not '%s'", cases[i].line, found, cases[i].offered);
    }
}

static void every_command_and_option_is_offered_with_what_it_is(void **state)
{
    (void)state;
    const char *nothing[] = {""};
    struct lab_candidates found = {0};
    lab_complete(nothing, 1, &names, &found);
    size_t shown = 0;
    for (size_t i = 0; i < lab_commands_len; i++)
        shown += lab_commands[i]->summary != NULL;
    assert_int_equal(found.list.len, shown);
    LAB_VEC_FOREACH (c, &found.list)
        assert_non_null(c->about);
    lab_candidates_clear(&found);
    for (size_t i = 0; i < lab_commands_len; i++) {
        const char *line[] = {lab_commands[i]->name, "-"};
        lab_complete(line, 2, &names, &found);
        LAB_VEC_FOREACH (c, &found.list)
            assert_non_null(c->about);
        lab_candidates_clear(&found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_next),
        cmocka_unit_test(every_command_and_option_is_offered_with_what_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
