// Stamps, numbers and log files of the stories. What happened is told in truth.cc, and what is
// logged in the file of each story.

#include "examples/kit.h"

#include <algorithm>
#include <chrono>

#include "core/check.h"

namespace blip::stories {
namespace {
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct Civil {
  int year = 0;
  unsigned month = 0, day = 0;
  std::string clock;  // 19:50:53
};

Civil civil(Ms time) {
  using namespace std::chrono;
  const sys_time<milliseconds> point{milliseconds(time)};
  const auto midnight = floor<days>(point);
  const year_month_day date(midnight);
  const int64_t second = (point - midnight).count() / kSecond;
  return {
      int(date.year()), unsigned(date.month()), unsigned(date.day()),
      cat(padded(second / 3600, 2), ":", padded(second / 60 % 60, 2), ":", padded(second % 60, 2))};
}

std::string_view month_name(const Civil& date) { return kMonths.substr((date.month - 1) * 3, 3); }

std::string iso_date(const Civil& date) {
  return cat(date.year, "-", padded(date.month, 2), "-", padded(date.day, 2));
}
}  // namespace

Ms utc(int year, unsigned month, unsigned day, int hour, int minute, int second) {
  using namespace std::chrono;
  const sys_days date = std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
  return date.time_since_epoch().count() * kDay + hour * kHour + minute * kMinute +
         second * kSecond;
}

std::string stamp_plain(Ms time) {
  const Civil date = civil(time);
  return cat(iso_date(date), " ", date.clock);
}

std::string stamp_iso(Ms time, int digits) {
  const Civil date = civil(time);
  std::string out = cat(iso_date(date), "T", date.clock);
  if (digits == 0) return out;
  // Below the millisecond our clock knows nothing; a real one does not end in zeros.
  const int64_t below = static_cast<int64_t>(static_cast<uint64_t>(time) * 2654435761 % 1000000);
  const std::string nanos = cat(padded(time % kSecond, 3), padded(below, 6));
  return cat(out, ".", std::string_view(nanos).substr(0, static_cast<size_t>(digits)));
}

std::string stamp_syslog(Ms time) {
  const Civil date = civil(time);
  return cat(month_name(date), " ", padded(date.day, 2, ' '), " ", date.clock);
}

std::string stamp_clf(Ms time) {
  const Civil date = civil(time);
  return cat(padded(date.day, 2), "/", month_name(date), "/", date.year, ":", date.clock, " +0000");
}

uint64_t Rng::next() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

int64_t Rng::between(int64_t low, int64_t high) {
  BLIP_CHECK(low <= high, "a range from low to high");
  return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
}

std::string Rng::hex(int digits) {
  std::string out;
  while (digits-- > 0) out += "0123456789abcdef"[next() >> 60];
  return out;
}

std::string padded(int64_t number, size_t width, char fill) {
  std::string digits = cat(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), fill);
  return digits;
}

std::string decimal(int64_t scaled, int digits) {
  std::string out = padded(scaled < 0 ? -scaled : scaled, static_cast<size_t>(digits) + 1);
  out.insert(out.size() - static_cast<size_t>(digits), ".");
  return scaled < 0 ? "-" + out : out;
}

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return out + '"';
}

Spot LogFile::add(Ms time, std::string text) {
  BLIP_CHECK(parts_.empty(), "no line after the log is settled");
  entries_.push_back({time, std::move(text)});
  return {this, entries_.size() - 1};
}

void LogFile::settle() {
  std::sort(rotations_.begin(), rotations_.end());
  for (size_t age = rotations_.size(); age > 0; --age) {
    const bool gzip = age >= 2;  // delaycompress leaves the youngest rotation plain
    parts_.push_back({cat(path_, ".", age, gzip ? ".gz" : ""), "", 0, 0, gzip});
  }
  parts_.push_back({path_, ""});

  std::vector<size_t> order(entries_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return entries_[a].time < entries_[b].time; });
  size_t current = 0;
  for (const size_t index : order) {
    Entry& entry = entries_[index];
    while (current < rotations_.size() && rotations_[current] <= entry.time) ++current;
    Part& part = parts_[current];
    entry.part = current;
    entry.line = part.lines + 1;
    entry.lines = std::count(entry.text.begin(), entry.text.end(), '\n') + 1;
    part.text += entry.text;
    part.text += '\n';
    part.lines += entry.lines;
    part.last = entry.time;
  }
}

LogFile::Place LogFile::place(const Spot& spot, bool last) const {
  BLIP_CHECK(spot.log == this && !parts_.empty(), "a spot of this log, after it was settled");
  const Entry& entry = entries_[spot.entry];
  return {parts_[entry.part].name, last ? entry.line + entry.lines - 1 : entry.line};
}

}  // namespace blip::stories
