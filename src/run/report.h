/* Filling struct lab_report (commands.h). */
#ifndef LAB_RUN_REPORT_H
#define LAB_RUN_REPORT_H

#include "run/commands.h"

void lab_report_climbs(struct lab_report *report, const struct lab_ladder *l);
void lab_report_removed(struct lab_report *report, const char *fmt, ...) LAB_PRINTF(2, 3);
void lab_report_kept(struct lab_report *report, const char *fmt, ...) LAB_PRINTF(2, 3);

#endif
