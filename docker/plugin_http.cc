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

#include <filesystem>

#include "core/json_field.h"

namespace blip::docker {
namespace {
using Json = nlohmann::json;
constexpr const char* kType = "application/vnd.docker.plugins.v1.2+json";
constexpr size_t kMaxBody = 16 << 20;  // labels and environment of one container
constexpr size_t kMaxName = 128;
constexpr size_t kThreads = 4;

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
  Impl(Driver& to, std::string at) : driver(to), socket(std::move(at)) {
    server.set_address_family(AF_UNIX);
    server.set_payload_max_length(kMaxBody);
    // A connection that is kept is closed at some time, and then a call on it is lost.
    server.set_keep_alive_max_count(1);
    server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
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
  }

  std::string activate(const std::string&) { return R"({"Implements":["LogDriver"]})"; }
  // dockerd keeps the lines that `docker logs` shows by itself, and shows them without us.
  std::string capabilities(const std::string&) { return R"({"Cap":{"ReadLogs":false}})"; }

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

  Driver& driver;
  const std::string socket;
  httplib::Server server;
};

PluginServer::PluginServer(Driver& driver, std::string socket)
    : impl_(std::make_unique<Impl>(driver, std::move(socket))) {}
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
