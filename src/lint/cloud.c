#include <string.h>

#include "lint/text.h"

/* Modules of cloud-init that ask the internet by themselves (cloudinit.readthedocs.io,
 * reference/modules). What holds addresses (apt, yum_repos, phone_home) is known by these. */
static const struct lint_cloud_key keys[] = {
    {"package_update", true, "cloud-init asks the distribution's servers for package lists",
     "remove it"},
    {"package_upgrade", true, "cloud-init asks the distribution's servers for packages",
     "remove it; build the image with newer packages"},
    {"packages", false, "cloud-init fetches package lists and packages before anything else of it",
     "put the packages into the bundle (apt:), which labctl installs from /usr/local/seed"},
    {"snap", false, "the snap store is on the internet", "bring the .snap file in the payload"},
    {"ssh_import_id", false, "keys are fetched from GitHub or Launchpad",
     "write the keys into lab.yaml: auth.authorized_keys"},
    {"ubuntu_pro", false, "the contract is asked for on the internet", "remove it"},
    {"ubuntu_advantage", false, "the contract is asked for on the internet", "remove it"},
    {"rh_subscription", false, "the subscription is asked for on the internet", "remove it"},
    {"landscape", false, "the server is on the internet unless named", "remove it"},
};

const struct lint_cloud_key *lint_cloud_key(const char *key)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(keys); i++)
        if (strcmp(keys[i].key, key) == 0)
            return &keys[i];
    return NULL;
}
