/* bundle.yaml, and bundle.lock beside it. */
#include "bundle/lock.h"
#include "bundle/recipe.h"
#include "fuzz.h"

static void read_recipe(const char *text, size_t size)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_RECIPE struct lab_recipe recipe = {0};
    struct lab_problems problems = {.errors = 0};
    int rc = lab_recipe_parse(&recipe, "/b/bundle.yaml", text, size, &problems, &err);
    fuzz_answer(rc, &err);
    fuzz_check((rc == 0) == (problems.errors == 0));
    for (size_t i = 0; rc == 0 && i < recipe.files.len; i++) {
        const struct lab_recipe_file *f = &recipe.files.items[i];
        fuzz_check(f->source && f->path && f->mode <= 07777);
        fuzz_check(*f->path != '/' && !strstr(f->path, "/../") && !strstr(f->path, "//"));
    }
    lab_problems_clear(&problems);
}

static void read_lock(const char *text, size_t size)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_lock lock = {.changed = false};
    fuzz_answer(lab_lock_parse(&lock, "bundle.lock", text, size, &err), &err);
    LAB_VEC_FOREACH (pin, &lock.pins)
        fuzz_check(lab_lock_find(&lock, pin->source) == pin);
    lab_lock_clear(&lock);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *text = fuzz_text(data, size);
    read_recipe(text, size);
    read_lock(text, size);
    return 0;
}
