/* What libvirt.c and its parts share: the open connection's facts. Private to src/provider. */
#ifndef LAB_PROVIDER_LIBVIRT_IMPL_H
#define LAB_PROVIDER_LIBVIRT_IMPL_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/crypto.h"
#include "provider/libvirt_read.h"
#include "provider/provider.h"

/* The lab's volumes (overlays, seeds, payload), and the base images that all labs share. A lab's
 * name has no '_', so the two never meet. */
enum lab_libvirt_pool_kind { LAB_POOL_LAB, LAB_POOL_IMAGES, LAB_POOL_KINDS };

/* Pools have no metadata. Their UUID is the proof of ownership: labctl chooses it, from the lab's
 * id or (images) from a fixed text, and libvirt refuses a second pool of the same name with
 * another. */
struct lab_libvirt_pool {
    char *name, *path;
    char uuid[LAB_UUID_TEXT];
    bool ready; /* guarded by lock; defined, ours and active */
};

#define LAB_LIBVIRT_DEFAULT_URI "qemu:///system"

struct lab_libvirt {
    char *uri;
    char *lab, *lab_id, *home;
    char *owner_home;       /* for tags */
    struct lab_owner owner; /* borrows the three */
    char *homes;            /* may be NULL */
    bool session, remote;
    struct lab_libvirt_pool pools[LAB_POOL_KINDS];
    uv_mutex_t lock; /* guards pools[].ready and kvm; held while a pool is made */
    uv_mutex_t upload_lock;
    uv_cond_t upload_done;
    LAB_VEC(const char *) uploads; /* stems that a thread of ours is uploading */
    int kvm;                       /* -1: not asked yet */
    void (*notice)(void *arg, const char *text);
    void *notice_arg;
};

/* To the caller's notice, and to the log. */
void lab_libvirt_notice(const struct lab_libvirt *lv, const char *fmt, ...) LAB_PRINTF(2, 3);

bool lab_libvirt_kvm(struct lab_libvirt *lv, const char **why);

/* Writes XML into a file that virsh can be given; remove it with lab_libvirt_xml_done(). */
int lab_libvirt_xml_file(struct lab_libvirt *lv,
                         const struct lab_str *xml,
                         char **path,
                         struct lab_error *err) LAB_MUST_CHECK;
void lab_libvirt_xml_done(char **path);
#define LAB_AUTO_XML_FILE LAB_CLEANUP(lab_libvirt_xml_done)

/* --- libvirt_query.c -------------------------------------------------------------------------- */

/* One VM as libvirt knows it: its definition, and what is true of it now. */
struct lab_libvirt_seen {
    const char *key; /* as asked for; borrowed */
    enum lab_power power;
    bool exists, ours;
    bool active; /* a QEMU process holds it: running, paused, or crashed and preserved */
    struct lab_libvirt_domain def;
    bool seed_live, payload_live;
};
struct lab_libvirt_sight {
    LAB_VEC(struct lab_libvirt_seen) list;
};
#define LAB_AUTO_SIGHT LAB_CLEANUP(lab_libvirt_sight_clear)

/* keys: names; NULL: every domain there is. */
int lab_libvirt_see(struct lab_libvirt *lv,
                    const char *const *keys,
                    size_t n,
                    struct lab_libvirt_sight *out,
                    struct lab_error *err) LAB_MUST_CHECK;
void lab_libvirt_sight_clear(struct lab_libvirt_sight *sight);
/* LAB_CONFLICT when it exists and is not ours. */
int lab_libvirt_check_ours(const struct lab_libvirt *lv,
                           const struct lab_libvirt_seen *seen,
                           struct lab_error *err) LAB_MUST_CHECK;

int lab_libvirt_query(struct lab_provider *p,
                      const char *const *names,
                      size_t n,
                      struct lab_vm_states *out,
                      struct lab_error *err);

/* --- libvirt_find.c --------------------------------------------------------------------------- */

int lab_libvirt_find(struct lab_provider *p, struct lab_tagged_list *out, struct lab_error *err);

/* --- libvirt_pool.c, libvirt_volume.c, libvirt_upload.c ----------------------------------------
 */

struct lab_libvirt_names {
    LAB_VEC(char *) list;
};
#define LAB_AUTO_NAMES LAB_CLEANUP(lab_libvirt_names_clear)
void lab_libvirt_names_clear(struct lab_libvirt_names *names);
bool lab_libvirt_names_has(const struct lab_libvirt_names *names, const char *name);

/* Defined, ours, active: makes it so. */
int lab_libvirt_pool_ensure(struct lab_libvirt *lv,
                            enum lab_libvirt_pool_kind kind,
                            struct lab_error *err) LAB_MUST_CHECK;
/* The same without making one: *there is false when it does not exist or is another lab's. */
int lab_libvirt_pool_open(struct lab_libvirt *lv,
                          enum lab_libvirt_pool_kind kind,
                          bool *there,
                          struct lab_error *err) LAB_MUST_CHECK;
/* What still fits into its file system. */
int lab_libvirt_pool_available(struct lab_libvirt *lv,
                               enum lab_libvirt_pool_kind kind,
                               uint64_t *bytes,
                               struct lab_error *err) LAB_MUST_CHECK;
/* The UUID of the pool of the lab with this id. */
void lab_libvirt_pool_uuid(const char *lab_id, char uuid[LAB_UUID_TEXT]);
/* Where the pool of that name is when it belongs to the lab with this id, else NULL. */
int lab_libvirt_pool_of(struct lab_libvirt *lv,
                        const char *lab_id,
                        char **path,
                        struct lab_error *err) LAB_MUST_CHECK;
/* By its tag (libvirt_pooltag.c), whoever's it is: *id is NULL when there is none, and while the
 * pool is not active nobody can look. *home is as in struct lab_tagged. */
int lab_libvirt_pool_owner(struct lab_libvirt *lv,
                           char **id,
                           char **home,
                           char **path,
                           struct lab_error *err) LAB_MUST_CHECK;
int lab_libvirt_remove_lab(struct lab_provider *p, struct lab_error *err);

/* --- libvirt_pooltag.c ------------------------------------------------------------------------ */
/* volumes: what the lab's pool holds. */
int lab_libvirt_tag_pool(struct lab_libvirt *lv,
                         const struct lab_libvirt_names *volumes,
                         struct lab_error *err) LAB_MUST_CHECK;
bool lab_libvirt_is_pool_tag(const char *volume);
/* Whether the lab's pool, which is active, has a tag of our id and of none of the ledger's homes.
 */
int lab_libvirt_pool_is_theirs(struct lab_libvirt *lv,
                               bool *theirs,
                               struct lab_error *err) LAB_MUST_CHECK;
/* See lab_libvirt_pool_owner(). */
int lab_libvirt_read_pool_tag(struct lab_libvirt *lv,
                              const char *pool_uuid,
                              char **id,
                              char **home,
                              struct lab_error *err) LAB_MUST_CHECK;

/* Names in the pool, sorted. */
int lab_libvirt_volumes(struct lab_libvirt *lv,
                        enum lab_libvirt_pool_kind kind,
                        struct lab_libvirt_names *out,
                        struct lab_error *err) LAB_MUST_CHECK;
char *lab_libvirt_volume_path(const struct lab_libvirt *lv,
                              enum lab_libvirt_pool_kind kind,
                              const char *volume);
/* One of vol-info's numbers, by its name there. */
#define LAB_VOLUME_GUEST_SIZE "Capacity"   /* of the disk that an image holds */
#define LAB_VOLUME_ALLOCATED  "Allocation" /* grows during an upload */
#define LAB_VOLUME_FILE_SIZE  "Physical"
int lab_libvirt_volume_number(struct lab_libvirt *lv,
                              enum lab_libvirt_pool_kind kind,
                              const char *volume,
                              const char *key,
                              uint64_t *out,
                              struct lab_error *err) LAB_MUST_CHECK;
int lab_libvirt_volume_create(struct lab_libvirt *lv,
                              enum lab_libvirt_pool_kind kind,
                              const char *volume,
                              uint64_t bytes,
                              struct lab_error *err) LAB_MUST_CHECK;
/* Missing is fine. */
int lab_libvirt_volume_delete(struct lab_libvirt *lv,
                              enum lab_libvirt_pool_kind kind,
                              const char *volume,
                              struct lab_error *err) LAB_MUST_CHECK;

/* A file as a volume STEM-TOKEN+SUFFIX, complete once the volume of that name + ".ok" exists: a
 * volume cannot be renamed through libvirt. The token is new for every attempt, so that what a dead
 * or a parallel upload left behind is never mistaken for ours. */
struct lab_libvirt_upload {
    enum lab_libvirt_pool_kind pool;
    const char *stem, *suffix;
    const char *file;
    const struct lab_progress *progress; /* may be NULL */
};
/* *path is the complete volume's, uploaded now or before. */
int lab_libvirt_upload(struct lab_libvirt *lv,
                       const struct lab_libvirt_upload *u,
                       char **path,
                       struct lab_error *err) LAB_MUST_CHECK;
/* True for "STEM-TOKEN+SUFFIX" and its mark. */
bool lab_libvirt_is_upload(const char *volume, const char *stem, const char *suffix);

int lab_libvirt_import_base(struct lab_provider *p,
                            const char *path,
                            const char *sha256,
                            enum lab_image_format format,
                            const struct lab_progress *progress,
                            char **ref,
                            struct lab_error *err);
int lab_libvirt_put_medium(struct lab_provider *p,
                           const char *name,
                           const char *path,
                           const char *sha256,
                           const struct lab_progress *progress,
                           char **ref,
                           struct lab_error *err);
int lab_libvirt_remove_medium(struct lab_provider *p, const char *name, struct lab_error *err);

/* --- libvirt_network.c -------------------------------------------------------------------------
 */

int lab_libvirt_look_network(struct lab_provider *p,
                             const struct lab_net *net,
                             struct lab_net_state *out,
                             struct lab_error *err);
int lab_libvirt_ensure_network(struct lab_provider *p,
                               const struct lab_net *net,
                               struct lab_net_state *out,
                               struct lab_error *err);
int lab_libvirt_remove_network(struct lab_provider *p, const char *name, struct lab_error *err);

/* --- libvirt_domain.c, libvirt_power.c, libvirt_disk.c ------------------------------------------
 */

enum { LAB_LIBVIRT_ACT_MS = 120 * 1000 };

/* What is known of one VM, and that it may be touched; *out points into sight. */
int lab_libvirt_see_ours(struct lab_libvirt *lv,
                         const char *name,
                         struct lab_libvirt_sight *sight,
                         struct lab_libvirt_seen **out,
                         struct lab_error *err) LAB_MUST_CHECK;
/* Acts by UUID: should somebody put another VM under this name meanwhile, nothing happens to it. */
int lab_libvirt_act(struct lab_libvirt *lv,
                    const struct lab_libvirt_seen *s,
                    const char *command,
                    const char *verb,
                    const char *fine,
                    struct lab_error *err) LAB_MUST_CHECK;
/* The error "cannot WHAT VM 'NAME': there is no such VM". Returns -1. */
int lab_libvirt_absent(const struct lab_libvirt *lv,
                       const char *name,
                       const char *what,
                       struct lab_error *err);
int lab_libvirt_power_off(struct lab_libvirt *lv,
                          const struct lab_libvirt_seen *s,
                          struct lab_error *err) LAB_MUST_CHECK;
int lab_libvirt_ensure_disk(struct lab_libvirt *lv,
                            const struct lab_vm *vm,
                            bool vm_exists,
                            struct lab_error *err) LAB_MUST_CHECK;

int lab_libvirt_define(struct lab_provider *p, const struct lab_vm *vm, struct lab_error *err);
int lab_libvirt_start(struct lab_provider *p, const char *name, struct lab_error *err);
int lab_libvirt_live_console(struct lab_provider *p,
                             const char *name,
                             struct lab_child *out,
                             const char **leave,
                             struct lab_error *err);
int lab_libvirt_soft_stop(struct lab_provider *p, const char *name, struct lab_error *err);
int lab_libvirt_hard_stop(struct lab_provider *p, const char *name, struct lab_error *err);
int lab_libvirt_grow_disk(struct lab_provider *p,
                          const char *name,
                          uint64_t bytes,
                          struct lab_error *err);
int lab_libvirt_destroy(struct lab_provider *p, const char *name, struct lab_error *err);

/* --- libvirt_snapshot.c ------------------------------------------------------------------------
 */

int lab_libvirt_snapshot(struct lab_provider *p,
                         const char *name,
                         const char *snapshot,
                         struct lab_error *err);
int lab_libvirt_revert(struct lab_provider *p,
                       const char *name,
                       const char *snapshot,
                       struct lab_error *err);
int lab_libvirt_delete_snapshot(struct lab_provider *p,
                                const char *name,
                                const char *snapshot,
                                struct lab_error *err);
int lab_libvirt_snapshots(struct lab_provider *p,
                          const char *name,
                          struct lab_vm_snapshots *out,
                          struct lab_error *err);

/* --- libvirt_diagnose.c, libvirt_room.c ------------------------------------------------------- */

void lab_libvirt_diagnose(const struct lab_provider_config *config,
                          const struct lab_demand *demand,
                          bool quick,
                          struct lab_findings *out);
int lab_libvirt_room(struct lab_provider *p,
                     const struct lab_demand *demand,
                     struct lab_places *out,
                     struct lab_error *err);

/* --- libvirt_records.c ---------------------------------------------------------------------- */

int lab_libvirt_records(struct lab_provider *p,
                        const char *name,
                        const struct lab_record_taker *taker,
                        struct lab_error *err);

#endif
