// --rules /etc/blip/rules.d, --rules mine.yaml. What a rule file holds is read and checked by
// rules/pack.cc; ids must be unique over all files and the built-in pack, because events name them.

#include "cli/rule_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "cli/render/escape.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
constexpr uintmax_t kFileLimit = 16 << 20;  // bytes; a rule file is written by hand

Result<std::vector<std::string>> files_at(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() != fs::file_type::directory) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    const fs::path extension = at->path().extension();
    const bool test = at->path().stem().extension() == ".test";  // acme.test.yaml: no rules in it
    if ((extension == ".yaml" || extension == ".yml") && !test) files.push_back(at->path());
  }
  if (error) return Error{"read rules in " + visible(path) + ": " + error.message()};
  if (files.empty()) return Error{"read rules in " + visible(path) + ": no *.yaml file there"};
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::string> contents(const std::string& path) {
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (error) return Error{"open " + visible(path) + ": " + error.message()};
  if (size > kFileLimit) return Error{"read " + visible(path) + ": over 16 MiB, no rule file"};
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{"open " + visible(path) + ": " + std::strerror(errno)};
  std::string text(size, '\0');
  in.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}
}  // namespace

Result<std::vector<Signature>> read_rule_files(const std::string& path) {
  const Result<std::vector<std::string>> files = files_at(path);
  if (!files) return files.error();
  std::map<std::string, std::string> taken;  // id -> where
  for (const Signature& rule : builtin_signatures()) taken[rule.id] = "the built-in pack";
  std::vector<Signature> rules;
  for (const std::string& file : *files) {
    const Result<std::string> text = contents(file);
    if (!text) return text.error();
    const Result<std::vector<Signature>> read = read_signatures(*text, file);
    if (!read) return Error{visible(read.error().text)};
    for (const Signature& rule : *read) {
      const auto [other, fresh] = taken.emplace(rule.id, rule.where);
      if (!fresh) {
        return Error{visible(rule.where) + ": rule " + visible(rule.id) + " is also in " +
                     visible(other->second) + "; give it another id"};
      }
      rules.push_back(rule);
    }
  }
  return rules;
}

}  // namespace blip
