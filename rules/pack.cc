// The signatures that blip brings along, from the table that the build made of rules/pack/*.yaml,
// and the door for a user's own. How an entry is read: pack_reader.cc.

#include <string>

#include "rules/pack_reader.h"
#include "rules/pack_table.h"
#include "rules/signature.h"

namespace blip {
namespace {

Signature signature_of(const PackRow& row) {
  Signature one;
  one.id = row.id;
  one.system = row.system;
  one.title = row.title;
  one.kind = row.kind;
  one.severity = row.severity;
  one.regex = row.regex;
  one.unless = row.unless;
  one.literal = row.literal;
  one.worker = row.worker;
  one.weak = row.weak;
  one.match.assign(row.samples, row.samples + row.match);
  one.no_match.assign(row.samples + row.match, row.samples + row.match + row.no_match);
  one.source = row.source;
  one.where = row.where;
  return one;
}

}  // namespace

Result<std::vector<Signature>> read_signatures(std::string_view yaml, const std::string& name) {
  return read_pack(yaml, name, PackOrigin::user);
}

const std::vector<Signature>& builtin_signatures() {
  static const std::vector<Signature> signatures = [] {
    const PackTable table = pack_table();
    std::vector<Signature> all;
    for (size_t i = 0; i < table.size; ++i) all.push_back(signature_of(table.rows[i]));
    return all;
  }();
  return signatures;
}

}  // namespace blip
