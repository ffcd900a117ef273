// An event as programs read it: one line of `-o ndjson`, an element of `-o json`, the body of a
// webhook.
#pragma once

#include <string>

#include "core/event.h"

namespace blip {

// One JSON object without a newline. Members and their order: id kind service host file line offset
// time end planned explicit silent cause confidence severity title evidence attributes. Times are
// RFC 3339 UTC with milliseconds; what is not known (a time, planned, the line of a sum over many)
// is null. Confidence and weights (nats) are rounded to 3 decimals. Log bytes that are no UTF-8
// become U+FFFD, and no control character gets through: the line is safe to show.
std::string event_to_json(const Event& event);

}  // namespace blip
