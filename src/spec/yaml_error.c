#include "spec/yaml_error.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

/* Two kinds of place: where libyaml gave up, and where the thing began that it could not finish.
 * The second is the line to repair when a quote or a bracket was never closed. */
struct phrase {
    const char *problem;
    bool at_context;
    const char *text;
};

static const struct phrase phrases[] = {
    {"mapping values are not allowed", false,
     LAB_N(
         "a ':' where no key can stand; quote a value that contains \": \", and check the indentation")},
    {"could not find expected ':'", true,
     LAB_N("a key without ':' after it; a value over several lines needs quotes or '|'")},
    {"did not find expected key", false,
     LAB_N("a key is expected here; check the indentation, and look for an unclosed quote above")},
    {"did not find expected '-' indicator", false,
     LAB_N("a list item (\"- …\") is expected here; check the indentation")},
    {"block sequence entries are not allowed", false,
     LAB_N("a list item (\"- …\") cannot stand here")},
    {"block mapping keys are not allowed", false, LAB_N("a key cannot stand here")},
    {"did not find expected ',' or ']'", true, LAB_N("this '[' is not closed by ']'")},
    {"did not find expected ',' or '}'", true, LAB_N("this '{' is not closed by '}'")},
    {"found unexpected end of stream", true, LAB_N("this quote is not closed")},
    {"found unexpected document indicator", true, LAB_N("this quote is not closed")},
    {"found unknown escape character", false,
     LAB_N("unknown escape after '\\' in double quotes; use single quotes for Windows paths")},
    {"did not find expected hexdecimal number", false,
     LAB_N("unknown escape after '\\' in double quotes; use single quotes for Windows paths")},
    {"did not find expected <document start>", false,
     LAB_N("text after the end of the document; check the indentation")},
    {"did not find expected node content", false, LAB_N("a value is expected here")},
};

static char byte_at(const struct lab_yaml_source *source, yaml_mark_t mark)
{
    /* mark.index counts characters, not bytes: walk to the line, then along it. */
    const char *p = source->text, *end = source->text + source->len;
    for (size_t line = 0; line < mark.line && p < end; p++)
        line += *p == '\n';
    for (size_t column = 0; p < end; p++)
        if (((unsigned char)*p & 0xC0) != 0x80 && column++ == mark.column)
            return *p;
    return '\0';
}

static char *explain_character(char c)
{
    if (c == '@' || c == '`' || c == '%')
        return lab_format(lab_tr("a value cannot begin with '%c'; put it in quotes"), c);
    return lab_strdup(lab_tr("no value can begin with this character; put the value in quotes"));
}

char *lab_yaml_explain(const yaml_parser_t *parser,
                       const struct lab_yaml_source *source,
                       yaml_mark_t *mark)
{
    const char *why = parser->problem ? parser->problem : lab_tr("unknown reason");
    *mark = parser->problem_mark;
    if (parser->error == YAML_READER_ERROR) {
        struct lab_pos pos = lab_text_pos(source->text, parser->problem_offset);
        mark->line = (size_t)pos.line - 1;
        mark->column = (size_t)pos.column - 1;
        return lab_format(lab_tr("character U+%04X is not allowed in YAML"),
                          (unsigned)parser->problem_value);
    }
    if (byte_at(source, *mark) == '\t')
        return lab_strdup(lab_tr("a tab; YAML takes only spaces for indentation"));
    if (lab_starts_with(why, "found character that cannot start any token"))
        return explain_character(byte_at(source, *mark));
    for (size_t i = 0; i < LAB_ARRAY_LEN(phrases); i++) {
        if (!lab_starts_with(why, phrases[i].problem))
            continue;
        if (phrases[i].at_context && parser->context)
            *mark = parser->context_mark;
        return lab_strdup(phrases[i].text);
    }
    return lab_format(lab_tr("not valid YAML: %s"), why);
}
