// What a pattern means on the disk, now:
//
//   /var/log/app.log         that file and its rotated siblings, app.log.1, app.log.2.gz
//   /var/log/*/error.log     in each folder; the folders are watched for new ones
//   /var/log/pods/**/*.log   at any depth
//   /var/log/app             all logs in the folder and below
//
// A rotated file matches where its base name does: rotation never takes a file out of its set.
// Links to folders are gone into when all else has been: a file that is reached in several ways
// goes by its own.

#include "tailer/globs.h"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "tailer/folder.h"

namespace blip {
namespace {
constexpr size_t kMaxFiles = 1'000'000;  // of all patterns; more is a mistyped "/"
constexpr size_t kMaxDepth = 64;

bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

std::vector<std::string> components(std::string_view pattern) {
  std::vector<std::string> parts;
  while (!pattern.empty()) {
    const size_t slash = pattern.find('/');
    const std::string_view part = pattern.substr(0, slash);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    pattern.remove_prefix(slash == std::string_view::npos ? pattern.size() : slash + 1);
  }
  return parts;
}

std::string join(const std::string& folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  return folder == "/" ? "/" + std::string(name) : folder + "/" + std::string(name);
}

bool fits(const std::string& pattern, const std::string& name) {
  if (::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0) return true;
  const std::string base(split_rotated(name).base);
  return base != name && ::fnmatch(pattern.c_str(), base.c_str(), FNM_PERIOD) == 0;
}

class Walk {
 public:
  explicit Walk(const std::vector<std::string>& exclude) : exclude_(exclude) {}

  void pattern(const std::string& text) {
    const bool absolute = text.starts_with('/');
    const std::vector<std::string> parts = components(text);
    visited_.clear();
    by_link_ = false;
    struct stat info {};
    if (::stat(text.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
      std::string folder = absolute ? "" : ".";
      for (const std::string& part : parts) folder = join(folder == "" ? "/" : folder, part);
      everything(folder.empty() ? "/" : folder, 0);
    } else if (!parts.empty()) {
      match(absolute ? "/" : ".", parts, 0, 0);
    }
    by_link_ = true;
    while (!links_.empty()) {
      const Link link = std::move(links_.front());
      links_.pop_front();
      if (link.parts == nullptr) {
        everything(link.folder, link.depth);
      } else {
        match(link.folder, *link.parts, link.at, link.depth);
      }
    }
  }

  Found finish() {
    // Names that are links come last: a file reached by two names goes by its own.
    std::stable_sort(hits_.begin(), hits_.end(),
                     [](const Hit& a, const Hit& b) { return a.link < b.link; });
    std::set<std::pair<uint64_t, uint64_t>> seen;
    std::vector<InputFile> files;
    for (Hit& hit : hits_) {
      if (seen.insert({hit.dev, hit.ino}).second) files.push_back(std::move(hit.file));
    }
    return {rotation_sets(std::move(files)), {folders_.begin(), folders_.end()}};
  }

 private:
  struct Hit {
    InputFile file;
    uint64_t dev = 0, ino = 0;
    bool link = false;
  };

  bool excluded(const std::string& path, const std::string& name) const {
    const size_t rotation = name.size() - split_rotated(name).base.size();
    const std::string base = path.substr(0, path.size() - rotation);
    return std::any_of(exclude_.begin(), exclude_.end(), [&](const std::string& pattern) {
      return ::fnmatch(pattern.c_str(), path.c_str(), 0) == 0 ||
             ::fnmatch(pattern.c_str(), base.c_str(), 0) == 0 || fits(pattern, name);
    });
  }

  // Sorted names of a folder, and whether each is a folder itself.
  struct Name {
    std::string text;
    bool folder = false, link = false;
    uint64_t ino = 0;  // as listed
    struct stat info {};
  };
  std::vector<Name> names_of(const std::string& folder) {
    folders_.insert(folder);
    std::vector<Name> names;
    for (const FolderEntry& one : read_folder(folder)) {
      Name name{one.name, false, one.type == DT_LNK, one.ino, {}};
      if (::stat(join(folder, one.name).c_str(), &name.info) != 0) continue;  // a dangling link
      name.folder = S_ISDIR(name.info.st_mode);
      names.push_back(std::move(name));
    }
    return names;
  }

  void take(const std::string& folder, const Name& name) {
    const std::string path = join(folder, name.text);
    if (!S_ISREG(name.info.st_mode) || hits_.size() >= kMaxFiles) return;
    if (excluded(path, name.text)) return;
    const timespec& time = name.info.st_mtim;
    hits_.push_back({{path, static_cast<uint64_t>(name.info.st_size),
                      time_from_us(time.tv_sec * 1'000'000LL + time.tv_nsec / 1000),
                      name.link ? name.info.st_ino : name.ino},
                     name.info.st_dev,
                     name.info.st_ino,
                     name.link || by_link_});
  }

  void everything(const std::string& folder, size_t depth) {
    if (depth > kMaxDepth || !enter(folder, 0)) return;
    for (const Name& name : names_of(folder)) {
      const std::string path = join(folder, name.text);
      if (!name.folder) {
        if (!surely_no_log(name.text)) take(folder, name);
      } else if (name.text.starts_with('.')) {
        continue;
      } else if (name.link) {
        links_.push_back({path, nullptr, 0, depth + 1});
      } else {
        everything(path, depth + 1);
      }
    }
  }

  void match(const std::string& folder, const std::vector<std::string>& parts, size_t at,
             size_t depth) {
    const std::string& part = parts[at];
    const bool last = at + 1 == parts.size();
    if (!last && !has_wildcard(part)) return match(join(folder, part), parts, at + 1, depth + 1);
    if (depth > kMaxDepth || !enter(folder, at)) return;
    if (part == "**") {
      // No folder at all, or any number of them.
      if (!last) match(folder, parts, at + 1, depth);
      for (const Name& name : names_of(folder)) {
        const std::string path = join(folder, name.text);
        if (!name.folder) {
          if (last) take(folder, name);
        } else if (name.text.starts_with('.')) {
          continue;
        } else if (name.link) {
          links_.push_back({path, &parts, at, depth + 1});
        } else {
          match(path, parts, at, depth + 1);
        }
      }
    } else {
      for (const Name& name : names_of(folder)) {
        if (last && !name.folder && fits(part, name.text)) take(folder, name);
        if (!last && name.folder && ::fnmatch(part.c_str(), name.text.c_str(), FNM_PERIOD) == 0) {
          match(join(folder, name.text), parts, at + 1, depth + 1);
        }
      }
    }
  }

  // False: what is left of the pattern, from `at` on, has been looked for in this folder already.
  bool enter(const std::string& folder, size_t at) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) {
      folders_.insert(folder);  // it may come
      return false;
    }
    return visited_.insert({at, info.st_dev, info.st_ino}).second;
  }

  // A folder that a link leads to, to be gone into later.
  struct Link {
    std::string folder;
    const std::vector<std::string>* parts;  // of the pattern; none: all logs in it
    size_t at, depth;
  };

  const std::vector<std::string>& exclude_;
  std::vector<Hit> hits_;
  std::set<std::string> folders_;
  std::deque<Link> links_;
  std::set<std::tuple<size_t, uint64_t, uint64_t>> visited_;
  bool by_link_ = false;
};
}  // namespace

Found find_sources(const Patterns& patterns) {
  Walk walk(patterns.exclude);
  for (const std::string& pattern : patterns.include) walk.pattern(pattern);
  return walk.finish();
}

}  // namespace blip
