// `docker compose logs` and `docker-compose up` put the container's name before each line:
//
//   db_1      | LOG:  database system is ready to accept connections
//   app-web-1 | 2024-12-17 17:47:51.603 UTC [1] LOG:  starting
//
// Only names that end in an instance number: "total | 12" is some program's table.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kMaxName = 64;

bool parse(std::string_view text, const ParseContext&, Record& record) {
  if (text.empty() || !(is_lower(text[0]) || is_digit(text[0]))) return false;
  std::string_view rest = text;
  const std::string_view name = take_while(
      rest, [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; });
  const size_t number = name.find_last_of("_-");
  if (name.size() > kMaxName || number == std::string_view::npos || number == 0 ||
      !is_pid(name.substr(number + 1))) {
    return false;
  }
  if (!rest.starts_with(' ')) return false;
  take_while(rest, [](char c) { return c == ' '; });
  if (!take(rest, "|") || (!rest.empty() && !take(rest, " "))) return false;
  record.service = name;
  record.message = rest;
  return true;
}
}  // namespace

extern const ParserSpec compose_parser = {"compose", Layer::envelope, Width::narrow, parse};
}  // namespace blip
