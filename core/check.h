// Assertions that stay on in release: an invariant that does not hold ends the process with a word
// on stderr, because going on would write wrong history. Never for bad input.
#pragma once

#include <cstdio>
#include <cstdlib>

#define BLIP_CHECK(condition, why)                                                         \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      std::fprintf(stderr, "blip: internal error: %s (%s:%d)\n", why, __FILE__, __LINE__); \
      std::abort();                                                                        \
    }                                                                                      \
  } while (false)
