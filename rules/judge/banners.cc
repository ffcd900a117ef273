// A program that never says "started" still prints the same rare lines at each start:
//
//   pubsub: joined channel lobby           \  within 2 lines and 10 s of each other, each time:
//   matchmaker pool: 4 shards              /  tied; tied lines are a group
//
// Rarity and order alone are a batch job's marks as well, so a group weighs little until something
// else (a counter that fell, a new pid, the head of the first file) agrees with its printings.

#include "rules/judge/banners.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <set>

namespace blip {
namespace {
constexpr uint64_t kNearLines = 2, kStepLines = 3;
constexpr Micros kNear = 10s;
constexpr double kTie = 0.6;         // of the more frequent one's lines
constexpr double kCover = 0.4;       // of the group's templates that a printing must show
constexpr uint64_t kHeadLines = 30;  // a banner in these stands at the unit's own beginning
constexpr size_t kMaxGroups = 64, kMaxSeen = 512;

uint64_t ordinal(const Signal& line) { return static_cast<uint64_t>(line.before); }

bool near(const Signal& a, const Signal& b, uint64_t lines) {
  if (ordinal(b) - ordinal(a) > lines) return false;
  return !known(a.time) || !known(b.time) || (b.time >= a.time && b.time - a.time <= kNear);
}

bool holds_start_word(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kWords = {
      "start", "boot",    "init", "listen",  "ready",  "launch",
      "load",  "connect", "open", "version", "config", "warm"};
  std::string low(text);
  for (char& c : low) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return low.find(word) != std::string::npos; });
}

// Intervals so even that no process dies like that: a job on a timer. Four or five lives come out
// within 8 % of each other by chance, and leaks end lives as even as that; timers keep 2 %.
bool evenly_spaced(const std::vector<BannerSeen>& seen) {
  std::vector<double> gaps;
  for (size_t i = 1; i < seen.size(); ++i) {
    if (!known(seen[i].first.time) || !known(seen[i - 1].first.time)) return false;
    gaps.push_back(seconds_of(seen[i].first.time - seen[i - 1].first.time));
  }
  if (gaps.size() < 4) return false;
  double sum = 0, squares = 0;
  for (const double gap : gaps) sum += gap, squares += gap * gap;
  const double mean = sum / static_cast<double>(gaps.size());
  const double variance = squares / static_cast<double>(gaps.size()) - mean * mean;
  const double even = gaps.size() < 8 ? 0.02 : 0.08;
  return mean > 0 && std::sqrt(std::max(0.0, variance)) / mean < even;
}

class Groups {
 public:
  size_t root(size_t at) {
    while (parent_[at] != at) at = parent_[at] = parent_[parent_[at]];
    return at;
  }
  void join(size_t a, size_t b) { parent_[root(a)] = root(b); }
  size_t add() {
    parent_.push_back(parent_.size());
    return parent_.size() - 1;
  }

 private:
  std::vector<size_t> parent_;
};

// The printings of one group: runs of its lines in short steps that show enough of it.
std::vector<BannerSeen> printings(const std::vector<const Signal*>& lines, size_t templates) {
  std::vector<BannerSeen> seen;
  for (size_t i = 0; i < lines.size() && seen.size() < kMaxSeen;) {
    std::set<std::string_view> shown = {lines[i]->subject};
    size_t end = i + 1;
    // A template that comes again begins the next printing: crash loops print back to back.
    while (end < lines.size() && near(*lines[end - 1], *lines[end], kStepLines) &&
           shown.insert(lines[end]->subject).second) {
      ++end;
    }
    if (static_cast<double>(shown.size()) >= kCover * static_cast<double>(templates) &&
        shown.size() >= 2) {
      seen.push_back({*lines[i], lines[end - 1]->time, lines[end - 1]->at.number,
                      ordinal(*lines[i]), ordinal(*lines[end - 1]), end - i});
    }
    i = end;
  }
  return seen;
}
}  // namespace

void Banners::weigh(const Signal& line) {
  std::deque<Signal>& lane = lanes_[line.instance];
  if (line.after == 1) common_[line.instance + '\n' + line.subject] = true;
  lane.push_back(line);
  lane.back().text.resize(std::min<size_t>(lane.back().text.size(), 160));
  if (lane.size() > kMaxLines) lane.pop_front();
}

std::vector<Banner> Banners::learn() const {
  std::vector<Banner> banners;
  for (const auto& [name, all] : lanes_) {
    std::vector<const Signal*> lines;
    std::map<std::string_view, size_t> index;  // template -> group member
    std::vector<uint64_t> counts;
    Groups groups;
    for (const Signal& line : all) {
      if (common_.count(name + '\n' + line.subject) != 0) continue;
      lines.push_back(&line);
      const auto [found, fresh] = index.try_emplace(line.subject, counts.size());
      if (fresh) {
        counts.push_back(0);
        groups.add();
      }
      ++counts[found->second];
    }
    std::map<std::pair<size_t, size_t>, uint64_t> together;
    for (size_t i = 0; i < lines.size(); ++i) {
      for (size_t j = i + 1; j < lines.size() && near(*lines[i], *lines[j], kNearLines); ++j) {
        if (lines[i]->subject != lines[j]->subject) {
          ++together[{index[lines[i]->subject], index[lines[j]->subject]}];
        }
      }
    }
    for (const auto& [pair, count] : together) {
      const auto most = static_cast<double>(std::max(counts[pair.first], counts[pair.second]));
      if (count >= 2 && static_cast<double>(count) >= kTie * most)
        groups.join(pair.first, pair.second);
    }
    std::map<size_t, std::vector<const Signal*>> members;
    for (const Signal* line : lines) members[groups.root(index[line->subject])].push_back(line);
    for (const auto& [root, own] : members) {
      Banner banner{.instance = name, .templates = {}, .seen = {}};
      std::set<std::string_view> subjects;
      for (const Signal* line : own) {
        if (!subjects.insert(line->subject).second) continue;
        banner.templates.push_back(line->detail);
        banner.start_words += holds_start_word(line->detail);
      }
      if (banner.templates.size() < 2 || banners.size() >= kMaxGroups) continue;
      banner.seen = printings(own, banner.templates.size());
      if (banner.seen.size() < 2) continue;
      banner.at_head = banner.seen.front().first_ordinal <= kHeadLines;
      banner.timed = evenly_spaced(banner.seen);
      banners.push_back(std::move(banner));
    }
  }
  return banners;
}

double banner_weight(const Banner& banner, const std::vector<Corroboration>& support) {
  double agreed = 0;
  bool corroborated = false;
  for (const Corroboration& one : support) {
    const double sum =
        1.2 * one.counter + 1.2 * one.pid + (one.death ? 1.0 : 0.0) + (one.gap ? 0.6 : -0.15);
    corroborated |= one.counter > 0 || one.pid > 0 || one.death;
    agreed += sum;
  }
  const double lines = static_cast<double>(std::min<size_t>(banner.templates.size(), 8));
  const double weight =
      -3 + 0.6 * (lines - 1) + (banner.at_head ? 2.5 : 0) - (banner.timed ? 2.5 : 0) +
      std::min(1.8, 0.6 * static_cast<double>(banner.start_words)) + std::clamp(agreed, -6.0, 6.0);
  const double cap = corroborated || banner.start_words >= 2 ? 6.5 : banner.at_head ? 4.5 : 2.5;
  return std::min(weight, cap);
}

void Banners::save(StateWriter& out) const {
  out.u64(lanes_.size());
  for (const auto& [name, lines] : lanes_) {
    out.text(name);
    out.u64(lines.size());
    for (const Signal& line : lines) save_signal(line, out);
  }
  out.u64(common_.size());
  for (const auto& [name, yes] : common_) out.text(name);
}

void Banners::restore(StateReader& in) {
  lanes_.clear();
  common_.clear();
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
    std::deque<Signal>& lane = lanes_[std::string(in.text())];
    for (uint64_t lines = in.count(); lines > 0 && in.ok(); --lines) {
      lane.push_back(restore_signal(in));
    }
  }
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) common_[std::string(in.text())] = true;
}

}  // namespace blip
