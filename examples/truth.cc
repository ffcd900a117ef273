// Writes a story's folder: its logs, packed where logrotate would have packed them and with the
// mtime of their last line (a syslog without years is read by it), and beside them what happened:
//
//   {"run": "1-saved-by-the-bug", "services": [{"name": "app@web-1", ...}],
//    "restarts": [{"service": "app@web-1", "first_log_line_after_start": {"file": ..., "line":
//    9}}]}
//
// The fields are those that docs and tests score against; "stalls", "drifts" and "host_reboots" are
// further ones, for readers who want them.

#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/hash.h"
#include "examples/kit.h"

namespace blip::stories {
namespace {
namespace fs = std::filesystem;

Error failed(std::string_view what, const fs::path& path) {
  return {cat(what, " ", path.string(), ": ", std::strerror(errno))};
}

// With no name and no time in its header, so that the bytes depend on the text alone.
std::string packed(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Status write_file(const fs::path& path, const std::string& bytes, Ms mtime) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return Error{cat("create ", path.parent_path().string(), ": ", error.message())};
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) return failed("write", path);
  const timespec time = {static_cast<time_t>(mtime / kSecond),
                         static_cast<long>(mtime % kSecond * 1000000)};
  const timespec both[2] = {time, time};
  if (utimensat(AT_FDCWD, path.c_str(), both, 0) != 0) return failed("set the mtime of", path);
  return Done{};
}

// JSON, as much of it as the truth needs: values come as JSON already.
class Object {
 public:
  Object& field(std::string_view name, std::string_view json) {
    out_ += cat(out_.empty() ? "{" : ", ", json_quoted(name), ": ", json);
    return *this;
  }
  Object& text(std::string_view name, std::string_view value) {
    return field(name, json_quoted(value));
  }
  Object& flag(std::string_view name, bool value) { return field(name, value ? "true" : "false"); }
  Object& number(std::string_view name, int64_t value) { return field(name, cat(value)); }
  Object& time(std::string_view name, Ms value) { return text(name, stamp_iso(value, 3) + "Z"); }
  std::string done() const { return out_ + "}"; }

 private:
  std::string out_;
};

template <class Items, class Show>
std::string list(const Items& items, std::string_view between, Show show) {
  std::string out;
  for (const auto& item : items) {
    if (!out.empty()) out += between;
    out += show(item);
  }
  return "[" + out + "]";
}
constexpr std::string_view kSameLine = ", ", kNewLine = ",\n  ";

std::string place(const LogFile::Place& at) {
  return Object().text("file", at.file).number("line", at.line).done();
}
std::string first_line(const Spot& spot) {
  return spot.log == nullptr ? "null" : place(spot.log->first_line(spot));
}
std::string last_line(const Spot& spot) {
  return spot.log == nullptr ? "null" : place(spot.log->last_line(spot));
}

std::string json(const Truth::Service& service) {
  std::vector<std::string> names;
  for (const LogFile* log : service.logs) {
    for (const LogFile::Part& part : log->parts()) names.push_back(part.name);
  }
  return Object()
      .text("name", service.name)
      .text("language", service.language)
      .field("files", list(names, kSameLine, json_quoted))
      .done();
}

std::string json(const Restart& restart) {
  Object out;
  out.text("service", restart.service)
      .time("time_utc_of_death", restart.death)
      .time("time_utc_of_start", restart.start)
      .field("first_log_line_after_start", first_line(restart.first))
      .field("also", list(restart.also, kSameLine, first_line))
      .field("last_log_line_before_death", last_line(restart.last))
      .text("cause", restart.cause)
      .flag("planned", restart.planned)
      .flag("explicit", !restart.explicit_by.empty())
      .field("explicit_by", restart.explicit_by.empty() ? "null" : json_quoted(restart.explicit_by))
      .flag("explicit_elsewhere", restart.told_elsewhere)
      .field("evidence", list(restart.evidence, kSameLine, json_quoted))
      .flag("crash_loop", false);
  if (restart.pid_after != 0) {
    out.number("pid_before", restart.pid_before).number("pid_after", restart.pid_after);
  }
  return out.done();
}

std::string json(const Truth::Start& start) {
  return Object()
      .text("service", start.service)
      .time("time_utc", start.time)
      .field("first_log_line", first_line(start.first))
      .done();
}

// A trap, a burst of errors or a stall: which of the three is the name of the list it is in.
std::string json(const Truth::Range& range) {
  Object out;
  out.text("type", range.what);
  if (!range.service.empty()) {
    out.text("service", range.service).time("start", range.begin).time("end", range.end);
  }
  const LogFile::Place from = range.from.log->first_line(range.from);
  out.text("file", from.file)
      .number("line_from", from.line)
      .number("line_to", range.to.log->last_line(range.to).line);
  if (range.lines != 0) out.number("lines", range.lines);
  return out.done();
}

std::string json(const Truth::Leak& leak) {
  return Object()
      .text("service", leak.service)
      .text("metric", leak.metric)
      .field("slope_per_min", decimal(leak.milli_per_min, 3))
      .flag("masked", leak.masked)
      .done();
}

std::string json(const Truth::Drift& drift) {
  return Object()
      .text("service", drift.service)
      .text("metric", drift.metric)
      .number("from_ms", drift.from_ms)
      .number("to_ms", drift.to_ms)
      .flag("masked", drift.resets > 0)
      .number("resets", drift.resets)
      .done();
}

std::string json(const Truth::Reboot& reboot) {
  return Object()
      .text("host", reboot.host)
      .time("time_utc_of_death", reboot.down)
      .time("time_utc_of_start", reboot.up)
      .flag("planned", reboot.planned)
      .field("first_log_line_after_start", first_line(reboot.first))
      .field("last_log_line_before_death", last_line(reboot.last))
      .done();
}
}  // namespace

LogFile& Story::log(std::string path) {
  logs_.push_back(std::make_unique<LogFile>(std::move(path)));
  return *logs_.back();
}

Rng Story::rng(std::string_view purpose) const {
  return Rng(Hasher().number(seed_).field(name_).field(purpose).value());
}

std::string Story::truth_json() const {
  const auto each = [](const auto& items) {
    return list(items, kNewLine, [](const auto& item) { return json(item); });
  };
  Object files;
  for (const auto& log : logs_) {
    for (const LogFile::Part& part : log->parts()) {
      files.field(part.name, Object()
                                 .number("lines", part.lines)
                                 .number("bytes", static_cast<int64_t>(part.text.size()))
                                 .flag("gzip", part.gzip)
                                 .done());
    }
  }
  Object out;
  out.text("run", name_)
      .number("format", 1)
      .field("clock", Object().text("kind", "virtual").number("speed", 1).done())
      .number("log_timezone_offset_h", 0)
      .text("notes", notes_)
      .field("supervisors", list(truth.supervisors, kSameLine, json_quoted))
      .field("services", each(truth.services))
      .field("restarts", each(truth.restarts))
      .field("initial_starts", each(truth.initial_starts))
      .field("final_stops", "[]")
      .field("traps", each(truth.traps))
      .field("leaks", each(truth.leaks))
      .field("error_bursts", each(truth.error_bursts))
      .field("silences", "[]")
      .field("drifts", each(truth.drifts))
      .field("stalls", each(truth.stalls))
      .field("host_reboots", each(truth.reboots))
      .field("files", files.done());
  return out.done() + "\n";
}

Status Story::write(const std::string& folder) {
  Ms newest = 0;
  for (const auto& log : logs_) {
    log->settle();
    for (const LogFile::Part& part : log->parts()) {
      const std::string bytes = part.gzip ? packed(part.text) : part.text;
      const Status written = write_file(fs::path(folder) / name_ / part.name, bytes, part.last);
      if (!written) return written;
      newest = std::max(newest, part.last);
    }
  }
  std::stable_sort(truth.restarts.begin(), truth.restarts.end(),
                   [](const Restart& a, const Restart& b) { return a.start < b.start; });
  return write_file(fs::path(folder) / name_ / "truth.json", truth_json(), newest);
}

}  // namespace blip::stories
