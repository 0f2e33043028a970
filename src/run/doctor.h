/* Doctor's own checks, those that belong to no hypervisor: one file a noun. Inside run only. */
#ifndef LAB_RUN_DOCTOR_H
#define LAB_RUN_DOCTOR_H

#include "base/finding.h"
#include "provider/demand.h"
#include "spec/spec.h"

/* doctor_machine.c: clock and time zone, long paths, text on the screen. */
void lab_doctor_machine(struct lab_findings *out);

/* doctor_files.c: lab.yaml as such; then images, payload and seeds of a lab. The file's problems
 * are one finding; NULL: there is no lab to look at. Caller frees. */
struct lab_spec *lab_doctor_load(const char *file, struct lab_findings *out);
void lab_doctor_files(const struct lab_spec *spec, const char *home, struct lab_findings *out);

/* doctor_registry.c: nothing for a lab without one. */
void lab_doctor_registry(const struct lab_spec *spec, struct lab_findings *out);
/* "INSECURE: nobody checks who …", for all who have to say it; NULL: somebody does. Caller frees. */
char *lab_registry_insecure(const struct lab_registry_spec *registry);

/* doctor_room.c: one finding a file system. */
void lab_doctor_disk(const struct lab_places *places, struct lab_findings *out);
/* The same without a lab: whether the folder has room for a usual one. */
void lab_doctor_home(struct lab_findings *out);
void lab_doctor_memory(const struct lab_demand *demand, struct lab_findings *out);

#endif
