// What runs in the containers of bench/docker_cost.cc:
//
//   ticker NAME LINES PER_SECOND WIDTH     PER_SECOND 0: as fast as they are taken, in writes of 4 KiB
//                                          as stdio makes them; else a write for each line, from
//                                          when /truth/go is there
//
// writes "line 1 xxxx..." of WIDTH bytes and a newline, and at its end into /truth/NAME how long it
// took and how long its longest write did, in milliseconds.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static long long longest = 0;

static void put(const char* bytes, size_t size) {
  const long long began = now_us();
  while (size > 0) {
    const ssize_t n = write(1, bytes, size);
    if (n < 0) exit(1);
    bytes += n;
    size -= (size_t)n;
  }
  const long long took = now_us() - began;
  if (took > longest) longest = took;
}

int main(int argc, char** argv) {
  static char pending[4096 + 1024], path[256];
  size_t filled = 0;
  if (argc != 5) return 2;
  const long lines = atol(argv[2]), rate = atol(argv[3]), width = atol(argv[4]);
  if (width > 1000) return 2;
  while (rate > 0 && access("/truth/go", F_OK) != 0) usleep(20 * 1000);
  const long long began = now_us();
  for (long i = 1; i <= lines; ++i) {
    int n = sprintf(pending + filled, "line %ld ", i);
    while (n < width) pending[filled + (size_t)n++] = 'x';
    pending[filled + (size_t)n] = '\n';
    filled += (size_t)n + 1;
    if (rate == 0 && filled < 4096 && i < lines) continue;
    put(pending, filled);
    filled = 0;
    if (rate == 0) continue;
    const long long due = began + i * 1000000LL / rate, left = due - now_us();
    if (left > 0) usleep((useconds_t)left);
  }
  snprintf(path, sizeof path, "/truth/%s", argv[1]);
  FILE* truth = fopen(path, "w");
  if (truth == NULL) return 1;
  fprintf(truth, "%lld %lld\n", (now_us() - began) / 1000, longest / 1000);
  return fclose(truth) == 0 ? 0 : 1;
}
