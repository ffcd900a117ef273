// The trend statistics against numbers that can be checked by hand or were published.

#include "rules/judge/trend.h"

#include <gtest/gtest.h>

#include <cmath>

namespace blip {
namespace {
TrendPoints points(const std::vector<double>& values) {
  TrendPoints out;
  for (size_t i = 0; i < values.size(); ++i) out.push_back({static_cast<double>(i), values[i]});
  return out;
}

TEST(Trend, KendallCountsPairs) {
  const Kendall up = kendall(points({1, 2, 3, 4, 5}));
  EXPECT_EQ(up.s, 10);
  EXPECT_NEAR(up.variance, 5.0 * 4 * 15 / 18, 1e-9);
  EXPECT_NEAR(up.z(), 9 / std::sqrt(50.0 / 3), 1e-9);
  EXPECT_EQ(kendall(points({5, 4, 3, 2, 1})).s, -10);
}

// Two values that tie take 2*1*9/18 = 1 off the variance.
TEST(Trend, TiesMakeTheVarianceSmaller) {
  EXPECT_NEAR(kendall(points({1, 2, 2, 3})).variance, (4.0 * 3 * 13 - 2 * 1 * 9) / 18, 1e-9);
  EXPECT_EQ(kendall(points({7, 7, 7, 7})).z(), 0);
}

TEST(Trend, ShortGroupsThatAllRiseAddUp) {
  Kendall sum;
  for (int i = 0; i < 4; ++i) sum += kendall(points({1, 2, 3, 4, 5, 6}));
  EXPECT_LT(kendall(points({1, 2, 3, 4, 5, 6})).z(), 2.7);
  EXPECT_GT(sum.z(), 5);
}

TEST(Trend, OneWildSampleDoesNotTurnTheSlope) {
  EXPECT_NEAR(theil_sen(points({0, 2, 4, 6, 8, 900, 12, 14})), 2, 0.01);
}

TEST(Trend, AWanderingSeriesWeighsLessThanItsZ) {
  std::vector<double> wander, noise;
  double at = 0;
  uint32_t seed = 3;
  for (int i = 0; i < 48; ++i) {
    seed = seed * 1664525 + 1013904223;
    const double step = static_cast<double>(seed >> 16) / 65536 - 0.5;
    at += step;
    wander.push_back(at);
    noise.push_back(step);
  }
  EXPECT_GT(likeness_of_neighbours(points(wander)), 2);
  EXPECT_LT(likeness_of_neighbours(points(noise)), 1.5);
}

TEST(Trend, QuantilesInterpolate) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_NEAR(quantile({1, 2, 3, 4, 5}, 0.9), 4.6, 1e-9);
  EXPECT_EQ(median({}), 0);
}

// Draws of known shape, by the inverse of the distribution at even steps.
TEST(Trend, WeibullShapeIsFoundAgain) {
  for (const double k : {0.6, 1.0, 4.0}) {
    std::vector<double> draws;
    for (int i = 1; i < 200; ++i) draws.push_back(100 * std::pow(-std::log(1 - i / 200.0), 1 / k));
    EXPECT_NEAR(weibull_shape(draws, {}), k, 0.06 * k) << k;
  }
  EXPECT_EQ(weibull_shape({1, 2, 3, 4}, {}), 0) << "too few";
  EXPECT_GT(weibull_shape({60, 60.01, 59.99, 60, 60.02}, {}), 30) << "a schedule";
}

TEST(Trend, WhatIsLeftOfARiseIsItsFallsOnly) {
  const TrendPoints points = {{0, 1}, {1, 1}, {2, 4}, {3, 2}, {4, 9}};
  EXPECT_EQ(left_of_rise(points), (std::vector<double>{0, 0, 1, -1, 0}));
  EXPECT_TRUE(left_of_rise({}).empty());
}

}  // namespace
}  // namespace blip
