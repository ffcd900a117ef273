// count_lines FILE: how many lines of FILE the pack's patterns hit, as `rg -c --no-unicode -f
// <(blip rules list -o regex) FILE` counts them: the chunk front finds the lines, RE2 confirms them
// on raw bytes. What the comparison of speeds rests on: both find the same lines.
//
//   count_lines app.log             128
//   count_lines -n app.log          their numbers, one a line
#include <fcntl.h>
#include <re2/re2.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "rules/front.h"
#include "rules/signature.h"
#include "rules/trial.h"

namespace blip {
namespace {
constexpr size_t kChunk = 1 << 20;

struct Counter {
  std::vector<Signature> signatures = builtin_signatures();
  std::unique_ptr<Front> front = Front::make(signatures, Front::Engine::vectorscan);
  std::vector<std::unique_ptr<RE2>> regexes;
  std::vector<Hit> hits;
  size_t lines = 0, found = 0;
  bool numbers = false;

  Counter() {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);
    options.set_log_errors(false);
    for (const Signature& one : signatures) {
      regexes.push_back(std::make_unique<RE2>(portable_regex(one.regex), options));
    }
  }

  // `text`: whole lines.
  void add(std::string_view text) {
    front->scan(text, hits);
    size_t begin = 0, next = 0;
    while (begin < text.size()) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view line = text.substr(begin, end - begin);
      bool hit = false;
      for (; next < hits.size() && hits[next].end <= end; ++next) {
        hit = hit || RE2::PartialMatch({line.data(), line.size()}, *regexes[hits[next].signature]);
      }
      ++lines;
      if (hit) {
        ++found;
        if (numbers) std::printf("%zu\n", lines);
      }
      begin = end + 1;
    }
  }
};

int run(const char* path, bool numbers) {
  const int file = std::strcmp(path, "-") == 0 ? 0 : ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::perror(path), 2;
  Counter counter;
  counter.numbers = numbers;
  std::string text;
  for (;;) {
    const size_t kept = text.size();
    text.resize(kept + kChunk);
    const ssize_t got = ::read(file, text.data() + kept, kChunk);
    if (got < 0) return std::perror(path), 2;
    text.resize(kept + static_cast<size_t>(got));
    const size_t whole = got == 0 ? text.size() : text.rfind('\n') + 1;  // none: 0
    counter.add(std::string_view(text).substr(0, whole));
    text.erase(0, whole);
    if (got == 0) break;
  }
  if (!numbers) std::printf("%zu\n", counter.found);
  return 0;
}
}  // namespace
}  // namespace blip

int main(int argc, char** argv) {
  const bool numbers = argc == 3 && std::strcmp(argv[1], "-n") == 0;
  if (argc != 2 && !numbers) {
    std::fputs("count_lines [-n] FILE\n", stderr);
    return 2;
  }
  return blip::run(argv[argc - 1], numbers);
}
