/* The layout of a graph holds for any number of nodes and networks; the pictures as files. */
#include "media_golden.h"

#include "base/text.h"
#include "picture/graph.h"

static void name_all(struct lab_graph *g, const char *name)
{
    *g = (struct lab_graph){.lab = lab_strdup(name),
                            .provider = lab_strdup("libvirt"),
                            .origin = lab_strdup("as it is now")};
}

static void add_net(struct lab_graph *g,
                    const char *name,
                    const char *range,
                    const char *gateway,
                    const char *bridge)
{
    *lab_vec_push(&g->networks) = (struct lab_graph_net){lab_strdup(name), lab_strdup(range),
                                                         lab_strdup(gateway), lab_strdup(bridge)};
}

static struct lab_graph_node *
add_node(struct lab_graph *g, const char *name, const char *role, const char *power)
{
    struct lab_graph_node *node = lab_vec_push(&g->nodes);
    node->name = lab_strdup(name);
    node->role = lab_strdup(role);
    node->cpu = 2;
    node->memory_mib = 4096;
    node->disk_bytes = (uint64_t)40 << 30;
    node->power = lab_strdup(power);
    node->runs = power && strcmp(power, "running") == 0;
    node->media = lab_strdup(power ? "no ISOs" : NULL);
    return node;
}

static void add_nic(struct lab_graph_node *node, size_t network, const char *ip, const char *mac)
{
    *lab_vec_push(&node->nics) = (struct lab_graph_nic){network, lab_strdup(ip), lab_strdup(mac)};
}

static void add_medium(struct lab_graph *g, const char *name, const char *detail, const char *note)
{
    *lab_vec_push(&g->media) =
        (struct lab_graph_medium){lab_strdup(name), lab_strdup(detail), lab_strdup(note)};
}

static void add_many(struct lab_graph *g, unsigned nodes, unsigned networks)
{
    for (unsigned i = 0; i < networks; i++) {
        LAB_AUTOFREE char *name = lab_format("net-%u", i);
        LAB_AUTOFREE char *range = lab_format("10.%u.0.0/16", i);
        LAB_AUTOFREE char *gateway = lab_format("10.%u.0.1", i);
        add_net(g, name, range, gateway, i ? "virbr7" : NULL);
    }
    for (unsigned i = 0; i < nodes; i++) {
        LAB_AUTOFREE char *name = lab_format("worker-%02u", i);
        struct lab_graph_node *node = add_node(g, name, i % 3 ? "worker" : "master", NULL);
        for (unsigned k = 0; networks && k <= i % networks; k++) {
            LAB_AUTOFREE char *ip = lab_format("10.%u.255.%u", k, 100 + i);
            LAB_AUTOFREE char *mac = lab_format("52:54:00:00:%02x:%02x", k, i);
            add_nic(node, k, ip, mac);
        }
    }
}

static bool meet(const struct lab_box *a, const struct lab_box *b)
{
    return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static void assert_tidy(const struct lab_graph *g)
{
    struct lab_graph_layout l;
    LAB_VEC(struct lab_box) boxes = {0};
    lab_graph_layout(g, &l);
    LAB_VEC_FOREACH (box, &l.cards)
        *lab_vec_push(&boxes) = *box;
    LAB_VEC_FOREACH (box, &l.nodes)
        *lab_vec_push(&boxes) = *box;
    LAB_VEC_FOREACH (box, &l.media)
        *lab_vec_push(&boxes) = *box;
    LAB_VEC_FOREACH (line, &l.lines)
        *lab_vec_push(&boxes) = (struct lab_box){line->x1, line->y - 20, line->x2 - line->x1, 40};
    for (size_t i = 0; i < boxes.len; i++) {
        const struct lab_box *box = &boxes.items[i];
        assert_true(box->x >= 0 && box->x + box->w <= l.width);
        assert_true(box->y >= 0 && box->y + box->h <= l.height);
        for (size_t k = 0; k < i; k++)
            assert_false(meet(box, &boxes.items[k]));
    }
    LAB_VEC_FOREACH (drop, &l.drops) {
        const struct lab_box *node = &l.nodes.items[drop->node];
        assert_true(drop->x > node->x && drop->x < node->x + node->w);
        assert_true(drop->y1 < drop->y2 && drop->y2 == node->y);
        bool on_line = false;
        LAB_VEC_FOREACH (line, &l.lines)
            on_line = on_line || (line->network == drop->network && line->y == drop->y1 &&
                                  line->x1 <= drop->x && drop->x <= line->x2);
        assert_true(on_line);
        LAB_VEC_FOREACH (other, &l.drops)
            assert_true(other == drop || other->x != drop->x || other->y2 < drop->y1 ||
                        other->y1 > drop->y2);
    }
    lab_vec_clear(&boxes);
    lab_graph_layout_clear(&l);
}

static void nothing_overlaps(void **state)
{
    (void)state;
    for (unsigned nodes = 0; nodes <= 33; nodes += 3) {
        for (unsigned networks = 1; networks <= 9; networks += 2) {
            struct lab_graph g;
            name_all(&g, "airgap");
            add_many(&g, nodes, networks);
            for (unsigned i = 0; i < nodes % 5; i++)
                add_medium(&g, "Seed ISO", "x", NULL);
            assert_tidy(&g);
            lab_graph_clear(&g);
        }
    }
}

static void draw(const struct lab_graph *g, const char *name)
{
    LAB_AUTOFREE char *svg = lab_format("picture/%s.svg", name);
    LAB_AUTOFREE char *wide = lab_format("picture/%s.80.txt", name);
    LAB_AUTOFREE char *narrow = lab_format("picture/%s.40-ascii.txt", name);
    LAB_AUTO_STR struct lab_str a = LAB_STR_INIT, b = LAB_STR_INIT, c = LAB_STR_INIT;
    lab_graph_svg(&a, g);
    lab_graph_text(&b, g, 80, true);
    lab_graph_text(&c, g, 40, false);
    assert_golden(svg, &a);
    assert_golden(wide, &b);
    assert_golden(narrow, &c);
    for (const char *at = lab_str_get(&c); *at; at++)
        assert_in_range((unsigned char)*at, '\n', '~');
}

static void a_small_lab(void **state)
{
    (void)state;
    struct lab_graph g;
    name_all(&g, "airgap");
    add_net(&g, "default", "192.168.6.0/24", "192.168.6.1", NULL);
    add_net(&g, "storage", "10.20.0.0/16", NULL, "VMnet2");
    struct lab_graph_node *master = add_node(&g, "k3s-master1", "master", "running");
    add_nic(master, 0, "192.168.6.10", "52:54:00:41:17:78");
    add_nic(master, 1, "10.20.0.10", "52:54:00:41:17:79");
    struct lab_graph_node *worker = add_node(&g, "k3s-worker1", "worker", "running");
    add_nic(worker, 0, "192.168.6.11", "52:54:00:19:d3:8a");
    add_nic(worker, 1, "10.20.0.11", "52:54:00:19:d3:8b");
    add_nic(add_node(&g, "k3s-worker2", "worker", "off"), 0, "192.168.6.12", "52:54:00:19:d3:9a");
    add_medium(&g, "Seed ISO", "one for each node: who it is, its network, its keys",
               "taken out of 3 of 3 nodes");
    add_medium(&g, "Payload ISO, from a bundle", "/srv/labs/airgap/bundle",
               "one for all nodes, read-only");
    add_medium(&g, "Container registry", "192.168.6.1:5000", "runs on this host");
    assert_tidy(&g);
    draw(&g, "graph-small");
    lab_graph_clear(&g);
}

static void a_lab_of_thirty_with_hostile_names(void **state)
{
    (void)state;
    static const char hostile[] =
        "</title></svg><script>alert(1)</script> \xff\x1b[31m 서울 랩 네트워크";
    struct lab_graph g;
    name_all(&g, hostile);
    add_many(&g, 30, 4);
    lab_assign(&g.nodes.items[4].name,
               "seoul-gangnam-customer-database-worker-with-a-long-name-017");
    lab_assign(&g.networks.items[1].name, hostile);
    lab_assign(&g.networks.items[1].bridge, hostile);
    lab_assign(&g.networks.items[2].range, NULL);
    lab_assign(&g.networks.items[3].range, "DHCP");
    lab_assign(&g.nodes.items[3].nics.items[0].ip, NULL);
    lab_assign(&g.nodes.items[3].nics.items[0].mac, NULL);
    add_medium(&g, hostile, hostile, hostile);
    assert_tidy(&g);
    draw(&g, "graph-thirty");
    LAB_AUTO_STR struct lab_str svg = LAB_STR_INIT;
    lab_graph_svg(&svg, &g);
    assert_null(strstr(lab_str_get(&svg), "<script"));
    assert_int_equal(lab_utf8_check(lab_str_get(&svg), svg.len), svg.len);
    lab_graph_clear(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_overlaps),
        cmocka_unit_test(a_small_lab),
        cmocka_unit_test(a_lab_of_thirty_with_hostile_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
