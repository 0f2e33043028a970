/* Shell scripts: what reaches for the internet, where it stands, and what must not be taken for it.
 */
#include <string.h>

#include "lint_case.h"

static void shell(const char *text, const char *expected)
{
    expect(LAB_LINT_SHELL, text, expected);
}

static void packages(void **state)
{
    (void)state;
    shell("#!/bin/sh\napt-get update\n", "2:1 E apt-get update\n");
    shell("sudo -E apt-get -qq install -y curl", "1:9 E apt-get -qq install -y curl\n");
    shell("if ! DEBIAN_FRONTEND=noninteractive apt install x; then :; fi",
          "1:37 E apt install x\n");
    shell("x && yum -y install a || /usr/bin/pip3 install b | npm ci",
          "1:6 E yum -y install a\n1:26 E /usr/bin/pip3 install b\n1:52 E npm ci\n");
    shell("timeout 20 nice -n 19 dnf makecache", "1:23 E dnf makecache\n");
    shell("snap install hello; add-apt-repository ppa:x/y",
          "1:1 E snap install hello\n1:21 E add-apt-repository ppa:x/y\n");
}

static void packages_at_home(void **state)
{
    (void)state;
    shell("apt-get install -y ./a.deb /usr/local/seed/b.deb", "");
    shell("apt-get -o Dir::Etc::sourcelist=/l -o Dir::Etc::sourceparts=/dev/null install a", "");
    shell("apt-get install --no-download a", "");
    shell("apt-get clean; apt list --installed; apt-cache policy", "");
    shell("pip install --no-index --find-links /usr/local/seed b", "");
    shell("snap install --dangerous ./x.snap; npm ci --offline; dnf -C install x", "");
}

static void fetching(void **state)
{
    (void)state;
    shell("curl -sfL https://get.k3s.io | sh -", "1:11 E https://get.k3s.io\n");
    shell("wget -qO- \"http://user:pw@example.org/x?y=1\" > f",
          "1:12 E http://user:pw@example.org/x?y=1\n");
    shell("git clone https://github.com/a/b", "1:11 E https://github.com/a/b\n");
    shell("git clone git@github.com:a/b", "1:11 E git@github.com:a/b\n");
    shell("curl \"$url\"", "1:1 W curl $url\n");
    shell("git clone /usr/local/seed/repo x; curl --version; git status", "");
    shell("BASE=ftp://ftp.example.org/x\n", "1:6 W ftp://ftp.example.org/x\n");
    shell("한글=1; curl http://a.example.org", "1:12 E http://a.example.org\n");
}

static void inside(void **state)
{
    (void)state;
    shell("curl -f https://192.168.6.1:5000/v2/ http://localhost:8080 http://127.0.0.1/", "");
    shell("wget http://m1:80/x http://api.default.svc/ http://[::1]:9/ http://10.43.0.1", "");
    shell("curl http://192.168.7.1/", "1:6 E http://192.168.7.1/\n");
}

static void images(void **state)
{
    struct lab_lint_lab lab = case_lab;
    (void)state;
    shell("docker pull nginx:1", "1:1 E docker pull nginx:1\n");
    shell("k3s ctr images pull docker.io/library/nginx:1",
          "1:5 E ctr images pull docker.io/library/nginx:1\n");
    shell("crictl images; docker ps; ctr images import x.tar", "");
    lab.registry = "192.168.6.1:5000";
    expect_in(&lab, LAB_LINT_SHELL, "crictl pull 192.168.6.1:5000/nginx:1", "");
}

static void not_commands(void **state)
{
    (void)state;
    shell(
        "# apt-get update; curl https://x.example.org\necho \"apt-get update, see https://x.example.org\"\n",
        "");
    shell("echo 'curl http://x.example.org' # wget http://y.example.org\n", "");
    shell("a='\napt-get update\n'; printf '%s' apt-get install\n", "");
    shell("man apt-get; which curl; command -v wget; apt-get --version", "");
}

static void nested(void **state)
{
    (void)state;
    shell("x=$(curl -s http://a.example.org)", "1:13 E http://a.example.org\n");
    shell("echo \"is $(wget -qO- http://a.example.org) it\"", "1:22 E http://a.example.org\n");
    shell("echo `apt-get update`", "1:7 E apt-get update\n");
    shell("f() { (cd / && git pull); }", "1:16 W git pull\n");
    shell("sh -c 'set -e; apt-get update'", "1:16 E apt-get update\n");
    shell("true\nbash -ec \"x; curl http://a.example.org\"", "2:19 E http://a.example.org\n");
    shell("a=${b:-'}'} apt-get update", "1:13 E apt-get update\n");
    shell("a=\"${b:-it's}\" apt-get update", "1:16 E apt-get update\n");
    shell("x=\"$(printf ')')\"; apt-get update", "1:20 E apt-get update\n");
}

static void here_documents(void **state)
{
    (void)state;
    shell("cat >f <<'EOF'\nit's a text\ncurl http://a.example.org\nEOF\napt-get update\n",
          "3:6 E http://a.example.org\n5:1 E apt-get update\n");
    shell("cat <<-E >f; date\n\tsay \"x\n\tE\napt-get update # later\n", "4:1 E apt-get update\n");
    shell("kubectl apply -f - <<END\napiVersion: v1\nspec:\n  image: nginx\nEND\n",
          "4:10 E nginx\n");
    shell("cat <<<'apt-get update' | wc", "");
    shell("cat <<E\nno end\n", "");
}

static void over_lines(void **state)
{
    (void)state;
    shell("apt-get \\\n  install -y \\\n  x\n", "1:1 E apt-get install -y x\n");
    shell("curl -f \\\n  http://a.example.org\n", "2:3 E http://a.example.org\n");
}

static void waivers(void **state)
{
    (void)state;
    shell("apt-get update # labctl: airgap-ok tried at build time only\n",
          "1:1 - apt-get update\n");
    shell("apt-get update # labctl: airgap-ok\n", "1:1 E apt-get update\n");
    shell("apt-get update # labctl: airgap-okay x\n", "1:1 E apt-get update\n");
    shell("# labctl: airgap-ok elsewhere\napt-get update\n", "2:1 E apt-get update\n");
}

static void damaged(void **state)
{
    static const char *const texts[] = {"\"",  "'",  "`",     "$(",      "$((((", "a\\", "<<",
                                        "<<'", "${", "x <<E", "\"$(`\"", "((((",  "#"};
    (void)state;
    for (size_t i = 0; i < LAB_ARRAY_LEN(texts); i++)
        shell(texts[i], "");
}

/* A command in a word ends in the middle of the line that its second body would begin with. */
static void body_behind_the_end(void **state)
{
    (void)state;
    shell("\"$(a <<A <<B\nx)\" y\nA\nB\ncurl http://a.b\n", "5:6 E http://a.b\n");
}

static void there_is_an_end_to_findings(void **state)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTO_LINT struct lab_lint_report report = {{0}, 0, 0, 0};
    (void)state;
    for (int i = 0; i < 1000; i++)
        lab_str_add(&text, "curl http://a.b # labctl: airgap-ok it is waived\n");
    lab_lint(&report, &case_lab, LAB_LINT_SHELL, "first", lab_str_get(&text));
    lab_lint(&report, &case_lab, LAB_LINT_SHELL, "second", "curl http://a.b");
    assert_int_equal(report.waived, 300);
    assert_int_equal(report.list.len, 302);
    assert_int_equal(report.errors, 2); /* what is not shown may be one */
    assert_string_equal(report.list.items[300].file, "first");
    assert_non_null(strstr(report.list.items[300].why, "more than 300 findings"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packages),
        cmocka_unit_test(packages_at_home),
        cmocka_unit_test(fetching),
        cmocka_unit_test(inside),
        cmocka_unit_test(images),
        cmocka_unit_test(not_commands),
        cmocka_unit_test(nested),
        cmocka_unit_test(here_documents),
        cmocka_unit_test(over_lines),
        cmocka_unit_test(waivers),
        cmocka_unit_test(damaged),
        cmocka_unit_test(body_behind_the_end),
        cmocka_unit_test(there_is_an_end_to_findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
