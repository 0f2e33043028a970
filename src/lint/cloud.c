#include <string.h>

#include "base/i18n.h"
#include "lint/text.h"

/* Modules of cloud-init that ask the internet by themselves (cloudinit.readthedocs.io,
 * reference/modules). What holds addresses (apt, yum_repos, phone_home) is known by these. */
static const struct lint_cloud_key keys[] = {
    {"package_update", true, LAB_N("cloud-init asks the distribution's servers for package lists"),
     LAB_N("remove it")},
    {"package_upgrade", true, LAB_N("cloud-init asks the distribution's servers for packages"),
     LAB_N("remove it; build the image with newer packages")},
    {"packages", false,
     LAB_N("cloud-init fetches package lists and packages before anything else of it"),
     LAB_N("put the packages into the bundle (apt:), which labctl installs from /usr/local/seed")},
    {"snap", false, LAB_N("the snap store is on the internet"),
     LAB_N("bring the .snap file in the payload")},
    {"ssh_import_id", false, LAB_N("keys are fetched from GitHub or Launchpad"),
     LAB_N("write the keys into lab.yaml: auth.authorized_keys")},
    {"ubuntu_pro", false, LAB_N("the contract is asked for on the internet"), LAB_N("remove it")},
    {"ubuntu_advantage", false, LAB_N("the contract is asked for on the internet"),
     LAB_N("remove it")},
    {"rh_subscription", false, LAB_N("the subscription is asked for on the internet"),
     LAB_N("remove it")},
    {"landscape", false, LAB_N("the server is on the internet unless named"), LAB_N("remove it")},
};

const struct lint_cloud_key *lint_cloud_key(const char *key)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(keys); i++)
        if (strcmp(keys[i].key, key) == 0)
            return &keys[i];
    return NULL;
}
