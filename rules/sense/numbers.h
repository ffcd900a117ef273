// The numbers of a line and the names they go by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/record.h"

namespace blip {

struct Number {
  double value = 0;
  std::string_view
      name;  // "total so far", "rss_mb", "goroutines": a field's name, or the words before
};

inline constexpr size_t kMaxNumbers = 16;  // of one line

// Numbers a person would read as quantities: 37, 0.113, 49s, 158.6MB, seq=5. Not those inside ids,
// addresses, dates or versions. Fields first, in their order, then those of the message. Views
// point into the record.
void read_numbers(const Record& record, std::vector<Number>& out);

// Is it the name of something that processes hold and may leak, or of a delay: memory, handles,
// connections, threads, queues, lag? Names are compared word by word, in any spelling.
bool names_a_gauge(std::string_view name);
// Does it name the age of the process ("uptime", "elapsed since start")?
bool names_an_uptime(std::string_view name);

}  // namespace blip
