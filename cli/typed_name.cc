// api, queuer.1, web@2            as they are
// a$(id), two words, -rf, ""      SERVICE

#include "cli/typed_name.h"

namespace blip {

std::string typed_name(std::string_view name) {
  static constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@:/+-";
  static constexpr size_t kLongest = 24;
  const bool plain = !name.empty() && name.size() <= kLongest && name.front() != '-' &&
                     name.find_first_not_of(kPlain) == name.npos;
  return plain ? std::string(name) : "SERVICE";
}

}  // namespace blip
