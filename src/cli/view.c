/* Who hears what a run says, and in which form it is shown. */
#include "cli/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/view_priv.h"
#include "platform.h"

static void draw(struct lab_view *v, bool last)
{
    size_t columns, rows;
    struct lab_frame frame = {{0}};
    lab_screen_room(&v->screen, &columns, &rows);
    lab_view_layout(&frame, v, columns, rows, last);
    if (frame.rows.len)
        lab_screen_draw(&v->screen, &frame);
    lab_frame_clear(&frame);
    v->drawn_ms = plat_now_ms();
}

static void on_event(void *arg, const struct lab_event *e)
{
    enum { FRAME_MS = 100 }; /* many nodes change at once: the tick draws what came too fast */
    struct lab_view *v = arg;
    switch (v->mode) {
    case LAB_VIEW_LIVE:
        lab_view_note(v, e);
        if (plat_now_ms() - v->drawn_ms >= FRAME_MS && !v->asking)
            draw(v, false);
        break;
    case LAB_VIEW_PLAIN:
        lab_view_print(e);
        break;
    case LAB_VIEW_NDJSON:
        lab_view_ndjson(e);
        break;
    default:
        if (strcmp(e->state, "failed") == 0)
            lab_view_print(e);
    }
}

static void on_live(void *arg, const char *node, const char *gate, const char *evidence)
{
    struct lab_view *v = arg;
    if (v->mode == LAB_VIEW_PLAIN)
        lab_view_patience(v, node, gate, evidence);
    else if (v->mode == LAB_VIEW_LIVE)
        lab_view_see(v, node, gate, evidence);
}

static void on_overall(void *arg, const struct lab_overall *now)
{
    struct lab_view *v = arg;
    v->overall = *now;
}

/* Not while nothing goes on: the terminal may be a guest's by then (ssh). */
static void on_tick(void *arg)
{
    struct lab_view *v = arg;
    if (v->mode == LAB_VIEW_LIVE && !v->asking && lab_view_goes_on(v))
        draw(v, false);
}

static void on_warning(void *arg, const char *text)
{
    struct lab_view *v = arg;
    if (v->mode == LAB_VIEW_QUIET)
        return;
    LAB_AUTO_STR struct lab_str lines = LAB_STR_INIT;
    lab_put_lines(&lines, text);
    lab_screen_clear(&v->screen);
    lab_cli_say("warning: %s\n", lab_str_get(&lines));
}

static bool on_confirm(void *arg, const char *question)
{
    struct lab_view *v = arg;
    if (v->cli->yes)
        return true;
    if (!plat_is_terminal(0) || !v->cli->run)
        return false;
    lab_screen_clear(&v->screen);
    v->asking = true;
    bool yes = lab_cli_ask(v->cli->run, question);
    v->asking = false;
    return yes;
}

void lab_view_begin(struct lab_cli *cli)
{
    struct lab_view *v = lab_alloc(sizeof(*v));
    v->cli = cli;
    v->mode = cli->output == LAB_OUTPUT_NDJSON               ? LAB_VIEW_NDJSON
              : cli->quiet                                   ? LAB_VIEW_QUIET
              : lab_screen_can_draw(stderr) && !cli->verbose ? LAB_VIEW_LIVE
                                                             : LAB_VIEW_PLAIN;
    v->style = lab_style_of(cli);
    v->began_ms = plat_now_ms();
    v->screen.out = stderr;
    cli->view = v;
    cli->listener = (struct lab_listener){.event = on_event,
                                          .live = on_live,
                                          .overall = on_overall,
                                          .tick = on_tick,
                                          .warning = on_warning,
                                          .confirm = on_confirm,
                                          .arg = v};
}

void lab_view_end(struct lab_cli *cli)
{
    struct lab_view *v = cli->view;
    if (!v)
        return;
    if (v->mode == LAB_VIEW_LIVE) {
        lab_view_finish(v);
        draw(v, true);
    }
    lab_screen_end(&v->screen);
    lab_view_forget(v);
    free(v);
    cli->view = NULL;
    cli->listener = (struct lab_listener){0}; /* late words have nowhere to go */
}
