// Writes the logs of five true stories, each as its host would have kept them:
//
//   blip-stories /tmp/stories                            all five, the same bytes each time
//   blip-stories /tmp/stories --story 4-live-demo        one of them
//   blip-stories /tmp/stories --seed 7                   the same events, other numbers
//
// Beside the logs lies truth.json: what really happened, and on which line it shows.

#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>

#include "examples/kit.h"

namespace blip::stories {
namespace {
struct Tale {
  const char* name;
  const char* notes;
  void (*tell)(Story&);
};

constexpr Tale kTales[] = {
    {"1-saved-by-the-bug", "a goroutine leak that a crash keeps resetting", saved_by_the_bug},
    {"2-weathering-the-storm", "a host that runs out of memory once a day", weathering_the_storm},
    {"3-off-and-on-again", "seven processes, and one that forgets to forget", off_and_on_again},
    {"4-live-demo", "one endpoint that holds up all others", live_demo},
    {"5-slow-collector", "requests that take longer the more was collected", slow_collector},
};

struct Options {
  std::string folder, story;
  uint64_t seed = 1;
  bool valid = false;
};

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool takes_value = word == "--seed" || word == "--story";
    if (takes_value && ++i == argc) return options;
    if (word == "--story") {
      options.story = argv[i];
    } else if (word == "--seed") {
      const std::string_view digits = argv[i];
      const char* end = digits.data() + digits.size();
      const auto [rest, error] = std::from_chars(digits.data(), end, options.seed);
      if (error != std::errc() || rest != end) return options;
    } else if (word.starts_with("-") || !options.folder.empty()) {
      return options;
    } else {
      options.folder = word;
    }
  }
  options.valid = !options.folder.empty();
  return options;
}

int usage() {
  std::fputs("usage: blip-stories DIR [--seed N] [--story NAME]\nstories:\n", stderr);
  for (const Tale& tale : kTales) std::fprintf(stderr, "  %-24s%s\n", tale.name, tale.notes);
  return 2;
}

int run(int argc, char** argv) {
  const Options options = read_options(argc, argv);
  if (!options.valid) return usage();
  bool told = false;
  for (const Tale& tale : kTales) {
    if (!options.story.empty() && options.story != tale.name) continue;
    Story story(tale.name, tale.notes, options.seed);
    tale.tell(story);
    const Status written = story.write(options.folder);
    if (!written) {
      std::fprintf(stderr, "blip-stories: %s\n", written.error().text.c_str());
      return 1;
    }
    told = true;
  }
  return told ? 0 : usage();
}
}  // namespace
}  // namespace blip::stories

int main(int argc, char** argv) { return blip::stories::run(argc, argv); }
