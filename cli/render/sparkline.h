// A row of values as a row of small bars.
#pragma once

#include <string>
#include <vector>

namespace blip {

// One character a value, from the lowest to the highest of them; "" for fewer than two.
// Values that are not finite leave a blank.
std::string sparkline(const std::vector<double>& values, bool ascii);

// From `low` to `high`, so that rows can be compared.
std::string sparkline(const std::vector<double>& values, double low, double high, bool ascii);

}  // namespace blip
