// POST /LogDriver.StartLogging  {"File":"/run/docker/logging/2478...","Info":{"ContainerID":...}}
//   -> {"Err":""}
//
// What dockerd does not say in its manual: Host is empty; Capabilities comes before every start; a
// call whose connection broke is tried again with an empty body; `docker logs` of a stopped
// container sends StartLogging and StopLogging too, with no frame between; whatever text stands in
// Err keeps a container from starting. So nothing here waits, and nothing refuses without need.

#include "docker/plugin_http.h"

#include <httplib.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "core/json_field.h"
#include "core/time.h"
#include "docker/read_back.h"

namespace blip::docker {
namespace {
using Json = nlohmann::json;
constexpr const char* kType = "application/vnd.docker.plugins.v1.2+json";
constexpr size_t kMaxBody = 16 << 20;  // labels and environment of one container
constexpr size_t kMaxName = 128;
constexpr size_t kThreads = 4;
constexpr int kReaders = 32;  // of `docker logs`, each of whom keeps a thread
constexpr auto kLookAgain = std::chrono::milliseconds(50);  // at a log that is followed
constexpr int kSettles = 20;  // of these looks, until a run that ended is in the spool

// dockerd's zero is the year 1.
int64_t micros_of(const std::string& stamp, int64_t otherwise) {
  if (stamp.empty() || stamp.starts_with("0001-")) return otherwise;
  const std::optional<Stamp> found = parse_stamp(stamp, {});
  return found && known(found->time) ? to_us(found->time) : otherwise;
}

std::string answer(const std::string& error) {
  return Json{{"Err", error}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Of dockerd's ids and nothing else: they name files.
bool is_id(const std::string& text) {
  return !text.empty() && text.size() <= kMaxName &&
         text.find_first_not_of("0123456789abcdefABCDEF_-") == std::string::npos;
}
}  // namespace

std::string service_of(const std::string& text) {
  const Json info = Json::parse(text, nullptr, false);
  const Json config = part(info, "Config"), labels = part(info, "ContainerLabels");
  std::string name = text_at(config, "blip-service");
  if (name.empty()) name = text_at(labels, "blip.service");
  if (name.empty()) name = text_at(labels, "com.docker.compose.service");
  if (name.empty()) name = text_at(info, "ContainerName");
  if (name.starts_with('/')) name.erase(0, 1);
  if (name.empty()) name = text_at(info, "ContainerID").substr(0, 12);
  return name.substr(0, kMaxName);
}

struct PluginServer::Impl {
  Impl(Driver& to, std::string at, bool read) : driver(to), socket(std::move(at)), read_logs(read) {
    server.set_address_family(AF_UNIX);
    server.set_payload_max_length(kMaxBody);
    // A connection that is kept is closed at some time, and then a call on it is lost.
    server.set_keep_alive_max_count(1);
    server.new_task_queue = [read] {
      return new httplib::ThreadPool(kThreads + (read ? kReaders : 0));
    };
    const auto on = [this](const char* call, std::string (Impl::*answer_to)(const std::string&)) {
      server.Post(call,
                  [this, answer_to](const httplib::Request& request, httplib::Response& response) {
                    response.set_content((this->*answer_to)(request.body), kType);
                  });
    };
    on("/Plugin.Activate", &Impl::activate);
    on("/LogDriver.Capabilities", &Impl::capabilities);
    on("/LogDriver.StartLogging", &Impl::start);
    on("/LogDriver.StopLogging", &Impl::stop_one);
    if (!read_logs) return;
    server.Post("/LogDriver.ReadLogs",
                [this](const httplib::Request& request, httplib::Response& response) {
                  read_back(request.body, response);
                });
  }

  std::string activate(const std::string&) { return R"({"Implements":["LogDriver"]})"; }
  // Where it is false, dockerd keeps the lines that `docker logs` shows by itself, and shows them
  // without us.
  std::string capabilities(const std::string&) {
    return read_logs ? R"({"Cap":{"ReadLogs":true}})" : R"({"Cap":{"ReadLogs":false}})";
  }

  std::string start(const std::string& body) {
    const Json call = Json::parse(body, nullptr, false);
    const std::string fifo = text_at(call, "File");
    const Json info = part(call, "Info");
    const std::string container = text_at(info, "ContainerID");
    if (fifo.empty() || !is_id(container)) {
      return answer("blip: StartLogging names no FIFO or no container; start it again");
    }
    const Status done = driver.start(
        fifo, container, service_of(info.dump(-1, ' ', false, Json::error_handler_t::replace)));
    return answer(done ? "" : "blip: " + done.error().text);
  }

  std::string stop_one(const std::string& body) {
    driver.stop(text_at(Json::parse(body, nullptr, false), "File"));
    return answer("");
  }

  // The answer is a stream of frames. It ends with the container's run, where it is followed.
  void read_back(const std::string& body, httplib::Response& response) {
    const Json call = Json::parse(body, nullptr, false);
    const std::string container = text_at(part(call, "Info"), "ContainerID");
    const Json config = part(call, "Config"), tail = part(config, "Tail"),
               follow = part(config, "Follow");
    if (!is_id(container) || readers.fetch_add(1) >= kReaders) {
      if (is_id(container)) readers.fetch_sub(1);
      response.status = 503;
      response.set_content("blip: too many read logs already, or no container", "text/plain");
      return;
    }
    ReadAsk ask;
    ask.since_us = micros_of(text_at(config, "Since"), ask.since_us);
    ask.until_us = micros_of(text_at(config, "Until"), ask.until_us);
    if (tail.is_number_integer()) ask.tail = tail.get<int64_t>();
    const bool following = follow.is_boolean() && follow.get<bool>();
    const DriverOptions& options = driver.options();
    auto lines = std::make_shared<ReadBack>(options.spool + "/" + container + ".log",
                                            options.files.files, ask);
    for (int i = 0; i < kSettles && driver.settling(container); ++i) {
      std::this_thread::sleep_for(kLookAgain);
    }
    response.set_chunked_content_provider(
        "application/octet-stream",
        [this, lines, container, following](size_t, httplib::DataSink& sink) {
          // Asked before reading: what it wrote before it ended is read below.
          const bool lives = following && driver.living(container);
          std::string frames;
          const bool more = lines->more(frames);
          if (!frames.empty() && !sink.write(frames.data(), frames.size())) return false;
          if (lines->over() || (!more && !lives)) {
            sink.done();
          } else if (!more) {
            std::this_thread::sleep_for(kLookAgain);
            if (!sink.is_writable()) return false;
          }
          return true;
        },
        [this](bool) { readers.fetch_sub(1); });
  }

  Driver& driver;
  const std::string socket;
  const bool read_logs;
  std::atomic<int> readers{0};
  httplib::Server server;
};

PluginServer::PluginServer(Driver& driver, std::string socket, bool read_logs)
    : impl_(std::make_unique<Impl>(driver, std::move(socket), read_logs)) {}
PluginServer::~PluginServer() = default;

Status PluginServer::listen() {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(impl_->socket).parent_path(), error);
  ::unlink(impl_->socket.c_str());
  if (!impl_->server.bind_to_port(impl_->socket, 80)) {  // AF_UNIX has no ports; 0 means "any"
    return Error{"listen at " + impl_->socket +
                 ": run as root, and check that its folder is there"};
  }
  ::chmod(impl_->socket.c_str(), 0600);
  impl_->server.listen_after_bind();
  return Done{};
}

void PluginServer::stop() { impl_->server.stop(); }

}  // namespace blip::docker
