// Chunks that stay: what a follower gave is there until as many more were given as was asked for,
// so that another thread may read it.

#include <gtest/gtest.h>

#include <deque>
#include <fstream>
#include <string>

#include "tailer/follower.h"
#include "tests/support/stories.h"

namespace blip {
namespace {

class Keeper : public FollowSink {
 public:
  explicit Keeper(size_t most) : most_(most) {}
  Status turn_to(const Checkpoint&, Time) override { return Done{}; }
  Status take(const Chunk& chunk) override {
    EXPECT_EQ(chunk.stays, most_ > 0);
    for (const auto& [text, copy] : kept_) EXPECT_EQ(text, copy) << "before " << chunk.text;
    kept_.emplace_back(chunk.text, std::string(chunk.text));
    if (kept_.size() > most_) kept_.pop_front();
    all += chunk.text;
    ++chunks;
    return Done{};
  }
  Status let_go(bool) override { return Done{}; }
  Status lost(const Lost&) override { return Done{}; }
  void note(const InputNote&) override {}

  std::string all;
  size_t chunks = 0;

 private:
  const size_t most_;
  std::deque<std::pair<std::string_view, std::string>> kept_;
};

TEST(StayingChunks, AreThereAsLongAsAskedFor) {
  const testing::TempFolder folder;
  const std::string path = (folder.path() / "app.log").string();
  std::string text;
  for (int i = 0; i < 500; ++i) {
    text += "line " + std::to_string(i) + std::string(i % 50 == 49 ? 300 : i % 40, 'x') + '\n';
  }
  std::ofstream(path, std::ios::binary) << text;
  for (const size_t stay : {0, 1, 3}) {
    FollowOptions options;
    options.chunk = 128;  // some lines are longer
    options.once = true;
    options.stay = stay;
    Follower follower(folder.path().string(), "app.log", options, {});
    follower.files(find_inputs({path}).sources.at(0).files);
    Keeper keeper(stay);
    for (bool more = true; more;) {
      const Result<bool> pumped = follower.pump(1000, keeper);
      ASSERT_TRUE(pumped) << pumped.error().text;
      more = *pumped;
    }
    EXPECT_EQ(keeper.all, text);
    EXPECT_GT(keeper.chunks, 50u);
  }
}

}  // namespace
}  // namespace blip
