// From a chunk of raw lines, whatever their format,
//
//   {"log":"panic: assignment to entry in nil map\n","stream":"stderr","time":"2014-06-24..."}
//   Jun 24 19:50:53 web-1 init: app main process (4711) killed by KILL signal
//
// to hits: (go.panic, 16), (upstart.killed, 71). Literals hold no byte that JSON may escape, so
// they stand alike in raw and decoded text. Whether the regex matches is the Matcher's.

#include "rules/front.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "core/check.h"
#include "rules/front_engine.h"
#include "rules/literal.h"

namespace blip {
namespace {

std::vector<Pattern> patterns_of(const std::vector<Signature>& signatures) {
  std::map<std::pair<std::string, bool>, std::vector<uint32_t>> users;
  for (uint32_t i = 0; i < signatures.size(); ++i) {
    const Signature& signature = signatures[i];
    BLIP_CHECK(!signature.literal.empty(), "a signature that was read has a literal");
    users[{signature.literal, is_caseless(signature.regex)}].push_back(i);
  }
  std::vector<Pattern> patterns;
  for (auto& [key, indexes] : users) patterns.push_back({key.first, key.second, indexes});
  return patterns;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

size_t find_literal(std::string_view text, const Pattern& pattern, size_t from) {
  if (!pattern.caseless) return text.find(pattern.text, from);
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  const auto found = std::search(text.begin() + static_cast<ptrdiff_t>(from), text.end(),
                                 pattern.text.begin(), pattern.text.end(), same);
  return found == text.end() ? std::string_view::npos : static_cast<size_t>(found - text.begin());
}

// RE2 tells in one pass which literals a line holds; only those are then looked for.
class PortableFront : public Front {
 public:
  explicit PortableFront(std::vector<Pattern> patterns)
      : shared_(std::make_shared<Shared>(std::move(patterns))) {}

  std::unique_ptr<Front> clone() const override { return std::make_unique<PortableFront>(*this); }

  void scan(std::string_view text, std::vector<Hit>& hits) override {
    BLIP_CHECK(text.size() <= UINT32_MAX, "a chunk is less than 4 GiB");
    hits.clear();
    if (shared_->patterns.empty()) return;
    for (size_t at = 0; at < text.size();) {
      const size_t newline = text.find('\n', at);
      const size_t end = newline == std::string_view::npos ? text.size() : newline;
      scan_line(text.substr(at, end - at), at, hits);
      at = end + 1;
    }
  }

 private:
  struct Shared {
    explicit Shared(std::vector<Pattern> all)
        : patterns(std::move(all)), set(options(), RE2::UNANCHORED) {
      for (const Pattern& pattern : patterns) {
        const std::string quoted = RE2::QuoteMeta(pattern.text);
        const int id = set.Add(pattern.caseless ? "(?i)" + quoted : quoted, nullptr);
        BLIP_CHECK(id >= 0, "a quoted literal is a sound regex");
      }
      BLIP_CHECK(set.Compile(), "a set of literals compiles");
    }
    static RE2::Options options() {
      RE2::Options options(RE2::Latin1);
      options.set_log_errors(false);
      options.set_max_mem(64 << 20);  // its states are built as lines ask for them; this caps them
      return options;
    }
    std::vector<Pattern> patterns;
    RE2::Set set;
  };

  void scan_line(std::string_view line, size_t offset, std::vector<Hit>& hits) {
    RE2::Set::ErrorInfo error = {};
    found_.clear();
    if (!shared_->set.Match(re2::StringPiece(line.data(), line.size()), &found_, &error)) {
      if (error.kind != RE2::Set::kOutOfMemory) return;
      found_.resize(shared_->patterns.size());  // out of states: look for each
      for (size_t i = 0; i < found_.size(); ++i) found_[i] = static_cast<int>(i);
    }
    const size_t first = hits.size();
    for (const int id : found_) {
      const Pattern& pattern = shared_->patterns[static_cast<size_t>(id)];
      for (size_t at = find_literal(line, pattern, 0); at != std::string_view::npos;
           at = find_literal(line, pattern, at + 1)) {
        append_hits(pattern, offset + at + pattern.text.size(), hits);
      }
    }
    order_hits(hits, first);
  }

  std::shared_ptr<const Shared> shared_;
  std::vector<int> found_;
};

// Vectorscan takes 20 ms to compile the pack, then reads at 1 GB/s and more; RE2 is ready at once
// and reads at 0.1 GB/s. They give the same hits, so the change-over shows in nothing but time.
class AdaptiveFront : public Front {
 public:
  explicit AdaptiveFront(std::vector<Pattern> patterns)
      : now_(std::make_unique<PortableFront>(patterns)),
        shared_(std::make_shared<Shared>(std::move(patterns))) {}

  std::unique_ptr<Front> clone() const override {
    return std::unique_ptr<Front>(new AdaptiveFront(now_->clone(), shared_, settled_));
  }

  void scan(std::string_view text, std::vector<Hit>& hits) override {
    if (!settled_ && shared_->scanned.fetch_add(text.size()) >= kWorthCompiling) settle();
    now_->scan(text, hits);
  }

 private:
  static constexpr uint64_t kWorthCompiling = 2 << 20;  // bytes, by all clones together

  struct Shared {
    explicit Shared(std::vector<Pattern> all) : patterns(std::move(all)) {}
    const std::vector<Pattern> patterns;
    std::atomic<uint64_t> scanned = 0;
    std::once_flag compiled;
    std::unique_ptr<Front> fast;  // to clone; null where Vectorscan will not do
  };

  AdaptiveFront(std::unique_ptr<Front> now, std::shared_ptr<Shared> shared, bool settled)
      : now_(std::move(now)), shared_(std::move(shared)), settled_(settled) {}

  void settle() {
    Shared& shared = *shared_;
    std::call_once(shared.compiled, [&shared] { shared.fast = make_vectorscan(shared.patterns); });
    if (shared.fast) now_ = shared.fast->clone();
    settled_ = true;
  }

  std::unique_ptr<Front> now_;
  std::shared_ptr<Shared> shared_;
  bool settled_ = false;
};

}  // namespace

void order_hits(std::vector<Hit>& hits, size_t from) {
  const auto earlier = [](const Hit& a, const Hit& b) {
    return a.end != b.end ? a.end < b.end : a.signature < b.signature;
  };
  const auto begin = hits.begin() + static_cast<ptrdiff_t>(from);
  if (!std::is_sorted(begin, hits.end(), earlier)) std::sort(begin, hits.end(), earlier);
}

std::unique_ptr<Front> Front::make(const std::vector<Signature>& signatures, Engine engine) {
  std::vector<Pattern> patterns = patterns_of(signatures);
  if (engine == Engine::adaptive) return std::make_unique<AdaptiveFront>(std::move(patterns));
  if (engine == Engine::vectorscan) {
    if (std::unique_ptr<Front> front = make_vectorscan(patterns)) return front;
  }
  return std::make_unique<PortableFront>(std::move(patterns));
}

}  // namespace blip
