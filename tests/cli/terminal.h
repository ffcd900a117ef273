// Runs a program on a terminal of its own, of a given size, as a person would.
#pragma once

#include <poll.h>
#include <pty.h>

#include <chrono>

#include "tests/cli/support.h"

namespace blip {

struct Screen {
  int code = -1;
  std::string text;  // all that was drawn, with "\n" at the ends of lines
};

// `typed` goes to the terminal at once. The environment is TERM, a UTF-8 locale, UTC and what is
// given. A program that does not end within `patience` is killed: code 128 + 9.
inline Screen run_in_terminal(const std::vector<std::string>& words, unsigned short columns,
                              unsigned short rows, std::vector<std::string> environment = {},
                              const std::string& typed = "",
                              std::chrono::seconds patience = std::chrono::seconds(60)) {
  std::vector<std::string> copies = words;
  for (const char* each :
       {"TERM=xterm-256color", "TZ=UTC", "LC_ALL=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"}) {
    environment.insert(environment.begin(), each);
  }
  std::vector<char*> argv, env;
  for (std::string& word : copies) argv.push_back(word.data());
  for (std::string& variable : environment) env.push_back(variable.data());
  argv.push_back(nullptr);
  env.push_back(nullptr);
  winsize size = {};
  size.ws_col = columns;
  size.ws_row = rows;
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    execvpe(argv[0], argv.data(), env.data());
    _exit(127);
  }
  if (child < 0) std::abort();
  if (!typed.empty() && write(terminal, typed.data(), typed.size()) < 0) std::abort();
  Screen screen;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    pollfd ready = {terminal, POLLIN, 0};
    const int got = poll(&ready, 1, 100);
    char bytes[4096];
    const ssize_t n = got > 0 ? read(terminal, bytes, sizeof bytes) : 0;
    if (n > 0) screen.text.append(bytes, static_cast<size_t>(n));
    if (got > 0 && n <= 0) break;  // the other side is gone
    if (std::chrono::steady_clock::now() > deadline) {
      kill(child, SIGKILL);
      break;
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  close(terminal);
  screen.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::erase(screen.text, '\r');
  return screen;
}

}  // namespace blip
