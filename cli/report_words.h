// The words of a report: its first sentence, and what stands beside a sign. Raw text out of logs is
// in them; html.h escapes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/render/svg.h"
#include "core/event.h"

namespace blip {

struct DayWords {
  std::string headline;           // "app died 28 times and never said so."
  std::vector<std::string> more;  // a sentence each
};

// What died, what came back, what leaks.
DayWords words_of_the_day(const std::vector<Event>& events);

struct Figure {
  std::string value, name, note;  // "28", "deaths", "26 silent"
};
std::vector<Figure> figures_of(const std::vector<Event>& events);

bool is_death(const Event& event);  // a restart that nobody planned, as far as is known
Ending ending_of(const Event& restart);
std::string_view ending_name(Ending ending);    // "died silently"
std::string happened_text(const Event& event);  // "died silently: panic store.go:217"
std::string lived_text(const Event& event);     // "lived 5 h 14 m, down 2.0 s", ""

// "a", "a and b", "a, b and c".
std::string listed_words(const std::vector<std::string>& words);
std::string times_text(size_t count);  // "once", "twice", "14 times"

}  // namespace blip
