// What a real datagram socket gets, where systemd would listen.

#include "agent/notify.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace blip {
namespace {
class Listener {
 public:
  explicit Listener(const std::string& name) : name_(name) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const size_t size = offsetof(sockaddr_un, sun_path) + name.size() + (name[0] == '/' ? 1 : 0);
    fd_ = Fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size)) != 0) {
      std::abort();
    }
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Listener() {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    if (name_[0] == '/') unlink(name_.c_str());
  }
  // The next datagram; "(nothing)" when none is there.
  std::string next() const {
    char text[1024];
    const ssize_t size = recv(fd_.get(), text, sizeof text, MSG_DONTWAIT);
    return size < 0 ? "(nothing)" : std::string(text, static_cast<size_t>(size));
  }

 private:
  std::string name_;
  Fd fd_;
};

TEST(Notify, EachMessageIsOneDatagram) {
  const std::string here = "/tmp/blip-notify-" + std::to_string(getpid());
  for (const std::string& name : {here, "@" + here}) {
    const Listener listener(name);
    const Result<Notifier> notifier = Notifier::from_environment();
    ASSERT_TRUE(notifier) << notifier.error().text;
    EXPECT_TRUE(notifier->listening());
    EXPECT_FALSE(notifier->alive_every());
    EXPECT_TRUE(notifier->ready("following 9 sources"));
    EXPECT_EQ(listener.next(), "READY=1\nSTATUS=following 9 sources");
    EXPECT_TRUE(notifier->ready());
    EXPECT_EQ(listener.next(), "READY=1");
    EXPECT_TRUE(notifier->alive());
    EXPECT_EQ(listener.next(), "WATCHDOG=1");
    EXPECT_TRUE(notifier->say("two\nMAINPID=1"));
    EXPECT_EQ(listener.next(), "STATUS=two MAINPID=1");
    EXPECT_TRUE(notifier->stopping());
    EXPECT_EQ(listener.next(), "STOPPING=1");
    EXPECT_EQ(listener.next(), "(nothing)");
  }
}

TEST(Notify, ReloadingSaysWhen) {
  const Listener listener("@blip-reload-" + std::to_string(getpid()));
  const Result<Notifier> notifier = Notifier::from_environment();
  ASSERT_TRUE(notifier);
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  ASSERT_TRUE(notifier->reloading());
  const std::string text = listener.next(), head = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_EQ(text.substr(0, head.size()), head);
  const int64_t told = std::stoll(text.substr(head.size()));
  const int64_t before = now.tv_sec * 1'000'000LL + now.tv_nsec / 1'000;
  EXPECT_GE(told, before);
  EXPECT_LT(told, before + 60'000'000);
}

TEST(Notify, TheWatchdogIsFedTwiceAsOftenAsAsked) {
  const Listener listener("@blip-watchdog-" + std::to_string(getpid()));
  setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(Notifier::from_environment()->alive_every(), std::chrono::seconds(15));
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(Notifier::from_environment()->alive_every(), std::chrono::seconds(15));
  setenv("WATCHDOG_PID", "1", 1);  // meant for another process
  EXPECT_FALSE(Notifier::from_environment()->alive_every());
  setenv("WATCHDOG_USEC", "soon", 1);
  EXPECT_FALSE(Notifier::from_environment()->alive_every());
}

TEST(Notify, NobodyListens) {
  unsetenv("NOTIFY_SOCKET");
  const Result<Notifier> none = Notifier::from_environment();
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->listening());
  EXPECT_TRUE(none->ready());
  for (const char* bad : {"vsock:2:1234", "relative", "/nonexistent/notify", "@"}) {
    setenv("NOTIFY_SOCKET", bad, 1);
    EXPECT_FALSE(Notifier::from_environment()) << bad;
  }
  unsetenv("NOTIFY_SOCKET");
}
}  // namespace
}  // namespace blip
