// Hosts with something wrong, and what the doctor says of each.

#include "agent/doctor.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "agent/lock.h"
#include "store/store.h"

namespace blip {
namespace {
constexpr uid_t kNobody = 65534;

class DoctorTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "blip-doctor-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
    write("proc/sys/fs/inotify/max_user_watches", "8192\n");
    write("proc/sys/fs/inotify/max_user_instances", "128\n");
    options_.proc = folder_ + "/proc";
    options_.docker = folder_ + "/docker";
    options_.docker_socket = folder_ + "/docker.sock";
    options_.docker_plugins = folder_ + "/plugins";
    options_.journals = {folder_ + "/journal"};
    options_.now = parse_stamp("2026-06-24T19:50:53Z", {})->time;
    config_.store.path = {folder_ + "/blip.db"};
    config_.store.max_size = {uint64_t{16} << 20};
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = folder_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  SourceConfig& add(SourceKind kind, std::vector<std::string> files = {}) {
    SourceConfig source;
    source.kind = kind;
    source.files = std::move(files);
    config_.sources.push_back(std::move(source));
    return config_.sources.back();
  }
  // As an ordinary user when this is root, who may read everything.
  std::vector<Diagnosis> examine_as_nobody() {
    const bool root = geteuid() == 0;
    if (root && seteuid(kNobody) != 0) std::abort();
    std::vector<Diagnosis> findings = examine(config_, options_);
    if (root && seteuid(0) != 0) std::abort();
    return findings;
  }

  std::string folder_;
  Config config_;
  DoctorOptions options_;
};

// The finding of this subject; a made-up one when there is none.
Diagnosis of(const std::vector<Diagnosis>& findings, const std::string& subject) {
  for (const Diagnosis& each : findings) {
    if (each.subject == subject) return each;
  }
  return {Verdict::ok, "", "no finding of " + subject};
}

bool says(const Diagnosis& finding, Verdict verdict, std::string_view part) {
  return finding.verdict == verdict && finding.text.find(part) != finding.text.npos;
}

TEST_F(DoctorTest, AHealthyLog) {
  const std::string log = write("app.log",
                                "2024-06-24 19:50:53 info listening\n"
                                "2024-06-24 19:50:54 info ready\n");
  add(SourceKind::files, {log});
  const std::vector<Diagnosis> findings = examine(config_, options_);
  const Diagnosis found = of(findings, log);
  EXPECT_TRUE(says(found, Verdict::ok, "1 log")) << found.text;
  EXPECT_EQ(found.text.find("not understood"), std::string::npos) << found.text;
  EXPECT_TRUE(says(of(findings, config_.store.path.value), Verdict::ok, "blip agent will make it"));
  EXPECT_TRUE(says(of(findings, "inotify"), Verdict::ok, "of 8192 watches"));
  for (const Diagnosis& each : findings) EXPECT_NE(each.verdict, Verdict::problem) << each.text;
}

TEST_F(DoctorTest, LinesThatNobodyUnderstands) {
  const std::string log = write("odd.log", "hello\nthere\nworld\n");
  add(SourceKind::files, {log});
  const Diagnosis found = of(examine(config_, options_), log);
  EXPECT_TRUE(says(found, Verdict::warning, "3 of the 3 lines looked at not understood"))
      << found.text;
}

TEST_F(DoctorTest, OnlyTheHeadOfALogIsRead) {
  std::string text;
  while (text.size() < 200'000) text += "hello there\n";
  const std::string log = write("long.log", text);
  add(SourceKind::files, {log});
  const std::string said = of(examine(config_, options_), log).text;
  const size_t of_the = said.find("of the ");
  ASSERT_NE(of_the, std::string::npos) << said;
  EXPECT_LE(std::stoul(said.substr(of_the + 7)), 65'536u / 12);
}

TEST_F(DoctorTest, ALogThatMayNotBeRead) {
  const std::string log = write("secret.log", "2024-06-24 19:50:53 info listening\n");
  ASSERT_EQ(chmod(log.c_str(), 0600), 0);
  add(SourceKind::files, {log});
  if (geteuid() != 0) {
    ASSERT_EQ(chmod(log.c_str(), 0000), 0);
  }
  Diagnosis found = of(examine_as_nobody(), log);
  EXPECT_TRUE(says(found, Verdict::problem, " may not read it: give blip")) << found.text;
  if (geteuid() != 0) GTEST_SKIP() << "another group needs root";
  ASSERT_EQ(chmod(log.c_str(), 0640), 0);
  ASSERT_EQ(chown(log.c_str(), 0, 4), 0);  // adm, where groups have their usual numbers
  found = of(examine_as_nobody(), log);
  EXPECT_TRUE(says(found, Verdict::problem, "join the group ")) << found.text;
  EXPECT_NE(found.text.find("usermod -aG "), std::string::npos) << found.text;
}

TEST_F(DoctorTest, AFolderThatMayNotBeEntered) {
  const std::string log = write("deep/app.log", "x\n");
  ASSERT_EQ(chmod((folder_ + "/deep").c_str(), 0), 0);
  add(SourceKind::files, {log});
  const Diagnosis found = of(examine_as_nobody(), log);
  EXPECT_TRUE(says(found, Verdict::problem, "may not read " + folder_ + "/deep: ")) << found.text;
  ASSERT_EQ(chmod((folder_ + "/deep").c_str(), 0700), 0);
}

TEST_F(DoctorTest, WhatIsNotThere) {
  add(SourceKind::files, {folder_ + "/none.log", folder_ + "/none/*.log"});
  add(SourceKind::journal);
  add(SourceKind::docker);
  add(SourceKind::pipe).path = folder_ + "/pipe";
  const std::vector<Diagnosis> findings = examine(config_, options_);
  EXPECT_TRUE(says(of(findings, folder_ + "/none.log"), Verdict::warning, "check the path"));
  EXPECT_TRUE(says(of(findings, folder_ + "/none/*.log"), Verdict::warning, "check the pattern"));
  EXPECT_TRUE(says(of(findings, "journal"), Verdict::problem, "none on this host"));
  EXPECT_TRUE(
      says(of(findings, options_.docker + "/containers"), Verdict::warning, "is Docker here?"));
  EXPECT_TRUE(says(of(findings, folder_ + "/pipe"), Verdict::problem, "mkfifo"));
}

TEST_F(DoctorTest, OtherSources) {
  write("journal/0123/system.journal", "x");
  write("docker/containers/abc/abc-json.log", "{}\n");
  ASSERT_EQ(mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  add(SourceKind::journal);
  add(SourceKind::docker);
  add(SourceKind::pipe).path = folder_ + "/pipe";
  const std::vector<Diagnosis> findings = examine(config_, options_);
  EXPECT_TRUE(says(of(findings, "journal"), Verdict::ok, options_.journals[0]));
  EXPECT_TRUE(says(of(findings, options_.docker + "/containers"), Verdict::ok, "1 container"));
  EXPECT_TRUE(says(of(findings, folder_ + "/pipe"), Verdict::ok, "is a pipe"));
}

// A socket that somebody listens at.
class Listener {
 public:
  explicit Listener(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
  }
  ~Listener() { ::close(fd_); }

 private:
  int fd_;
};

TEST_F(DoctorTest, DockersSocket) {
  add(SourceKind::docker);
  EXPECT_TRUE(says(of(examine(config_, options_), options_.docker_socket), Verdict::warning,
                   "is dockerd running?"));
  const Listener dockerd(options_.docker_socket);
  EXPECT_TRUE(
      says(of(examine(config_, options_), options_.docker_socket), Verdict::ok, "may be asked"));
  if (geteuid() != 0) return;
  ASSERT_EQ(chmod(options_.docker_socket.c_str(), 0600), 0);
  EXPECT_TRUE(says(of(examine_as_nobody(), options_.docker_socket), Verdict::problem,
                   "the rights of root or of the group docker"));
  // A source that names its own.
  config_.sources.back().socket = folder_ + "/another.sock";
  EXPECT_TRUE(
      says(of(examine(config_, options_), folder_ + "/another.sock"), Verdict::warning, "connect"));
}

TEST_F(DoctorTest, LogDriversAndWhoDependsOnThem) {
  const auto container = [this](const std::string& name, const std::string& driver,
                                const std::string& policy) {
    const std::string at = "docker/containers/" + name + "0000";
    write(at + "/config.v2.json", R"({"ID":")" + name + R"(0000","Name":"/)" + name +
                                      R"(","Config":{"Image":"i","Labels":{}}})");
    write(at + "/hostconfig.json", R"({"LogConfig":{"Type":")" + driver +
                                       R"("},"RestartPolicy":{"Name":")" + policy + R"("}})");
  };
  container("web", "json-file", "always");
  container("api", "blip", "always");
  container("job", "blip", "no");
  add(SourceKind::docker);
  // Ours is away.
  auto findings = examine(config_, options_);
  EXPECT_TRUE(says(of(findings, "log drivers"), Verdict::ok, "3 containers: blip 2, json-file 1"));
  EXPECT_TRUE(
      says(of(findings, "log driver blip"), Verdict::problem, "gives up api when they die"));
  {
    const Listener driver(options_.docker_plugins + "/blip.sock");
    EXPECT_TRUE(says(of(examine(config_, options_), "log driver blip"), Verdict::ok,
                     "answers; without it dockerd would give up api"));
  }
  // Killed: its socket is still there.
  EXPECT_TRUE(
      says(of(examine(config_, options_), "log driver blip"), Verdict::problem, "does not answer"));
  // One that dockerd runs by itself.
  container("shop", "blip:2", "unless-stopped");
  const std::string plugin = "docker/plugins/5d2f/config.json";
  write(plugin, R"({"plugin":{"Name":"blip:2","Enabled":true}})");
  EXPECT_TRUE(says(of(examine(config_, options_), "log driver blip:2"), Verdict::ok, "shop"));
  write(plugin, R"({"plugin":{"Name":"blip:2","Enabled":false}})");
  EXPECT_TRUE(says(of(examine(config_, options_), "log driver blip:2"), Verdict::problem, "shop"));
  // What nobody here can read.
  container("old", "syslog", "no");
  container("unit", "journald", "no");
  EXPECT_TRUE(says(of(examine(config_, options_), "log drivers"), Verdict::warning,
                   "unit (journald); old (syslog)"));
  add(SourceKind::journal);
  const Diagnosis rest = of(examine(config_, options_), "log drivers");
  EXPECT_TRUE(says(rest, Verdict::warning, "old (syslog)"));
  EXPECT_EQ(rest.text.find("unit"), rest.text.npos);
}

TEST_F(DoctorTest, TheStore) {
  const std::string path = config_.store.path.value;
  add(SourceKind::files, {write("app.log", "x\n")});
  ASSERT_TRUE(Store::open(path, Access::read_write));
  EXPECT_TRUE(says(of(examine(config_, options_), path), Verdict::ok, "can be read and written"));
  {
    const Result<StoreLock> lock = StoreLock::take(path, "agent");
    ASSERT_TRUE(lock);
    EXPECT_TRUE(says(of(examine(config_, options_), path), Verdict::ok,
                     "held by blip agent, pid " + std::to_string(getpid())));
  }
  std::ofstream(path, std::ios::trunc) << "this is no database at all, but a text of some length";
  EXPECT_EQ(of(examine(config_, options_), path).verdict, Verdict::problem);
  config_.store.path = {folder_ + "/no/blip.db"};
  EXPECT_TRUE(says(of(examine(config_, options_), folder_ + "/no/blip.db"), Verdict::problem,
                   "mkdir -p " + folder_ + "/no"));
}

TEST_F(DoctorTest, LimitsAndDisks) {
  add(SourceKind::files, {write("a/app.log", "x\n"), write("b/app.log", "x\n")});
  write("proc/sys/fs/inotify/max_user_watches", "1\n");
  EXPECT_TRUE(says(of(examine(config_, options_), "inotify"), Verdict::problem,
                   "sysctl fs.inotify.max_user_watches="));
  config_.polling = {true};
  EXPECT_TRUE(says(of(examine(config_, options_), "inotify"), Verdict::ok, "watch.polling"));
  config_.store.max_size = {uint64_t{1} << 60};
  EXPECT_TRUE(says(of(examine(config_, options_), "disk of " + folder_), Verdict::warning,
                   "less than store.max_size"));
}

TEST_F(DoctorTest, AClockThatWasNeverSet) {
  add(SourceKind::files, {write("app.log", "x\n")});
  options_.now = time_from_us(0);
  EXPECT_TRUE(says(of(examine(config_, options_), "clock"), Verdict::problem, "timedatectl"));
}

TEST_F(DoctorTest, LocalTimeReadAsUtc) {
  add(SourceKind::files, {write("app.log", "x\n")}).origin = "blip.yaml:3";
  setenv("TZ", "XXX-02:00", 1);
  tzset();
  const Diagnosis found = of(examine(config_, options_), "clock");
  unsetenv("TZ");
  tzset();
  EXPECT_TRUE(says(found, Verdict::warning, "set timezone of the source at blip.yaml:3"))
      << found.text;
}

TEST_F(DoctorTest, NoSources) {
  EXPECT_TRUE(says(of(examine(config_, options_), "sources"), Verdict::problem, "config init"));
}
}  // namespace
}  // namespace blip
