// The promise at its hardest: four writers at thousands of lines a second, rotation every 300 ms,
// and an agent that is killed by SIGKILL again and again. Every line must be in the store exactly
// once and in order. `./dev test --long` kills 200 times; the everyday run 12 times.

#include <atomic>
#include <random>

#include "tests/conformance/support.h"

namespace blip::conformance {
namespace {

struct Totals {
  uint64_t written = 0, stored = 0, lost = 0, doubled = 0, disordered = 0;
};

// One thread a file: lines in bursts, a rotation each 300 ms. All rotations are kept, under the
// second they were made, as dateext does.
class RotatingWriter {
 public:
  RotatingWriter(const Site& site, int index, uint64_t per_second)
      : path_(site.file("app" + std::to_string(index) + ".log")),
        writer_("w" + std::to_string(index), path_),
        per_second_(per_second),
        thread_([this] { run(); }) {}
  ~RotatingWriter() { finish(); }
  void finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  const Writer& writer() const { return writer_; }

 private:
  void run() {
    auto rotate_at = Clock::now() + milliseconds(300);
    int number = 0;
    while (!stop_) {
      writer_.lines(per_second_ / 100);
      pause(10);
      if (Clock::now() < rotate_at) continue;
      rotate_at += milliseconds(300);
      char suffix[32];
      snprintf(suffix, sizeof suffix, "-20260102-%06d", ++number);
      fs::rename(path_, path_.string() + suffix);
      writer_.lines(3);  // the old descriptor is written to for a moment
      writer_.reopen();
    }
  }
  fs::path path_;
  Writer writer_;
  uint64_t per_second_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

Totals count_up(const Site& site, const std::vector<const Writer*>& writers) {
  Totals totals;
  const Stored stored = site.stored();
  for (const Writer* writer : writers) {
    totals.written += writer->written();
    const auto found = stored.find(writer->name());
    if (found == stored.end()) {
      totals.lost += writer->written();
      continue;
    }
    std::vector<uint64_t> times(writer->written() + 1);
    uint64_t before = 0;
    for (const uint64_t seq : found->second) {
      ++totals.stored;
      if (seq >= times.size()) continue;
      if (++times[seq] > 1) ++totals.doubled;
      if (seq < before) {
        ++totals.disordered;
        printf("%s: %llu after %llu\n", writer->name().c_str(),
               static_cast<unsigned long long>(seq), static_cast<unsigned long long>(before));
      }
      before = seq;
    }
    for (uint64_t seq = 1; seq < times.size(); ++seq) totals.lost += times[seq] == 0;
  }
  return totals;
}

void kill_again_and_again(bool polling, int kills, uint64_t per_second) {
  Site site(polling);
  std::mt19937 random(std::random_device{}());
  std::vector<std::unique_ptr<RotatingWriter>> writers;
  for (int i = 0; i < 4; ++i) {
    writers.push_back(std::make_unique<RotatingWriter>(site, i, per_second / 4));
  }
  for (int i = 0; i < kills; ++i) {
    site.start();
    pause(static_cast<int>(random() % 1000) * Site::slow());
    site.kill();
  }
  for (const auto& writer : writers) writer->finish();
  std::vector<const Writer*> all;
  uint64_t sum = 0;
  for (const auto& writer : writers) {
    all.push_back(&writer->writer());
    sum += writer->writer().written();
  }
  site.start();
  site.wait_for(sum, milliseconds(120000));
  site.stop();
  const Totals totals = count_up(site, all);
  printf(
      "%d kills, %s: %llu lines written, %llu stored, %llu lost, %llu doubled, %llu out of order\n",
      kills, polling ? "polling" : "inotify", static_cast<unsigned long long>(totals.written),
      static_cast<unsigned long long>(totals.stored), static_cast<unsigned long long>(totals.lost),
      static_cast<unsigned long long>(totals.doubled),
      static_cast<unsigned long long>(totals.disordered));
  EXPECT_EQ(totals.lost, 0u) << site.log_text();
  EXPECT_EQ(totals.doubled, 0u);
  EXPECT_EQ(totals.disordered, 0u);
  EXPECT_EQ(totals.stored, totals.written);
}

TEST(Kill, EveryLineOnceAndInOrder) {
  kill_again_and_again(false, long_run() ? 200 : 12, 20'000 / static_cast<uint64_t>(Site::slow()));
}
TEST(Kill, EveryLineOnceAndInOrderByPolling) {
  kill_again_and_again(true, long_run() ? 50 : 4, 20'000 / static_cast<uint64_t>(Site::slow()));
}

}  // namespace
}  // namespace blip::conformance
