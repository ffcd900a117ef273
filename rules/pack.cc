// The signatures that blip brings along, from the text that the build took from rules/pack/*.yaml,
// and the door for a user's own. How an entry is read: pack_reader.cc.

#include <cstdio>
#include <map>
#include <string>
#include <utility>

#include "core/check.h"
#include "rules/pack_reader.h"
#include "rules/pack_text.h"
#include "rules/signature.h"

namespace blip {
namespace {

std::vector<Signature> read_built_in() {
  std::vector<Signature> all;
  std::map<std::string, std::string> taken;
  for (const PackText& text : pack_texts()) {
    Result<std::vector<Signature>> part =
        read_pack(text.yaml, std::string(text.name), PackOrigin::built_in);
    if (!part) std::fprintf(stderr, "blip: %s\n", part.error().text.c_str());
    BLIP_CHECK(part, "the built-in pack is sound; its tests say so");
    for (Signature& signature : *part) {
      BLIP_CHECK(taken.emplace(signature.id, signature.where).second,
                 "an id stands once in the built-in pack");
      all.push_back(std::move(signature));
    }
  }
  return all;
}

}  // namespace

Result<std::vector<Signature>> read_signatures(std::string_view yaml, const std::string& name) {
  return read_pack(yaml, name, PackOrigin::user);
}

const std::vector<Signature>& builtin_signatures() {
  static const std::vector<Signature> signatures = read_built_in();
  return signatures;
}

}  // namespace blip
