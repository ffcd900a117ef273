// Sources that are no files: what they bring goes through a spool, and the agent is killed
// meanwhile.

#include <sys/ioctl.h>

#include <random>

#include "tests/conformance/support.h"

namespace blip::conformance {
namespace {
TEST(Pipe, EveryLineOnceThoughTheAgentIsKilled) {
  Site site;
  const fs::path fifo = site.folder() / "app.fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  site.configure("sources: [{pipe: " + fifo.string() + "}]\n");
  // A reader of the test's own keeps the pipe alive while no agent does.
  const int held = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(held, 0);
  ASSERT_GT(::fcntl(held, F_SETPIPE_SZ, 1 << 20), 0);
  const auto room = [held] {
    int waiting = 0;
    return ::ioctl(held, FIONREAD, &waiting) == 0 && waiting < (1 << 19);
  };
  Writer writer("w", fifo);
  const int kills = long_run() ? 100 : 10;
  std::mt19937 random(7);
  for (int i = 0; i < kills; ++i) {
    site.start();
    const auto until = Clock::now() + milliseconds(20 + random() % 200);
    while (Clock::now() < until) {
      if (room()) writer.lines(1 + random() % 50);
      pause(1 + static_cast<int>(random() % 5));
    }
    site.kill();
    writer.lines(20);  // waits in the pipe
  }
  site.start();
  site.expect_all({&writer});
  site.stop();
  EXPECT_EQ(site.count("kind = 'match' AND service = 'app'"), writer.written());
  ::close(held);
}

TEST(Pipe, AWriterThatOutrunsTheAgentWaits) {
  Site site;
  const fs::path fifo = site.folder() / "app.fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  site.configure("sources: [{pipe: " + fifo.string() + ", service: web}]\n");
  site.start();
  site.wait_until_following();
  Writer writer("w", fifo);
  writer.lines(20000);
  site.expect_all({&writer});
  site.stop();
  EXPECT_EQ(site.count("kind = 'match' AND service = 'web'"), writer.written());
}

TEST(Pipe, AMissingFifoIsToldAndFoundLater) {
  Site site;
  const fs::path fifo = site.folder() / "late.fifo";
  site.configure("sources: [{pipe: " + fifo.string() + "}]\n");
  site.start();
  site.wait_until_following();
  for (int i = 0; i < 100 && site.count("kind = 'health'") == 0; ++i) pause(20);
  EXPECT_EQ(site.count("kind = 'health' AND title LIKE '%late.fifo: No such file%'"), 1u);
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  Writer writer("w", fifo, O_APPEND);  // opens when the agent does
  writer.lines(100);
  site.expect_all({&writer});
  site.stop();
}
}  // namespace
}  // namespace blip::conformance
