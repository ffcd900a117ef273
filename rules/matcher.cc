// "exited: shop (exit status 1; not expected)" -> service "shop", code "1". The literal front says
// which lines are worth it (front.h); what a match means is the sensor's.

#include "rules/matcher.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <string>
#include <utility>

#include "core/check.h"

namespace blip {
namespace {

struct Name {
  const char* name;
  std::string_view Captures::*member;
};
constexpr Name kCaptureNames[] = {
    // the service first
    {"service", &Captures::service}, {"pid", &Captures::pid},       {"code", &Captures::code},
    {"signal", &Captures::signal},   {"reason", &Captures::reason}, {"version", &Captures::version},
};

// "Segmentation fault", "terminated" -> "SEGV", "TERM": what strsignal() and Go call them.
std::string_view signal_of(std::string_view spelled) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"segmentation fault", "SEGV"},
      {"aborted", "ABRT"},
      {"killed", "KILL"},
      {"terminated", "TERM"},
      {"interrupt", "INT"},
      {"quit", "QUIT"},
      {"hangup", "HUP"},
      {"bus error", "BUS"},
      {"illegal instruction", "ILL"},
      {"floating point exception", "FPE"}};
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  for (const auto& [word, name] : kWords) {
    if (std::equal(spelled.begin(), spelled.end(), word.begin(), word.end(), same)) return name;
  }
  return spelled;
}

std::unique_ptr<RE2> compile(const std::string& regex) {
  RE2::Options options(RE2::Latin1);  // a log is bytes; one bad byte must not lose the line
  options.set_log_errors(false);
  return std::make_unique<RE2>(regex, options);
}

}  // namespace

struct Matcher::Compiled {
  std::string regex_text, unless_text;
  std::once_flag once;
  std::unique_ptr<RE2> regex, unless;
  std::array<int, std::size(kCaptureNames)> groups = {};  // of each name; 0: not in the regex
  int used = 0;                                           // submatches worth asking for

  void compile_now() {
    regex = compile(regex_text);
    BLIP_CHECK(regex->ok() && regex->NumberOfCapturingGroups() <= kMaxGroups,
               "a signature that was read has a sound regex");
    if (!unless_text.empty()) {
      unless = compile(unless_text);
      BLIP_CHECK(unless->ok(), "a signature that was read has a sound unless");
    }
    const auto& named = regex->NamedCapturingGroups();
    for (size_t i = 0; i < groups.size(); ++i) {
      const auto found = named.find(kCaptureNames[i].name);
      if (found == named.end()) continue;
      groups[i] = found->second;
      used = std::max(used, found->second + 1);
    }
  }
};

Matcher::Matcher(const Signature& signature) : compiled_(std::make_unique<Compiled>()) {
  compiled_->regex_text = signature.regex;
  compiled_->unless_text = signature.unless;
}

Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

Matcher::Compiled& Matcher::compiled() const {
  Compiled& own = *compiled_;
  std::call_once(own.once, [&own] { own.compile_now(); });
  return own;
}

bool Matcher::names_service() const { return compiled().groups[0] != 0; }

bool Matcher::match(std::string_view message, Captures& captures) const {
  Compiled& own = compiled();
  const re2::StringPiece text(message.data(), message.size());
  re2::StringPiece parts[kMaxGroups + 1];
  if (!own.regex->Match(text, 0, text.size(), RE2::UNANCHORED, parts, own.used)) return false;
  if (own.unless && own.unless->Match(text, 0, text.size(), RE2::UNANCHORED, nullptr, 0)) {
    return false;
  }
  for (size_t i = 0; i < own.groups.size(); ++i) {
    const int group = own.groups[i];
    const re2::StringPiece part = group == 0 ? re2::StringPiece() : parts[group];
    captures.*kCaptureNames[i].member = std::string_view(part.data(), part.size());
  }
  captures.signal = signal_of(captures.signal);
  return true;
}

std::vector<std::pair<std::string, std::string>> Matcher::groups(std::string_view message) const {
  Compiled& own = compiled();
  std::vector<std::pair<std::string, std::string>> found;
  const re2::StringPiece text(message.data(), message.size());
  re2::StringPiece parts[kMaxGroups + 1];
  const int used = own.regex->NumberOfCapturingGroups() + 1;
  if (!own.regex->Match(text, 0, text.size(), RE2::UNANCHORED, parts, used)) return found;
  for (const auto& [index, name] : own.regex->CapturingGroupNames()) {
    const re2::StringPiece part = parts[index];
    if (part.data() != nullptr) found.emplace_back(name, std::string(part.data(), part.size()));
  }
  return found;
}

}  // namespace blip
