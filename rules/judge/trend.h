// Trend statistics that bear outliers: nothing here assumes a normal distribution, and one wild
// sample moves nothing. Sources:
//
//   Kendall's S, its variance with ties, z       Mann 1945; Kendall, Rank Correlation Methods, 1975
//   S and its variance summed over groups        Hirsch, Slack, Smith 1982 (the seasonal test)
//   variance of S where neighbours are alike     Hamed, Rao 1998
//   the nearest line that never falls            Ayer, Brunk, Ewing, Reid, Silverman 1955
//   median of the slopes of all pairs            Theil 1950; Sen 1968
//   shape of a Weibull distribution, censored    Cohen 1965 (maximum likelihood)
#pragma once

#include <cstddef>
#include <vector>

namespace blip {

struct TrendPoint {
  double x = 0, y = 0;
};
using TrendPoints = std::vector<TrendPoint>;  // in order of x

struct Kendall {
  double s = 0;         // pairs that rise less pairs that fall
  double variance = 0;  // of s, were there no trend
  size_t points = 0;

  // Groups that are not compared with one another, taken together.
  Kendall& operator+=(const Kendall& other);
  // Standard deviations that s lies above (or below) 0, with the correction for continuity.
  double z() const;
};

// O(n^2): for at most some hundred points.
Kendall kendall(const TrendPoints& points);
// How many times larger the variance of s is because neighbours resemble each other; 1 and more.
// Looks at what is left when the Theil-Sen slope is taken away.
double likeness_of_neighbours(const TrendPoints& points);
// The same of what is left when any trend is taken away.
double likeness_of_neighbours(const std::vector<double>& left);
// What is left of each point when the line that never falls and lies nearest to all is taken away:
// for what rises late, or by steps.
std::vector<double> left_of_rise(const TrendPoints& points);

double median(std::vector<double> values);                           // 0 of none
double quantile(std::vector<double> values, double share);           // 0 of none
double coefficient_of_variation(const std::vector<double>& values);  // 0 of fewer than two

// The slopes of all pairs within [from, to] in x, appended to `slopes`.
void append_slopes(const TrendPoints& points, double from, double to, std::vector<double>& slopes);
double theil_sen(const TrendPoints& points);

// Shape k of the Weibull distribution of these lifetimes, of which the last `running` have not
// ended. Above 1 things wear out, below 1 they die young. 0 when fewer than five have ended.
double weibull_shape(const std::vector<double>& ended, const std::vector<double>& running);

}  // namespace blip
