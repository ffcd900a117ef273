// What the probe writes of hosts whose /proc and control groups are known to the last byte, and of
// the one this runs on.

#include "tailer/host_probe.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/fake_host.h"

namespace blip {
namespace {
using testing::FakeHost;

const std::string kId(64, 'a');

ProbeOptions options_for(const FakeHost& host) {
  ProbeOptions options;
  options.proc = host.path("proc");
  options.cgroup = host.path("cgroup");
  options.containers = host.path("containers");
  return options;
}

Time at(int64_t seconds) { return time_from_us(1'795'244'400'000'000 + seconds * 1'000'000); }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t from = 0; from < text.size();) {
    const size_t end = text.find('\n', from);
    EXPECT_NE(end, std::string::npos) << "the last line is not whole";
    if (end == std::string::npos) break;
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

// The line of a service; "" if there is none.
std::string line_of(const std::string& text, const std::string& service,
                    const std::string& about = "") {
  for (const std::string& line : lines_of(text)) {
    if (line.find(" service=" + service + " ") == std::string::npos) continue;
    if (line.find(" about=" + about) != std::string::npos) return line;
  }
  return "";
}

TEST(HostProbe, TheHostItself) {
  const FakeHost host;
  HostProbe probe(options_for(host));
  EXPECT_EQ(line_of(probe.sample(at(0)), "host"),
            "blip_probe=1 time=2026-11-21T07:00:00.000Z service=host "
            "boot=e6ec4a4f-9136-4d23-9136-b1fd350a0ef8 available_kb=2903716 cache_kb=211450 "
            "load=2.47 about=host uptime_s=1000.00 mem_kb=1290000 mem_limit_kb=4193716 "
            "mem_kernel_kb=39364 swap_kb=576 fds=911 threads=130 psi_mem_delay_pct=1.27 "
            "psi_cpu_delay_pct=1.27 psi_io_delay_pct=1.27");
  EXPECT_EQ(probe.farewell(at(1)),
            "blip_probe=1 time=2026-11-21T07:00:01.000Z service=host "
            "boot=e6ec4a4f-9136-4d23-9136-b1fd350a0ef8 about=farewell\n");
}

class Units : public ::testing::TestWithParam<FakeHost::Groups> {};

TEST_P(Units, OfSystemdAndOfContainers) {
  const FakeHost host(GetParam());
  host.name_container(kId, "web");
  const std::string nginx = "/system.slice/nginx.service", web = "/docker/" + kId;
  host.add({1, "systemd", 0.1, "/init.scope"});
  host.add({812, "nginx", 5.5, nginx});
  host.add({813, "nginx", 5.6, nginx, 500, 1, 7});
  host.add({900, "node", 20, web, 9000, 11, 40});
  host.add({901, "bash", 500, "/user.slice/user-1000.slice/session-3.scope"});
  host.add(
      {902, "sync", 30, "/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service"});
  host.put({nginx, 5 << 20, 10 << 20, 0, 0, 2});
  host.put({web, 100 << 20, 1 << 20, 256 << 20, 0, 11});
  HostProbe probe(options_for(host));
  const std::string sample = probe.sample(at(0));
  const std::string swap = " swap_kb=0";
  EXPECT_EQ(line_of(sample, "nginx"),
            "blip_probe=1 time=2026-11-21T07:00:00.000Z service=nginx group=" + nginx +
                " cache_kb=10240 about=unit pid=812 uptime_s=994.50 mem_kb=5120" + swap +
                " processes=2 threads=2 fds=10");
  EXPECT_EQ(line_of(sample, "web"),
            "blip_probe=1 time=2026-11-21T07:00:00.000Z service=web group=" + web +
                " cache_kb=1024 about=unit pid=900 uptime_s=980.00 mem_kb=102400" + swap +
                " mem_limit_kb=262144 processes=1 threads=11 fds=40");
  EXPECT_NE(line_of(sample, "user-1000/sync", "unit pid=902 "), "");
  // Sessions together: they come and go.
  EXPECT_NE(line_of(sample, "user-1000.slice", "group host_uptime_s=1000.00 "), "");
  EXPECT_NE(line_of(sample, "init.scope", "unit pid=1 "), "");
  EXPECT_EQ(lines_of(sample).size(), 6u);
}

INSTANTIATE_TEST_SUITE_P(BothVersions, Units,
                         ::testing::Values(FakeHost::Groups::v1, FakeHost::Groups::v2));

TEST(HostProbe, ProgramsWhereNoGroupsAre) {
  const FakeHost host(FakeHost::Groups::none);
  host.add({1, "init", 0.1});
  host.add({20, "api", 3, "/", 1000, 4, 5});
  host.add({21, "api", 4, "/", 1000, 4, 6});
  host.add({30, "bash", 5, "/", 800, 1, 3, 34816});
  host.add({2, "kthreadd", 0, "/", 0, 1, 0, 0, 0x00208040});
  host.add({31, "gone", 5, "/", 0, 1, 0, 0, 4194304, "Z"});
  HostProbe probe(options_for(host));
  const std::string sample = probe.sample(at(0));
  EXPECT_EQ(line_of(sample, "api"),
            "blip_probe=1 time=2026-11-21T07:00:00.000Z service=api about=unit pid=20 "
            "uptime_s=997.00 mem_kb=" +
                std::to_string(2000 * sysconf(_SC_PAGESIZE) / 1024) +
                " processes=2 threads=8 fds=11");
  EXPECT_NE(line_of(sample, "bash", "group "), "") << "a shell is no daemon";
  EXPECT_EQ(line_of(sample, "kthreadd"), "");
  EXPECT_EQ(line_of(sample, "gone"), "");
}

TEST(HostProbe, ARestartIsToldAtOnceAndNothingElseIs) {
  const FakeHost host;
  const std::string app = "/system.slice/app.service";
  host.add({40, "app", 10, app});
  host.add({41, "app", 11, app});
  host.put({app, 5 << 20});
  HostProbe probe(options_for(host));
  EXPECT_NE(line_of(probe.sample(at(0)), "app", "unit pid=40 "), "");
  host.uptime(1010);
  EXPECT_EQ(line_of(probe.sample(at(10)), "app"), "") << "nothing moved";
  host.put({app, 5 << 20, 300 << 20});
  host.uptime(1020);
  EXPECT_EQ(line_of(probe.sample(at(20)), "app"), "") << "the page cache is nobody's";
  host.put({app, 9 << 20});
  host.uptime(1030);
  EXPECT_NE(line_of(probe.sample(at(30)), "app", "unit pid=40 uptime_s=1020.00 mem_kb=9216 "), "");
  host.remove(40);
  host.remove(41);
  host.add({77, "app", 1033, app});
  host.uptime(1040);
  EXPECT_NE(line_of(probe.sample(at(40)), "app", "unit pid=77 uptime_s=7.00 "), "");
  host.uptime(1100);
  EXPECT_NE(line_of(probe.sample(at(100)), "app", "unit pid=77 uptime_s=67.00 "), "")
      << "once a minute";
}

TEST(HostProbe, AnOldWorkerThatRemainsIsNoRestart) {
  const FakeHost host;
  const std::string app = "/system.slice/app.service";
  host.add({40, "app", 10, app});
  host.add({41, "app", 900, app});
  HostProbe probe(options_for(host));
  probe.sample(at(0));
  host.remove(40);  // handed over to 41, as in an upgrade without a pause
  host.uptime(1070);
  EXPECT_NE(line_of(probe.sample(at(70)), "app", "group host_uptime_s="), "");
  host.remove(41);
  host.add({90, "app", 1075, app});
  host.uptime(1080);
  EXPECT_NE(line_of(probe.sample(at(80)), "app", "unit pid=90 "), "") << "this one is new";
}

TEST(HostProbe, AJobIsNewEachTime) {
  const FakeHost host;
  const std::string job = "/system.slice/backup.service";
  host.boot("e6ec4a4f-9136-4d23-9136-b1fd350a0ef8", 90000);
  HostProbe probe(options_for(host));
  for (int run = 0; run < 3; ++run) {
    const double start = 90000 + 3600 * run;
    host.add({static_cast<uint32_t>(100 + run), "backup", start, job});
    host.uptime(start + 5);
    EXPECT_NE(line_of(probe.sample(at(3600 * run)), "backup", "group "), "");
    host.remove(static_cast<uint32_t>(100 + run));
    for (int i = 1; i < 40; ++i) {
      host.uptime(start + 5 + 10 * i);
      EXPECT_EQ(line_of(probe.sample(at(3600 * run + 10 * i)), "backup"), "");
    }
  }
  // What has run for half an hour is a daemon, whenever it was started.
  host.add({200, "backup", 100000, job});
  host.uptime(101790);
  EXPECT_NE(line_of(probe.sample(at(20000)), "backup", "group "), "");
  host.uptime(101850);
  EXPECT_NE(line_of(probe.sample(at(20060)), "backup", "unit pid=200 "), "");
}

TEST(HostProbe, KillsForMemory) {
  const FakeHost host;
  const std::string app = "/system.slice/app.service";
  host.add({40, "app", 10, app});
  host.add({41, "app", 11, app});
  host.put({app, 5 << 20, 0, 0, 3});
  HostProbe probe(options_for(host));
  EXPECT_EQ(line_of(probe.sample(at(0)), "app", "oom"), "") << "killed before we came";
  host.put({app, 5 << 20, 0, 0, 4});
  host.remove(41);
  host.uptime(1010);
  EXPECT_NE(line_of(probe.sample(at(10)), "app", "oom leader=alive killed=1 oom_kills=4"), "");
  host.put({app, 5 << 20, 0, 0, 6});
  host.remove(40);
  host.add({50, "app", 1015, app});
  host.uptime(1020);
  const std::string sample = probe.sample(at(20));
  EXPECT_NE(line_of(sample, "app", "oom leader=replaced killed=2 oom_kills=6"), "");
  EXPECT_NE(line_of(sample, "app", "unit pid=50 "), "");
}

TEST(HostProbe, HostileNames) {
  const FakeHost host;
  const std::string bad = "/system.slice/a\x1b[31m b\n=\"c\\.service";
  host.add({40, "x) R 1 (y\n", 10, "/"});
  host.add({41, "e\x1b]0;t\x07", 10, "/"});
  host.add({42, "caf\xc3\xa9 \xff", 10, "/"});
  host.add({43, "host", 10, "/"});
  host.add({44, "evil", 10, bad});
  host.add({45, "", 10, "/"});
  host.add({46, "up", 10, "/../outside.service"});
  HostProbe probe(options_for(host));
  const std::string sample = probe.sample(at(0));
  for (const std::string& line : lines_of(sample)) {
    EXPECT_EQ(line.rfind("blip_probe=1 time=", 0), 0u) << line;
    for (const char c : line) EXPECT_TRUE(static_cast<unsigned char>(c) >= ' ' && c != 0x7f);
  }
  EXPECT_NE(line_of(sample, "\"x) R 1 (y?\"", "unit pid=40 "), "");
  EXPECT_NE(line_of(sample, "\"caf\xc3\xa9 ?\"", "unit pid=42 "), "");
  EXPECT_NE(line_of(sample, "host:2", "unit pid=43 "), "") << "no program speaks as the host";
  EXPECT_NE(line_of(sample, "\"\"", "unit pid=45 "), "");
  EXPECT_NE(line_of(sample, "up", "unit pid=46 "), "") << "a path that leaves the mount";
}

TEST(HostProbe, ProcessesThatVanishMeanwhile) {
  const FakeHost host;
  const std::string app = "/system.slice/app.service";
  host.add({40, "app", 10, app});
  host.add({41, "early", 10, app});
  std::filesystem::remove(host.path("proc/41/stat"));
  host.add({42, "later", 10, app});
  std::filesystem::remove(host.path("proc/42/cgroup"));
  std::filesystem::remove_all(host.path("proc/42/fd"));
  host.add({43, "cut", 10, app});
  host.write("proc/43/stat", "43 (cut) S 1 43 43 0 -1");
  std::filesystem::resize_file(host.path("proc/43/stat"), 23);
  host.add({44, "empty", 10, app});
  std::filesystem::resize_file(host.path("proc/44/stat"), 0);
  HostProbe probe(options_for(host));
  const std::string sample = probe.sample(at(0));
  EXPECT_NE(line_of(sample, "app", "unit pid=40 ").find(" processes=1 threads=1 fds=3"),
            std::string::npos)
      << sample;
  EXPECT_NE(line_of(sample, "later", "unit pid=42 ").find(" fds=0"), std::string::npos);
  EXPECT_EQ(lines_of(sample).size(), 3u) << sample;
}

TEST(HostProbe, DescriptorsThatMayNotBeCounted) {
  const FakeHost host;
  host.add({40, "app", 10, "/"});
  std::filesystem::remove_all(host.path("proc/40/fd"));
  host.write("proc/40/fd", "no folder");
  HostProbe probe(options_for(host));
  const std::string sample = probe.sample(at(0));
  EXPECT_EQ(line_of(sample, "app", "unit pid=40 ").find("fds="), std::string::npos);
  EXPECT_NE(sample.find("/*/fd why=\"Not a directory\" about=trouble\n"), std::string::npos);
  host.uptime(1070);
  EXPECT_EQ(probe.sample(at(70)).find("trouble"), std::string::npos) << "told already";
}

TEST(HostProbe, StaysWithinItsBounds) {
  const FakeHost host;
  for (uint32_t i = 0; i < 30; ++i) {
    host.add({100 + i, "p" + std::to_string(i), 10, "/", 1000 + i});
    const std::string group = "/system.slice/u" + std::to_string(i) + ".service";
    host.add({200 + i, "u", 10, group});
    host.put({group, (10 + i) << 20});
  }
  ProbeOptions options = options_for(host);
  options.max_groups = 4;
  options.max_processes = 3;
  HostProbe probe(options);
  const std::string sample = probe.sample(at(0));
  EXPECT_EQ(lines_of(sample).size(), 1u + 4 + 3);
  EXPECT_NE(line_of(sample, "u29"), "");
  EXPECT_NE(line_of(sample, "p27"), "");
  // Which they are is stable: a slightly larger newcomer takes nobody's place.
  host.put({"/system.slice/u3.service", 45 << 20});
  host.uptime(1070);
  EXPECT_NE(line_of(probe.sample(at(70)), "u26"), "");
  host.put({"/system.slice/u3.service", 450 << 20});
  host.uptime(1140);
  EXPECT_NE(line_of(probe.sample(at(140)), "u3"), "");
}

TEST(HostProbe, WhatCannotBeReadIsToldOnce) {
  ProbeOptions options;
  options.proc = "/nowhere/proc";
  options.cgroup = "/nowhere/cgroup";
  HostProbe probe(options);
  const std::string first = probe.sample(at(0));
  EXPECT_NE(first.find("service=host what=/nowhere/proc/uptime why=\"No such file or directory\" "
                       "about=trouble\n"),
            std::string::npos)
      << first;
  EXPECT_EQ(probe.sample(at(10)),
            "blip_probe=1 time=2026-11-21T07:00:10.000Z service=host about=host\n");
}

TEST(HostProbe, ThisHostWhileProcessesComeAndGo) {
  HostProbe probe(ProbeOptions{});
  for (int i = 0; i < 5; ++i) {
    std::vector<pid_t> children;
    for (int n = 0; n < 10; ++n) {
      const pid_t child = ::fork();
      if (child == 0) ::_exit(0);
      children.push_back(child);
    }
    EXPECT_NE(line_of(probe.sample(at(10 * i)), "host"), "");
    for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  }
}

TEST(HostProbe, ThisHost) {
  HostProbe probe(ProbeOptions{});
  const std::string sample = probe.sample(at(0));
  const std::string host = line_of(sample, "host", "host");
  for (const char* field : {" boot=", " uptime_s=", " mem_kb=", " mem_limit_kb=", " threads="}) {
    EXPECT_NE(host.find(field), std::string::npos) << field << " in " << host;
  }
  EXPECT_GE(lines_of(sample).size(), 2u) << sample;
  EXPECT_LT(sample.size(), 512u * 513);
}

// 300 processes more than this host has, each with a group that is not known to be settled yet:
// the dearest case.
TEST(HostProbe, Cost) {
  std::vector<pid_t> children;
  for (int i = 0; i < 300; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    children.push_back(child);
  }
  const auto cpu = [] {
    timespec now = {};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
  };
  HostProbe probe(ProbeOptions{});
  const double begun = cpu();
  size_t bytes = probe.sample(at(0)).size();
  const double first = cpu() - begun;
  constexpr int kSamples = 10;
  for (int i = 1; i <= kSamples; ++i) bytes += probe.sample(at(10 * i)).size();
  const double usual = (cpu() - begun - first) / kSamples;
  for (const pid_t child : children) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  std::printf("first sample %.2f ms, later ones %.2f ms of CPU; %zu bytes\n", first, usual, bytes);
  EXPECT_LT(usual, 100) << "20 ms is what we promise; sanitizers and busy machines take longer";
}
}  // namespace
}  // namespace blip
