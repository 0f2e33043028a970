#include "picture/svg.h"

#include <stdlib.h>
#include <string.h>

#include "base/template.h"
#include "base/text.h"

/* Fills are of middle brightness and carry dark letters, so that they serve on both grounds. Hue
 * and brightness differ between neighbours: they can be told apart with any kind of colour
 * blindness. */
static const char theme[] =
    ".lab{--ground:#ffffff;--ink:#1b1f24;--soft:#59636e;--grid:#e3e7ec;--line:#c3cad3;"
    "--panel:#f5f7f9;--bad:#b3261e;--good:#17704f;--warn:#8a5a00}\n"
    "@media (prefers-color-scheme:dark){.lab{--ground:#14171c;--ink:#e8ebef;--soft:#a0a9b5;"
    "--grid:#272d36;--line:#414a57;--panel:#1b2027;--bad:#ff8a7d;--good:#5fd0a5;--warn:#f0b849}}\n";

static const char base_style[] =
    "text{font-family:system-ui,'Segoe UI',Roboto,'Noto Sans','Noto Sans KR','Noto Sans CJK KR',"
    "'Malgun Gothic',sans-serif;font-size:12px;fill:var(--ink)}\n"
    ".ground{fill:var(--ground)}.panel{fill:var(--panel)}\n"
    ".title{font-size:18px;font-weight:600}.soft{fill:var(--soft)}.small{font-size:11px}"
    ".bold{font-weight:600}.end{text-anchor:end}.mid{text-anchor:middle}"
    ".bad{fill:var(--bad)}.good{fill:var(--good)}.warn{fill:var(--warn)}\n";

const char *lab_svg_theme(void)
{
    return theme;
}

void lab_svg_escape(struct lab_str *out, const char *text)
{
    LAB_AUTO_STR struct lab_str plain = LAB_STR_INIT;
    lab_put_printable(&plain, text, strlen(text), 4096);
    lab_escape(out, LAB_ESCAPE_XML, lab_str_get(&plain));
}

static void put(struct lab_str *out, const char *name, int tenths)
{
    int whole = abs(tenths) / 10, rest = abs(tenths) % 10;
    lab_str_addf(out, " %s=\"%s%d", name, tenths < 0 ? "-" : "", whole);
    if (rest)
        lab_str_addf(out, ".%d", rest);
    lab_str_addc(out, '"');
}

static void put_class(struct lab_str *out, const char *class_name)
{
    if (class_name)
        lab_str_addf(out, " class=\"%s\"", class_name);
}

void lab_svg_begin(struct lab_str *out,
                   int width,
                   int height,
                   const char *title,
                   const char *description,
                   const char *style)
{
    lab_str_add(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lab\" role=\"img\" "
                     "aria-labelledby=\"lab-title lab-desc\"");
    put(out, "width", width);
    put(out, "height", height);
    lab_str_addf(out, " viewBox=\"0 0 %d %d\">\n<title id=\"lab-title\">", width / 10, height / 10);
    lab_svg_escape(out, title);
    lab_str_add(out, "</title>\n<desc id=\"lab-desc\">");
    lab_svg_escape(out, description);
    lab_str_addf(out, "</desc>\n<style>\n%s%s%s</style>\n", theme, base_style, style);
    lab_svg_rect(out, (struct lab_box){0, 0, width, height}, 0, "ground");
}

void lab_svg_end(struct lab_str *out)
{
    lab_str_add(out, "</svg>\n");
}

void lab_svg_open(struct lab_str *out, const char *class_name, const char *title)
{
    lab_str_add(out, "<g");
    put_class(out, class_name);
    lab_str_addc(out, '>');
    if (title) {
        lab_str_add(out, "<title>");
        lab_svg_escape(out, title);
        lab_str_add(out, "</title>");
    }
    lab_str_addc(out, '\n');
}

void lab_svg_close(struct lab_str *out)
{
    lab_str_add(out, "</g>\n");
}

void lab_svg_rect(struct lab_str *out, struct lab_box box, int radius, const char *class_name)
{
    lab_str_add(out, "<rect");
    put_class(out, class_name);
    put(out, "x", box.x);
    put(out, "y", box.y);
    put(out, "width", box.w);
    put(out, "height", box.h);
    if (radius)
        put(out, "rx", radius);
    lab_str_add(out, "/>\n");
}

void lab_svg_line(struct lab_str *out, int x1, int y1, int x2, int y2, const char *class_name)
{
    lab_str_add(out, "<line");
    put_class(out, class_name);
    put(out, "x1", x1);
    put(out, "y1", y1);
    put(out, "x2", x2);
    put(out, "y2", y2);
    lab_str_add(out, "/>\n");
}

void lab_svg_circle(struct lab_str *out, int x, int y, int r, const char *class_name)
{
    lab_str_add(out, "<circle");
    put_class(out, class_name);
    put(out, "cx", x);
    put(out, "cy", y);
    put(out, "r", r);
    lab_str_add(out, "/>\n");
}

void lab_svg_shape(struct lab_str *out, const int *points, size_t n, const char *class_name)
{
    lab_str_add(out, "<polygon");
    put_class(out, class_name);
    lab_str_add(out, " points=\"");
    for (size_t i = 0; i < n; i++)
        lab_str_addf(out, "%s%d.%d", i ? " " : "", points[i] / 10, points[i] % 10);
    lab_str_add(out, "\"/>\n");
}

static void put_text(
    struct lab_str *out, int x, int y, const char *class_name, const char *text, const char *title)
{
    lab_str_add(out, "<text");
    put_class(out, class_name);
    put(out, "x", x);
    put(out, "y", y);
    lab_str_addc(out, '>');
    lab_svg_escape(out, text);
    if (title) {
        lab_str_add(out, "<title>");
        lab_svg_escape(out, title);
        lab_str_add(out, "</title>");
    }
    lab_str_add(out, "</text>\n");
}

void lab_svg_text(struct lab_str *out, int x, int y, const char *class_name, const char *text)
{
    put_text(out, x, y, class_name, text, NULL);
}

void lab_svg_text_in(struct lab_str *out,
                     int x,
                     int y,
                     int width,
                     int size,
                     const char *class_name,
                     const char *text)
{
    bool cut;
    LAB_AUTOFREE char *fits = lab_text_fit(text, width, size, &cut);
    put_text(out, x, y, class_name, fits, cut ? text : NULL);
}

void lab_svg_name_in(struct lab_str *out,
                     int x,
                     int y,
                     int width,
                     int size,
                     const char *class_name,
                     const char *name)
{
    bool cut;
    LAB_AUTOFREE char *fits = lab_name_fit(name, width, size, &cut);
    put_text(out, x, y, class_name, fits, cut ? name : NULL);
}
