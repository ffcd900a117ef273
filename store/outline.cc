// Signals as charts need them: few points out of many rows, whatever the length of the history.
//
//   312,000 samples of rss over nine days, in 600 parts   at most 1,200 points, every peak among
//   them 1,392 symptoms over nine days, in 96 parts            96 counts
//
// Rows are read one at a time, so memory is bounded by `parts`.

#include <algorithm>
#include <cmath>

#include "store/impl.h"

namespace blip {
namespace {
// Which of `parts` equal parts of [from, to] the time is in.
size_t part_of(Time time, Time from, Time to, size_t parts) {
  const double share = seconds_of(time - from) / std::max(1e-6, seconds_of(to - from));
  return std::min(parts - 1,
                  static_cast<size_t>(std::max(0.0, share) * static_cast<double>(parts)));
}

// The lowest and the highest sample of one part.
struct Extremes {
  SamplePoint low, high;

  void add(const SamplePoint& point) {
    if (!known(low.time) || point.value < low.value) low = point;
    if (!known(high.time) || point.value >= high.value) high = point;
  }
  void move_to(std::vector<SamplePoint>& points) {
    if (!known(low.time)) return;
    const bool one = low.time == high.time && low.value == high.value;
    const bool rises = low.time <= high.time;
    points.push_back(rises ? low : high);
    if (!one) points.push_back(rises ? high : low);
    *this = {};
  }
};
}  // namespace

Result<std::vector<SamplePoint>> Store::outline(std::string_view service, std::string_view metric,
                                                const Anchor& head, Time from, Time to,
                                                size_t parts) const {
  std::vector<SamplePoint> points;
  if (!known(from) || !known(to) || to < from || parts == 0) return points;
  const auto kind = static_cast<int>(SignalKind::sample);
  Statement select(*impl_->connection, R"(
      WITH lane(id) AS (SELECT coalesce(
        (SELECT instance FROM signals
         WHERE stream = ?5 AND offset = ?6 AND kind = ?3 AND subject = ?4),
        (SELECT i.id FROM names i WHERE EXISTS
           (SELECT 1 FROM signals WHERE service = (SELECT id FROM names WHERE text = ?7)
            AND time BETWEEN ?1 AND ?2 AND kind = ?3 AND subject = ?4 AND instance = i.id)
         ORDER BY i.text LIMIT 1)))
      SELECT time, after FROM signals
      WHERE service = (SELECT id FROM names WHERE text = ?7) AND time BETWEEN ?1 AND ?2
        AND kind = ?3 AND subject = ?4 AND instance = (SELECT id FROM lane)
      ORDER BY time, stream, offset)");
  select.bind(to_us(from), to_us(to), kind, Bytes{metric}, Key{head.stream}, head.offset, service);
  Extremes extremes;
  size_t part = 0;
  while (select.next()) {
    Row row(select);
    const SamplePoint point{row.time(), row.real()};
    if (!std::isfinite(point.value)) continue;
    if (const size_t next = part_of(point.time, from, to, parts); next != part) {
      extremes.move_to(points);
      part = next;
    }
    extremes.add(point);
  }
  if (Status done = select.status(); !done) return done.error();
  extremes.move_to(points);
  return points;
}

Result<std::vector<uint64_t>> Store::signal_counts(std::string_view service,
                                                   const std::vector<SignalKind>& kinds, Time from,
                                                   Time to, size_t parts) const {
  std::vector<uint64_t> counts(parts);
  if (!known(from) || !known(to) || to <= from || parts == 0 || kinds.empty()) return counts;
  std::string list;
  for (const SignalKind kind : kinds) {
    list.append(list.empty() ? "" : ",").append(std::to_string(static_cast<int>(kind)));
  }
  Statement select(*impl_->connection,
                   "SELECT time FROM signals WHERE service = (SELECT id FROM names WHERE text = ?)"
                   " AND time >= ? AND time < ? AND kind IN (" +
                       list + ")");
  select.bind(service, to_us(from), to_us(to));
  while (select.next()) ++counts[part_of(Row(select).time(), from, to, parts)];
  if (Status done = select.status(); !done) return done.error();
  return counts;
}

}  // namespace blip
