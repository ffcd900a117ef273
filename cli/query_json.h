// What was asked, as the "query" member of `-o json`.
#pragma once

#include <string>

#include "store/store.h"

namespace blip {

std::string query_json(const EventQuery& query);  // one line; unknown times are null

std::string json_string(std::string_view text);  // quoted; bytes that are no UTF-8 are replaced
std::string json_number(double value);           // null when it is not finite

}  // namespace blip
