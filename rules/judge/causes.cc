// "SIGSEGV" -> segv; go_panic -> panic; "exit 1" -> exit1; a shutdown notice and then "exit 0" ->
// sigterm, planned; the same with another version after it, or asked for by who watches the
// program's files -> deploy. Nothing told -> unknown: a guess would be believed.

#include "rules/judge/causes.h"

#include <map>
#include <string_view>

namespace blip {
namespace {
std::string signal_cause(std::string_view name) {
  static const std::map<std::string_view, std::string_view> kWords = {
      {"SIGKILL", "kill9"}, {"SIGSEGV", "segv"},    {"SIGABRT", "abort"},  {"SIGTERM", "sigterm"},
      {"SIGINT", "sigint"}, {"SIGBUS", "sigbus"},   {"SIGILL", "sigill"},  {"SIGFPE", "sigfpe"},
      {"SIGHUP", "sighup"}, {"SIGQUIT", "sigquit"}, {"SIGPIPE", "sigpipe"}};
  const auto known = kWords.find(name);
  return known != kWords.end() ? std::string(known->second) : std::string();
}

std::string exit_cause(std::string_view detail) {
  if (const std::string word = signal_cause(detail); !word.empty()) return word;
  if (detail.empty() || detail == "gone") return {};  // how is not told
  if (!detail.starts_with("exit ")) return "signal";
  const std::string_view code = detail.substr(5);
  // Shells and containers tell of a signal as 128 + its number.
  if (code == "137") return "kill9";
  if (code == "139") return "segv";
  if (code == "134") return "abort";
  if (code == "143") return "sigterm";
  return "exit" + std::string(code);
}

bool holds(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

std::string note_cause(const Signal& note) {
  if (note.kind == SignalKind::oom) return "oom";
  if (const std::string word = signal_cause(note.frame); !word.empty()) return word;
  for (const std::string_view name :
       {"SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGKILL"}) {
    if (holds(note.detail, name)) return signal_cause(name);
  }
  const std::string_view what = note.subject;
  if (holds(what, "segfault") || holds(note.detail, "egmentation fault")) return "segv";
  if (what.starts_with("go") || what.starts_with("rust")) return "panic";
  if (holds(what, "abort") || holds(what, "assert")) return "abort";
  if (holds(note.detail, "terminate called")) return "exception";
  return holds(what, "panic") ? "panic" : "exception";
}

int rank(const Signal& end) {
  switch (end.kind) {
    case SignalKind::oom:
      return 5;
    case SignalKind::death_note:
      return end.frame.empty() ? 3 : 4;  // a whole block says more
    case SignalKind::supervisor_exit:
      return end.detail.empty() || end.detail == "gone" ? 1 : 2;
    default:
      return 0;
  }
}
}  // namespace

Cause cause_of(const std::vector<Signal>& ends, bool version_changed, bool host_rebooted) {
  Cause cause;
  bool stop = false;
  const Signal* best = nullptr;
  const Signal* stop_notice = nullptr;
  for (const Signal& end : ends) {
    if (end.kind == SignalKind::stop_notice) {
      stop = true;
      // Who restarts a program because its files changed says that new code runs now.
      version_changed |= std::string_view(end.subject).ends_with(".changed");
      if (stop_notice == nullptr) stop_notice = &end;
      continue;
    }
    if (end.count == 1) continue;  // a worker's
    if (best == nullptr || rank(end) > rank(*best)) best = &end;
  }
  cause.told_by = best != nullptr ? best : stop_notice;
  if (best != nullptr && best->kind != SignalKind::supervisor_exit) {
    cause.word = note_cause(*best);
    cause.message = best->detail;
    cause.frame = best->frame.starts_with("SIG") ? "" : best->frame;
    cause.planned = false;
    return cause;
  }
  if (host_rebooted) {
    cause.word = "reboot";
    if (stop) cause.planned = true;
    return cause;
  }
  const std::string exit = best != nullptr ? exit_cause(best->detail) : "";
  // After a stop notice, ending by TERM or with code 0, or with no word, is what was asked for.
  // Any other end was not, and a kill after the stop time-out is still a planned stop.
  const bool as_asked = exit.empty() || exit == "sigterm" || exit == "sigint" || exit == "exit0" ||
                        exit == "kill9" || exit == "sighup" || exit == "sigquit";
  if (stop && as_asked) {
    cause.planned = true;
    const bool idle = holds(stop_notice->subject, "idle");
    cause.word = version_changed ? "deploy" : idle ? "idle" : "sigterm";
    cause.told_by = stop_notice;
    return cause;
  }
  if (best != nullptr && best->detail == "gone") cause.planned = false;
  if (!exit.empty()) {
    cause.word = exit;
    // TERM from nobody known may well have been somebody's intent: not guessed.
    if (exit != "sigterm" && exit != "sigint") cause.planned = false;
  }
  return cause;
}

}  // namespace blip
