// A regex somebody is still writing, or hands to another tool:
//
//   'broker (?P<broker>\S+) unreachable for (\d+)s'   on   "FATAL broker b1 unreachable for 30s"
//       -> "" "broker b1 unreachable for 30s", "broker" "b1", "2" "30"
//   '(?P<service>[\w.\-]+)\: "exit" {'  -> '([\w.-]+): "exit" \{'
//
// The second walks the regex token by token; what is valid is RE2's to say.

#include "rules/trial.h"

#include <re2/re2.h>

#include <algorithm>

#include "rules/matcher.h"
#include "rules/pack_reader.h"

namespace blip {
namespace {

constexpr std::string_view kMeta = "\\.+*?()|[]{}^$";

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// How many bytes the repeat "{2}", "{2,}" or "{2,5}" at the start of `text` takes; 0 if it is none.
size_t repeat_length(std::string_view text) {
  size_t at = 1;
  const auto digits = [&] {
    const size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at > begin;
  };
  if (!digits()) return 0;
  if (at < text.size() && text[at] == ',') {
    ++at;
    digits();
  }
  return at < text.size() && text[at] == '}' ? at + 1 : 0;
}

class Rewriter {
 public:
  explicit Rewriter(std::string_view regex) : rest_(regex) {}

  std::string rewrite() {
    while (!rest_.empty()) {
      if (rest_[0] == '\\') {
        escape(kMeta);
      } else if (rest_[0] == '[') {
        char_class();
      } else if (rest_.starts_with("(?P<")) {
        out_ += '(';
        rest_.remove_prefix(std::min(rest_.find('>'), rest_.size() - 1) + 1);
      } else if (rest_[0] == '{') {
        const size_t length = repeat_length(rest_);
        if (length == 0) out_ += '\\';
        copy(std::max<size_t>(length, 1));
      } else {
        copy(1);
      }
    }
    return std::move(out_);
  }

 private:
  void copy(size_t n) {
    n = std::min(n, rest_.size());
    out_ += rest_.substr(0, n);
    rest_.remove_prefix(n);
  }

  // "\." keeps its backslash, "\d" as well; "\/" and "\"" lose it.
  void escape(std::string_view needed) {
    if (rest_.size() > 1 && !is_word(rest_[1]) && !is_one_of(rest_[1], needed)) {
      rest_.remove_prefix(1);
      copy(1);
    } else {
      copy(2);
    }
  }

  // Others know sets within sets ("[a[b]]") and take "&&", "--" and "~~" for sums of them.
  void char_class() {
    copy(1);
    if (rest_.starts_with("^")) copy(1);
    if (rest_.starts_with("]")) {
      out_ += '\\';
      copy(1);
    }
    while (!rest_.empty() && rest_[0] != ']') {
      if (rest_[0] == '\\') {
        escape("\\]^-[&~");
      } else if (rest_.starts_with("[:")) {
        copy(rest_.find(":]") == std::string_view::npos ? 1 : rest_.find(":]") + 2);
      } else {
        if (is_one_of(rest_[0], "[&~")) out_ += '\\';
        copy(1);
      }
    }
    copy(1);
  }

  std::string_view rest_;
  std::string out_;
};

}  // namespace

struct Trial::Compiled {
  std::unique_ptr<RE2> regex;
  std::vector<std::string> names;  // of its groups, [0] the whole
};

Trial::Trial(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Trial::~Trial() = default;
Trial::Trial(Trial&&) noexcept = default;
Trial& Trial::operator=(Trial&&) noexcept = default;

Result<Trial> Trial::make(const std::string& regex) {
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  auto compiled = std::make_unique<Compiled>();
  compiled->regex = std::make_unique<RE2>(with_pieces(regex), options);
  if (!compiled->regex->ok()) return Error{"regex: " + compiled->regex->error()};
  const int groups = compiled->regex->NumberOfCapturingGroups();
  if (groups > kMaxGroups) {
    return Error{"regex: more than " + std::to_string(kMaxGroups) + " groups; use (?:...)"};
  }
  if (compiled->regex->Match("", 0, 0, RE2::UNANCHORED, nullptr, 0)) {
    return Error{"regex: matches an empty line, and so every line"};
  }
  const auto& named = compiled->regex->CapturingGroupNames();
  for (int i = 0; i <= groups; ++i) {
    const auto found = named.find(i);
    compiled->names.push_back(i == 0                 ? std::string()
                              : found == named.end() ? std::to_string(i)
                                                     : found->second);
  }
  return Trial(std::move(compiled));
}

std::vector<TrialMatch> Trial::match(std::string_view text) const {
  re2::StringPiece parts[kMaxGroups + 1];
  const int count = static_cast<int>(compiled_->names.size());
  const re2::StringPiece whole(text.data(), text.size());
  if (!compiled_->regex->Match(whole, 0, whole.size(), RE2::UNANCHORED, parts, count)) return {};
  std::vector<TrialMatch> found;
  for (size_t i = 0; i < compiled_->names.size(); ++i) {
    found.push_back({compiled_->names[i], std::string_view(parts[i].data(), parts[i].size())});
  }
  return found;
}

std::string portable_regex(std::string_view regex) {
  // "(?i)a|b" -> "(?i:a|b)": where patterns are joined, as `rg -f` does, a flag is for the rest of
  // all.
  const size_t flags = regex.find_first_not_of("imsU", 2);
  const bool flagged =
      regex.starts_with("(?") && flags > 2 && flags < regex.size() && regex[flags] == ')';
  if (!flagged) return Rewriter(regex).rewrite();
  return std::string(regex.substr(0, flags)) + ":" + Rewriter(regex.substr(flags + 1)).rewrite() +
         ")";
}

}  // namespace blip
