/* What is lost for good is asked for: by name, once, and only when something would be lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "run/remove.h"

struct scene {
    struct lab_run run;
    struct lab_run_options options;
    struct lab_listener listener;
    struct lab_plan plan;
    struct lab_plan_options plan_options;
    struct lab_error err;
    char *question;
    size_t asked;
    bool yes, interrupts;
};

static bool on_confirm(void *arg, const char *question)
{
    struct scene *s = arg;
    s->asked++;
    lab_assign(&s->question, question);
    s->run.interrupted = s->interrupts;
    return s->yes;
}

static void add(struct scene *s, const char *name, enum lab_action action, enum lab_power power)
{
    struct lab_plan_node *p = lab_vec_push(&s->plan.nodes);
    p->name = lab_strdup(name);
    p->action = action;
    p->targeted = true;
    struct lab_vm_state *vm = lab_vec_push(&s->run.observed.list);
    vm->name = lab_strdup(name);
    vm->power = power;
    vm->ours = true;
}

static int setup(void **state)
{
    struct scene *s = lab_alloc(sizeof(*s));
    s->options.command = "up";
    s->run.options = &s->options;
    s->run.listener = &s->listener;
    s->listener = (struct lab_listener){.confirm = on_confirm, .arg = s};
    s->plan_options.recreate_all = true;
    add(s, "a", LAB_ACTION_PROVISION, LAB_POWER_ON);
    add(s, "b", LAB_ACTION_CREATE, LAB_POWER_ABSENT);
    add(s, "c", LAB_ACTION_PROVISION, LAB_POWER_OFF);
    add(s, "d", LAB_ACTION_KEEP, LAB_POWER_ON);
    add(s, "e", LAB_ACTION_PROVISION, LAB_POWER_ABSENT);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    lab_plan_clear(&s->plan);
    lab_vm_states_clear(&s->run.observed);
    lab_error_clear(&s->err);
    free(s->question);
    free(s);
    return 0;
}

static int confirm(struct scene *s, bool yes)
{
    return lab_confirm_recreate(&s->run, &s->plan, &s->plan_options, yes, &s->err);
}

static void it_names_the_vms_that_would_be_lost(void **state)
{
    struct scene *s = *state;
    s->yes = true;
    assert_int_equal(confirm(s, false), 0);
    assert_int_equal(s->asked, 1);
    assert_non_null(strstr(s->question, "Destroy a, c with"));
}

static void only_those_asked_for(void **state)
{
    struct scene *s = *state;
    static const char *const names[] = {"c"};
    s->plan_options = (struct lab_plan_options){.recreate = names, .recreate_len = 1};
    assert_int_equal(confirm(s, false), -1);
    assert_non_null(strstr(s->question, "Destroy c with"));
    assert_int_equal(s->err.code, LAB_USAGE);
    assert_non_null(strstr(s->err.hint, "-y"));
}

static void nothing_to_lose_nothing_to_ask(void **state)
{
    struct scene *s = *state;
    s->plan_options.recreate_all = false;
    assert_int_equal(confirm(s, false), 0);
    s->plan_options.recreate_all = true;
    s->plan.nodes.items[0].targeted = s->plan.nodes.items[2].targeted = false;
    assert_int_equal(confirm(s, false), 0);
    assert_int_equal(s->asked, 0);
}

static void yes_beforehand_is_a_yes(void **state)
{
    struct scene *s = *state;
    assert_int_equal(confirm(s, true), 0);
    assert_int_equal(s->asked, 0);
}

static void an_interrupt_is_no_refusal(void **state)
{
    struct scene *s = *state;
    s->interrupts = true;
    assert_int_equal(confirm(s, false), -1);
    assert_int_equal(s->err.code, LAB_CANCELLED);
}

/* The hint names the command that was interrupted. */
static void an_interrupted_command_says_how_to_go_on(void **state)
{
    struct scene *s = *state;
    static const struct {
        const char *command, *hint;
    } cases[] = {
        {"up", "'labctl up' goes on from here, 'labctl teardown' removes the lab"},
        {"teardown", "'labctl teardown' goes on from here"},
        {"start", "'labctl start' goes on from here"},
        {"stop", "'labctl stop' goes on from here"},
        {"restart", "'labctl restart' begins again with every node"},
        {"wait", "'labctl wait' looks again"},
        {"status", NULL},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        s->options.command = cases[i].command;
        assert_int_equal(lab_run_interrupted(&s->run, &s->err), -1);
        assert_int_equal(s->err.code, LAB_CANCELLED);
        if (cases[i].hint)
            assert_string_equal(s->err.hint, cases[i].hint);
        else
            assert_null(s->err.hint);
        lab_error_clear(&s->err);
    }
}

static void without_anybody_to_ask_it_is_refused(void **state)
{
    struct scene *s = *state;
    s->listener.confirm = NULL;
    assert_int_equal(confirm(s, false), -1);
    assert_int_equal(s->err.code, LAB_USAGE);
}

#define test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(it_names_the_vms_that_would_be_lost),  test(only_those_asked_for),
        test(nothing_to_lose_nothing_to_ask),       test(yes_beforehand_is_a_yes),
        test(an_interrupt_is_no_refusal),           test(an_interrupted_command_says_how_to_go_on),
        test(without_anybody_to_ask_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
