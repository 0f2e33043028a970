/* ISO 9660 images, which labctl reads back and others bring. */
#include "fuzz.h"
#include "media/iso.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_iso_listing listing;
    const char *path = fuzz_file("image.iso", data, size);
    int rc = lab_iso_read(path, true, &listing, &err);
    fuzz_answer(rc, &err);
    LAB_VEC_FOREACH (e, &listing.entries)
        fuzz_check(e->path && *e->path);
    fuzz_check(strlen(listing.label) <= 32);
    lab_iso_listing_clear(&listing);
    return 0;
}
