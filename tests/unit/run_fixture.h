/* One run on a lab.yaml in a LABCTL_HOME of its own, with a provider that is a handful of functions
 * of the test: what the nodes share is prepared without hypervisor and guests. */
#ifndef TEST_RUN_FIXTURE_H
#define TEST_RUN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "platform.h"
#include "run/prepare.h"

struct fixture {
    char *home;
    struct lab_run run;
    struct lab_run_options options;
    struct lab_listener listener;
    struct lab_provider_ops ops;
    struct lab_ladder ladder;
    char warnings[1024];
};

static void keep_warning(void *arg, const char *text)
{
    struct fixture *f = arg;
    size_t n = strlen(f->warnings);
    snprintf(f->warnings + n, sizeof(f->warnings) - n, "%s\n", text);
}

static int fixture_setup(void **state)
{
    struct fixture *f = lab_alloc(sizeof(*f));
    f->home = lab_strdup("/tmp/labctl-test-XXXXXX");
    assert_non_null(mkdtemp(f->home));
    uv_os_setenv("LABCTL_HOME", f->home);
    lab_work_init();
    f->options.command = "up";
    f->options.mode = LAB_STATE_CREATE;
    f->listener.warning = keep_warning;
    f->listener.arg = f;
    f->run.options = &f->options;
    f->run.listener = &f->listener;
    f->run.provider.ops = &f->ops;
    uv_mutex_init(&f->run.notice_lock);
    uv_loop_init(&f->run.loop);
    *state = f;
    return 0;
}

static int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    if (f->ladder.run)
        lab_ladder_clear(&f->ladder);
    lab_sshkey_clear(&f->run.login);
    lab_state_close(f->run.state);
    lab_vm_states_clear(&f->run.observed);
    lab_node_records_clear(&f->run.records);
    lab_spec_free(f->run.spec);
    lab_vec_clear(&f->run.notices);
    uv_mutex_destroy(&f->run.notice_lock);
    int rc = uv_loop_close(&f->run.loop); /* nothing may be open */
    rc = plat_remove_tree(f->home, NULL) || rc;
    free(f->home);
    free(f);
    return rc;
}

static inline void must(int rc, struct lab_error *err)
{
    if (rc)
        print_error("%s (%s)\n", err->message, err->hint ? err->hint : "no hint");
    assert_int_equal(rc, 0);
}

static inline void
must_fail(int rc, struct lab_error *err, enum lab_code code, const char *words, const char *hint)
{
    assert_int_equal(rc, -1);
    if (err->code != code || !strstr(err->message, words) ||
        (hint && (!err->hint || !strstr(err->hint, hint))))
        fail_msg("code %d: %s (%s)", (int)err->code, err->message, err->hint ? err->hint : "-");
    lab_error_clear(err);
}

/* The lab of this text, its ledger and a ladder with a climb for every node. */
static inline void fixture_lab(struct fixture *f, const char *yaml)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_problems problems = {0};
    const struct lab_spec_options options = {.skip_files = true};
    LAB_AUTOFREE char *file = lab_path_join(f->home, "lab.yaml");
    int rc = lab_spec_parse(&f->run.spec, file, yaml, strlen(yaml), &options, &problems, &err);
    LAB_VEC_FOREACH (p, &problems.list)
        print_error("%s\n", p->message);
    lab_problems_clear(&problems);
    must(rc, &err);
    must(lab_state_open(&f->run.state, f->run.spec->name, LAB_STATE_CREATE, file, "up", &err),
         &err);
    size_t n = f->run.spec->nodes.len;
    LAB_VEC_FOREACH (node, &f->run.spec->nodes)
        lab_vec_push(&f->run.records.list)->name = lab_strdup(node->name);
    lab_ladder_init(&f->ladder, &f->run, LAB_LADDER_UP, n);
    for (size_t i = 0; i < n; i++) {
        f->ladder.climbs[i].ladder = &f->ladder;
        f->ladder.climbs[i].node = &f->run.spec->nodes.items[i];
        f->ladder.climbs[i].record = &f->run.records.list.items[i];
    }
}

/* For ops.put_medium: the reference is the name. */
static inline int fixture_put_medium(struct lab_provider *p,
                                     const char *name,
                                     const char *path,
                                     const char *sha256,
                                     const struct lab_progress *progress,
                                     char **ref,
                                     struct lab_error *err)
{
    (void)p, (void)path, (void)sha256, (void)progress, (void)err;
    *ref = lab_strdup(name);
    return 0;
}

#define fixture_test(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

#endif
