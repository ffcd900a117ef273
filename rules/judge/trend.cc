// The statistics of one series of points, for example the floors of a heap in one life:
//
//   minutes  0    10    20    30    40     S = pairs that rise - pairs that fall = 10 - 0
//   MiB      81   84    83.. 90    95      z = (S - 1) / sqrt(Var S),  slope = median of all pairs'

#include "rules/judge/trend.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace blip {
namespace {
constexpr int kHalvings = 60;

double sign(double value) { return value > 0 ? 1 : value < 0 ? -1 : 0; }

// Ranks from 1, equal values share their mean rank.
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> out(values.size());
  for (size_t i = 0; i < order.size();) {
    size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (size_t k = i; k < end; ++k) out[order[k]] = static_cast<double>(i + 1 + end) / 2;
    i = end;
  }
  return out;
}
}  // namespace

Kendall& Kendall::operator+=(const Kendall& other) {
  s += other.s;
  variance += other.variance;
  points += other.points;
  return *this;
}

double Kendall::z() const {
  if (variance <= 0 || s == 0) return 0;
  return (s - sign(s)) / std::sqrt(variance);
}

Kendall kendall(const TrendPoints& points) {
  Kendall out;
  out.points = points.size();
  std::vector<double> values;
  for (size_t i = 0; i < points.size(); ++i) {
    values.push_back(points[i].y);
    for (size_t j = i + 1; j < points.size(); ++j) out.s += sign(points[j].y - points[i].y);
  }
  const auto part = [](double n) { return n * (n - 1) * (2 * n + 5); };
  double sum = part(static_cast<double>(points.size()));
  std::sort(values.begin(), values.end());
  for (size_t i = 0; i < values.size();) {
    size_t end = i;
    while (end < values.size() && values[end] == values[i]) ++end;
    sum -= part(static_cast<double>(end - i));
    i = end;
  }
  out.variance = sum / 18;
  return out;
}

double likeness_of_neighbours(const TrendPoints& points) {
  const double slope = theil_sen(points);
  std::vector<double> left;
  for (const TrendPoint& point : points) left.push_back(point.y - slope * point.x);
  return likeness_of_neighbours(left);
}

// Neighbours out of order are pooled into their mean, until none are.
std::vector<double> left_of_rise(const TrendPoints& points) {
  struct Pool {
    double sum;
    size_t count;
    double mean() const { return sum / static_cast<double>(count); }
  };
  std::vector<Pool> pools;
  for (const TrendPoint& point : points) {
    pools.push_back({point.y, 1});
    while (pools.size() > 1 && pools[pools.size() - 2].mean() >= pools.back().mean()) {
      const Pool last = pools.back();
      pools.pop_back();
      pools.back().sum += last.sum;
      pools.back().count += last.count;
    }
  }
  std::vector<double> left;
  for (const Pool& pool : pools) {
    for (size_t i = 0; i < pool.count; ++i) left.push_back(points[left.size()].y - pool.mean());
  }
  return left;
}

double likeness_of_neighbours(const std::vector<double>& left) {
  const size_t size = left.size();
  if (size < 8) return 1;
  const std::vector<double> rank = ranks(left);
  const auto n = static_cast<double>(size);
  const double mean = (n + 1) / 2;
  double spread = 0;
  for (const double one : rank) spread += (one - mean) * (one - mean);
  if (spread <= 0) return 1;
  double sum = 0;
  for (size_t lag = 1; lag <= size / 4; ++lag) {
    double together = 0;
    for (size_t i = 0; i + lag < size; ++i) together += (rank[i] - mean) * (rank[i + lag] - mean);
    const double rho = together / spread;
    if (std::abs(rho) < 1.96 / std::sqrt(n)) continue;  // no more than chance
    const auto i = static_cast<double>(lag);
    sum += (n - i) * (n - i - 1) * (n - i - 2) * rho;
  }
  return std::max(1.0, 1 + 2 / (n * (n - 1) * (n - 2)) * sum);
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(place);
  const auto at = values.begin() + static_cast<ptrdiff_t>(below);
  std::nth_element(values.begin(), at, values.end());
  const double low = *at;
  if (below + 1 >= values.size()) return low;
  const double high = *std::min_element(at + 1, values.end());
  return low + (place - static_cast<double>(below)) * (high - low);
}

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

double coefficient_of_variation(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return mean == 0 ? 0 : std::sqrt(squares / (n - 1)) / std::abs(mean);
}

void append_slopes(const TrendPoints& points, double from, double to, std::vector<double>& slopes) {
  for (size_t i = 0; i < points.size(); ++i) {
    if (points[i].x < from || points[i].x > to) continue;
    for (size_t j = i + 1; j < points.size() && points[j].x <= to; ++j) {
      const double span = points[j].x - points[i].x;
      if (span > 0) slopes.push_back((points[j].y - points[i].y) / span);
    }
  }
}

double theil_sen(const TrendPoints& points) {
  if (points.size() < 2) return 0;
  std::vector<double> slopes;
  append_slopes(points, points.front().x, points.back().x, slopes);
  return median(std::move(slopes));
}

// The likelihood is largest where g(k) = sum(t^k ln t)/sum(t^k) - 1/k - mean of ln t over the ended
// is 0; g rises with k, so halving an interval finds it.
double weibull_shape(const std::vector<double>& ended, const std::vector<double>& running) {
  if (ended.size() < 5) return 0;
  double longest = 0, mean = 0;
  for (const double t : ended) {
    if (t <= 0) return 0;
    longest = std::max(longest, t);
  }
  for (const double t : running) longest = std::max(longest, t);
  for (const double t : ended) mean += std::log(t / longest) / static_cast<double>(ended.size());
  const auto g = [&](double k) {
    double sum = 0, weighted = 0;
    for (const std::vector<double>* all : {&ended, &running}) {
      for (const double t : *all) {
        if (t <= 0) continue;
        const double log = std::log(t / longest), power = std::exp(k * log);
        sum += power;
        weighted += power * log;
      }
    }
    return weighted / sum - 1 / k - mean;
  };
  double low = 0.05, high = 200;
  if (g(high) < 0) return high;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (g(middle) < 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace blip
