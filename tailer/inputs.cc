// Reads names, not bytes:
//
//   /var/log/app/app.log  app.log.1  app.log.2.gz  app.log-20240624.gz    one source, oldest first
//   /var/log/upstart/gamesrv.log          service "gamesrv"
//   /etc/service/billing/current          service "billing": the file's name tells nothing
//   carts-out.log, carts-err.log          service "carts": one program, two descriptors
//
// What is inside the files is byte_source.cc's.

#include "tailer/inputs.h"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>

namespace blip {
namespace {
namespace fs = std::filesystem;

constexpr size_t kMaxFiles = 1'000'000;  // of one call; more is a mistyped "/"

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool strip(std::string_view& name, std::string_view suffix) {
  if (name.size() <= suffix.size() || !name.ends_with(suffix)) return false;
  name.remove_suffix(suffix.size());
  return true;
}

}  // namespace

bool surely_no_log(std::string_view name) {
  static constexpr std::array<std::string_view, 24> kOther = {
      ".json", ".yaml",   ".yml",    ".toml",   ".conf", ".cfg", ".ini",  ".html",
      ".md",   ".py",     ".sh",     ".js",     ".css",  ".pid", ".lock", ".sock",
      ".db",   ".db-wal", ".db-shm", ".sqlite", ".tar",  ".tgz", ".zip",  ".tmp"};
  if (name.starts_with(".") || name == "lock" || name == "state" || name == "config") return true;
  return std::any_of(kOther.begin(), kOther.end(),
                     [&](std::string_view suffix) { return name.ends_with(suffix); });
}

namespace {
bool older_first(const InputFile& a, const InputFile& b) {
  const std::string first = fs::path(a.path).filename().string();
  const std::string second = fs::path(b.path).filename().string();
  const int64_t age_a = split_rotated(first).age, age_b = split_rotated(second).age;
  return age_a != age_b ? age_a > age_b : a.path < b.path;
}

class Finder {
 public:
  void add(const std::string& path) {
    if (path == "-") {
      files_.push_back({"-", 0, kNoTime});
      return;
    }
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0) return add_existing(path, info, true);
    const int why = errno;
    glob_t found{};
    if (::glob(path.c_str(), 0, nullptr, &found) == 0) {
      for (size_t i = 0; i < found.gl_pathc; ++i) {
        if (::stat(found.gl_pathv[i], &info) == 0) add_existing(found.gl_pathv[i], info, false);
      }
    } else {
      notes_.push_back({path, std::string(std::strerror(why)) + advice(path, why), true});
    }
    ::globfree(&found);
  }

  Inputs finish() { return {rotation_sets(std::move(files_)), std::move(notes_)}; }

 private:
  static std::string advice(const std::string& path, int why) {
    if (why == ENOENT)
      return path.find_first_of("*?[") == std::string::npos ? ": no such file; check the path"
                                                            : ": the pattern matches no file";
    if (why == EACCES) return ": may not be looked into; run as root or in group adm";
    return "";
  }

  void add_existing(const std::string& path, const struct stat& info, bool named) {
    if (S_ISDIR(info.st_mode)) return add_folder(path);
    if (!S_ISREG(info.st_mode) && !named) return;
    files_.push_back(
        {path, static_cast<uint64_t>(info.st_size),
         time_from_us(info.st_mtim.tv_sec * 1'000'000LL + info.st_mtim.tv_nsec / 1000)});
  }

  void add_folder(const std::string& path) {
    const size_t before = files_.size();
    std::error_code error;
    fs::recursive_directory_iterator walk(path, error), end;
    if (error) {
      notes_.push_back({path, error.message() + advice(path, error.value()), true});
      return;
    }
    std::vector<std::string> found;
    while (walk != end && found.size() < kMaxFiles) {
      const std::string name = walk->path().filename().string();
      std::error_code ignored;
      if (walk->is_regular_file(ignored) && !surely_no_log(name))
        found.push_back(walk->path().string());
      walk.increment(error);
      if (error) {
        notes_.push_back({path, "reading the folder: " + error.message(), true});
        break;
      }
    }
    std::sort(found.begin(), found.end());
    for (const std::string& file : found) {
      struct stat info {};
      if (::stat(file.c_str(), &info) == 0) add_existing(file, info, false);
    }
    if (files_.size() == before) {
      notes_.push_back({path, "no log in this folder; name the files to read", true});
    }
  }

  std::vector<InputFile> files_;
  std::vector<InputNote> notes_;
};
}  // namespace

Inputs find_inputs(const std::vector<std::string>& paths) {
  Finder finder;
  for (const std::string& path : paths) finder.add(path);
  return finder.finish();
}

std::vector<Source> rotation_sets(std::vector<InputFile> files) {
  std::map<std::pair<std::string, std::string>, std::vector<InputFile>> sets;
  std::set<std::string> seen;
  for (InputFile& file : files) {
    if (!seen.insert(file.path).second) continue;
    const fs::path path(file.path);
    const std::string name = path.filename().string();
    sets[{path.parent_path().string(), std::string(split_rotated(name).base)}].push_back(
        std::move(file));
  }
  std::vector<Source> sources;
  for (auto& [key, members] : sets) {
    std::sort(members.begin(), members.end(), older_first);
    sources.push_back({key.first, key.second, std::move(members)});
  }
  return sources;
}

RotatedName split_rotated(std::string_view name) {
  const std::string_view whole = name;
  for (const std::string_view packed : {".gz", ".zst"}) strip(name, packed);
  const size_t mark = name.find_last_of(".-");
  if (mark == std::string_view::npos || mark == 0) return {name, 0};
  std::string_view tail = name.substr(mark + 1);
  const std::string_view head = name.substr(0, mark);
  // app.log.2024-06-24: three groups of digits.
  if (tail.size() == 2 && name.size() > 11 && name[mark] == '-' && name[mark - 3] == '-') {
    const std::string_view date = name.substr(mark - 7, 10);
    std::string digits;
    for (const char c : date) {
      if (c != '-') digits += c;
    }
    const char before = name[mark - 8];
    if (all_digits(digits) && digits.size() == 8 && (before == '.' || before == '-')) {
      return {name.substr(0, mark - 8), INT64_MAX - std::stoll(digits)};
    }
  }
  // app.log-20240624-031500, 0.log.20240624-031500: a date, and a time of day.
  if (all_digits(tail) && tail.size() == 6 && name[mark] == '-' && mark > 9 &&
      all_digits(name.substr(mark - 8, 8)) && (name[mark - 9] == '.' || name[mark - 9] == '-')) {
    const std::string digits = std::string(name.substr(mark - 8, 8)) + std::string(tail);
    return {name.substr(0, mark - 9), INT64_MAX - std::stoll(digits)};
  }
  if (!all_digits(tail) || tail.size() > 18) return {name, whole == name ? 0 : 1};
  if (name[mark] == '.' && tail.size() <= 4) return {head, std::stoll(std::string(tail))};
  const bool dated = tail.size() == 8 || tail.size() == 10 || tail.size() == 14;
  if (dated) return {head, INT64_MAX - std::stoll(std::string(tail))};
  return {name, 0};
}

std::string service_from_path(std::string_view path) {
  const fs::path file(path);
  const std::string name = file.filename().string();
  std::string_view base = split_rotated(name).base;
  for (bool more = true; more;) {
    more = false;
    for (const std::string_view suffix :
         {".log",   ".txt",    ".json",   ".out",    ".err",    ".stdout", ".stderr", "-json",
          "-out",   "-err",    "-error",  "-stdout", "-stderr", "_out",    "_err",    ".access",
          ".error", "-access", "_access", "_error",  ".fifo",   ".pipe"}) {
      more |= strip(base, suffix);
    }
  }
  static constexpr std::array<std::string_view, 15> kTellNothing = {
      "current", "out",  "err",     "error", "stdout", "stderr",  "access", "output",
      "log",     "logs", "console", "debug", "main",   "forever", "gc"};
  const bool telling =
      std::find(kTellNothing.begin(), kTellNothing.end(), base) == kTellNothing.end();
  if (telling || path == "-") return path == "-" ? "stdin" : std::string(base);
  const std::string folder = fs::absolute(file).parent_path().filename().string();
  return folder.empty() ? std::string(base) : folder;
}

}  // namespace blip
