// A host's /proc and /sys/fs/cgroup as files of a folder, each in the kernel's own format (lines
// copied from a Linux 6.18 and a 5.10 host), so that what reads them can be shown any host.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "core/fd.h"
#include "tests/support/stories.h"

namespace blip::testing {

class FakeHost {
 public:
  enum class Groups { none, v1, v2 };

  explicit FakeHost(Groups groups = Groups::v2) : groups_(groups) {
    write("proc/sys/fs/file-nr", "911\t0\t2466186\n");
    write("proc/loadavg", "2.47 1.46 0.78 6/130 9214\n");
    for (const char* what : {"memory", "cpu", "io"}) {
      write(std::string("proc/pressure/") + what,
            "some avg10=0.00 avg60=1.27 avg300=0.31 total=8123\n"
            "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    }
    if (groups_ == Groups::v2) write("cgroup/cgroup.controllers", "cpu io memory pids\n");
    if (groups_ == Groups::v1) std::filesystem::create_directories(path("cgroup/memory"));
    boot("e6ec4a4f-9136-4d23-9136-b1fd350a0ef8", 1000);
    memory(4193716, 2903716);
  }

  std::string path(const std::string& below = "") const {
    return (folder_.path() / below).string();
  }
  // Days of samples are many writes: only what changes is written, in place.
  void write(const std::string& below, const std::string& text) const {
    std::string& known = written_[below];
    if (known == text && !text.empty()) return;
    const std::string file = path(below);
    if (known.empty())
      std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    const Fd out(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    EXPECT_EQ(::pwrite(out.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()))
        << file;
    if (text.size() < known.size()) {
      EXPECT_EQ(::ftruncate(out.get(), static_cast<off_t>(text.size())), 0);
    }
    known = text;
  }
  void boot(const std::string& id, double up) const {
    write("proc/sys/kernel/random/boot_id", id + "\n");
    uptime(up);
  }
  void uptime(double up) const { write("proc/uptime", std::to_string(up) + " 31388.59\n"); }
  void memory(uint64_t total_kb, uint64_t available_kb) const {
    const auto line = [](const char* key, uint64_t kb) {
      return key + std::to_string(kb) + " kB\n";
    };
    write("proc/meminfo",
          line("MemTotal:       ", total_kb) + line("MemFree:        ", available_kb / 2) +
              line("MemAvailable:   ", available_kb) + line("Buffers:          ", 23084) +
              line("Cached:         ", 211450) + line("SwapCached:            ", 0) +
              line("SwapTotal:             ", 1048576) + line("SwapFree:          ", 1048000) +
              line("SUnreclaim:        ", 34188) + "KernelStack:        1728 kB\n" +
              "PageTables:         2712 kB\nPercpu:              736 kB\n");
  }

  struct Process {
    uint32_t pid = 0;
    std::string comm;
    double start = 0;  // seconds since boot
    std::string group = "/";
    uint64_t rss_pages = 362, threads = 1, descriptors = 3;
    int tty = 0;
    uint64_t flags = 4194304;
    std::string state = "S";
  };
  void add(const Process& one) const {
    const auto n = [](auto value) { return std::to_string(value); };
    const std::string base = "proc/" + n(one.pid);
    const auto ticks = static_cast<uint64_t>(one.start * static_cast<double>(sysconf(_SC_CLK_TCK)));
    write(base + "/stat",
          n(one.pid) + " (" + one.comm + ") " + one.state + " 1 " + n(one.pid) + " " + n(one.pid) +
              " " + n(one.tty) + " -1 " + n(one.flags) + " 100 0 0 0 0 0 0 0 20 0 " +
              n(one.threads) + " 0 " + n(ticks) + " 3133440 " + n(one.rss_pages) +
              " 18446744073709551615 94327467184128 94327467204009 140720666636736 0 0 0 0 0 0 0 0"
              " 0 17 1 0 0 0 0 0 94327467220016 94327467221632 94328351162368 140720666643072"
              " 140720666643092 140720666643092 140720666644459 0\n");
    write(base + "/cgroup", groups_ == Groups::v1
                                ? "9:name=systemd:" + one.group + "\n8:pids:" + one.group +
                                      "\n4:cpu,memory:" + one.group + "\n0::/\n"
                                : "0::" + one.group + "\n");
    for (uint64_t fd = 0; fd < one.descriptors; ++fd) write(base + "/fd/" + n(fd), "");
  }
  void remove(uint32_t pid) const {
    const std::string base = "proc/" + std::to_string(pid) + "/";
    std::erase_if(written_, [&](const auto& file) { return file.first.starts_with(base); });
    std::filesystem::remove_all(path("proc/" + std::to_string(pid)));
  }

  struct Group {
    std::string path;
    uint64_t held = 0, cache = 0;  // bytes
    uint64_t limit = 0;            // bytes; 0: none
    uint64_t oom_kills = 0;
    uint64_t tasks = 1;
  };
  void put(const Group& one) const {
    const auto n = [](auto value) { return std::to_string(value); };
    if (groups_ == Groups::v1) {
      const std::string base = "cgroup/memory" + one.path;
      write(base + "/memory.stat",
            "cache " + n(one.cache) + "\nrss " + n(one.held) + "\nrss_huge 0\nshmem 0\nswap 0\n" +
                "inactive_anon 2592768\nhierarchical_memory_limit " +
                (one.limit > 0 ? n(one.limit) : "9223372036854771712") + "\ntotal_cache " +
                n(one.cache) + "\ntotal_rss " + n(one.held) + "\ntotal_shmem 0\ntotal_swap 0\n");
      write(base + "/memory.oom_control",
            "oom_kill_disable 0\nunder_oom 0\noom_kill " + n(one.oom_kills) + "\n");
      write("cgroup/pids" + one.path + "/pids.current", n(one.tasks) + "\n");
      return;
    }
    const std::string base = "cgroup" + one.path;
    write(base + "/memory.stat", "anon " + n(one.held) + "\nfile " + n(one.cache) +
                                     "\nkernel_stack 0\npagetables 0\npercpu 0\nsock 0\nshmem 0\n" +
                                     "file_mapped 21401600\nslab_reclaimable 812344\n" +
                                     "slab_unreclaimable 0\nslab 812344\npgfault 2499751\n");
    write(base + "/memory.swap.current", "0\n");
    write(base + "/memory.max", one.limit > 0 ? n(one.limit) + "\n" : std::string("max\n"));
    write(base + "/memory.events",
          "low 0\nhigh 0\nmax 0\noom 0\noom_kill " + n(one.oom_kills) + "\noom_group_kill 0\n");
    write(base + "/pids.current", n(one.tasks) + "\n");
  }
  // As Docker keeps it.
  void name_container(const std::string& id, const std::string& name) const {
    write("containers/" + id + "/config.v2.json",
          "{\"State\":{\"Running\":true},\"ID\":\"" + id +
              "\",\"MountPoints\":{\"/data\":{\"Name\":\"volume\"}},\"Name\":\"/" + name +
              "\",\"Driver\":\"overlay2\"}");
  }

 private:
  Groups groups_;
  TempFolder folder_;
  mutable std::map<std::string, std::string> written_;
};

}  // namespace blip::testing
