/* Fixed models for the texts of a seed. Nothing in them depends on seeds/guest/, which has tests of
 * its own. */
#ifndef TEST_MEDIA_SEEDS_H
#define TEST_MEDIA_SEEDS_H

#include "media/seed.h"

#define IP(a, b, c, d)                                                                             \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const struct lab_asset fixture_scripts[] = {
#define SCRIPT(path, text)                                                                         \
    {                                                                                              \
        path, text, sizeof(text) - 1                                                               \
    }
    SCRIPT("seeds/guest/facts", "#!/bin/sh\necho streamed over SSH, never on the seed\n"),
    SCRIPT("seeds/guest/first-boot", "#!/bin/sh\necho '{{ no place }}' \"$@\" \\\n\t'한글'\n"),
    SCRIPT("seeds/guest/poweroff", "#!/bin/sh\npoweroff\n"),
    SCRIPT("templates/domain.xml", "<domain/>\n"),
#undef SCRIPT
};

#define HOST_PRIVATE                                                                               \
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"                                                        \
    "Zml4dHVyZTogbm90IGEga2V5\n"                                                                   \
    "-----END OPENSSH PRIVATE KEY-----\n"
#define HOST_PUBLIC "ssh-ed25519 AAAAZml4dHVyZTogaG9zdA== host"
#define LOGIN_KEY   "ssh-ed25519 AAAAZml4dHVyZTogbG9naW4= labctl"

/* --- one plain VM ----------------------------------------------------------------------------- */

static struct lab_network plain_networks[] = {
    {.name = (char[]){"default"},
     .has_ipam = true,
     .range = {IP(192, 168, 6, 0), 24},
     .gateway = IP(192, 168, 6, 1)},
};
static struct lab_nic plain_nics[] = {
    {.network = 0,
     .ip = IP(192, 168, 6, 101),
     .mac = {0x52, 0x54, 0x00, 0xAB, 0xCD, 0x01},
     .default_route = true},
};
static struct lab_node plain_nodes[] = {
    {.name = (char[]){"web-01"}, .number = 1, .nics = {plain_nics, 1, 1}}};
static struct lab_spec plain_spec = {
    .name = (char[]){"plain"},
    .auth = {.username = (char[]){"lab"}},
    .networks = {plain_networks, 1, 1},
    .nodes = {plain_nodes, 1, 1},
};

/* --- three nodes with roles and a payload; the network has nameservers ------------------------ */

static uint32_t cluster_nameservers[] = {IP(192, 168, 6, 1), IP(9, 9, 9, 9)};
static struct lab_network cluster_networks[] = {
    {.name = (char[]){"default"},
     .bridge = (char[]){"VMnet1"},
     .has_ipam = true,
     .range = {IP(192, 168, 6, 0), 24},
     .gateway = IP(192, 168, 6, 1),
     .start = IP(192, 168, 6, 10),
     .nameservers = {cluster_nameservers, 2, 2}},
};
static struct lab_nic cluster_nics[] = {
    {.ip = IP(192, 168, 6, 10), .mac = {0x00, 0x50, 0x56, 0x01, 0x02, 0x03}, .default_route = true},
    {.ip = IP(192, 168, 6, 11), .mac = {0x00, 0x50, 0x56, 0x01, 0x02, 0x04}, .default_route = true},
    {.ip = IP(192, 168, 6, 12), .mac = {0x00, 0x50, 0x56, 0x01, 0x02, 0x05}, .default_route = true},
};
static struct lab_node cluster_nodes[] = {
    {.name = (char[]){"k3s-master1"}, .role = LAB_ROLE_MASTER, .nics = {&cluster_nics[0], 1, 1}},
    {.name = (char[]){"k3s-worker1"}, .role = LAB_ROLE_WORKER, .nics = {&cluster_nics[1], 1, 1}},
    {.name = (char[]){"k3s-worker2"}, .role = LAB_ROLE_WORKER, .nics = {&cluster_nics[2], 1, 1}},
};
static struct lab_spec cluster_spec = {
    .name = (char[]){"airgap"},
    .auth = {.username = (char[]){"ubuntu"}},
    .networks = {cluster_networks, 1, 1},
    .nodes = {cluster_nodes, 3, 3},
};

/* --- whatever could break a text; three networks, the last one DHCP --------------------------- */

static char *tricky_keys[] = {
    (char[]){"ssh-ed25519 AAAAZml4dHVyZTogb3RoZXI= \"who\": [it's] {{ password }} \\ # 지원팀"},
    (char[]){"ecdsa-sha2-nistp256 AAAAZml4dHVyZTogZWNkc2E= tab\there"},
};
static struct lab_cloud_init tricky_cloud_init = {
    .kind = LAB_CLOUD_CONFIG,
    .text = (char[]){"#cloud-config\n"
                     "# 한국어 {{ password }} --labctl-0 \"quotes\" 'and' $more\n"
                     "users:\n"
                     "  - name: guest\n"
                     "runcmd:\n"
                     "  - [sh, -c, \"echo '안녕' > /tmp/hello\"]\n"
                     "write_files:\n"
                     "  - path: /etc/motd\n"
                     "    content: |\n"
                     "      지원팀 실습 서버\n"
                     "hostname: stolen\n"
                     "ssh_pwauth: true\n"
                     "ssh_keys: {rsa_private: other}\n"
                     "timezone: Asia/Seoul\n"},
};
static struct lab_cloud_init hostile_cloud_init = {
    .kind = LAB_CLOUD_CONFIG,
    .text = (char[]){"#cloud-config\n"
                     "merge_how: 'dict(replace)+list()+str()'\n"
                     "runcmd: [\"true\"]\n"
                     "users:\n"
                     "  - default\n"
                     "  - {name: 지원, groups: docker, ssh_authorized_keys: [ssh-rsa AAAA other]}\n"
                     "ssh_deletekeys: false\n"},
};
static struct lab_cloud_init script_cloud_init = {
    .kind = LAB_CLOUD_SCRIPT,
    .text = (char[]){"#!/bin/sh\necho \"한글 ${HOME}\" '{{ x }}'\n"},
};
static struct lab_cloud_init boothook_cloud_init = {
    .kind = LAB_CLOUD_BOOTHOOK,
    .text = (char[]){"#cloud-boothook\n#!/bin/sh\ntrue\n"},
};
static struct lab_network tricky_networks[] = {
    {.name = (char[]){"front"},
     .has_ipam = true,
     .range = {IP(10, 0, 0, 0), 20},
     .gateway = IP(10, 0, 15, 254)},
    {.name = (char[]){"back"},
     .has_ipam = true,
     .range = {IP(172, 16, 0, 0), 16},
     .gateway = IP(172, 16, 0, 1),
     .nameservers = {&cluster_nameservers[1], 1, 1}},
    {.name = (char[]){"office"}, .bridge = (char[]){"br0"}},
};
static struct lab_nic tricky_nics[] = {
    {.network = 1, .ip = IP(172, 16, 9, 9), .mac = {0x52, 0x54, 0, 0, 0, 1}},
    {.network = 0, .ip = IP(10, 0, 1, 1), .mac = {0x52, 0x54, 0, 0, 0, 2}, .default_route = true},
    {.network = 2, .mac = {0x52, 0x54, 0, 0, 0, 3}},
};
static struct lab_nic unreachable_nics[] = {{.network = 2, .mac = {0x52, 0x54, 0, 0, 0, 4}}};
static struct lab_node tricky_nodes[] = {
    {.name = (char[]){"two-nics"}, .nics = {tricky_nics, 2, 2}, .cloud_init = &tricky_cloud_init},
    {.name = (char[]){"dhcp-second"},
     .nics = {&tricky_nics[1], 2, 2},
     .cloud_init = &hostile_cloud_init},
    {.name = (char[]){"script"}, .nics = {tricky_nics, 1, 1}, .cloud_init = &script_cloud_init},
    {.name = (char[]){"boothook"}, .nics = {tricky_nics, 1, 1}, .cloud_init = &boothook_cloud_init},
    {.name = (char[]){"dhcp-only"}, .nics = {unreachable_nics, 1, 1}},
};
static struct lab_spec tricky_spec = {
    .name = (char[]){"tricky"},
    .timezone = (char[]){"Asia/Seoul"},
    .auth = {.username = (char[]){"지원"}, .authorized_keys = {tricky_keys, 2, 2}},
    .networks = {tricky_networks, 3, 3},
    .nodes = {tricky_nodes, 5, 5},
};

static inline struct lab_seed fixture_seed(const struct lab_spec *spec, size_t node)
{
    return (struct lab_seed){
        .spec = spec,
        .node = &spec->nodes.items[node],
        .generation = "0123456789abcdef",
        .login_public = LOGIN_KEY,
        .host_private = HOST_PRIVATE,
        .host_public = HOST_PUBLIC,
        .scripts = fixture_scripts,
        .scripts_len = LAB_ARRAY_LEN(fixture_scripts),
    };
}

#define FIXTURE_HASH     "$6$fixture.salt$Zml4dHVyZTogbm90IGEgaGFzaA"
#define FIXTURE_MANIFEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

#endif
