/* Cloud-config, lab.yaml and manifests: findings by key, scripts inside, images, templates. */
#include "lint_case.h"

static void cloud(const char *text, const char *expected)
{
    expect(LAB_LINT_CLOUD, text, expected);
}

static void manifest(const char *text, const char *expected)
{
    expect(LAB_LINT_MANIFEST, text, expected);
}

static void cloud_keys(void **state)
{
    (void)state;
    cloud("#cloud-config\npackage_update: true\npackages: [curl, jq]\n",
          "2:1 E package_update\n3:1 E packages\n");
    cloud("package_update: false\npackages: []\n", "");
    cloud("snap: {commands: [snap install x]}\nusers:\n  - name: a\n    ssh_import_id: gh:b\n",
          "1:1 E snap\n4:5 E ssh_import_id\n");
    cloud("ntp:\n  servers: [192.168.6.1, time.example.org]\n  pools:\n    - pool.ntp.org\n",
          "2:26 E time.example.org\n4:7 E pool.ntp.org\n");
    cloud("ntp: {enabled: true}\n", "1:1 W ntp\n");
    cloud("ntp: {enabled: false}\n", "");
    cloud("apt:\n  sources:\n    x: {source: \"deb https://a.example.org/x y z\"}\n",
          "3:22 E https://a.example.org/x\n");
    cloud("apt: {primary: [{uri: \"http://192.168.6.1:8081/debian\"}]}\n", "");
    cloud("final_message: see https://example.org/\n", "");
}

static void cloud_commands(void **state)
{
    (void)state;
    cloud(
        "runcmd:\n  - apt-get update\n  - [apt-get, install, -y, jq]\n  - [sh, -c, 'curl http://a.example.org']\n"
        "  - |\n    set -e\n    wget http://b.example.org\n  - echo fine\n  - [echo, apt-get, install]\n",
        "2:5 E apt-get update\n3:6 E apt-get install -y jq\n4:20 E http://a.example.org\n"
        "7:10 E http://b.example.org\n");
}

static void cloud_files(void **state)
{
    (void)state;
    cloud("write_files:\n"
          "  - path: /x\n"
          "    content: |\n"
          "      #!/bin/sh\n"
          "\n"
          "      apt-get update\n"
          "      date # apt-get update\n"
          "  - path: /y\n"
          "    encoding: b64\n"
          "    content: eA==\n"
          "  - path: /m.yaml\n"
          "    content: |\n"
          "      apiVersion: v1\n"
          "      image: nginx:latest\n",
          "6:7 E apt-get update\n9:15 W b64\n14:14 E nginx:latest\n");
}

static void lab_yaml(void **state)
{
    (void)state;
    expect(LAB_LINT_LAB,
           "name: x\n"
           "image_url: https://cloud.example.org/x.qcow2\n"
           "cloud_init:\n"
           "  package_update: true # apt\n"
           "  runcmd:\n"
           "    - curl http://a.example.org\n"
           "nodes:\n"
           "  - name: a\n"
           "    image_url: https://cloud.example.org/y.qcow2\n"
           "    cloud_init: |\n"
           "      #cloud-config\n"
           "      packages: [x] # labctl: airgap-ok a mirror in the lab\n"
           "      runcmd: [\"apt-get install y\"]\n"
           "  - name: b\n"
           "    cloud_init: |\n"
           "      #!/bin/bash\n"
           "      wget -q \"http://c.example.org\"\n",
           "4:3 E package_update\n"
           "6:12 E http://a.example.org\n"
           "12:7 - packages\n"
           "13:17 E apt-get install y\n"
           "17:16 E http://c.example.org\n");
    expect(LAB_LINT_LAB, "name: [\n", "");
}

static const char list_text[] =
    "docker.io/rancher/mirrored-pause:3.6\r\n# a comment\n nginx:1.25\nquay.io/a/b:2@sha256:"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nnot an image\n";

static void image_lists(void **state)
{
    struct lab_refs refs = {{0}};
    struct lab_image_ref ref;
    (void)state;
    assert_false(lab_refs_is_list("k3s/readme.txt"));
    assert_false(lab_refs_is_list("apps/manifest.yaml"));
    assert_true(lab_refs_is_list("manifest.yaml") && lab_refs_is_list("k3s/k3s-images.txt"));
    lab_refs_read_list(&refs, "k3s/k3s-images.txt", list_text);
    assert_int_equal(refs.list.len, 3);
    lab_refs_read_list(&refs, "manifest.yaml",
                       "format: 1\nfiles:\n  - {path: x, ref: no:1}\nimages:\n"
                       "  - ref: ghcr.io/c/d:3\n    file: images/oci\n    x: [y]\n"
                       "  - {digest: z, ref: \"e:4\"}\n  - f:5\nnext: {ref: no:2}\n");
    assert_int_equal(refs.list.len, 6);
    static const struct {
        const char *name;
        bool has;
    } cases[] = {
        {"rancher/mirrored-pause:3.6", true},
        {"docker.io/library/nginx:1.25", true},
        {"index.docker.io/nginx:1.25", true},
        {"nginx", false},
        {"quay.io/a/b:2", true},
        {"quay.io/a/b:3", false},
        {"ghcr.io/c/d:3", true},
        {"e:4", true},
        {"f:5", true},
        {"no:1", false},
        {"no:2", false},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        assert_int_equal(lab_image_ref_parse(&ref, cases[i].name, NULL), 0);
        if (lab_refs_has(&refs, &ref) != cases[i].has)
            fail_msg("%s", cases[i].name);
        lab_image_ref_clear(&ref);
    }
    lab_refs_clear(&refs);
}

static void names_of_images(void **state)
{
    static const char *const bad[] = {
        "",       "a b",  "A/b:1", "http://a/b", "a:", "a@sha256:1", "../x",
        "a//b:1", "/x/y", "a:b c", "{{ .x }}",   ":1", "a/"};
    struct lab_image_ref ref;
    (void)state;
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++)
        if (lab_image_ref_parse(&ref, bad[i], NULL) == 0)
            fail_msg("'%s' taken for an image", bad[i]);
    assert_int_equal(lab_image_ref_parse(&ref, "localhost:5000/a/b", NULL), 0);
    assert_string_equal(ref.registry, "localhost:5000");
    assert_string_equal(ref.repository, "a/b");
    assert_true(lab_ref_is_latest(&ref));
    lab_image_ref_clear(&ref);
}

static void latest(void **state)
{
    (void)state;
    manifest("spec:\n  containers:\n    - image: nginx:latest\n    - {image: busybox}\n"
             "    - image: nginx\n      imagePullPolicy: IfNotPresent\n    - image: nginx:1.25\n",
             "3:14 E nginx:latest\n4:15 E busybox\n5:14 W nginx\n");
    manifest("image: {repository: a/b, tag: latest}\n", "1:21 E a/b:latest\n");
    manifest("webImage:\n  registry: quay.io\n  repository: a/b\n", "3:15 W a/b\n");
    manifest("image: nginx\ntag: '1.25'\n", "");
    manifest("dependencies: [{name: x, repository: \"https://charts.example.org\", tag: y}]\n",
             "1:39 W https://charts.example.org\n");
    manifest("image: {{ .Values.image }}\nx: 1\n", "");
}

static void lacking(void **state)
{
    struct lab_refs refs = {{0}};
    struct lab_lint_lab lab = case_lab;
    static const char text[] =
        "spec:\n- image: nginx:1.25\n- image: nginx:1.26\n"
        "- image: 192.168.6.1:5000/x:1\n- {repository: a, registry: quay.io, tag: 2}\n";
    (void)state;
    lab_refs_read_list(&refs, "k3s-images.txt", list_text);
    lab.images = &refs;
    expect_in(&lab, LAB_LINT_MANIFEST, text,
              "3:10 E nginx:1.26\n4:10 E 192.168.6.1:5000/x:1\n5:16 E quay.io/a:2\n");
    lab.registry = "192.168.6.1:5000";
    expect_in(&lab, LAB_LINT_MANIFEST, text, "3:10 W nginx:1.26\n5:16 W quay.io/a:2\n");
    lab_refs_clear(&refs);
}

static void manifests(void **state)
{
    (void)state;
    /* several documents, comments, words for people */
    manifest(
        "# image: nginx, https://a.example.org\nkind: A\nmetadata:\n  annotations: {x: \"https://b.example.org\"}\n"
        "---\nkind: B\ndescription: https://c.example.org\nurl: https://d.example.org # note\n"
        "endpoint: http://nexus:8081\nother: http://x.default.svc.cluster.local\n",
        "8:6 W https://d.example.org\n");
    manifest(
        "spec:\n  command: [sh, -c, \"apt-get update && sleep 1\"]\n  args:\n    - |\n      curl http://a.example.org\n",
        "2:22 E apt-get update\n5:12 E http://a.example.org\n");
    manifest("command: [curl, -f, http://a.example.org]\n", "1:21 E http://a.example.org\n");
    manifest("data:\n  run.sh: |\n    pip install x\n  other: |\n    pip install x\n",
             "3:5 E pip install x\n");
    manifest("image: nginx # labctl: airgap-ok made in the lab\n", "1:8 - nginx\n");
}

static void templates(void **state)
{
    (void)state;
    manifest(
        "kind: A\n{{- if .Values.x }}\nimage: nginx:latest # see https://a.example.org\n"
        "image: \"{{ .Values.y }}\"\nurl: https://b.example.org\n{{- end }}\n",
        "3:1 W could not find expected ':'\n3:8 E nginx:latest\n5:6 W https://b.example.org\n");
}

static void kinds(void **state)
{
    enum lab_lint_kind kind;
    (void)state;
    assert_true(lab_lint_kind_of("a/b.yml", "x: 1", &kind) && kind == LAB_LINT_MANIFEST);
    assert_true(lab_lint_kind_of("b.yaml", "#cloud-config\n", &kind) && kind == LAB_LINT_CLOUD);
    assert_true(lab_lint_kind_of("run", "#!/usr/bin/env bash\n", &kind) && kind == LAB_LINT_SHELL);
    assert_true(lab_lint_kind_of("run.sh", "", &kind) && kind == LAB_LINT_SHELL);
    assert_false(lab_lint_kind_of("run", "#!/usr/bin/python3\n# sh", &kind));
    assert_false(lab_lint_kind_of("a.txt", "apt-get update", &kind));
}

/* Deeper than it follows; a mapping as a key; an alias as one; what is cut off. */
static void damaged(void **state)
{
    char deep[400];
    (void)state;
    memset(deep, '[', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = '\0';
    manifest(deep, "1:101 W nested too deeply\n");
    manifest("? {a: b}\n: {image: nginx}\n? [x]\n: y\n&a k: v\n*a : w\n", "");
    manifest("a: &x {image: nginx}\nb: *x\n", "1:15 E nginx\n");
    manifest("? {a: b}\n: image\nimage: x\n", "3:8 E x\n");
    manifest("", "");
    manifest("a: \"", "1:5 W found unexpected end of stream\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cloud_keys),  cmocka_unit_test(cloud_commands),
        cmocka_unit_test(cloud_files), cmocka_unit_test(lab_yaml),
        cmocka_unit_test(image_lists), cmocka_unit_test(names_of_images),
        cmocka_unit_test(latest),      cmocka_unit_test(lacking),
        cmocka_unit_test(manifests),   cmocka_unit_test(templates),
        cmocka_unit_test(kinds),       cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
