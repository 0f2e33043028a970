/* The layout of a timeline holds whatever the bars are; texts of guests stay texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "picture/timeline.h"

static uint32_t seed = 1;

static unsigned any(unsigned below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static struct lab_bar *add(struct lab_timeline *t, size_t row, uint64_t begin, uint64_t end)
{
    struct lab_bar *bar = lab_vec_push(&t->bars);
    *bar = (struct lab_bar){
        .row = row, .begin_ms = begin, .held_ms = begin, .end_ms = end, .holder = LAB_NO_BAR};
    bar->gate = lab_strdup("gate");
    bar->evidence = lab_strdup("");
    return bar;
}

static void add_row(struct lab_timeline *t, const char *name)
{
    struct lab_row *row = lab_vec_push(&t->rows);
    row->name = lab_strdup(name);
    row->role = lab_strdup("");
}

static void name_all(struct lab_timeline *t, const char *name)
{
    t->lab = lab_strdup(name);
    t->run.command = lab_strdup("up");
}

static bool meet(const struct lab_box *a, const struct lab_box *b)
{
    return a->w && b->w && a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h &&
           b->y < a->y + a->h;
}

static void assert_inside(const struct lab_box *in, const struct lab_box *box)
{
    assert_true(box->x >= in->x && box->x + box->w <= in->x + in->w);
    assert_true(box->y >= in->y && box->y + box->h <= in->y + in->h);
    assert_true(box->w >= 0 && box->h > 0);
}

static void assert_tidy(const struct lab_timeline *t)
{
    struct lab_timeline_layout l;
    lab_timeline_layout(t, &l);
    assert_int_equal(l.bars.len, t->bars.len);
    for (size_t i = 1; i < l.rows.len; i++)
        assert_true(l.rows.items[i].y >= l.rows.items[i - 1].y + l.rows.items[i - 1].h);
    for (size_t i = 0; i < l.bars.len; i++) {
        const struct lab_timeline_place *a = &l.bars.items[i];
        assert_inside(&l.plot, &a->box);
        assert_inside(&l.rows.items[t->bars.items[i].row], &a->box);
        assert_inside(&l.rows.items[t->bars.items[i].row], &a->held);
        for (size_t k = 0; k < i; k++) {
            const struct lab_timeline_place *b = &l.bars.items[k];
            assert_false(meet(&a->box, &b->box) || meet(&a->held, &b->box) ||
                         meet(&a->box, &b->held) || meet(&a->held, &b->held));
        }
    }
    assert_true(l.plot.y + l.plot.h <= l.runs_y && l.runs_y < l.height);
    assert_true(l.plot.x + l.plot.w < l.width);
    lab_timeline_layout_clear(&l);
}

static void bars_never_overlap(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 60; turn++) {
        struct lab_timeline t = {.length_ms = 1 + any(10000000)};
        name_all(&t, "airgap");
        add_row(&t, "");
        for (size_t row = 0; row < 4; row++) {
            uint64_t at = 0;
            if (row)
                add_row(&t, "node");
            for (unsigned i = any(12); i > 0; i--) {
                uint64_t left = t.length_ms - at, begin = at + any((unsigned)left + 1) / 4;
                uint64_t end = begin + any((unsigned)(t.length_ms - begin) + 1);
                struct lab_bar *bar = add(&t, row, begin, end);
                if (any(2)) {
                    bar->holder = 0;
                    bar->held_ms = begin + (end - begin) / 3;
                }
                at = any(3) ? begin : end; /* often over each other */
            }
        }
        assert_tidy(&t);
        lab_timeline_find_path(&t); /* ends, whatever the holders are */
        assert_true(t.path.len <= t.bars.len);
        lab_timeline_clear(&t);
    }
}

static void nothing_at_all_is_drawn_too(void **state)
{
    (void)state;
    struct lab_timeline t = {0};
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    name_all(&t, "");
    assert_tidy(&t);
    lab_timeline_find_path(&t);
    lab_timeline_svg(&out, &t);
    lab_timeline_html(&out, &t);
    lab_timeline_text(&out, &t, 1, false);
    assert_true(lab_str_ok(&out));
    lab_timeline_clear(&t);
}

static void the_chain_goes_back_in_time(void **state)
{
    (void)state;
    struct lab_timeline t = {.length_ms = 100};
    name_all(&t, "airgap");
    add_row(&t, "");
    add_row(&t, "a");
    add_row(&t, "b");
    add(&t, 0, 0, 10);
    add(&t, 0, 10, 90); /* ends too late for anybody */
    add(&t, 1, 10, 40);
    add(&t, 1, 40, 50);
    add(&t, 2, 20, 30);
    struct lab_bar *last = add(&t, 2, 30, 80);
    last->holder = 2;
    last->held_ms = 40;
    lab_timeline_find_path(&t);
    const size_t want[] = {0, 2, 5};
    assert_int_equal(t.path.len, 3);
    assert_memory_equal(t.path.items, want, sizeof(want));
    assert_true(t.bars.items[5].critical);
    assert_false(t.bars.items[4].critical || t.bars.items[3].critical || t.bars.items[1].critical);
    lab_timeline_clear(&t);
}

static void ticks_are_round_and_few(void **state)
{
    (void)state;
    assert_int_equal(lab_tick_ms(205000, 10), 20000);
    assert_int_equal(lab_tick_ms(0, 10), 1000);
    assert_int_equal(lab_tick_ms(40 * 60000, 10), 300000);
    for (uint64_t length = 1; length < (uint64_t)1 << 50; length *= 3)
        assert_true(length / lab_tick_ms(length, 10) <= 10);
}

static const char hostile[] =
    "</text><script>alert(1)</script>\x1b]0;x\x07<a href=\"http://x/\" onload='y'>"
    "&lt;]]>\xff\xc0\x80\x01\xef\xbf\xbf 한국어 \xe2\x80\xae";

/* Well-formed by the little that these writers use: no markup of theirs comes from the text. */
static void hostile_texts_stay_texts(void **state)
{
    (void)state;
    struct lab_timeline t = {.length_ms = 100};
    name_all(&t, hostile);
    free(t.run.command);
    t.run.command = lab_strdup(hostile);
    add_row(&t, hostile);
    struct lab_bar *bar = add(&t, 0, 0, 100);
    lab_assign(&bar->gate, hostile);
    lab_assign(&bar->evidence, hostile);
    bar->end = LAB_BAR_FAILED;
    lab_vec_push(&t.warnings)->text = lab_strdup(hostile);
    LAB_AUTO_STR struct lab_str svg = LAB_STR_INIT, html = LAB_STR_INIT, text = LAB_STR_INIT;
    lab_timeline_svg(&svg, &t);
    lab_timeline_html(&html, &t);
    lab_timeline_text(&text, &t, 60, true);
    const char *const drawings[] = {lab_str_get(&svg), lab_str_get(&html)};
    for (size_t i = 0; i < 2; i++) {
        assert_null(strstr(drawings[i], "<script"));
        assert_null(strstr(drawings[i], "<a "));
        assert_null(strstr(drawings[i], "]]>"));
        assert_null(strstr(drawings[i], "\xef\xbf\xbf"));
        assert_non_null(strstr(drawings[i], "&lt;script&gt;"));
        assert_non_null(strstr(drawings[i], "한국어"));
        assert_int_equal(lab_utf8_check(drawings[i], strlen(drawings[i])), strlen(drawings[i]));
    }
    assert_null(strchr(lab_str_get(&text), '\x1b'));
    assert_null(strstr(lab_str_get(&text), "\xe2\x80\xae"));
    lab_timeline_clear(&t);
}

static void lines_keep_their_width(void **state)
{
    (void)state;
    struct lab_timeline t = {.length_ms = 100000};
    name_all(&t, "airgap");
    add_row(&t, "");
    add_row(&t, "가나다라마바사아자차카타파하가나다라마바사아자차카타파하");
    struct lab_bar *bar = add(&t, 1, 0, 100000);
    lab_assign(&bar->evidence,
               "디스크 공간이 부족합니다 그리고 매우 긴 설명이 이어집니다 "
               "averyveryverylongwordwithoutanyspaceinitatallbutmanylettersinstead");
    bar->end = LAB_BAR_FAILED;
    lab_timeline_find_path(&t);
    for (unsigned columns = 40; columns <= 120; columns += 8) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        lab_timeline_text(&out, &t, columns, true);
        for (char *line = strtok(out.ptr, "\n"); line; line = strtok(NULL, "\n"))
            assert_true(lab_utf8_width(line) <= columns);
    }
    lab_timeline_clear(&t);
}

static void texts_are_cut_to_their_room(void **state)
{
    (void)state;
    bool cut;
    LAB_AUTOFREE char *whole = lab_text_fit("k3s", LAB_PX(100), LAB_PX(12), &cut);
    assert_string_equal(whole, "k3s");
    assert_false(cut);
    LAB_AUTOFREE char *name =
        lab_name_fit("a-very-long-name-of-a-worker-17", LAB_PX(100), LAB_PX(12), &cut);
    assert_true(cut);
    assert_true(lab_ends_with(name, "ker-17"));
    assert_true(lab_text_room(name, LAB_PX(12)) <= LAB_PX(100));
    LAB_AUTOFREE char *korean =
        lab_text_fit("디스크 공간이 부족합니다 디스크", LAB_PX(100), LAB_PX(12), &cut);
    assert_true(cut);
    assert_true(lab_ends_with(korean, "…"));
    assert_true(lab_text_room(korean, LAB_PX(12)) <= LAB_PX(104));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_never_overlap),
        cmocka_unit_test(nothing_at_all_is_drawn_too),
        cmocka_unit_test(the_chain_goes_back_in_time),
        cmocka_unit_test(ticks_are_round_and_few),
        cmocka_unit_test(hostile_texts_stay_texts),
        cmocka_unit_test(lines_keep_their_width),
        cmocka_unit_test(texts_are_cut_to_their_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
