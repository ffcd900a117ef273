// blip mark, the real program, beside a store.

#include "store/connection.h"
#include "store/statement.h"
#include "tests/cli/support.h"

namespace blip {
namespace {
TEST(MarkCommand, AddsAMarkToTheStore) {
  const TempFolder folder;
  const std::string db = folder / "blip.db";
  ASSERT_TRUE(Store::open(db, Access::read_write));
  const Outcome marked =
      run_blip(folder, {"mark", "api", "deploy 1.4.2", "--for", "2h", "--db", db});
  ASSERT_EQ(marked.code, 0) << marked.err;
  EXPECT_TRUE(has(marked.out, "restarts of api are planned until ")) << marked.out;
  EXPECT_EQ(run_blip(folder, {"mark", "web-*", "-q", "--db", db}).out, "");
  const auto connection = Connection::open(db, Access::read_only, std::chrono::seconds(1));
  ASSERT_TRUE(connection);
  Statement rows(**connection,
                 "SELECT service, text, (until - at) / 1000000 FROM marks ORDER BY id");
  ASSERT_TRUE(rows.next());
  Row first(rows);
  EXPECT_EQ(first.text(), "api");
  EXPECT_EQ(first.text(), "deploy 1.4.2");
  EXPECT_EQ(first.i64(), 7'200);
  ASSERT_TRUE(rows.next());
  Row second(rows);
  EXPECT_EQ(second.text(), "web-*");
  EXPECT_EQ(second.text(), "");
  EXPECT_EQ(second.i64(), 600);
}

TEST(MarkCommand, NeedsAStoreThatMayBeWritten) {
  const TempFolder folder;
  const Outcome none = run_blip(folder, {"mark", "api", "--db", folder / "no.db"});
  EXPECT_EQ(none.code, 5);
  EXPECT_TRUE(has(none.err, "no store at ")) << none.err;
  EXPECT_FALSE(std::filesystem::exists(folder / "no.db"));
  if (geteuid() != 0) return;
  const std::string db = folder / "blip.db";
  ASSERT_TRUE(Store::open(db, Access::read_write));
  std::filesystem::permissions(db, std::filesystem::perms(0644));
  const Outcome refused = run_blip(folder, {"mark", "api", "--db", db}, kNobody);
  EXPECT_EQ(refused.code, 5);
  EXPECT_TRUE(has(refused.err, "Permission denied")) << refused.err;
}
}  // namespace
}  // namespace blip
