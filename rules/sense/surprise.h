// How seldom so many come by chance.
#pragma once

namespace blip {

// -log10 P(X >= count) of a count that is negative binomial with this mean and dispersion (variance
// = mean + dispersion mean^2); Poisson when the dispersion is 0. At most kMostSurprise.
double surprise(double count, double mean, double dispersion);

inline constexpr double kMostSurprise = 50;

}  // namespace blip
