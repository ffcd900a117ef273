// A fold: the signals of one service, in their order, through its judges, settled into events.

#include "agent/judging.h"

#include <algorithm>

#include "rules/judge/judge.h"

namespace blip {
namespace {
constexpr std::string_view kHost = "host";

Result<Docket> judge_one(Store& store, const std::string& service,
                         const std::vector<Time>& reboots) {
  Bench bench(service);
  const Status read =
      store.each_signal(service, [&](const Signal& signal) { bench.weigh(signal); });
  if (!read) return read.error();
  Docket docket = bench.settle(reboots);
  const Status kept = store.settle(service, docket.events, docket.runs);
  if (!kept) return kept.error();
  return docket;
}
}  // namespace

Status judge_all(Store& store) {
  Result<std::vector<std::string>> services = store.services();
  if (!services) return services.error();
  std::stable_partition(services->begin(), services->end(),
                        [](const std::string& name) { return name == kHost; });
  std::vector<Time> reboots;
  for (const std::string& service : *services) {
    const Result<Docket> docket = judge_one(store, service, reboots);
    if (!docket) return docket.error();
    if (service != kHost) continue;
    for (const Event& event : docket->events) {
      if (event.kind == EventKind::host_reboot && known(event.time)) reboots.push_back(event.time);
    }
  }
  return Done{};
}

}  // namespace blip
