// Tells systemd how the agent is (sd_notify(3)'s protocol, without its library).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/fd.h"
#include "core/result.h"

namespace blip {

class Notifier {
 public:
  // From $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID. Without a socket every call does nothing
  // and succeeds: blip was started by hand.
  static Result<Notifier> from_environment();

  bool listening() const { return static_cast<bool>(socket_); }
  // How often alive() is to be called: half of what systemd allows. Empty: it does not ask.
  std::optional<std::chrono::microseconds> alive_every() const { return alive_every_; }

  // `status` is what `systemctl status` shows: one line.
  Status ready(std::string_view status = "") const;
  Status alive() const;
  Status reloading() const;  // and ready() again when that is done
  Status stopping() const;
  Status say(std::string_view status) const;

 private:
  Status send(std::string text) const;

  Fd socket_;  // connected
  std::optional<std::chrono::microseconds> alive_every_;
};

}  // namespace blip
