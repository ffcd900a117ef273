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

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_test(const fs::path& path) { return path.stem().extension() == ".test"; }

// A folder's *.yaml and *.yml, by name: those with tests, acme.test.yaml, or the others.
Result<std::vector<std::string>> list_folder(const std::string& path, bool tests) {
  std::error_code error;
  std::vector<std::string> files;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    const fs::path extension = at->path().extension();
    const bool yaml = extension == ".yaml" || extension == ".yml";
    if (yaml && is_test(at->path()) == tests) files.push_back(at->path());
  }
  if (error) return Error{"read rules in " + visible(path) + ": " + error.message()};
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::vector<std::string>> files_at(const std::string& path) {
  if (!is_folder(path)) return std::vector<std::string>{path};
  Result<std::vector<std::string>> files = list_folder(path, false);
  if (files && files->empty()) {
    return Error{"read rules in " + visible(path) + ": no *.yaml file there"};
  }
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

Result<RuleFolder> read_rule_folder(const std::string& path) {
  RuleFolder out;
  std::vector<std::string> test_files;
  std::string rules = path;
  if (is_folder(path)) {
    Result<std::vector<std::string>> listed = list_folder(path, true);
    if (!listed) return listed.error();
    test_files = std::move(*listed);
  } else if (is_test(path)) {
    test_files = {path};
    rules = fs::path(path).has_parent_path() ? fs::path(path).parent_path().string() : ".";
  }
  const Result<std::vector<std::string>> beside =
      is_folder(rules) ? list_folder(rules, false) : std::vector<std::string>{rules};
  if (!beside) return beside.error();
  if (beside->empty() && test_files.empty()) {
    return Error{"read rules in " + visible(path) + ": no *.yaml file there"};
  }
  if (!beside->empty()) {
    Result<std::vector<Signature>> read = read_rule_files(rules);
    if (!read) return read.error();
    out.rules = std::move(*read);
  }
  for (const std::string& file : test_files) {
    const Result<std::string> text = contents(file);
    if (!text) return text.error();
    Result<std::vector<RuleTest>> tests = read_rule_tests(*text, file);
    if (!tests) return Error{visible(tests.error().text)};
    for (RuleTest& test : *tests) out.tests.push_back(std::move(test));
  }
  return out;
}

}  // namespace blip
