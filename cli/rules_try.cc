// blip rules try 'broker (?P<broker>\S+) unreachable for (?P<secs>\d+)s' app.log
//
//   app.log:118  FATAL broker b1 unreachable for 30s
//                broker=b1 secs=30
//   1 line of 2,914 fits
//
// What a rule with that regex would see: it is tried on the decoded message and then on the line as
// it stands, as the scan does it. Rotated and packed files are read as scan reads them.

#include <algorithm>

#include "cli/print.h"
#include "cli/render/escape.h"
#include "cli/render/units.h"
#include "cli/rules_verbs.h"
#include "parsers/reader.h"
#include "rules/trial.h"
#include "tailer/byte_source.h"
#include "tailer/inputs.h"
#include "tailer/lines.h"

namespace blip {
namespace {
constexpr size_t kChunk = 256 * 1024;
constexpr size_t kShown = 20;  // lines, unless --limit says otherwise

// The text with what matched bold and what groups hold green; groups within groups go with theirs.
std::string painted(std::string_view text, const std::vector<TrialMatch>& found,
                    const Style& style) {
  const auto offset = [&text](const TrialMatch& piece) {
    return static_cast<size_t>(piece.text.data() - text.data());
  };
  const size_t begin = offset(found[0]), end = begin + found[0].text.size();
  std::string out = visible(text.substr(0, begin));
  size_t at = begin;
  for (size_t i = 1; i < found.size(); ++i) {
    if (found[i].text.data() == nullptr || found[i].text.empty()) continue;
    const size_t from = offset(found[i]);
    if (from < at) continue;
    out += style.paint(Tint::bold, visible(text.substr(at, from - at)));
    out += style.paint(Tint::green, visible(found[i].text));
    at = from + found[i].text.size();
  }
  out += style.paint(Tint::bold, visible(text.substr(at, end - std::min(end, at))));
  return out + visible(text.substr(end));
}

class Shower : public RecordSink {
 public:
  Shower(const Trial& trial, const View& view)
      : trial_(trial),
        style_(view.style),
        limit_(view.query.limit == 0 ? kShown : view.query.limit) {}

  void begin(const InputFile& file) { path_ = file.path; }

  void on_record(const Record& record) override {
    ++lines_;
    std::string_view text = record.message;
    std::vector<TrialMatch> found = trial_.match(text);
    if (found.empty()) {
      text = record.line.text;
      found = trial_.match(text);
    }
    if (found.empty()) return;
    if (++hits_ > limit_) return;
    const std::string place = visible(path_) + ":" + std::to_string(record.line.number);
    std::string out = style_.paint(Tint::dim, place) + "  " + painted(text, found, style_) + "\n";
    std::string groups;
    for (size_t i = 1; i < found.size(); ++i) {
      if (found[i].text.data() == nullptr) continue;
      groups += (groups.empty() ? "" : " ") + visible(found[i].name) + "=" +
                style_.paint(Tint::green, visible(found[i].text));
    }
    if (!groups.empty()) out += "    " + groups + "\n";
    print(out);
  }

  std::string sum() const {
    std::string out = counted(hits_, "line", "lines") + " of " + count_text(lines_) +
                      (hits_ == 1 ? " fits" : " fit");
    if (hits_ > limit_) out += ", the first " + count_text(limit_) + " shown (-n)";
    return out + "\n";
  }

 private:
  const Trial& trial_;
  const Style& style_;
  const uint64_t limit_;
  std::string path_;
  uint64_t lines_ = 0, hits_ = 0;
};

Status read_file(const InputFile& file, RecordReader& reader, Shower& shower) {
  Result<std::unique_ptr<ByteSource>> bytes = open_bytes(file.path);
  if (!bytes) return bytes.error();
  ChunkReader chunks(std::move(*bytes), kChunk);
  shower.begin(file);
  for (uint64_t number = 0;;) {
    const Result<std::optional<Chunk>> chunk = chunks.next();
    if (!chunk) return chunk.error();
    if (!*chunk) return Done{};
    for_each_line(**chunk, number, [&](const Line& line) { reader.read(line, shower); });
  }
}
}  // namespace

int try_rule(const Arguments& arguments, const View& view) {
  const Result<Trial> trial = Trial::make(arguments.operands[1]);
  if (!trial) return fail(kUsage, trial.error());
  const Inputs inputs = find_inputs({arguments.operands[2]});
  bool whole = true;
  for (const InputNote& each : inputs.notes) {
    note(each.path + ": " + each.text);
    whole = whole && !each.failed;
  }
  Shower shower(*trial, view);
  for (const Source& source : inputs.sources) {
    RecordReader reader(ReaderOptions{});
    for (const InputFile& file : source.files) {
      reader.next_file(file.mtime);
      if (const Status read = read_file(file, reader, shower); !read) {
        note(read.error().text);
        whole = false;
      }
    }
    reader.finish(shower);
  }
  print(shower.sum());
  return whole ? kDone : kUnreadable;
}

}  // namespace blip
