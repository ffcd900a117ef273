// Marks are added beside a writer, and never make a store.

#include "store/marks.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "store/connection.h"
#include "store/statement.h"
#include "store/store.h"

namespace blip {
namespace {
class MarksTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "blip-marks-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    db_ = folder_ + "/blip.db";
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string folder_, db_;
  const Mark mark_{"api", "deploy 1.4.2", time_from_us(1'403'639'453'000'000),
                   time_from_us(1'403'640'053'000'000)};
};

TEST_F(MarksTest, StandsBesideAWriter) {
  const Result<Store> agent = Store::open(db_, Access::read_write);
  ASSERT_TRUE(agent) << agent.error().text;
  const Status added = add_mark(db_, mark_);
  ASSERT_TRUE(added) << added.error().text;
  const auto connection = Connection::open(db_, Access::read_only, std::chrono::seconds(1));
  ASSERT_TRUE(connection);
  Statement rows(**connection, "SELECT service, text, at, until FROM marks");
  ASSERT_TRUE(rows.next());
  Row row(rows);
  EXPECT_EQ(row.text(), "api");
  EXPECT_EQ(row.text(), "deploy 1.4.2");
  EXPECT_EQ(row.i64(), 1'403'639'453'000'000);
  EXPECT_EQ(row.i64(), 1'403'640'053'000'000);
  EXPECT_FALSE(rows.next());
}

TEST_F(MarksTest, RefusesWhatNobodyCouldRead) {
  const Status nowhere = add_mark(db_, mark_);
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().text.find("no store at " + db_), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(db_));
  ASSERT_TRUE(Store::open(db_, Access::read_write));
  Mark backwards = mark_, nameless = mark_, endless = mark_;
  std::swap(backwards.from, backwards.until);
  nameless.service.clear();
  endless.text = std::string(kMarkTextLimit + 1, 'x');
  for (const Mark& bad : {backwards, nameless, endless}) EXPECT_FALSE(add_mark(db_, bad));
}
}  // namespace
}  // namespace blip
