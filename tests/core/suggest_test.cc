// Misspelt words and the known word that is meant, if any is.

#include "core/suggest.h"

#include <gtest/gtest.h>

namespace blip {
namespace {
TEST(Suggest, IsNearOrNothing) {
  EXPECT_EQ(edit_distance("restarts", "restrats"), 1u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(nearest("crash", {"crashes", "runs"}), "crashes");
  EXPECT_EQ(nearest("zzz", {"crashes", "runs"}), "");
  EXPECT_EQ(nearest(std::string(1 << 20, 'x'), {"runs"}), "");
  EXPECT_EQ(did_you_mean("regexp", {"regex", "match"}, "\""), "; did you mean \"regex\"?");
  EXPECT_EQ(did_you_mean("restrats", {"restarts"}), "; did you mean restarts?");
  EXPECT_EQ(did_you_mean("banana", {"regex", "match"}), "");
}
}  // namespace
}  // namespace blip
