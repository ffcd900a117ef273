// sources: [{docker: {}}]: what dockerd tells of its containers, into a spool of lines like these
// (parsers/docker_events.cc reads them):
//
//   {"Type":"container","Action":"die","Actor":{"ID":"72d5...","Attributes":{"exitCode":"2",
//    "image":"bb:1","name":"api"}},"timeNano":1795194390379095600}
//
// Only names that say whose it is are kept of the attributes: labels may hold secrets. dockerd
// remembers 256 events and forgets them when it ends. So after each (re)connection every container
// is looked at as well: one that was started without an event was restarted while nobody looked,
// and one that ought to be restarted and is not has stayed down. What was known before a kill of
// this process stands in the spool itself.

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <map>
#include <set>

#include "agent/docker_api.h"
#include "agent/feeder.h"
#include "agent/json_text.h"
#include "core/hash.h"
#include "core/json_field.h"

namespace blip {
namespace {
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kSettle = milliseconds(500);  // after a connection: its old events come first
constexpr auto kLookEvery = seconds(300);    // at all containers, whatever events say
constexpr auto kStayedDown = seconds(90);    // after a death: the longest back-off is 60 s
constexpr auto kPatience = seconds(10);      // for one answer; inspect may hang
constexpr size_t kMaxContainers = 10'000;
constexpr size_t kMaxAnswer = 64 << 20;        // bytes of one answer
constexpr size_t kRemembered = 4096;           // events, so that none is told twice
constexpr int64_t kSameStart = 2'000'000'000;  // ns between a start and the event of it

const std::set<std::string, std::less<>> kKept = {
    "name",     "image", "exitCode", "signal", "blip.service", "com.docker.compose.service",
    "startedAt"};
constexpr const char* kEvents =
    R"(["create","start","die","oom","stop","kill","restart","health_status","destroy"])";

int64_t nanoseconds(const std::string& rfc3339) {
  const std::optional<Stamp> stamp = parse_stamp(rfc3339, {});
  return stamp && known(stamp->time) ? to_us(stamp->time) * 1000 : 0;
}

class DockerFeeder : public Feeder {
 public:
  DockerFeeder(std::string socket, std::vector<std::string> labels, seconds backfill)
      : socket_(std::move(socket)),
        labels_(std::move(labels)),
        backfill_(backfill),
        poll_(::epoll_create1(EPOLL_CLOEXEC)) {}

  std::string spool_name() const override {
    if (socket_ == kDockerSocket && labels_.empty()) return "dockerd.log";
    Hasher hash;
    hash.field(socket_);
    for (const std::string& label : labels_) hash.field(label);
    return "dockerd-" + id_text(hash.value()) + ".log";
  }

  Status begin(Spool& spool, Time now) override {
    if (!remembered_) {
      const Status cut = spool.cut_torn_line();
      if (!cut) return cut;
      remember(spool.rotated());
      remember(spool.path());
      remembered_ = true;
    }
    side_.reset();
    asked_.clear();
    body_.clear();
    events_.reset();
    const int64_t first = (to_us(now) - Micros(backfill_).count()) * 1000;
    // A little earlier than the latest: two containers' events may come in the wrong order.
    const int64_t since = std::max(latest_ns_ - 1'000'000'000, first);
    char stamp[40];
    std::snprintf(stamp, sizeof stamp, "%lld.%09lld", static_cast<long long>(since / 1'000'000'000),
                  static_cast<long long>(since % 1'000'000'000));
    const std::string target = std::string("/events?since=") + stamp + "&filters=" +
                               percent_encoded(R"({"type":["container"],"event":)" +
                                               std::string(kEvents) + labels_part() + "}");
    Result<DockerCall> call = DockerCall::get(socket_, target);
    if (!call) return call.error();
    events_ = std::move(*call);
    watch(events_->fd());
    look_at_ = Clock::now() + kSettle;
    return Done{};
  }

  int fd() const override { return poll_.get(); }
  Clock::time_point due() const override {
    return side_ ? std::min(look_at_, side_until_) : look_at_;
  }

  Result<bool> feed(Spool& spool, Time now) override {
    std::string lines;
    const Status read = events_->read(body_);
    take_events(lines);
    if (read && !events_->ended()) look_around(now, lines);
    if (!lines.empty()) {
      const Status kept = spool.append(lines);
      // What was not kept is asked for again: begin() connects anew, from the latest that was.
      if (!kept) return forget(kept.error());
      latest_ns_ = std::max(latest_ns_, fresh_ns_);
    }
    if (!read) return gone(read.error(), now);
    if (events_->ended()) return gone(Error{"dockerd closed " + socket_ + "; it has ended"}, now);
    return false;
  }

  std::vector<std::string> troubles() override { return std::exchange(troubles_, {}); }

 private:
  struct Known {
    std::string name;
    int64_t started_ns = 0;
    bool running = false;
    bool by_hand = false;   // stopped or killed since it was started
    int64_t told_down = 0;  // the death of which it was told that it stayed down
  };

  Error gone(Error error, Time now) {
    daemon_ended_ = true;
    ended_ns_ = to_us(now) * 1000;
    return error;
  }
  Error forget(Error error) {
    told_.clear();
    order_.clear();
    remembered_ = false;
    containers_.clear();
    return error;
  }

  std::string labels_part() const {
    if (labels_.empty()) return "";
    Json list = Json::array();
    for (const std::string& label : labels_) list.push_back(label);
    return ",\"label\":" + list.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event);
  }

  void remember(const std::string& path) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
      const Json event = Json::parse(line, nullptr, false);
      if (event.is_object()) learn(event);
      latest_ns_ = std::max(latest_ns_, fresh_ns_);
    }
  }

  // What an event says of its container. False: it is known already.
  bool learn(const Json& event) {
    const Json actor = part(event, "Actor"), attributes = part(actor, "Attributes");
    const std::string id = text_at(actor, "ID"), action = text_at(event, "Action");
    const Json time = part(event, "timeNano");
    if (id.empty() || action.empty() || !time.is_number_integer()) return false;
    const auto ns = time.get<int64_t>();
    const uint64_t mark =
        Hasher().field(id).field(action).number(static_cast<uint64_t>(ns)).value();
    if (!told_.insert(mark).second) return false;
    order_.push_back(mark);
    if (order_.size() > kRemembered) {
      told_.erase(order_.front());
      order_.pop_front();
    }
    const bool own = action == "seen" || action == "found_started" ||
                     action == "daemon_restarted" || action == "stayed_down";
    if (!own) fresh_ns_ = std::max(fresh_ns_, ns);
    if (containers_.size() >= kMaxContainers && containers_.count(id) == 0) return true;
    Known& one = containers_[id];
    if (const std::string name = text_at(attributes, "name"); !name.empty()) one.name = name;
    if (action == "start" || action == "found_started" || action == "daemon_restarted") {
      one.started_ns = ns;
      one.running = true;
      one.by_hand = false;
    } else if (action == "seen") {
      one.started_ns = std::strtoll(text_at(attributes, "startedAt").c_str(), nullptr, 10);
      one.running = true;
    } else if (action == "die") {
      one.running = false;
      if (!one.by_hand) look_at_ = std::min(look_at_, Clock::now() + kStayedDown);
    } else if (action == "stop" || action == "kill") {
      one.by_hand = true;
    } else if (action == "stayed_down") {
      one.told_down = ns;
    } else if (action == "destroy") {
      containers_.erase(id);
    }
    return true;
  }

  static std::string line_of(const Json& event) {
    const Json actor = part(event, "Actor"), attributes = part(actor, "Attributes");
    Json kept = Json::object();
    if (attributes.is_object()) {
      for (const auto& [name, value] : attributes.items()) {
        if (kKept.count(name) > 0 && value.is_string()) kept[name] = value;
      }
    }
    Json out;
    out["Type"] = "container";
    out["Action"] = text_at(event, "Action");
    out["Actor"] = {{"ID", text_at(actor, "ID")}, {"Attributes", kept}};
    out["timeNano"] = event["timeNano"];
    return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }

  void take_events(std::string& lines) {
    size_t begin = 0;
    for (size_t end = body_.find('\n'); end != body_.npos; end = body_.find('\n', begin)) {
      const Json event = Json::parse(body_.substr(begin, end - begin), nullptr, false);
      begin = end + 1;
      if (event.is_object() && text_at(event, "Type") == "container" && learn(event)) {
        lines += line_of(event);
      }
    }
    body_.erase(0, begin);
    if (body_.size() > kMaxAnswer) body_.clear();
  }

  // All containers, one after the other, as far as answers have come.
  void look_around(Time now, std::string& lines) {
    const Clock::time_point clock = Clock::now();
    if (!side_) {
      if (clock < look_at_) return;
      look_at_ = clock + kLookEvery;
      ask("/containers/json?all=1" +
          (labels_.empty() ? ""
                           : "&filters=" + percent_encoded("{" + labels_part().substr(1) + "}")));
      listing_ = true;
    }
    while (side_) {
      const Status read = side_->read(side_body_);
      if (read && !side_->ended() && side_body_.size() <= kMaxAnswer && clock < side_until_) return;
      const bool whole = read && side_->ended();
      const Json answer = whole ? Json::parse(side_body_, nullptr, false) : Json();
      if (whole && listing_) {
        if (answer.is_array()) {
          for (const Json& one : answer) {
            if (asked_.size() < kMaxContainers) asked_.push_back(text_at(one, "Id"));
          }
        }
        listing_ = false;
      } else if (whole) {
        compare(answer, now, lines);
      }
      // A container that was just removed is no trouble, and one that hangs is asked again later.
      side_.reset();
      listing_ = false;
      if (asked_.empty()) {
        daemon_ended_ = false;
        return;
      }
      ask("/containers/" + percent_encoded(asked_.front()) + "/json");
      asked_.pop_front();
    }
  }

  void ask(const std::string& target) {
    side_body_.clear();
    Result<DockerCall> call = DockerCall::get(socket_, target);
    if (!call) {
      troubles_.push_back(call.error().text);
      asked_.clear();
      return;
    }
    side_ = std::move(*call);
    side_until_ = Clock::now() + kPatience;
    watch(side_->fd());
  }

  // A container as it is, beside what is known of it.
  void compare(const Json& found, Time now, std::string& lines) {
    const std::string id = text_at(found, "Id");
    if (id.empty()) return;
    const Json state = part(found, "State"), config = part(found, "Config");
    const Json policy = part(part(found, "HostConfig"), "RestartPolicy");
    const int64_t started = nanoseconds(text_at(state, "StartedAt"));
    const int64_t finished = nanoseconds(text_at(state, "FinishedAt"));
    const std::string status = text_at(state, "Status");
    std::string name = text_at(found, "Name");
    if (name.starts_with('/')) name.erase(0, 1);
    const auto met = containers_.find(id);
    const bool new_one = met == containers_.end();
    const Known before = new_one ? Known() : met->second;
    const Json labels = part(config, "Labels");
    const auto tell = [&](const char* action, int64_t ns, bool with_start) {
      Json attributes = Json::object();
      attributes["name"] = name;
      attributes["image"] = text_at(config, "Image");
      for (const char* label : {"blip.service", "com.docker.compose.service"}) {
        if (const std::string value = text_at(labels, label); !value.empty())
          attributes[label] = value;
      }
      if (with_start) attributes["startedAt"] = std::to_string(started);
      Json event;
      event["Action"] = action;
      event["Actor"] = {{"ID", id}, {"Attributes", attributes}};
      event["timeNano"] = ns;
      if (learn(event)) lines += line_of(event);
    };
    if (status == "running" || status == "paused") {
      if (new_one) return tell("seen", to_us(now) * 1000, true);
      if (daemon_ended_ && started > ended_ns_) {
        tell("daemon_restarted", started, false);
      } else if (started - before.started_ns > kSameStart) {
        tell("found_started", started, false);
      } else if (daemon_ended_) {
        tell("seen", to_us(now) * 1000, true);  // the spool may have forgotten its start
      }
      return;
    }
    // "restarting" is a back-off; a container that was never started has no death.
    const std::string wanted = text_at(policy, "Name");
    const bool should_run = wanted == "always" || wanted == "unless-stopped";
    const bool down = (status == "exited" || status == "dead") && finished > 0;
    if (!should_run || !down || new_one || before.by_hand || before.told_down == finished) return;
    if (to_us(now) * 1000 - finished < std::chrono::nanoseconds(kStayedDown).count()) {
      look_at_ = std::min(look_at_, Clock::now() + kStayedDown);
      return;
    }
    tell("stayed_down", finished, false);
  }

  const std::string socket_;
  const std::vector<std::string> labels_;
  const seconds backfill_;
  const Fd poll_;
  std::optional<DockerCall> events_;
  std::string body_;                // of the events, up to a newline that has not come
  std::optional<DockerCall> side_;  // the list of containers, or one of them
  std::string side_body_;
  Clock::time_point side_until_{};
  bool listing_ = false;
  std::deque<std::string> asked_;  // containers still to be looked at
  Clock::time_point look_at_ = Clock::time_point::max();
  std::map<std::string, Known> containers_;  // by id
  std::set<uint64_t> told_;                  // marks of events
  std::deque<uint64_t> order_;               // of them, oldest first
  int64_t latest_ns_ = 0, fresh_ns_ = 0;     // of events: in the spool; met
  bool remembered_ = false;
  bool daemon_ended_ = false;  // since its containers were last looked at
  int64_t ended_ns_ = 0;       // when
  std::vector<std::string> troubles_;
};
}  // namespace

std::shared_ptr<Feeder> docker_feeder(std::string socket, std::vector<std::string> labels,
                                      std::chrono::seconds backfill) {
  return std::make_shared<DockerFeeder>(std::move(socket), std::move(labels), backfill);
}

}  // namespace blip
