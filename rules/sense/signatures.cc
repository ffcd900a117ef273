// Known lines: what the front found a literal of is confirmed by its regex on the decoded message,
//
//   init: gamesrv main process (2101) killed by KILL signal   -> supervisor_exit of gamesrv,
//   SIGKILL api-gateway listening at http://0.0.0.0:3000              -> start_mark of this unit
//
// and told with what the line names. What several lines make up is the blocks' (parsers/blocks/).

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>

#include "rules/sense/sensor.h"
#include "rules/signature_set.h"

namespace blip {
namespace {
constexpr uint64_t kDenseCount = 50;   // a start phrase this often ...
constexpr uint64_t kDenseShare = 50;   // ... and in more than one line of 50 starts nothing
constexpr Micros kSymptomEvery = 60s;  // one signal a signature within it
constexpr size_t kMaxSymptoms = 256;   // signatures remembered for that

SignalKind signal_kind(SignatureKind kind) {
  switch (kind) {
    case SignatureKind::crash:
      return SignalKind::death_note;
    case SignatureKind::oom:
      return SignalKind::oom;
    case SignatureKind::exit:
      return SignalKind::supervisor_exit;
    case SignatureKind::respawn:
      return SignalKind::supervisor_start;
    case SignatureKind::giveup:
      return SignalKind::gave_up;
    case SignatureKind::start:
    case SignatureKind::ready:
      return SignalKind::start_mark;
    case SignatureKind::stop_planned:
      return SignalKind::stop_notice;
    case SignatureKind::reload:
      return SignalKind::reload;
    case SignatureKind::boot:
      return SignalKind::host_boot;
    case SignatureKind::degraded:
    case SignatureKind::symptom:
    case SignatureKind::match:
      break;
  }
  return SignalKind::symptom;
}

// "KILL", "SIGKILL", "9" -> "SIGKILL"; a number without a common name -> "signal 34".
std::string signal_word(std::string_view spelled) {
  static const std::map<std::string, std::string, std::less<>> kByNumber = {
      {"1", "SIGHUP"},   {"2", "SIGINT"},   {"3", "SIGQUIT"}, {"4", "SIGILL"},   {"6", "SIGABRT"},
      {"7", "SIGBUS"},   {"8", "SIGFPE"},   {"9", "SIGKILL"}, {"11", "SIGSEGV"}, {"13", "SIGPIPE"},
      {"15", "SIGTERM"}, {"10", "SIGUSR1"}, {"12", "SIGUSR2"}};
  if (const auto known = kByNumber.find(spelled); known != kByNumber.end()) return known->second;
  if (!spelled.empty() && std::isdigit(static_cast<unsigned char>(spelled[0]))) {
    return "signal " + std::string(spelled);
  }
  std::string word(spelled);
  for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return word.starts_with("SIG") ? word : "SIG" + word;
}

// systemd names units, others quote: "orders.service", "'shop'" -> "orders", "shop".
std::string plain_service(std::string_view name) {
  while (!name.empty() && (name.front() == '\'' || name.front() == '"')) name.remove_prefix(1);
  while (!name.empty() && (name.back() == '\'' || name.back() == '"')) name.remove_suffix(1);
  if (name.ends_with(".service")) name.remove_suffix(8);
  return std::string(name.substr(0, 128));
}

// The kernel and process 1 live and die with the host: what they say of themselves is the host's.
bool speaks_for_host(std::string_view service) {
  return service == "kernel" || service == "systemd" || service == "init" ||
         service == "systemd-shutdown" || service == "shutdown" || service == "systemd-logind";
}

std::string without_digits(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= '0' && c <= '9') continue;
    out += c;
  }
  return out;
}

class Signatures : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    if (line.hits == nullptr || line.hits->empty()) return;
    uint32_t before = UINT32_MAX;
    for (const uint32_t at : *line.hits) {
      if (at == before) continue;  // its literal stands twice
      before = at;
      if (told_lately(at, line)) continue;
      Captures captures;
      const Matcher& matcher = line.set->matchers[at];
      // What the format took off (a level word, a pid) may be part of what the rule looks for.
      if (!matcher.match(line.record.message, captures) &&
          !matcher.match(line.record.line.text, captures)) {
        continue;
      }
      const Signature& signature = line.set->signatures[at];
      for (const SignatureSet::Step& step : line.set->steps[at]) {
        tell_step(step, matcher, captures, line, sink);
      }
      if (signature.sequence || at >= line.set->given) continue;
      if (signature.kind == SignatureKind::match) {
        Match match{line.signal(SignalKind::symptom), &signature,
                    matcher.groups(line.record.message)};
        if (match.captures.empty()) match.captures = matcher.groups(line.record.line.text);
        if (!captures.service.empty()) {
          match.line.service = plain_service(captures.service);
          match.line.instance.clear();
        }
        sink.match(std::move(match));
        continue;
      }
      tell(signature, captures, line, sink);
    }
  }
  void save(StateWriter& out) const override {
    out.u64(told_.size());
    for (const auto& [id, when] : told_) {
      out.text(id);
      out.time(when);
    }
  }
  void restore(StateReader& in) override {
    told_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
      std::string id(in.text());
      told_[std::move(id)] = in.time();
    }
  }

 private:
  // A line that a rule counts, pairs or waits for: every one is told, whatever comes of it.
  static void tell_step(const SignatureSet::Step& step, const Matcher& matcher,
                        const Captures& captures, const Observation& line, SignalSink& sink) {
    const Signature& rule = line.set->signatures[step.rule];
    Signal signal = line.signal(SignalKind::rule_line);
    signal.subject = std::string(step.next ? kNextOf : kLineOf) + rule.id;
    signal.detail = terms_text(rule);
    if (!captures.service.empty()) {
      signal.service = plain_service(captures.service);
      signal.instance.clear();
    }
    auto groups = matcher.groups(line.record.message);
    if (groups.empty()) groups = matcher.groups(line.record.line.text);
    const auto value = [&](std::string_view name) -> std::string_view {
      for (const auto& [group, text] : groups) {
        if (group == name) return text;
      }
      if (name == "pid") return line.record.pid;
      return name == "instance" ? line.lane : std::string_view();
    };
    for (const std::string& name : rule.sequence->by) {
      if (&name != &rule.sequence->by.front()) signal.frame += kKeyJoint;
      signal.frame += value(name).substr(0, kKeyBytes);
    }
    if (!rule.sequence->distinct.empty())
      signal.fingerprint = hash_of(value(rule.sequence->distinct));
    sink.emit(std::move(signal));
  }

  void tell(const Signature& signature, const Captures& captures, const Observation& line,
            SignalSink& sink) {
    Signal signal = line.signal(signal_kind(signature.kind));
    signal.subject = signature.id;
    if (!captures.service.empty()) {
      signal.service = plain_service(captures.service);
      signal.instance.clear();
    }
    if (signal.kind == SignalKind::host_boot ||
        (captures.service.empty() && speaks_for_host(line.record.service))) {
      signal.service = "host";
      signal.instance.clear();
      const bool starts =
          signal.kind == SignalKind::start_mark || signal.kind == SignalKind::supervisor_start;
      if (starts) signal.kind = SignalKind::host_boot;
    }
    signal.count = signature.worker ? 1 : 0;
    signal.after = captures.pid.empty() ? -1 : std::atof(std::string(captures.pid).c_str());
    switch (signal.kind) {
      case SignalKind::symptom:
        if (dense_symptom(symptom_of(signature, signal.service), line.time)) return;
        break;
      case SignalKind::start_mark:
        if (signature.worker) return;
        if (line.shape->count > kDenseCount && line.shape->count * kDenseShare > line.ordinal)
          return;
        signal.detail = signature.kind == SignatureKind::ready ? "ready" : "start";
        signal.before = signature.weak ? 1 : 0;
        signal.count = line.shape->count;
        signal.after = static_cast<double>(line.ordinal);
        break;
      case SignalKind::supervisor_start:
        if (signature.worker) return;  // a worker's birth is nobody's start
        break;
      case SignalKind::supervisor_exit:
        if (!captures.signal.empty())
          signal.detail = signal_word(captures.signal);
        else if (!captures.code.empty())
          signal.detail = "exit " + std::string(captures.code);
        else if (!captures.reason.empty())
          signal.detail = "gone";  // found dead, by one who was not asked to stop it
        break;
      case SignalKind::death_note:
      case SignalKind::oom:
        signal.detail = captures.reason.empty() ? signal.text : std::string(captures.reason);
        signal.fingerprint = hash_of(signature.id + without_digits(signal.detail));
        if (!captures.signal.empty()) signal.frame = signal_word(captures.signal);
        if (signal.kind == SignalKind::death_note)
          signal.after = static_cast<double>(line.at.number);
        break;
      default:
        break;
    }
    sink.emit(std::move(signal));
  }

  // Whether nothing would come of the line but a symptom that was told a moment ago, so that it
  // need not be matched: a flood of them is cheap.
  bool told_lately(uint32_t at, const Observation& line) const {
    const Signature& signature = line.set->signatures[at];
    const bool symptom = signature.kind != SignatureKind::match &&
                         signal_kind(signature.kind) == SignalKind::symptom;
    if (!symptom || signature.sequence || at >= line.set->given) return false;
    if (!line.set->steps[at].empty() || told_.empty() || told_.size() >= kMaxSymptoms) return false;
    if (line.set->matchers[at].names_service()) return false;
    const bool host = speaks_for_host(line.record.service);
    const auto known = told_.find(symptom_of(signature, host ? "host" : line.service));
    return known != told_.end() && is_dense(known->second, line.time);
  }
  static std::string symptom_of(const Signature& signature, std::string_view service) {
    return signature.id + ' ' + std::string(service);
  }
  static bool is_dense(Time told, Time now) {
    return told != kNoTime && now - told < kSymptomEvery;
  }

  bool dense_symptom(const std::string& id, Time time) {
    if (told_.size() >= kMaxSymptoms) told_.clear();
    const auto [known, fresh] = told_.try_emplace(id, time);
    if (fresh) return false;
    if (is_dense(known->second, time)) return true;
    known->second = time;
    return false;
  }

  std::map<std::string, Time> told_;  // symptom signature -> when last told
};
}  // namespace

extern const SensorSpec signatures_sensor = {
    "signatures", 1, [] { return std::unique_ptr<Sensor>(new Signatures); }};
}  // namespace blip
