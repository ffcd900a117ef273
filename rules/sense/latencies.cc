// How long requests take: the median of a minute of line time, for each of the few endpoints that a
// unit meets first, so that a service which slows down shows it in few signals:
//
//   "POST /collect HTTP/1.1" 204 ... 0.023                  -> latency of POST /collect = 23
//   {"latency":17,"msg":"GET /quotes/86 200",...}           -> latency of GET /quotes/# = 17
//
// Reads only numbers that the format gives as fields. A minute is told when the next one begins, on
// its own last line; the one that has not ended is not told yet.

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "rules/sense/senses.h"
#include "rules/sense/sensor.h"

namespace blip {
namespace {
constexpr Micros kEvery = 60s;
constexpr size_t kMaxEndpoints = 4;  // of one unit
constexpr size_t kMaxValues = 64;    // of one minute; the first ones
constexpr size_t kMaxName = 64;
constexpr uint64_t kMaxLooks = 96;  // lines of a minute that are read: a busy unit costs no more

struct Named {
  std::string_view name;
  double to_ms;
};

// Field names that programs and servers give to the time a request took.
const Named* duration_field(std::string_view name) {
  static constexpr std::array<Named, 17> kNames = {{{"request_time", 1000},
                                                    {"response_time", 1000},
                                                    {"rt", 1000},
                                                    {"response_time_ms", 1},
                                                    {"total_ms", 1},
                                                    {"latency", 1},
                                                    {"latency_ms", 1},
                                                    {"latencyMs", 1},
                                                    {"duration", 1},
                                                    {"duration_ms", 1},
                                                    {"durationMs", 1},
                                                    {"elapsed", 1},
                                                    {"elapsed_ms", 1},
                                                    {"elapsedMs", 1},
                                                    {"responseTime", 1},
                                                    {"took", 1},
                                                    {"took_ms", 1}}};
  for (const Named& one : kNames) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

bool digit(char c) { return c >= '0' && c <= '9'; }

// A metric's name in place: no memory is asked for on a line.
struct Name {
  std::array<char, kMaxName> text;
  size_t size = 0;

  void append(std::string_view more) {
    const size_t taken = std::min(more.size(), text.size() - size);
    std::copy_n(more.data(), taken, text.data() + size);
    size += taken;
  }
  std::string_view view() const { return {text.data(), size}; }
};

// "\"POST /users/17?x=1 HTTP/1.1\" 204" -> "latency of POST /users/#"; without a request,
// "latency".
void name_metric(std::string_view message, Name& out) {
  out.append("latency");
  while (!message.empty() && (message.front() == '"' || message.front() == ' '))
    message.remove_prefix(1);
  size_t method = 0;
  while (method < message.size() && message[method] >= 'A' && message[method] <= 'Z') ++method;
  if (method < 3 || method > 7 || method + 1 >= message.size() || message[method] != ' ' ||
      message[method + 1] != '/') {
    return;
  }
  out.append(" of ");
  out.append(message.substr(0, method + 1));
  const std::string_view path = message.substr(method + 1, kMaxName);
  size_t begin = 0;
  bool value = false;
  for (size_t at = 0; at <= path.size(); ++at) {
    const char c = at < path.size() ? path[at] : ' ';
    const bool end = c == ' ' || c == '?' || c == '"';
    if (end || (c == '/' && at > 0)) {
      out.append(value ? "/#" : path.substr(begin, at - begin));
      begin = at;
      value = false;
    }
    if (end) break;
    value |= digit(c);
  }
}

struct Endpoint {
  std::string metric;
  Time from = kNoTime;  // of the minute's first value
  Time last = kNoTime, previous = kNoTime;
  Anchor at;  // of its last value
  TimeQuality quality = TimeQuality::none;
  uint64_t count = 0;
  std::vector<double> values;
};

class Latencies : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    if (line.record.fields.empty() || !known(line.time)) return;
    if (!known(since_) || line.time < since_ || line.time - since_ >= kEvery) {
      since_ = line.time;
      looked_at_ = 0;
    }
    if (++looked_at_ > kMaxLooks) return;
    for (const Field& field : line.record.fields) {
      const Named* const named = duration_field(field.name);
      if (named == nullptr) continue;
      double value = 0;
      const char* const end = field.value.data() + field.value.size();
      if (std::from_chars(field.value.data(), end, value).ec != std::errc()) return;
      add(value * named->to_ms, line, sink);
      return;
    }
  }
  void save(StateWriter& out) const override {
    out.time(since_);
    out.u64(looked_at_);
    out.u64(endpoints_.size());
    for (const Endpoint& one : endpoints_) {
      out.text(one.metric);
      for (const Time time : {one.from, one.last, one.previous}) out.time(time);
      for (const uint64_t part : {one.at.stream, one.at.offset, one.at.number}) out.u64(part);
      out.u64(static_cast<uint64_t>(one.quality));
      out.u64(one.count);
      out.u64(one.values.size());
      for (const double value : one.values) out.f64(value);
    }
  }
  void restore(StateReader& in) override {
    since_ = in.time();
    looked_at_ = in.u64();
    endpoints_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
      Endpoint one;
      one.metric = in.text();
      for (Time* time : {&one.from, &one.last, &one.previous}) *time = in.time();
      one.at = {in.u64(), in.u64(), in.u64()};
      one.quality = static_cast<TimeQuality>(std::min<uint64_t>(in.u64(), 3));
      one.count = in.u64();
      for (uint64_t values = in.count(); values > 0 && in.ok(); --values) {
        one.values.push_back(in.f64());
      }
      endpoints_.push_back(std::move(one));
    }
  }

 private:
  void add(double value, const Observation& line, SignalSink& sink) {
    Name metric;
    name_metric(line.message(), metric);
    auto found = std::find_if(endpoints_.begin(), endpoints_.end(),
                              [&](const Endpoint& one) { return one.metric == metric.view(); });
    if (found == endpoints_.end()) {
      if (endpoints_.size() >= kMaxEndpoints) return;
      endpoints_.emplace_back();
      found = endpoints_.end() - 1;
      found->metric = metric.view();
    }
    Endpoint& own = *found;
    if (own.count > 0 && (line.time < own.from || line.time - own.from >= kEvery)) {
      tell(own, line, sink);
      own.values.clear();
      own.count = 0;
    }
    if (own.count == 0) own.from = line.time;
    own.last = line.time;
    own.previous = line.previous;
    own.at = line.at;
    own.quality = line.quality;
    ++own.count;
    if (own.values.size() < kMaxValues) own.values.push_back(value);
  }

  static void tell(Endpoint& own, const Observation& line, SignalSink& sink) {
    const auto middle = own.values.begin() + static_cast<ptrdiff_t>(own.values.size() / 2);
    std::nth_element(own.values.begin(), middle, own.values.end());
    Signal signal = line.signal(SignalKind::sample);
    signal.text.clear();
    signal.at = own.at;
    signal.time = own.last;
    signal.since = own.previous;
    signal.quality = own.quality;
    signal.subject = own.metric;
    signal.detail = "ms";
    signal.after = *middle;
    signal.count = own.count;
    sink.emit(std::move(signal));
  }

  std::vector<Endpoint> endpoints_;
  Time since_ = kNoTime;    // of the minute being looked at
  uint64_t looked_at_ = 0;  // lines of it
};
}  // namespace

bool is_duration(std::string_view field) { return duration_field(field) != nullptr; }

extern const SensorSpec latencies_sensor = {
    "latencies", 1, [] { return std::unique_ptr<Sensor>(new Latencies); }, false, true};
}  // namespace blip
