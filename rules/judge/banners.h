// Learned banners: groups of rare lines that come together at each start, whatever their words.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/signal.h"
#include "core/state.h"
#include "rules/judge/judge.h"

namespace blip {

// One printing of a banner.
struct BannerSeen {
  Signal first;                                  // its first line
  Time last = kNoTime;                           // of its last line
  uint64_t last_number = 0;                      // line number of it in its stream
  uint64_t first_ordinal = 0, last_ordinal = 0;  // among its unit's lines
  uint64_t lines = 0;
};

struct Banner {
  std::string instance;                // lane
  std::vector<std::string> templates;  // texts, in order of first sight
  std::vector<BannerSeen> seen;        // in order
  bool at_head = false;                // printed within the first lines of the unit
  bool timed = false;                  // so regular that a timer prints it
  size_t start_words = 0;              // templates that hold one
};

// What is known of each printing apart from its lines, each +1, 0 or -1 (for, unknown, against).
struct Corroboration {
  int counter = 0, pid = 0;
  bool death = false, gap = false;
};

class Banners {
 public:
  void weigh(const Signal& rare_line);
  std::vector<Banner> learn() const;

  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  static constexpr size_t kMaxLines = 4096;  // rare lines remembered for each lane
  std::map<std::string, std::deque<Signal>, std::less<>> lanes_;
  std::map<std::string, bool, std::less<>> common_;  // lane + template no longer rare
};

// Its weight in nats for each of its printings, 0 to 6.5; negative: it is no banner.
double banner_weight(const Banner& banner, const std::vector<Corroboration>& support);

}  // namespace blip
