#include "cli/bar.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/screen.h"
#include "cli/view_priv.h"
#include "platform.h"

/* Lines in a pipe: not for what is over at once, and neither a flood nor half an hour of silence.
 */
enum { FIRST_LINE_MS = 2000, LINE_MS = 60000, BAR_LEAST = 10, BAR_MOST = 30 };

struct lab_bar {
    const char *verb, *ending;
    enum { BAR_SILENT, BAR_DRAWN, BAR_LINES } mode;
    struct lab_style style;
    struct lab_screen screen;
    uint64_t done, total;
    uint64_t began_ms, from; /* of this round: when the first bytes were seen, how many they were */
    uint64_t seen_ms, seen;  /* the last measuring of the rate */
    double rate;             /* bytes a second, of late; 0: not known yet */
    uint64_t said_ms;
    unsigned said_tenth;
};

struct lab_bar *lab_bar_new(const struct lab_cli *cli, const char *verb, const char *ending)
{
    struct lab_bar *bar = lab_alloc(sizeof(*bar));
    bar->verb = lab_tr(verb);
    bar->ending = ending ? lab_tr(ending) : NULL;
    bar->mode = cli->quiet ? BAR_SILENT : lab_screen_can_draw(stderr) ? BAR_DRAWN : BAR_LINES;
    bar->style = lab_style_of(cli);
    bar->screen.out = stderr;
    return bar;
}

/* --- rate ----------------------------------------------------------------------------------------
 */

static void begin_round(struct lab_bar *bar, uint64_t done, uint64_t now)
{
    bar->began_ms = bar->seen_ms = bar->said_ms = now;
    bar->from = bar->seen = done;
    bar->rate = 0;
    bar->said_tenth = 0;
}

/* Of the last seconds rather than of all: what was there before (a resumed file) counts nothing,
 * and a line that became slow is seen. */
static void measure(struct lab_bar *bar, uint64_t done, uint64_t now)
{
    enum { SAMPLE_MS = 1000 };
    uint64_t ms = now - bar->seen_ms;
    if (ms < SAMPLE_MS)
        return;
    double sample = (double)(done - bar->seen) * 1000 / (double)ms;
    double weight = ms >= 10 * SAMPLE_MS ? 1 : (double)ms / (10 * SAMPLE_MS);
    bar->rate = bar->rate > 0 ? bar->rate + (sample - bar->rate) * weight : sample;
    bar->seen_ms = now;
    bar->seen = done;
}

/* --- words ---------------------------------------------------------------------------------------
 */

static unsigned percent(const struct lab_bar *bar)
{
    return (unsigned)((double)bar->done * 100 / (double)bar->total);
}

static void put_bytes(struct lab_str *out, const struct lab_bar *bar)
{
    lab_put_size(out, bar->done);
    lab_str_add(out, lab_tr(" of "));
    lab_put_size(out, bar->total);
}

static void put_rate(struct lab_str *out, const struct lab_bar *bar)
{
    if (bar->rate < 1 || bar->done >= bar->total)
        return;
    lab_put_size(out, (uint64_t)bar->rate);
    lab_str_add(out, "/s");
}

static void put_left(struct lab_str *out, const struct lab_bar *bar)
{
    if (bar->done >= bar->total && bar->ending)
        lab_str_add(out, bar->ending);
    double seconds = bar->rate < 1 ? 0 : (double)(bar->total - bar->done) / bar->rate;
    if (bar->done >= bar->total || bar->rate < 1 || seconds > 100.0 * 3600)
        return;
    lab_put_about(out, (uint64_t)(seconds * 1000));
    lab_str_add(out, lab_tr(" left"));
}

typedef void put_fn(struct lab_str *out, const struct lab_bar *bar);
static put_fn *const pieces[] = {put_bytes, put_rate, put_left};

static void say(struct lab_bar *bar)
{
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    lab_str_addf(&line, "%s: %u%%", bar->verb, percent(bar));
    for (size_t i = 0; i < LAB_ARRAY_LEN(pieces); i++) {
        LAB_AUTO_STR struct lab_str piece = LAB_STR_INIT;
        pieces[i](&piece, bar);
        if (piece.len)
            lab_str_addf(&line, ", %s", lab_str_get(&piece));
    }
    lab_cli_say("%s\n", lab_str_get(&line));
}

/* --- the bar -------------------------------------------------------------------------------------
 */

static void put_cells(struct lab_str *out, const struct lab_bar *bar, size_t cells)
{
    size_t full = (size_t)((double)bar->done * (double)cells / (double)bar->total);
    for (size_t i = 0; i < cells; i++)
        if (bar->style.utf8)
            lab_str_add(out, i < full ? "█" : "░");
        else
            lab_str_addc(out, i < full ? '#' : '.');
    lab_str_addc(out, ' ');
}

/* As many pieces as there is room for, the more important first; a bar if there is room still. */
static void draw(struct lab_bar *bar)
{
    struct lab_frame frame = {{0}};
    struct lab_frame_row *row = lab_frame_row(&frame);
    LAB_AUTO_STR struct lab_str head = LAB_STR_INIT, cells = LAB_STR_INIT, tail = LAB_STR_INIT;
    size_t columns, rows;
    lab_screen_room(&bar->screen, &columns, &rows);
    lab_str_addf(&head, "%s ", bar->verb);
    lab_str_addf(&tail, "%3u%%", percent(bar));
    size_t width = lab_utf8_width(lab_str_get(&head)) + tail.len;
    for (size_t i = 0; i < LAB_ARRAY_LEN(pieces); i++) {
        LAB_AUTO_STR struct lab_str piece = LAB_STR_INIT;
        pieces[i](&piece, bar);
        size_t needs = lab_utf8_width(lab_str_get(&piece)) + 2;
        if (!piece.len || width + needs > columns)
            continue;
        lab_str_addf(&tail, "%s%s", i ? ", " : "  ", lab_str_get(&piece));
        width += needs;
    }
    size_t room = columns > width ? columns - width : 0;
    if (room > BAR_LEAST)
        put_cells(&cells, bar, room - 1 < BAR_MOST ? room - 1 : BAR_MOST);
    lab_str_add(&head, lab_str_get(&cells));
    lab_str_add(&head, lab_str_get(&tail));
    lab_row_put(row, lab_str_get(&head), columns, &bar->style);
    lab_screen_draw(&bar->screen, &frame);
    lab_frame_clear(&frame);
}

void lab_bar_tick(struct lab_bar *bar)
{
    if (bar->mode == BAR_DRAWN && bar->total)
        draw(bar);
}

void lab_bar_feed(void *arg, uint64_t done, uint64_t total)
{
    struct lab_bar *bar = arg;
    uint64_t now = plat_now_ms();
    if (!total || bar->mode == BAR_SILENT)
        return;
    done = done < total ? done : total;
    if (!bar->total || done < bar->done)
        begin_round(bar, done, now);
    bar->done = done;
    bar->total = total;
    measure(bar, done, now);
    unsigned tenth = percent(bar) / 10;
    if (bar->mode == BAR_DRAWN) {
        draw(bar);
    } else if (now - bar->said_ms >= (tenth > bar->said_tenth ? FIRST_LINE_MS : LINE_MS)) {
        say(bar);
        bar->said_ms = now;
        bar->said_tenth = tenth;
    }
}

void lab_bar_free(struct lab_bar *bar)
{
    if (!bar)
        return;
    lab_screen_clear(&bar->screen);
    lab_screen_end(&bar->screen);
    free(bar);
}
