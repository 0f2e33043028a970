/* Inside bundle only: the vocabulary of bundle.yaml. */
#ifndef LAB_BUNDLE_RECIPE_SCHEMA_H
#define LAB_BUNDLE_RECIPE_SCHEMA_H

#include "spec/schema.h"

/* The tables store into these: recipe.c takes the texts over. */
struct lab_recipe_k3s {
    char *version, *mirror;
};
struct lab_recipe_root {
    int arch;
    char *registry;
};

extern const struct lab_object lab_recipe_root, lab_recipe_k3s, lab_recipe_packages,
    lab_recipe_file, lab_recipe_registry;

#endif
