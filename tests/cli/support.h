// Runs the real program, in a folder of the test's own.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace blip {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "blip-cli-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  const std::string& path() const { return path_; }
  std::string write(std::string_view name, std::string_view text) const {
    const std::string path = *this / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

 private:
  std::string path_;
};

struct Outcome {
  int code = -1;  // 128 + N when a signal ended it
  std::string out, err;
};

inline std::string contents_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

constexpr uid_t kNobody = 65534;

// Output goes through files, so that neither side can wait for the other. The environment is only
// what is given, HOME being `folder`. As `user` if that is not 0.
inline Outcome run_blip(const TempFolder& folder, std::vector<std::string> words, uid_t user = 0,
                        std::vector<std::string> environment = {}) {
  const TempFolder captured;
  const std::string out = captured / "out", err = captured / "err";
  words.insert(words.begin(), "blip");
  environment.push_back("HOME=" + folder.path());
  environment.push_back("TZ=UTC");
  std::vector<char*> argv, env;
  for (std::string& word : words) argv.push_back(word.data());
  for (std::string& variable : environment) env.push_back(variable.data());
  argv.push_back(nullptr);
  env.push_back(nullptr);
  // Opened by us: an ordinary user may not be let into the folder that the build is in.
  const int program = open(BLIP_BINARY, O_PATH | O_CLOEXEC);
  const pid_t child = fork();
  if (child == 0) {
    const int to_out = open(out.c_str(), O_CREAT | O_WRONLY, 0600);
    const int to_err = open(err.c_str(), O_CREAT | O_WRONLY, 0600);
    const int from = open("/dev/null", O_RDONLY);
    dup2(from, 0);
    dup2(to_out, 1);
    dup2(to_err, 2);
    if (user != 0 && setuid(user) != 0) _exit(126);
    fexecve(program, argv.data(), env.data());
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) std::abort();
  close(program);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, contents_of(out), contents_of(err)};
}

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

}  // namespace blip
