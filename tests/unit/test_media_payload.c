#include "media_trees.h"

#include "base/text.h"

static void put_payload(const char *dir)
{
    tree_put(dir, "k3s/k3s", "\177ELF stand-in", 0644);
    tree_put(dir, "k3s/install.sh", "#!/bin/sh\n", 0755);
    tree_put(dir, "debs/tree_2.1.0-1+b1_amd64.deb", "!<arch>\n", 0644);
    tree_put_pattern(dir, "images/k3s-airgap-images-amd64.tar.zst", 3u << 20);
}

/* "HASH  PATH\n" of everything that is in the image, which is what SHA256SUMS has to be. */
static void sums_of(struct lab_str *out, const struct lab_iso_listing *listing)
{
    for (size_t i = 0; i < listing->entries.len; i++) {
        const struct lab_iso_entry *e = &listing->entries.items[i];
        if (!e->is_dir && strcmp(e->path, "SHA256SUMS") != 0)
            lab_str_addf(out, "%s  %s\n", e->sha256, e->path);
    }
}

static void sums_are_made(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_path_join(*state, "bundle");
    LAB_AUTOFREE char *path = lab_path_join(*state, "payload.iso");
    LAB_AUTO_LISTING struct lab_iso_listing listing = {0};
    LAB_AUTO_STR struct lab_str sums = LAB_STR_INIT;
    char manifest[LAB_SHA256_HEX], hex[LAB_SHA256_HEX];
    uint64_t files, bytes;

    put_payload(dir);
    assert_ok(lab_payload_build(dir, "LABCTL_0a1b", path, NULL, manifest, &files, &bytes, &err),
              err);
    assert_int_equal(files, 4);
    assert_int_equal(bytes, (3u << 20) + 13 + 10 + 8);
    assert_ok(lab_iso_read(path, true, &listing, &err), err);
    assert_string_equal(listing.label, "LABCTL_0a1b");
    sums_of(&sums, &listing);
    lab_sha256_hex(lab_str_get(&sums), sums.len, hex);
    assert_string_equal(manifest, hex);
    assert_string_equal(entry_of(&listing, "SHA256SUMS")->sha256, hex);
    assert_int_equal(entry_of(&listing, "k3s/k3s")->mode, 0755);
    assert_int_equal(entry_of(&listing, "k3s/install.sh")->mode, 0755);
    /* The folder itself is not touched. */
    LAB_AUTOFREE char *own = lab_path_join(dir, "SHA256SUMS");
    assert_false(lab_file_exists(own));
}

static void own_sums_are_checked_and_kept(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_path_join(*state, "bundle");
    LAB_AUTOFREE char *path = lab_path_join(*state, "payload.iso");
    LAB_AUTOFREE char *one = lab_path_join(dir, "one");
    LAB_AUTO_LISTING struct lab_iso_listing listing = {0};
    char hash[LAB_SHA256_HEX], manifest[LAB_SHA256_HEX], hex[LAB_SHA256_HEX];
    uint64_t files;

    tree_put(dir, "one", "1", 0644);
    tree_put(dir, "sub/two", "1", 0644);
    assert_ok(lab_sha256_file(one, hash, NULL, &err), err);
    LAB_AUTOFREE char *text = lab_format("%s *./sub/two\n\n%s  one", hash, hash);
    tree_put(dir, "SHA256SUMS", text, 0600);
    tree_put(dir, "SHA256SUMS.sig", "signature", 0644); /* which the list cannot hold */
    assert_ok(lab_payload_build(dir, "X", path, NULL, manifest, &files, NULL, &err), err);
    lab_sha256_hex(text, strlen(text), hex);
    assert_string_equal(manifest, hex);
    assert_int_equal(files, 2);
    assert_ok(lab_iso_read(path, true, &listing, &err), err);
    assert_string_equal(entry_of(&listing, "SHA256SUMS")->sha256, hex);
    assert_non_null(entry_of(&listing, "SHA256SUMS.sig"));
}

static void wrong_sums_are_refused(void **state)
{
    static const struct {
        const char *sums;
        enum lab_code code;
        const char *part;
    } cases[] = {
        {"%s  one\n%s  two\n%s  three\n", LAB_INTEGRITY, "'three' is missing"},
        {"%s  one\n", LAB_USAGE, "'two' is not listed"},
        {"", LAB_USAGE, "is empty"},
        {"%.10s  one\n%s  two\n", LAB_USAGE, "no line of sha256sum"},
        {"%s one\n%s  two\n", LAB_USAGE, "no line of sha256sum"},
        {"%s  one\r\n%s  two\r\n", LAB_USAGE, "CR LF"},
        {"\\%s  one\n%s  two\n", LAB_USAGE, "no line of sha256sum"},
    };
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_path_join(*state, "bundle");
    LAB_AUTOFREE char *path = lab_path_join(*state, "payload.iso");
    LAB_AUTOFREE char *one = lab_path_join(dir, "one");
    char hash[LAB_SHA256_HEX], manifest[LAB_SHA256_HEX];
    tree_put(dir, "one", "1", 0644);
    tree_put(dir, "two", "1", 0644);
    assert_ok(lab_sha256_file(one, hash, NULL, &err), err);
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
        for (const char *s = cases[i].sums; *s; s++) {
            if (strncmp(s, "%s", 2) == 0) {
                lab_str_add(&text, hash);
                s++;
            } else if (strncmp(s, "%.10s", 5) == 0) {
                lab_str_addn(&text, hash, 10);
                s += 4;
            } else {
                lab_str_addc(&text, *s);
            }
        }
        tree_put(dir, "SHA256SUMS", lab_str_get(&text), 0644);
        assert_refused(lab_payload_build(dir, "X", path, NULL, manifest, NULL, NULL, &err), err,
                       cases[i].code, cases[i].part);
        assert_nothing_left(path);
    }
}

static void wrong_file_is_refused(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_path_join(*state, "bundle");
    LAB_AUTOFREE char *path = lab_path_join(*state, "payload.iso");
    LAB_AUTOFREE char *one = lab_path_join(dir, "one");
    LAB_AUTO_ISO struct lab_iso iso = {.label = "cidata"};
    char hash[LAB_SHA256_HEX], manifest[LAB_SHA256_HEX];
    tree_put(dir, "one", "1", 0644);
    assert_ok(lab_sha256_file(one, hash, NULL, &err), err);
    LAB_AUTOFREE char *text = lab_format("%s  one\n", hash);
    tree_put(dir, "SHA256SUMS", text, 0644);
    tree_put(dir, "one", "damaged", 0644);
    assert_int_equal(lab_payload_build(dir, "X", path, NULL, manifest, NULL, NULL, &err), -1);
    assert_string_equal(err.hint, "take the file from its source again");
    assert_refused(-1, err, LAB_INTEGRITY, one);
    assert_nothing_left(path);
    assert_int_equal(lab_payload_add(&iso, dir, manifest, NULL, NULL, &err), -1);
    assert_string_equal(err.hint, "take the file from its source again");
    assert_refused(-1, err, LAB_INTEGRITY, "'one' has another checksum");
    assert_int_equal(iso.files.len, 0);
}

/* Nobody is told to write another list for a bundle: labctl made it, and it may be signed. */
static void bundle_is_to_be_copied_again(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_path_join(*state, "bundle");
    LAB_AUTOFREE char *path = lab_path_join(*state, "payload.iso");
    LAB_AUTOFREE char *one = lab_path_join(dir, "manifest.yaml");
    LAB_AUTOFREE char *again = lab_format("'labctl bundle verify %s'", dir);
    char hash[LAB_SHA256_HEX], manifest[LAB_SHA256_HEX];
    tree_put(dir, "manifest.yaml", "1", 0644);
    assert_ok(lab_sha256_file(one, hash, NULL, &err), err);
    LAB_AUTOFREE char *sums = lab_format("%s  manifest.yaml\n", hash);
    tree_put(dir, "SHA256SUMS", sums, 0644);
    tree_put(dir, "manifest.yaml", "2", 0644);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(lab_payload_build(dir, "X", path, NULL, manifest, NULL, NULL, &err), -1);
        assert_non_null(strstr(err.hint, "copy the bundle from its source again"));
        assert_non_null(strstr(err.hint, again));
        assert_refused(-1, err, i ? LAB_USAGE : LAB_INTEGRITY, i ? "not listed" : "should be");
        tree_put(dir, "added", "3", 0644);
    }
}

static void empty_payload_is_refused(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_path_join(*state, "bundle");
    LAB_AUTOFREE char *path = lab_path_join(*state, "payload.iso");
    char manifest[LAB_SHA256_HEX];
    assert_ok(plat_mkdirs(dir, 0755, &err), err);
    assert_refused(lab_payload_build(dir, "X", path, NULL, manifest, NULL, NULL, &err), err,
                   LAB_USAGE, "no files");
    tree_put(dir, "SHA256SUMS", "", 0644);
    assert_refused(lab_payload_build(dir, "X", path, NULL, manifest, NULL, NULL, &err), err,
                   LAB_USAGE, "no files");
    LAB_AUTOFREE char *missing = lab_path_join(*state, "missing");
    assert_refused(lab_payload_build(missing, "X", path, NULL, manifest, NULL, NULL, &err), err,
                   LAB_HOST, missing);
}

/* payload.per_node: the same manifest, on the seed. */
static void payload_on_a_seed(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_path_join(*state, "bundle");
    LAB_AUTOFREE char *shared = lab_path_join(*state, "payload.iso");
    LAB_AUTOFREE char *path = lab_path_join(*state, "seed.iso");
    LAB_AUTO_ISO struct lab_iso iso = {.label = "cidata"};
    LAB_AUTO_LISTING struct lab_iso_listing listing = {0};
    char one[LAB_SHA256_HEX], other[LAB_SHA256_HEX];
    uint64_t files, bytes;
    put_payload(dir);
    lab_iso_add_bytes(&iso, "user-data", "#cloud-config\n", 14, 0600);
    assert_ok(lab_payload_build(dir, "X", shared, NULL, one, NULL, NULL, &err), err);
    assert_ok(lab_payload_add(&iso, dir, other, &files, &bytes, &err), err);
    assert_string_equal(one, other);
    assert_int_equal(files, 4);
    assert_ok(lab_iso_write(&iso, path, NULL, NULL, &err), err);
    assert_ok(lab_iso_read(path, true, &listing, &err), err);
    assert_string_equal(entry_of(&listing, "SHA256SUMS")->sha256, one);
    assert_non_null(entry_of(&listing, "user-data"));
    assert_non_null(entry_of(&listing, "k3s/k3s"));
    /* A payload that would take the place of the seed's own files. */
    tree_put(dir, "user-data", "x", 0644);
    assert_ok(lab_payload_add(&iso, dir, other, NULL, NULL, &err), err);
    assert_refused(lab_iso_write(&iso, path, NULL, NULL, &err), err, LAB_USAGE, "twice");
}

static void same_payload_same_image(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *a = lab_path_join(*state, "a");
    LAB_AUTOFREE char *b = lab_path_join(*state, "b");
    LAB_AUTOFREE char *a_iso = lab_path_join(*state, "a.iso");
    LAB_AUTOFREE char *b_iso = lab_path_join(*state, "b.iso");
    char one[LAB_SHA256_HEX], other[LAB_SHA256_HEX];
    put_payload(a);
    put_payload(b);
    assert_ok(lab_payload_build(a, "X", a_iso, NULL, one, NULL, NULL, &err), err);
    assert_ok(lab_payload_build(b, "X", b_iso, NULL, other, NULL, NULL, &err), err);
    assert_string_equal(one, other);
    assert_same_file(a_iso, b_iso);
}

static void fingerprint_follows_every_change(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_path_join(*state, "bundle");
    LAB_AUTOFREE char *from = lab_path_join(dir, "k3s/install.sh");
    LAB_AUTOFREE char *to = lab_path_join(dir, "k3s/install");
    char before[LAB_SHA256_HEX], now[LAB_SHA256_HEX];
    put_payload(dir);
    assert_ok(lab_payload_fingerprint(dir, before, &err), err);
    assert_ok(lab_payload_fingerprint(dir, now, &err), err);
    assert_string_equal(before, now);
    for (int i = 0; i < 4; i++) {
        uv_sleep(20); /* file systems tell times of the same tick alike */
        if (i == 0)
            tree_put(dir, "k3s/install.sh", "#!/bin/sh\n", 0755); /* the time alone */
        else if (i == 1)
            tree_put(dir, "k3s/extra", "", 0644);
        else if (i == 2)
            assert_int_equal(chmod(from, 0500), 0); /* read-only, which Windows has, too */
        else
            assert_int_equal(rename(from, to), 0);
        memcpy(before, now, sizeof(now));
        assert_ok(lab_payload_fingerprint(dir, now, &err), err);
        assert_string_not_equal(before, now);
    }
}

/* Two extents, which needs iso-level=3: a file of 4 GiB and a bit. Its spool is left out of TMPDIR
 * on purpose: /tmp may be too small for it. Writes 8 GiB. */
static void files_beyond_4_gib(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    if (!plat_getenv("LABCTL_TEST_BIG")) {
        print_message("set LABCTL_TEST_BIG=1 to write 8 GiB\n");
        skip();
    }
    LAB_AUTOFREE char *dir = lab_path_join(*state, "bundle");
    LAB_AUTOFREE char *big = lab_path_join(dir, "big");
    LAB_AUTOFREE char *path = lab_path_join(*state, "payload.iso");
    LAB_AUTO_LISTING struct lab_iso_listing listing = {0};
    static const char mark[] = "the very end";
    const int64_t size = ((int64_t)4 << 30) + (1 << 20);
    char manifest[LAB_SHA256_HEX];
    assert_ok(lab_iso_spool_dir(*state, &err), err);
    tree_put(dir, "a", "before", 0644);
    tree_put(dir, "z", "behind", 0644);
    FILE *f = fopen(big, "wb");
    assert_non_null(f);
    for (int i = 0; i < 4; i++) /* a mark around each GiB, and at the end */
        assert_int_equal(fseeko(f, ((off_t)(i + 1) << 30) - 5, SEEK_SET) || fputs(mark, f) < 0, 0);
    assert_int_equal(fseeko(f, (off_t)size - (off_t)strlen(mark), SEEK_SET), 0);
    assert_true(fputs(mark, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_ok(lab_payload_build(dir, "BIG", path, NULL, manifest, NULL, NULL, &err), err);
    assert_ok(lab_iso_read(path, true, &listing, &err), err);
    assert_int_equal(entry_of(&listing, "big")->size, size);
    assert_entry(&listing, "big", big, 0644);
    const char *keep = plat_getenv("LABCTL_MEDIA_OUT");
    if (keep) {
        LAB_AUTOFREE char *kept = lab_path_join(keep, "big.iso");
        assert_ok(plat_rename(path, kept, &err), err);
    }
    uv_os_unsetenv("TMPDIR");
    uv_os_unsetenv("TMP");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(sums_are_made),
        scratch_test(own_sums_are_checked_and_kept),
        scratch_test(wrong_sums_are_refused),
        scratch_test(wrong_file_is_refused),
        scratch_test(bundle_is_to_be_copied_again),
        scratch_test(empty_payload_is_refused),
        scratch_test(payload_on_a_seed),
        scratch_test(same_payload_same_image),
        scratch_test(fingerprint_follows_every_change),
        scratch_test(files_beyond_4_gib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
