// The upper tail, summed term by term: each is the one before times a ratio that is soon below 1.
//
//   8 lines where 0.02 are usual, dispersion 1:  P = 0.02^8 or so, 13.6 decades

#include "rules/sense/surprise.h"

#include <math.h>

#include <algorithm>
#include <cmath>

namespace blip {
namespace {
constexpr int kMostTerms = 20'000;
constexpr double kPoisson = 1e-6;  // dispersions below this are none

// std::lgamma leaves the sign in a global variable, and sensors of several threads ask.
double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}
}  // namespace

double surprise(double count, double mean, double dispersion) {
  if (count <= 0 || count <= mean) return 0;
  if (mean <= 0) return kMostSurprise;
  const bool poisson = dispersion < kPoisson;
  const double shape = poisson ? 0 : 1 / dispersion;
  const double share = poisson ? 0 : mean / (mean + shape);
  const double first = poisson
                           ? count * std::log(mean) - mean - log_gamma(count + 1)
                           : log_gamma(count + shape) - log_gamma(shape) - log_gamma(count + 1) +
                                 count * std::log(share) + shape * std::log1p(-share);
  double term = 1, sum = 1;
  for (int i = 1; i < kMostTerms && term > 1e-6 * sum; ++i) {
    const double at = count + i - 1;
    term *= poisson ? mean / (at + 1) : share * (at + shape) / (at + 1);
    sum += term;
  }
  return std::clamp(-(first + std::log(sum)) / std::log(10.0), 0.0, kMostSurprise);
}

}  // namespace blip
