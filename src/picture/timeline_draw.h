/* Measures of the timeline's picture; internal to src/picture/. */
#ifndef LAB_PICTURE_TIMELINE_DRAW_H
#define LAB_PICTURE_TIMELINE_DRAW_H

#include "picture/timeline.h"

enum {
    PICTURE_WIDTH = LAB_PX(1120),
    MARGIN = LAB_PX(24),
    PLOT_LEFT = LAB_PX(176),
    PLOT_RIGHT = LAB_PX(96), /* each row's time */
    PLOT_TOP = LAB_PX(134),  /* heading, legend, axis */
    ROW_HEIGHT = LAB_PX(36),
    LANE_HEIGHT = LAB_PX(24),
    LAB_ROW_GAP = LAB_PX(6), /* below the lab's own row */
    BAR_TOP = LAB_PX(6),
    BAR_HEIGHT = LAB_PX(20),
    NOTES_GAP = LAB_PX(30),
    NOTES_HEAD = LAB_PX(16),
    NOTES_MOST = 8, /* lines; of more, their number is told */
    PANEL_GAP = LAB_PX(20),
    PANEL_HEAD = LAB_PX(40),
    PANEL_LINE = LAB_PX(20),
    PANEL_FOOT = LAB_PX(12),
    PANEL_LINES = 24,
    LETTERS = LAB_PX(12),
    SMALL = LAB_PX(11)
};

int lab_timeline_x(const struct lab_timeline *t, const struct lab_timeline_layout *l, uint64_t ms);
/* How many failures and warnings there are. */
size_t lab_timeline_notes(const struct lab_timeline *t);
/* How many gates are worth a line. */
size_t lab_timeline_gates(const struct lab_timeline *t);
void lab_timeline_draw_notes(struct lab_str *out,
                             const struct lab_timeline *t,
                             const struct lab_timeline_layout *l);
/* What is below the plot: the last runs, and the gates against the run before. */
void lab_timeline_panels(struct lab_str *out,
                         const struct lab_timeline *t,
                         const struct lab_timeline_layout *l);

#endif
