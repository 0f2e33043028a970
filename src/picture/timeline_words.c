#include <inttypes.h>
#include <stdlib.h>

#include "base/i18n.h"
#include "base/text.h"
#include "base/time.h"
#include "picture/timeline.h"

static const struct {
    const char *name;
    char letter;
} phases[LAB_PHASE_COUNT] = {
    [LAB_PHASE_LAB] = {LAB_N("lab"), 'l'},       [LAB_PHASE_MACHINE] = {LAB_N("machine"), 'm'},
    [LAB_PHASE_ACCESS] = {LAB_N("access"), 'a'}, [LAB_PHASE_SETUP] = {LAB_N("setup"), 's'},
    [LAB_PHASE_REBOOT] = {LAB_N("reboot"), 'b'}, [LAB_PHASE_K3S] = {"k3s", 'k'},
};
static const char *const ends[] = {
    [LAB_BAR_PASSED] = LAB_N("passed"),
    [LAB_BAR_FAILED] = LAB_N("failed"),
    [LAB_BAR_BLOCKED] = LAB_N("blocked"),
    [LAB_BAR_LEFT] = LAB_N("not ended"),
};

const char *lab_phase_name(enum lab_phase phase)
{
    return phases[phase].name;
}

char lab_phase_letter(enum lab_phase phase)
{
    return phases[phase].letter;
}

const char *lab_bar_end_name(enum lab_bar_end end)
{
    return ends[end];
}

const char *lab_row_name(const struct lab_row *row)
{
    return row->name && *row->name ? row->name : lab_tr("lab");
}

bool lab_gate_is_worth_a_line(const struct lab_gate_change *gate)
{
    return gate->took_ms >= 1000 || gate->before_ms >= 1000;
}

char *lab_short_time(uint64_t ms)
{
    uint64_t s = (ms + 500) / 1000;
    if (ms < 1000)
        return lab_format("%" PRIu64 ".%us", ms / 1000, (unsigned)(ms % 1000 / 100));
    if (s < 60)
        return lab_format("%" PRIu64 "s", s);
    if (s < 3600)
        return lab_format("%" PRIu64 "m%02us", s / 60, (unsigned)(s % 60));
    return lab_format("%" PRIu64 "h%02um", s / 3600, (unsigned)(s / 60 % 60));
}

char *lab_change_words(uint64_t now_ms, uint64_t before_ms)
{
    uint64_t by = now_ms > before_ms ? now_ms - before_ms : before_ms - now_ms;
    if (by < 1000)
        return lab_strdup(lab_tr("same"));
    LAB_AUTOFREE char *time = lab_short_time(by);
    return lab_format("%c%s", now_ms > before_ms ? '+' : '-', time);
}

char *lab_outcome_words(const struct lab_past_run *run)
{
    if (!run->ended)
        return lab_strdup(lab_tr("not ended"));
    if (run->exit_status == 0)
        return lab_strdup(lab_tr("done"));
    return lab_format(run->exit_status == 130 ? lab_tr("interrupted") : lab_tr("failed (%d)"),
                      run->exit_status);
}

char *lab_minute_words(int64_t wall_ms)
{
    LAB_AUTO_STR struct lab_str time = LAB_STR_INIT;
    lab_put_time(&time, wall_ms); /* 2026-08-14T09:05:03.120Z */
    if (time.len < 16)
        return lab_strdup("-");
    time.ptr[10] = ' ';
    return lab_strndup(time.ptr, 16);
}

char *lab_timeline_sentence(const struct lab_timeline *t)
{
    LAB_AUTOFREE char *time = lab_short_time(t->run.took_ms);
    LAB_AUTOFREE char *when = lab_minute_words(t->run.began_ms);
    LAB_AUTOFREE char *outcome = lab_outcome_words(&t->run);
    return lab_format(lab_tr("%s, run %lld of %s UTC: %s after %s"), t->run.command,
                      (long long)t->run.id, when, outcome, time);
}

char *lab_bar_words(const struct lab_timeline *t, const struct lab_bar *bar)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    LAB_AUTOFREE char *own = lab_short_time(bar->end_ms - lab_bar_own_ms(bar));
    LAB_AUTOFREE char *from = lab_short_time(bar->begin_ms);
    lab_str_addf(&out, lab_tr("%s %s: %s %s, from %s on"), lab_row_name(&t->rows.items[bar->row]),
                 bar->gate, lab_tr(lab_bar_end_name(bar->end)), own, from);
    if (bar->holder != LAB_NO_BAR) {
        const struct lab_bar *other = &t->bars.items[bar->holder];
        LAB_AUTOFREE char *held = lab_short_time(bar->held_ms - bar->begin_ms);
        lab_str_addf(&out, lab_tr(", of which it waited %s for %s of %s"), held, other->gate,
                     lab_row_name(&t->rows.items[other->row]));
    }
    if (bar->evidence && *bar->evidence)
        lab_str_addf(&out, "; %s", bar->evidence);
    return lab_str_detach(&out);
}

static void clear_run(struct lab_past_run *run)
{
    free(run->command);
}

void lab_timeline_clear(struct lab_timeline *t)
{
    LAB_VEC_FOREACH (row, &t->rows) {
        free(row->name);
        free(row->role);
    }
    LAB_VEC_FOREACH (bar, &t->bars) {
        free(bar->gate);
        free(bar->evidence);
    }
    LAB_VEC_FOREACH (warning, &t->warnings)
        free(warning->text);
    LAB_VEC_FOREACH (run, &t->runs)
        clear_run(run);
    LAB_VEC_FOREACH (gate, &t->gates) {
        free(gate->gate);
        free(gate->node);
    }
    lab_vec_clear(&t->rows);
    lab_vec_clear(&t->bars);
    lab_vec_clear(&t->warnings);
    lab_vec_clear(&t->runs);
    lab_vec_clear(&t->gates);
    lab_vec_clear(&t->path);
    clear_run(&t->run);
    free(t->lab);
    *t = (struct lab_timeline){0};
}
