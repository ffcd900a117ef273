// A flood of survived exceptions leaves few notes; the one before a death is among them.

#include "agent/survived_notes.h"

#include <gtest/gtest.h>

#include <vector>

namespace blip {
namespace {

Signal note(uint64_t number, int64_t second, std::string lane = "") {
  Signal signal;
  signal.kind = SignalKind::death_note;
  signal.service = "shop";
  signal.instance = std::move(lane);
  signal.at.number = number;
  signal.time = time_from_us(1'400'000'000'000'000 + second * 1'000'000);
  signal.before = 1;
  return signal;
}

class Told {
 public:
  SurvivedNotes::Tell tell() {
    return [this](const Signal& one) { numbers.push_back(one.at.number); };
  }
  std::vector<uint64_t> take() { return std::exchange(numbers, {}); }

 private:
  std::vector<uint64_t> numbers;
};

TEST(SurvivedNotes, OfAFloodTheFirstAndTheLastAreTold) {
  SurvivedNotes notes;
  Told told;
  for (uint64_t i = 1; i <= 500; ++i) notes.add(note(i, static_cast<int64_t>(i)), told.tell());
  std::vector<uint64_t> first = told.take();
  ASSERT_EQ(first.size(), SurvivedNotes::kFreely);
  EXPECT_EQ(first.back(), SurvivedNotes::kFreely);
  notes.show(told.tell());
  EXPECT_EQ(told.take(), (std::vector<uint64_t>{499, 500}));
  notes.let_go(told.tell());
  EXPECT_EQ(told.take(), (std::vector<uint64_t>{499, 500}));
  notes.let_go(told.tell());
  EXPECT_EQ(told.take(), std::vector<uint64_t>());
  notes.add(note(501, 601), told.tell());  // another ten minutes
  EXPECT_EQ(told.take(), std::vector<uint64_t>{501});
}

TEST(SurvivedNotes, UnitsAreApartAndAllIsKeptOverARestart) {
  SurvivedNotes notes;
  Told told;
  for (uint64_t i = 1; i <= 70; ++i) notes.add(note(i, 1, "a"), told.tell());
  notes.add(note(1000, 2, "b"), told.tell());
  EXPECT_EQ(told.take().back(), 1000u);
  StateWriter out;
  notes.save(out);
  const std::string blob = out.seal("test", 1);
  SurvivedNotes again;
  StateReader in(blob, "test", 1);
  again.restore(in);
  EXPECT_TRUE(in.ok() && in.at_end());
  again.add(note(71, 3, "a"), told.tell());
  EXPECT_EQ(told.take(), std::vector<uint64_t>());
  again.let_go(told.tell());
  EXPECT_EQ(told.take(), (std::vector<uint64_t>{70, 71}));
}

TEST(SurvivedNotes, NobodyFillsTheMemory) {
  SurvivedNotes notes;
  Told told;
  for (size_t unit = 0; unit < SurvivedNotes::kMaxUnits; ++unit) {
    notes.add(note(1, 1, std::to_string(unit)), told.tell());
  }
  told.take();
  for (uint64_t i = 1; i <= 100; ++i) notes.add(note(i, 1, "one more"), told.tell());
  EXPECT_EQ(told.take().size(), 100u);
}

}  // namespace
}  // namespace blip
