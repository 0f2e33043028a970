/* Feeds labctl's view with what a run would tell it, on a clock that the script sets: so a screen
 * is the same every time.
 *
 * usage: play SCRIPT MARK labctl's arguments…      e.g. play up.txt /tmp/mark up --no-color
 *
 * A script has a word and its arguments on each line; NODE "-" is the lab:
 *   t MS                              the clock
 *   e NODE GATE STATE [EVIDENCE]      an event         l NODE GATE EVIDENCE   what is seen now
 *   o GATES PASSED NODES DONE FAILED LEFT_MS           all together            w TEXT   a warning
 *   b VERB / f DONE TOTAL / x         a bar, its bytes, its end
 *   p                                 the file MARK gets a line; goes on with a line of stdin */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/bar.h"
#include "cli/view.h"
#include "platform.h"

uint64_t __wrap_plat_now_ms(void);
int64_t __wrap_plat_wall_ms(void);

static uint64_t clock_ms;

uint64_t __wrap_plat_now_ms(void)
{
    return 1000000 + clock_ms;
}

int64_t __wrap_plat_wall_ms(void)
{
    return INT64_C(1700000000000) + (int64_t)clock_ms;
}

struct player {
    struct lab_cli cli;
    struct lab_bar *bar;
    char verb[64]; /* the bar's */
    const char *mark;
};

/* The next word of the line, "" at its end; a last one takes the rest. */
static char *word(char **line, bool last)
{
    char *start = *line;
    size_t n = last ? strlen(start) : strcspn(start, " ");
    *line = start + n + (start[n] ? 1 : 0);
    start[n] = '\0';
    return start;
}

static uint64_t number(char **line)
{
    return strtoull(word(line, false), NULL, 10);
}

static char *node_of(char **line)
{
    char *node = word(line, false);
    return strcmp(node, "-") == 0 ? node + 1 : node;
}

static void pause_here(struct player *p)
{
    char line[16];
    struct pollfd in = {.fd = 0, .events = POLLIN};
    const struct lab_listener *l = &p->cli.listener;
    FILE *mark = fopen(p->mark, "a");
    if (l->tick)
        l->tick(l->arg);
    if (mark) {
        fputs("here\n", mark);
        fclose(mark);
    }
    while (poll(&in, 1, 20) == 0)
        if (p->bar)
            lab_bar_tick(p->bar);
        else if (l->tick)
            l->tick(l->arg);
    if (!fgets(line, sizeof(line), stdin))
        exit(3);
}

static void event(struct player *p, char *line)
{
    struct lab_event e = {.at_ms = __wrap_plat_wall_ms(), .node = node_of(&line)};
    e.gate = word(&line, false);
    e.state = word(&line, false);
    e.evidence = word(&line, true);
    p->cli.listener.event(p->cli.listener.arg, &e);
}

static void live(struct player *p, char *line)
{
    const char *node = node_of(&line), *gate = word(&line, false);
    p->cli.listener.live(p->cli.listener.arg, node, gate, word(&line, true));
}

static void overall(struct player *p, char *line)
{
    struct lab_overall o = {.gates = (unsigned)number(&line)};
    o.gates_passed = (unsigned)number(&line);
    o.nodes = (unsigned)number(&line);
    o.nodes_done = (unsigned)number(&line);
    o.nodes_failed = (unsigned)number(&line);
    o.left_ms = strtoll(line, NULL, 10);
    p->cli.listener.overall(p->cli.listener.arg, &o);
}

static void play(struct player *p, char *line)
{
    const char *what = word(&line, false);
    switch (*what) {
    case 't':
        clock_ms = number(&line);
        break;
    case 'e':
        event(p, line);
        break;
    case 'l':
        live(p, line);
        break;
    case 'o':
        overall(p, line);
        break;
    case 'w':
        p->cli.listener.warning(p->cli.listener.arg, line);
        break;
    case 'b':
        snprintf(p->verb, sizeof(p->verb), "%s", line);
        p->bar = lab_bar_new(&p->cli, p->verb, NULL);
        break;
    case 'f': {
        uint64_t done = number(&line);
        lab_bar_feed(p->bar, done, number(&line));
        break;
    }
    case 'x':
        lab_bar_free(p->bar);
        p->bar = NULL;
        break;
    case 'p':
        pause_here(p);
        break;
    default:
        break;
    }
}

int main(int argc, char **argv)
{
    struct player p = {.mark = argc > 2 ? argv[2] : NULL};
    struct lab_error err = LAB_ERROR_INIT;
    bool help = false, version = false;
    char line[4096];
    FILE *script = argc > 3 ? fopen(argv[1], "r") : NULL;
    if (!script || lab_cli_parse(&p.cli, argc - 2, argv + 2, &help, &version, &err)) {
        fprintf(stderr, "play: %s\n",
                err.message ? err.message : "usage: play SCRIPT MARK COMMAND…");
        return 2;
    }
    lab_view_begin(&p.cli);
    while (fgets(line, sizeof(line), script)) {
        line[strcspn(line, "\n")] = '\0';
        LAB_AUTOFREE char *copy = lab_strdup(line);
        play(&p, copy);
    }
    fclose(script);
    lab_view_end(&p.cli);
    lab_cli_clear(&p.cli);
    return 0;
}
