// Sources that are no files: what they bring goes through a spool, and the agent is killed
// meanwhile.

#include <sys/ioctl.h>

#include <random>

#include "tests/conformance/support.h"
#include "tests/support/journal.h"

namespace blip::conformance {
namespace {
TEST(Pipe, EveryLineOnceThoughTheAgentIsKilled) {
  Site site;
  const fs::path fifo = site.folder() / "app.fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  site.configure("probe: off\nsources: [{pipe: " + fifo.string() + "}]\n");
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
  site.configure("probe: off\nsources: [{pipe: " + fifo.string() + ", service: web}]\n");
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
  site.configure("probe: off\nsources: [{pipe: " + fifo.string() + "}]\n");
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

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// A real journal over two boots, the agent killed at random moments: each entry once, in order.
TEST(JournalSource, EveryEntryOnceThoughTheAgentIsKilled) {
  if (!have_journal_tool()) GTEST_SKIP() << kJournalTool << " is not installed";
  Site site;
  const fs::path folder = site.folder() / "journal";
  fs::create_directories(folder);
  site.configure("probe: off\nsources: [{journal: {folder: " + folder.string() + "}}]\n");
  JournalText host(now_us() - 3'600'000'000);
  uint64_t seq = 0;
  const auto say = [&](int lines) {
    for (int i = 0; i < lines; ++i) {
      host.pass(1000);
      host.said("orders.service", 811, "writer=w seq=" + std::to_string(++seq) + " done");
    }
  };
  std::mt19937 random(11);
  host.boot("11111111111111111111111111111111", 0);
  say(100);
  host.store((folder / "a.journal").string());
  const int kills = long_run() ? 60 : 6;
  for (int i = 0; i < kills; ++i) {
    if (i == kills / 2) host.boot("22222222222222222222222222222222", 60'000'000);
    site.start();
    const std::string file = (folder / (i < kills / 2 ? "a.journal" : "b.journal")).string();
    for (int part = 0; part < 3; ++part) {
      say(static_cast<int>(random() % 50));
      host.store(file);
      pause(static_cast<int>(random() % 80));
    }
    site.kill();
    say(7);
    host.store(file);
  }
  site.start();
  EXPECT_TRUE(site.wait_for(seq)) << site.log_text();
  site.stop();
  std::vector<uint64_t> all;
  for (uint64_t i = 1; i <= seq; ++i) all.push_back(i);
  EXPECT_EQ(site.stored()["w"], all) << site.log_text();
  EXPECT_EQ(site.count("kind = 'match' AND service = 'orders'"), seq);
  EXPECT_EQ(site.count("kind = 'loss'"), 0u);
}

// The story "weathering the storm" needs no exporter: the host tells of itself.
TEST(Probe, SamplesTheHostAndSaysFarewell) {
  Site site;
  site.configure("probe: 1s\nsources: [{files: " + site.logs().string() + "/*.log}]\n");
  site.start();
  site.wait_until_following();
  const fs::path spool = site.db() + "-spool/host.log";
  const auto text = [&spool] {
    std::ifstream in(spool);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  for (int i = 0; i < 300 && text().find("about=host", text().size() / 2) == std::string::npos; ++i)
    pause(20);
  pause(1500);
  site.stop();
  const std::string all = text();
  EXPECT_NE(all.find("service=host"), std::string::npos) << all.substr(0, 500);
  EXPECT_NE(all.find("about=farewell"), std::string::npos) << "asked to end";
  uint64_t samples = 0;
  site.query("SELECT count(*) FROM v_samples WHERE service = 'host' AND metric LIKE '%mem_kb%'",
             [&samples](sqlite3_stmt* row) {
               samples = static_cast<uint64_t>(sqlite3_column_int64(row, 0));
             });
  EXPECT_GE(samples, 1u);
}
}  // namespace
}  // namespace blip::conformance
