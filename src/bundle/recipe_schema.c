#include "bundle/recipe_schema.h"

#include "bundle/recipe.h"

#define OBJECT(symbol, name_, about_, rows)                                                        \
    const struct lab_object symbol = {name_, about_, rows, LAB_ARRAY_LEN(rows)}

static const struct lab_choice arches[] = {{"amd64", 0}, {"arm64", 1}};

static const struct lab_field k3s_fields[] = {
    {.key = "version",
     .type = LAB_TYPE_TEXT,
     .offset = offsetof(struct lab_recipe_k3s, version),
     .required = true,
     .about = "Release of k3s, such as v1.33.4+k3s1."},
    {.key = "mirror",
     .type = LAB_TYPE_TEXT,
     .offset = offsetof(struct lab_recipe_k3s, mirror),
     .absent = "GitHub, where k3s is published",
     .about = "Where MIRROR/VERSION/FILE is: https://, http:// or file://."},
};
OBJECT(lab_recipe_k3s, "k3s", "The k3s release to carry.", k3s_fields);

static const struct lab_field package_fields[] = {
    {.key = "release",
     .type = LAB_TYPE_LABEL,
     .max = 63,
     .offset = offsetof(struct lab_recipe_packages, release),
     .required = true,
     .about = "Code name of the guest's release, such as bookworm."},
    {.key = "names",
     .type = LAB_TYPE_LIST,
     .item = LAB_TYPE_TEXT,
     .offset = LAB_UNSTORED,
     .required = true,
     .about = "Packages that guests shall have."},
    {.key = "sources",
     .type = LAB_TYPE_LIST,
     .item = LAB_TYPE_TEXT,
     .offset = LAB_UNSTORED,
     .required = true,
     .about = "Lines as in sources.list: \"deb https://deb.debian.org/debian bookworm main\"."},
    {.key = "keyring",
     .type = LAB_TYPE_PATH,
     .offset = offsetof(struct lab_recipe_packages, keyring),
     .absent = "the keys that apt on this machine trusts",
     .about = "Keys that the sources are signed with."},
    {.key = "installed",
     .type = LAB_TYPE_PATH,
     .offset = offsetof(struct lab_recipe_packages, installed),
     .absent = "nothing: the set holds every dependency",
     .about = "Copy of the guest's /var/lib/dpkg/status; what it has is left out."},
};
OBJECT(lab_recipe_packages,
       "packages",
       "Debian packages with all that they depend on.",
       package_fields);

static const struct lab_field file_fields[] = {
    {.key = "source",
     .type = LAB_TYPE_TEXT,
     .offset = offsetof(struct lab_recipe_file, source),
     .required = true,
     .about = "URL, or path of a file."},
    {.key = "path",
     .type = LAB_TYPE_TEXT,
     .offset = offsetof(struct lab_recipe_file, path),
     .required = true,
     .about = "Where it is in the bundle: files/NAME."},
    {.key = "sha256",
     .type = LAB_TYPE_SHA256,
     .offset = offsetof(struct lab_recipe_file, sha256),
     .absent = "what comes first is pinned in bundle.lock",
     .about = "Expected digest."},
    {.key = "mode",
     .type = LAB_TYPE_TEXT,
     .offset = LAB_UNSTORED,
     .absent = "0644",
     .about = "Mode in the guest, in quotes: \"0755\"."},
};
OBJECT(lab_recipe_file, "files", "A further file.", file_fields);

static const struct lab_field root_fields[] = {
    {.key = "arch",
     .type = LAB_TYPE_CHOICE,
     .choices = arches,
     .choices_len = LAB_ARRAY_LEN(arches),
     .offset = offsetof(struct lab_recipe_root, arch),
     .fallback = "amd64",
     .about = "Processor of the guests."},
    {.key = "k3s",
     .type = LAB_TYPE_OBJECT,
     .object = &lab_recipe_k3s,
     .offset = LAB_UNSTORED,
     .absent = "no k3s",
     .about = "The k3s release to carry."},
    {.key = "images",
     .type = LAB_TYPE_LIST,
     .item = LAB_TYPE_TEXT,
     .offset = LAB_UNSTORED,
     .absent = "only k3s' own",
     .about = "Image references, or OCI and docker-save archives by path or URL."},
    {.key = "packages",
     .type = LAB_TYPE_OBJECT,
     .object = &lab_recipe_packages,
     .offset = LAB_UNSTORED,
     .absent = "none",
     .about = "Debian packages with all that they depend on."},
    {.key = "files",
     .type = LAB_TYPE_LIST,
     .item = LAB_TYPE_OBJECT,
     .object = &lab_recipe_file,
     .offset = LAB_UNSTORED,
     .absent = "none",
     .about = "Further files."},
};
OBJECT(lab_recipe_root, "bundle.yaml", "What a bundle is to hold.", root_fields);
