// Real journals, made of entries in the export format by systemd's own tool.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blip {

inline constexpr const char* kJournalTool = "/lib/systemd/systemd-journal-remote";
inline bool have_journal_tool() { return access(kJournalTool, X_OK) == 0; }

// A host's clock and entries.
class JournalText {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  explicit JournalText(int64_t now_us) : now_us_(now_us) {}

  void boot(const std::string& id, int64_t after_us) {
    now_us_ += after_us;
    boot_ = id;
    booted_us_ = now_us_ - 1'000'000;
  }
  void pass(int64_t us) { now_us_ += us; }
  int64_t now_us() const { return now_us_; }

  void entry(const std::string& message, const Fields& fields) {
    field("__REALTIME_TIMESTAMP", std::to_string(now_us_));
    field("__MONOTONIC_TIMESTAMP", std::to_string(now_us_ - booted_us_));
    field("_BOOT_ID", boot_);
    for (const auto& [name, value] : fields) field(name, value);
    field("MESSAGE", message);
    text_ += '\n';
    now_us_ += 1000;
  }
  void kernel(const std::string& message) {
    entry(message, {{"_TRANSPORT", "kernel"}, {"PRIORITY", "6"}, {"SYSLOG_IDENTIFIER", "kernel"}});
  }
  void said(const std::string& unit, int pid, const std::string& message) {
    entry(message, {{"_TRANSPORT", "stdout"},
                    {"PRIORITY", "6"},
                    {"SYSLOG_IDENTIFIER", "node"},
                    {"_PID", std::to_string(pid)},
                    {"_SYSTEMD_UNIT", unit}});
  }
  // Process 1 on itself, or with an id on a unit.
  void manager(const std::string& message, const std::string& id = {},
               const std::string& unit = {}) {
    Fields fields = {{"_TRANSPORT", "journal"},
                     {"PRIORITY", "6"},
                     {"SYSLOG_IDENTIFIER", "systemd"},
                     {"_PID", "1"},
                     {"_SYSTEMD_UNIT", "init.scope"}};
    if (!id.empty()) fields.emplace_back("MESSAGE_ID", id);
    if (!unit.empty()) fields.emplace_back("UNIT", unit);
    entry(message, fields);
  }

  // Appends what was said since the last call to the journal file `path`, which is made if need be.
  void store(const std::string& path) {
    const std::string command = std::string(kJournalTool) + " -o '" + path + "' - >/dev/null 2>&1";
    FILE* const pipe = popen(command.c_str(), "w");
    ASSERT_NE(pipe, nullptr);
    fwrite(text_.data(), 1, text_.size(), pipe);
    ASSERT_EQ(pclose(pipe), 0) << path;
    text_.clear();
  }

 private:
  // A value with a newline or other control bytes has its length before it.
  void field(const std::string& name, const std::string& value) {
    bool plain = true;
    for (const char c : value) plain &= static_cast<unsigned char>(c) >= 0x20;
    text_ += name;
    if (plain) {
      text_ += "=" + value + "\n";
      return;
    }
    text_ += '\n';
    for (int i = 0; i < 8; ++i) text_ += static_cast<char>(uint64_t{value.size()} >> (8 * i) & 255);
    text_ += value + "\n";
  }

  int64_t now_us_ = 0, booted_us_ = 0;
  std::string boot_, text_;
};

// A host of two boots: the power fails in the first, a minute later it is back. Each boot in a file
// of its own in `folder`, the first as a dead journald leaves it: not closed.
inline void write_two_boots(const std::string& folder) {
  constexpr const char* kStarting = "7d4958e842da4a758f6c1cdc7b36dcc5";
  constexpr const char* kStarted = "39f53479d3a045ac8e11786248231fbf";
  JournalText host(1'710'144'902'000'000);
  const auto come_up = [&host](int orders, int feed) {
    host.kernel("Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP");
    host.kernel("Command line: BOOT_IMAGE=/boot/vmlinuz-6.1.0-18-amd64 root=UUID=1f ro quiet");
    host.manager("systemd 252.22-1~deb12u1 running in system mode (+PAM +AUDIT +SELINUX)");
    host.pass(3'000'000);
    host.manager("Starting Order Desk...", kStarting, "orders.service");
    host.said("orders.service", orders, "orders 2.3.1 starting");
    host.pass(400'000);
    host.said("orders.service", orders, "listening on :8080");
    host.manager("Started Order Desk.", kStarted, "orders.service");
    host.manager("Started Price Feed.", kStarted, "feed.service");
    host.said("feed.service", feed, "feed ready");
  };
  const auto work = [&host](int orders, int feed, int minutes) {
    for (int i = 0; i < minutes * 12; ++i) {
      host.pass(5'000'000);
      host.said("orders.service", orders, "served order " + std::to_string(i * 7919 % 9973));
      if (i % 3 == 0) {
        host.said("feed.service", feed, "price of " + std::to_string(i) + " items sent");
      }
    }
  };
  host.boot("11111111111111111111111111111111", 0);
  come_up(811, 812);
  work(811, 812, 40);
  host.said("orders.service", 811, "last words of the first boot");
  const std::string first = folder + "/system@first.journal";
  host.store(first);
  // Its header says that it is still being written.
  FILE* const file = std::fopen(first.c_str(), "r+b");
  ASSERT_NE(file, nullptr);
  constexpr long kState = 16;  // after the signature and two words of flags
  std::fseek(file, kState, SEEK_SET);
  std::fputc(1, file);
  std::fclose(file);

  host.boot("22222222222222222222222222222222", 60'000'000);
  host.kernel("Command line: BOOT_IMAGE=/boot/vmlinuz-6.1.0-18-amd64 root=UUID=1f ro quiet");
  come_up(790, 795);
  work(790, 795, 20);
  host.store(folder + "/system.journal");
}

}  // namespace blip
