// Error-like lines, counted per bucket of time and compared with what is usual. Told are only the
// buckets that hold far more:
//
//   14:23  1 of 412 lines     14:24  60 of 381 lines, 0.4 are usual: 71 decades     14:25  0 of 402
//
// Usual is learned from the buckets before (clumped: negative binomial, not Poisson), and follows
// the other lines: twice the traffic may bring twice the errors. Buckets are of 60 s and, for
// slow ones, of 600 s; of 10 s and of 1 s as well while a unit is young, so that short logs have
// bursts too.

#include "rules/counts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include "rules/sense/level_counts.h"
#include "rules/sense/sensor.h"
#include "rules/sense/surprise.h"

namespace blip {
namespace {
struct Width {
  int64_t us;
  int64_t until;  // age of the unit, us: longer ones do from then on
  std::string_view name;
  double fewest;  // lines: less is a hiccup
};
constexpr std::array<Width, 4> kWidths = {{{1'000'000, 600'000'000, "1", 8},
                                           {10'000'000, 7'200'000'000, "10", 8},
                                           {60'000'000, INT64_MAX, "60", 8},
                                           {600'000'000, INT64_MAX, "600", 20}}};
constexpr size_t kMaxTemplates = 32;      // of a unit that are counted apart
constexpr double kHalfLife = 240;         // buckets
constexpr double kWarmUp = 30;            // buckets before anything is told
constexpr double kOpen = 5, kGoesOn = 2;  // decades
constexpr double kMostDispersion = 4;
constexpr double kLeastDispersion = 0.5;   // errors come in clumps, also where none came yet
constexpr int64_t kClockSet = 60'000'000;  // further back: a clock was set, the bucket begins anew
constexpr int64_t kBreak =
    8;  // a pause of this part of a bucket, before it has the fewest lines: begins anew
constexpr size_t kQuote = 240;

constexpr uint64_t kAllAlarms = 0, kAllErrors = 1;  // series that are of no template

// An exponential mean of counts, plain while it is young.
struct Usual {
  double mean = 0, square = 0;

  void learn(double count, double buckets) {
    const double rate = std::max(1 / (buckets + 1), kRate);
    mean += rate * (count - mean);
    square += rate * (count * count - square);
  }
  void learn_nothing(double buckets, double times) {
    double left = 1;
    const double young = std::clamp(1 / kRate - buckets, 0.0, times);
    if (young > 0) left = buckets / (buckets + young);
    left *= std::pow(1 - kRate, times - young);
    mean *= left;
    square *= left;
  }
  double dispersion() const {
    if (mean <= 0) return kLeastDispersion;
    const double excess = (square - mean * mean - mean) / (mean * mean);
    return std::clamp(excess, kLeastDispersion, kMostDispersion);
  }
  static constexpr double kRate = 0.002884;  // 1 - 2^(-1 / kHalfLife)
};
static_assert(kHalfLife == 240, "Usual::kRate goes with it");

// One series in buckets of one width.
struct Tally {
  Usual usual;
  int64_t learned = INT64_MIN;  // buckets up to this one are in it
  bool open = false;            // the latest bucket was far above
  double count = 0;             // in the bucket that is open
  Anchor at;                    // of its first line
  Time first = kNoTime, last = kNoTime;
  TimeQuality quality = TimeQuality::none;
  std::string text;
};

struct Series {
  std::string text;  // of its template
  uint64_t last_ordinal = 0;
  std::array<Tally, kWidths.size()> tallies;
};

// All that goes by in buckets of one width.
struct Clock {
  int64_t bucket = INT64_MIN;
  int64_t first = 0;     // the unit's first bucket
  uint64_t ordinal = 0;  // lines of the unit before the bucket
  double alarms = 0;     // error-like lines in it
  Usual others;          // lines that are not
  double buckets() const { return static_cast<double>(bucket - first); }
};

class Counts : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    const bool alarm = is_alarm(line);
    if (!(line.time >= from_ && line.time < until_)) {
      if (!known(line.time)) return;
      levels_.advance(line, sink);
      advance(line, sink);
    }
    levels_.count(line);
    if (alarm) count(line);
  }

  void pause(const Signal& unit, SignalSink& sink) const override {
    for (size_t width = 0; width < kWidths.size(); ++width) {
      for (const auto& [key, series] : series_) {
        const Tally& tally = series.tallies[width];
        if (tally.count == 0) continue;
        Tally copy = tally;
        if (std::optional<Signal> told = close(key, series, copy, width, unit.count)) {
          told->service = unit.service;
          told->instance = unit.instance;
          sink.emit(*std::move(told));
        }
      }
    }
  }

  void save(StateWriter& out) const override {
    levels_.save(out);
    out.i64(begun_);
    for (const Clock& clock : clocks_) {
      out.i64(clock.bucket);
      out.i64(clock.first);
      out.u64(clock.ordinal);
      out.f64(clock.alarms);
      save(clock.others, out);
    }
    out.u64(series_.size());
    for (const auto& [key, series] : series_) {
      out.u64(key);
      out.text(series.text);
      out.u64(series.last_ordinal);
      for (const Tally& tally : series.tallies) {
        save(tally.usual, out);
        out.i64(tally.learned);
        out.flag(tally.open);
        out.f64(tally.count);
        for (const uint64_t part : {tally.at.stream, tally.at.offset, tally.at.number})
          out.u64(part);
        out.time(tally.first);
        out.time(tally.last);
        out.u64(static_cast<uint64_t>(tally.quality));
        out.text(tally.text);
      }
    }
  }

  void restore(StateReader& in) override {
    levels_.restore(in);
    begun_ = in.i64();
    for (Clock& clock : clocks_) {
      clock.bucket = in.i64();
      clock.first = in.i64();
      clock.ordinal = in.u64();
      clock.alarms = in.f64();
      clock.others = usual(in);
    }
    series_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
      Series& series = series_[in.u64()];
      series.text = in.text();
      series.last_ordinal = in.u64();
      for (Tally& tally : series.tallies) {
        tally.usual = usual(in);
        tally.learned = in.i64();
        tally.open = in.flag();
        tally.count = in.f64();
        tally.at = {in.u64(), in.u64(), in.u64()};
        tally.first = in.time();
        tally.last = in.time();
        tally.quality = static_cast<TimeQuality>(std::min<uint64_t>(in.u64(), 3));
        tally.text = in.text();
      }
    }
    set_bounds();
  }

 private:
  static void save(const Usual& usual, StateWriter& out) {
    out.f64(usual.mean);
    out.f64(usual.square);
  }
  static Usual usual(StateReader& in) {
    const double mean = in.f64();
    return {mean, in.f64()};
  }

  static std::string name_of(uint64_t key) {
    if (key == kAllAlarms) return std::string(kAlarms);
    if (key == kAllErrors) return std::string(kErrors);
    char id[17] = {};
    std::to_chars(id, id + 16, key, 16);
    return id;
  }

  static bool is_alarm(const Observation& line) {
    const Level level = line.record.level;
    if (level >= Level::warn) return true;
    return line.shape->failing && level != Level::debug && level != Level::trace;
  }

  // Closes the buckets that end before this line and opens those that hold it.
  void advance(const Observation& line, SignalSink& sink) {
    const int64_t now = to_us(line.time);
    const uint64_t before = line.ordinal - 1;
    if (begun_ == INT64_MIN) begun_ = now;
    for (size_t width = 0; width < kWidths.size(); ++width) {
      Clock& clock = clocks_[width];
      const int64_t bucket = now / kWidths[width].us;
      if (clock.bucket == INT64_MIN) {
        clock.bucket = clock.first = bucket;
        clock.ordinal = before;
        continue;
      }
      const bool set_back = now < clock.bucket * kWidths[width].us - kClockSet;
      if (bucket <= clock.bucket && !set_back) continue;
      const double others =
          std::max(0.0, static_cast<double>(before - clock.ordinal) - clock.alarms);
      for (auto& [key, series] : series_) {
        Tally& tally = series.tallies[width];
        if (tally.count == 0) continue;
        if (std::optional<Signal> told = close(key, series, tally, width, before)) {
          told->service = line.service;
          told->instance = line.lane;
          sink.emit(*std::move(told));
        }
      }
      clock.others.learn(others, clock.buckets());
      const double skipped = static_cast<double>(set_back ? 0 : bucket - clock.bucket - 1);
      clock.others.learn_nothing(clock.buckets() + 1, skipped);
      // Age goes on as it was when a clock was set back.
      if (set_back) shift(width, bucket - clock.bucket - 1);
      clock.bucket = bucket;
      clock.ordinal = before;
      clock.alarms = 0;
    }
    set_bounds();
  }

  void shift(size_t width, int64_t by) {
    clocks_[width].first += by;
    if (width + 1 == kWidths.size()) begun_ += by * kWidths[width].us;
    for (auto& [key, series] : series_) {
      Tally& tally = series.tallies[width];
      if (tally.learned != INT64_MIN) tally.learned += by;
    }
  }

  // Ends the bucket of a series that has lines in it: learns from it, and says whether it stands
  // out. `lines`: of the unit until the end of the bucket.
  std::optional<Signal> close(uint64_t key, const Series& series, Tally& tally, size_t width,
                              uint64_t lines) const {
    const Clock& clock = clocks_[width];
    const double buckets = clock.buckets();  // before this one
    if (tally.learned == INT64_MIN) tally.learned = clock.first - 1;
    const auto empty = static_cast<double>(clock.bucket - tally.learned - 1);
    if (empty > 0) {
      tally.usual.learn_nothing(std::max(0.0, buckets - empty), empty);
      tally.open = false;
    }
    tally.learned = clock.bucket;
    const double others = std::max(0.0, static_cast<double>(lines - clock.ordinal) - clock.alarms);
    const double busier = std::max(1.0, (others + 1) / (clock.others.mean + 1));
    // Where none came in n buckets, half of one is to be expected.
    const double mean = std::max(tally.usual.mean, 0.5 / (buckets + 1)) * busier;
    const double dispersion = tally.usual.dispersion();
    const bool young = begun_ != INT64_MIN && to_us(tally.first) - begun_ < kWidths[width].until;
    const bool worth =
        buckets >= kWarmUp && young && (tally.open || tally.count >= kWidths[width].fewest);
    const double decades = worth ? surprise(tally.count, mean, dispersion) : 0;
    const bool tells = worth && decades >= (tally.open ? kGoesOn : kOpen);
    std::optional<Signal> told;
    if (tells) {
      told.emplace();
      told->kind = SignalKind::counts;
      told->at = tally.at;
      told->since = tally.first;
      told->time = tally.last;
      told->quality = tally.quality;
      told->text = tally.text;
      told->subject =
          std::string(kBurst) + ' ' + name_of(key) + ' ' + std::string(kWidths[width].name);
      told->detail = series.text;
      told->before = mean;
      told->after = decades;
      told->count = static_cast<uint64_t>(tally.count);
    }
    tally.open = tells;
    const double spread = std::sqrt(mean + dispersion * mean * mean);
    tally.usual.learn(std::min(tally.count, mean + 4 * spread + 2), buckets);
    tally.count = 0;
    tally.text.clear();
    return told;
  }

  void count(const Observation& line) {
    for (Clock& clock : clocks_) ++clock.alarms;
    add(kAllAlarms, line);
    if (line.record.level >= Level::error) add(kAllErrors, line);
    add(line.shape->id, line);
  }

  void add(uint64_t key, const Observation& line) {
    auto found = series_.find(key);
    if (found == series_.end()) {
      const bool is_template = key != kAllAlarms && key != kAllErrors;
      if (is_template && !make_room(line)) return;
      found = series_.emplace(key, Series()).first;
      if (is_template) found->second.text = line.shape->text().substr(0, 160);
    }
    Series& series = found->second;
    series.last_ordinal = line.ordinal;
    const int64_t age = to_us(line.time) - begun_;
    for (size_t width = 0; width < kWidths.size(); ++width) {
      if (age >= kWidths[width].until) continue;
      Tally& tally = series.tallies[width];
      const bool anew =
          tally.count == 0 || (tally.count < kWidths[width].fewest &&
                               line.time - tally.last > Micros(kWidths[width].us / kBreak));
      if (anew) {
        tally.at = line.at;
        tally.first = line.time;
        tally.quality = line.quality;
        tally.text = line.message().substr(0, kQuote);
      }
      ++tally.count;
      tally.last = line.time;
    }
  }

  // The template that was not seen for longest makes room, if it was not seen for long.
  bool make_room(const Observation& line) {
    if (series_.size() < kMaxTemplates + 2) return true;
    auto oldest = series_.end();
    for (auto it = series_.begin(); it != series_.end(); ++it) {
      if (it->first == kAllAlarms || it->first == kAllErrors) continue;
      const bool counting = std::any_of(it->second.tallies.begin(), it->second.tallies.end(),
                                        [](const Tally& tally) { return tally.count > 0; });
      if (counting) continue;
      if (oldest == series_.end() || it->second.last_ordinal < oldest->second.last_ordinal)
        oldest = it;
    }
    if (oldest == series_.end() || line.ordinal - oldest->second.last_ordinal < 1000) return false;
    series_.erase(oldest);
    return true;
  }

  void set_bounds() {
    from_ = until_ = kNoTime;
    for (size_t width = 0; width < kWidths.size(); ++width) {
      const Clock& clock = clocks_[width];
      if (clock.bucket == INT64_MIN) return;
      const int64_t us = kWidths[width].us;
      // The narrower widths end with the unit's youth.
      if (clock.bucket * us - begun_ >= kWidths[width].until) continue;
      from_ = time_from_us(clock.bucket * us);
      until_ = time_from_us((clock.bucket + 1) * us);
      return;
    }
  }

  LevelCounts levels_;
  int64_t begun_ = INT64_MIN;  // the unit's first time, us
  std::array<Clock, kWidths.size()> clocks_;
  std::map<uint64_t, Series> series_;      // by template, or one of kAll...
  Time from_ = kNoTime, until_ = kNoTime;  // of the narrowest bucket: nothing ends within it
};
}  // namespace

extern const SensorSpec counts_sensor = {
    "counts", 1, [] { return std::unique_ptr<Sensor>(new Counts); }, false, true};
}  // namespace blip
