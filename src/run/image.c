#include "run/image.h"

#include <stdlib.h>

#include "platform.h"
#include "run/beside.h"

struct convert {
    struct lab_disk_job job;
    struct lab_disk_result *out;
};

static int work(void *arg, struct lab_error *err)
{
    struct convert *c = arg;
    return lab_disk_convert(&c->job, c->out, err);
}

int lab_image_convert(const struct lab_disk_job *job,
                      struct lab_disk_result *out,
                      struct lab_error *err)
{
    struct lab_meter meter = {0};
    struct convert c = {*job, out};
    c.job.progress = lab_meter_feed;
    c.job.progress_arg = &meter;
    return lab_beside(work, &c, &meter, job->progress, job->progress_arg, err);
}

int lab_image_look(const char *path, struct lab_image_look *out, struct lab_error *err)
{
    struct lab_disk *disk = NULL;
    struct plat_stat st;
    const char *file;
    if (lab_disk_open(&disk, path, err) < 0)
        return -1;
    out->info = *lab_disk_info(disk);
    for (size_t i = 0; (file = lab_disk_file(disk, i)); i++) {
        *lab_vec_push(&out->files) = lab_strdup(file);
        out->file_bytes += plat_stat(file, &st) == 0 ? st.size : 0;
    }
    lab_disk_close(disk);
    return 0;
}

void lab_image_look_clear(struct lab_image_look *look)
{
    LAB_VEC_FOREACH (file, &look->files)
        free(*file);
    lab_vec_clear(&look->files);
}
