// Finds what to read: files, folders and globs become sources, each a set of rotated siblings in
// their true order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace blip {

struct InputFile {
  std::string path;   // "-" is standard input
  uint64_t size = 0;  // on disk, as packed
  Time mtime = kNoTime;
  uint64_t ino = 0;  // that the name meant when the folder was listed; 0: not known
};

// app.log.2.gz, app.log.1 and app.log: one stream in three files.
struct Source {
  std::string folder, base;      // "/var/log/app", "app.log"
  std::vector<InputFile> files;  // oldest first
};

struct InputNote {
  std::string path, text;
  bool failed = false;  // something a person asked for could not be read
};

struct Inputs {
  std::vector<Source> sources;  // by folder and base, so that the order never varies
  std::vector<InputNote> notes;
};

// Never fails: what cannot be read is a note that says why.
Inputs find_inputs(const std::vector<std::string>& paths);

// Files as sources: by folder and base name, rotated siblings together, oldest first. A path that
// comes twice counts once.
std::vector<Source> rotation_sets(std::vector<InputFile> files);

// Is a file of this name, met in a folder, surely no log (".yaml", ".pid", hidden ones)?
bool surely_no_log(std::string_view name);

// How a rotated file's name is made: base name, and how old it is among its siblings.
struct RotatedName {
  std::string_view base;  // "app.log" of "app.log.2.gz"; "app.log" of "app.log-20240624.gz"
  // 0 for the live file; for numbered ones the number; for dated ones INT64_MAX - the digits of the
  // date, so that greater is older in both.
  int64_t age = 0;
};
RotatedName split_rotated(std::string_view file_name);

// The service a file belongs to when its lines do not say: the base name without ".log", "-json",
// ".err", "-stdout" and the like; the folder's name where nothing telling is left ("current",
// "out.log", "access.log").
std::string service_from_path(std::string_view path);

}  // namespace blip
