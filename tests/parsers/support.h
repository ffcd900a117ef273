// What the tables of formats share: a record as owned text, and lines as the tailer gives them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/reader.h"

namespace blip {

// A line's text with the readable bytes that parsers may count on, and not one more: the sanitizer
// sees what goes further.
class PaddedText {
 public:
  explicit PaddedText(std::string_view text)
      : bytes_(new char[text.size() + kLinePadding]), size_(text.size()) {
    text.copy(bytes_.get(), size_);
    std::fill_n(bytes_.get() + size_, kLinePadding, '\xa5');
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_;
};

// One row of a table, and what a record looks like in it.
struct Row {
  std::string text = {};
  std::string time = {};  // RFC 3339, "" for none, a trailing "?" if it has no zone
  std::string level = "unknown";
  std::string service = {}, host = {}, pid = {}, version = {};
  std::string message = {};
  std::string fields = {};  // "a=1 b=2"
};

inline Row row_of(const Record& record, std::string_view text) {
  std::string fields;
  for (const Field& field : record.fields) {
    if (!fields.empty()) fields += ' ';
    fields.append(field.name).append("=").append(field.value);
  }
  return {std::string(text),
          format_rfc3339(record.time) + (record.quality == TimeQuality::no_zone ? "?" : ""),
          std::string(level_name(record.level)),
          std::string(record.service),
          std::string(record.host),
          std::string(record.pid),
          std::string(record.version),
          std::string(record.message),
          fields};
}

inline void expect_same(const Row& actual, const Row& expected) {
  EXPECT_EQ(actual.time, expected.time);
  EXPECT_EQ(actual.level, expected.level);
  EXPECT_EQ(actual.service, expected.service);
  EXPECT_EQ(actual.host, expected.host);
  EXPECT_EQ(actual.pid, expected.pid);
  EXPECT_EQ(actual.version, expected.version);
  EXPECT_EQ(actual.message, expected.message);
  EXPECT_EQ(actual.fields, expected.fields);
}

inline const ParserSpec& parser_named(std::string_view name) {
  for (const ParserSpec* spec : all_parsers()) {
    if (spec->name == name) return *spec;
  }
  ADD_FAILURE() << "no format " << name;
  return *all_parsers().front();
}

// What `format` makes of a line; nullopt if it refuses it. A refusal must leave the record alone.
inline std::optional<Row> parse_as(std::string_view format, std::string_view text,
                                   bool cut = false) {
  const PaddedText padded(text);
  Scratch scratch;
  const ParseContext context{.scratch = &scratch};
  Record record;
  record.line = {.text = padded.view(), .cut = cut};
  if (parser_named(format).parse(padded.view(), context, record)) return row_of(record, text);
  expect_same(row_of(record, text), Row{});
  return std::nullopt;
}

inline void expect_reads(std::string_view format, const std::vector<Row>& rows) {
  for (const Row& expected : rows) {
    SCOPED_TRACE(expected.text);
    const auto actual = parse_as(format, expected.text);
    EXPECT_TRUE(actual);
    if (actual) expect_same(*actual, expected);
    // A prefix of a line, as a crash leaves it: any answer, but no read past the end.
    for (size_t size = 0; size < expected.text.size(); ++size) {
      parse_as(format, std::string_view(expected.text).substr(0, size), true);
    }
  }
}

inline void expect_refuses(std::string_view format, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(parse_as(format, text));
  }
}

}  // namespace blip
