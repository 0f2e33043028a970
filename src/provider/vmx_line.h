/* One line of a VMX, for vmx*.c: the grammar of dictll.c (vmx.h). */
#ifndef LAB_PROVIDER_VMX_LINE_H
#define LAB_PROVIDER_VMX_LINE_H

#include "provider/vmx.h"

/* Reads line->text into the other members (all but end). NULL: fine; else why VMware would refuse
 * it, a static sentence. */
const char *lab_vmx_line_read(struct lab_vmx_line *line);
void lab_vmx_line_clear(struct lab_vmx_line *line);

#endif
