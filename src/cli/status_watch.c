/* status --watch: the same rows drawn over themselves; in a pipe one table after the other. */
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/screen.h"
#include "cli/status.h"
#include "cli/view.h"
#include "platform.h"

struct watch {
    struct lab_cli *cli;
    struct lab_screen screen;
    struct lab_style style;
    struct lab_str text; /* what is shown */
    bool looked;         /* once at least */
    bool drawn;          /* on a terminal, or else line by line */
    uint64_t every_ms;
};

/* What there is no room for is said, not scrolled. */
static void draw(struct watch *w)
{
    struct lab_frame frame = {{0}};
    size_t columns, rows, lines = 0;
    lab_screen_room(&w->screen, &columns, &rows);
    for (const char *p = lab_str_get(&w->text); *p; p++)
        lines += *p == '\n';
    const char *line = lab_str_get(&w->text);
    for (size_t i = 0; *line; i++) {
        size_t n = strcspn(line, "\n");
        LAB_AUTOFREE char *one = lab_strndup(line, n);
        if (lines > rows && i + 1 == rows) {
            LAB_AUTOFREE char *more =
                lab_format(lab_tr("%s and %zu more lines"), w->style.utf8 ? "…" : "...", lines - i);
            lab_row_put(lab_frame_row(&frame), more, columns, &w->style);
            break;
        }
        lab_row_put(lab_frame_row(&frame), one, columns, &w->style);
        line += n + (line[n] ? 1 : 0);
    }
    lab_screen_draw(&w->screen, &frame);
    lab_frame_clear(&frame);
}

static void show(struct watch *w, const struct lab_status *status)
{
    if (!w->drawn) {
        lab_status_print(w->cli, status);
        if (w->cli->output == LAB_OUTPUT_TABLE)
            putchar('\n');
        fflush(stdout);
        return;
    }
    lab_str_truncate(&w->text, 0);
    lab_status_put(&w->text, w->cli, status);
    lab_str_addf(&w->text, lab_tr("\nevery %u s; Ctrl-C ends\n"), (unsigned)(w->every_ms / 1000));
    draw(w);
}

/* The frame follows the terminal's size meanwhile. false: Ctrl-C. */
static bool rest(struct watch *w, struct lab_run *run)
{
    enum { SLICE_MS = 250 };
    for (uint64_t ms = 0; ms < w->every_ms; ms += SLICE_MS) {
        if (!lab_run_pause(run, SLICE_MS))
            return false;
        if (w->drawn)
            draw(w);
    }
    return true;
}

/* After a first look that went well, one that does not is shown, and it is looked again: the
 * hypervisor may be restarting. */
static int complain(struct watch *w, struct lab_error *err)
{
    if (!w->looked || err->code == LAB_USAGE)
        return -1;
    if (w->drawn) {
        lab_str_truncate(&w->text, 0);
        lab_str_addf(&w->text, lab_tr("labctl: %s\n\nlooking again; Ctrl-C ends\n"), err->message);
        draw(w);
    } else {
        lab_cli_say("labctl: %s\n", err->message);
    }
    lab_error_clear(err);
    uv_sleep((unsigned)w->every_ms);
    return 0;
}

/* *on: there may be another look. Ctrl-C is the way to end this, and no failure. */
static int look(struct watch *w, bool *on, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_status status;
    if (lab_status_look(w->cli, &run, &status, err)) {
        if (err->code != LAB_CANCELLED)
            return complain(w, err);
        lab_error_clear(err);
        *on = false;
        return 0;
    }
    w->looked = true;
    show(w, &status);
    lab_status_clear(&status);
    *on = rest(w, run);
    lab_view_end(w->cli);
    lab_run_close(run);
    return 0;
}

int lab_status_watch(struct lab_cli *cli, uint64_t every_ms, struct lab_error *err)
{
    struct watch w = {.cli = cli, .screen = {.out = stdout}, .every_ms = every_ms};
    bool on = true;
    int rc = 0;
    w.style = lab_style_of(cli);
    w.drawn = cli->output == LAB_OUTPUT_TABLE && lab_screen_can_draw(stdout);
    while (on && rc == 0)
        rc = look(&w, &on, err);
    lab_screen_end(&w.screen);
    lab_str_clear(&w.text);
    return rc;
}
