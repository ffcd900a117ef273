// Scans of several logs, and of what is no file.

#include "agent/scan.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "store/store.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
using testing::TempFolder;

// blip scan <(journalctl): what is taken from a pipe is gone, and nothing may look at it first.
TEST(Scan, ReadsANamedPipeFromItsFirstLine) {
  const TempFolder folder;
  const std::string pipe = (folder.path() / "app.fifo").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  constexpr int kLines = 5000;
  std::thread writer([&pipe] {
    std::ofstream out(pipe);
    for (int i = 0; i < kLines; ++i) out << "2014-06-24 12:00:00 info: served order " << i << "\n";
  });
  Result<Store> store = Store::open("", Access::read_write);
  ASSERT_TRUE(store) << store.error().text;
  ScanOptions options;
  options.paths = {pipe};
  const Result<ScanReport> report = scan(*store, options);
  writer.join();
  ASSERT_TRUE(report) << report.error().text;
  EXPECT_EQ(report->lines, uint64_t{kLines});
}

}  // namespace
}  // namespace blip
