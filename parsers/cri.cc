// The files of Kubernetes' container runtimes (containerd, CRI-O):
//
//   2016-10-06T00:17:09.669794202Z stdout F INFO started
//   2016-10-06T00:17:09.669794202Z stdout P the first piece of a long line
//   ^ time, with zone               ^ stream ^ full or partial
//
// Each piece of a line has a time of its own, and each run of a container a file of its own, so a
// piece waits for its rest whatever time that has.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.size() < 30 || text[10] != 'T') return false;
  const auto stamp = parse_stamp(text, context.time);
  if (!stamp || !stamp->has_zone) return false;
  std::string_view rest = text.substr(stamp->length);
  std::string_view stream;
  if (take(rest, " stdout ")) {
    stream = "stdout";
  } else if (take(rest, " stderr ")) {
    stream = "stderr";
  } else {
    return false;
  }
  // Tags are separated by colons; only the first has a meaning yet.
  const std::string_view tags = rest.substr(0, rest.find(' '));
  const bool partial = tags == "P" || tags.starts_with("P:");
  if (!partial && tags != "F" && !tags.starts_with("F:")) return false;
  set_time(*stamp, record);
  record.message = rest.substr(std::min(rest.size(), tags.size() + 1));
  if (context.piece != nullptr) *context.piece = {stream, {}, partial};
  return true;
}
}  // namespace

extern const ParserSpec cri_parser = {"cri", Layer::envelope, Width::narrow, parse,
                                      Likeness::by_prefix};
}  // namespace blip
