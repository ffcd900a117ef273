// 02:14:05  symptom   elb   502                  \  within 60 s
// 02:14:07  crash     api   panic                 } one service, within 15 min
// 02:14:08  restart   api   after the panic      /
// 02:31:00  restart   api                           another incident
//
// A union of neighbours in time: each rule only looks back over its own window, so that grouping a
// long history costs one pass.

#include "cli/incident_groups.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace blip {
namespace {
bool driving(const Event& event) {
  return event.kind == EventKind::leak || event.kind == EventKind::drift;
}

// What goes on over many incidents is one of its own.
bool lasting(const Event& event) {
  return driving(event) || (event.kind == EventKind::symptom && known(event.end));
}

bool of_blip(const Event& event) {
  return event.kind == EventKind::loss || event.kind == EventKind::health;
}

bool same_host(const Event& a, const Event& b) {
  return a.host.empty() || b.host.empty() || a.host == b.host;
}

Time end_of(const Event& event) {
  return known(event.end) && event.end > event.time ? event.end : event.time;
}

class Groups {
 public:
  explicit Groups(size_t count) : parents_(count) {
    std::iota(parents_.begin(), parents_.end(), size_t{0});
  }
  size_t of(size_t i) {
    while (parents_[i] != i) i = parents_[i] = parents_[parents_[i]];
    return i;
  }
  void join(size_t a, size_t b) { parents_[std::max(of(a), of(b))] = std::min(of(a), of(b)); }

 private:
  std::vector<size_t> parents_;
};

std::string metric_of(const Event& event) {
  const auto found = event.attributes.find("metric");
  const auto* text =
      found == event.attributes.end() ? nullptr : std::get_if<std::string>(&found->second);
  return text == nullptr ? "" : *text;
}

// "restart", "crash panic".
std::string link_of(const Event& event) {
  std::string out(kind_name(event.kind));
  if (event.kind == EventKind::crash && event.cause != "unknown") out += " " + event.cause;
  if (driving(event)) out += " " + metric_of(event);
  return out;
}

std::string chain_of(const std::vector<const Event*>& events) {
  std::vector<std::pair<std::string, size_t>> links;  // each once, where it first stands
  for (const Event* event : events) {
    const std::string link = link_of(*event);
    const auto known_link = std::find_if(links.begin(), links.end(),
                                         [&link](const auto& each) { return each.first == link; });
    if (known_link == links.end()) {
      links.emplace_back(link, 1);
    } else {
      ++known_link->second;
    }
  }
  std::string out;
  for (const auto& [link, count] : links) {
    out.append(out.empty() ? "" : ", ").append(link);
    if (count > 1) out += " x" + std::to_string(count);
  }
  return out;
}

void finish(Incident& incident) {
  for (const Event* event : incident.events) {
    if (incident.headline == nullptr || event->severity > incident.headline->severity) {
      incident.headline = event;
    }
    if (known(event->time)) {
      incident.from = known(incident.from) ? std::min(incident.from, event->time) : event->time;
      incident.to = std::max(incident.to, end_of(*event));
    }
    const bool seen = std::find(incident.services.begin(), incident.services.end(),
                                event->service) != incident.services.end();
    if (!seen && !event->service.empty()) incident.services.push_back(event->service);
  }
  incident.severity = incident.headline->severity;
  incident.chain = chain_of(incident.events);
}

void name_drivers(std::vector<Incident>& incidents) {
  std::vector<const Event*> drivers;
  for (const Incident& incident : incidents) {
    const Event* event = incident.events.front();
    // One that says the same under another name is no second driver.
    if (driving(*event) && event->attributes.count("follows") == 0) drivers.push_back(event);
  }
  for (Incident& incident : incidents) {
    if (lasting(*incident.events.front()) || !known(incident.from)) continue;
    const bool masks =
        std::any_of(incident.events.begin(), incident.events.end(),
                    [](const Event* event) { return event->attributes.count("masked") != 0; });
    if (!masks) continue;
    for (const Event* driver : drivers) {
      const bool served = std::find(incident.services.begin(), incident.services.end(),
                                    driver->service) != incident.services.end();
      if (served && driver->time <= incident.from && incident.from <= end_of(*driver) + 24h) {
        incident.driven_by.push_back(driver);
      }
    }
  }
}
}  // namespace

std::vector<Incident> incidents_of(const std::vector<Event>& events) {
  std::vector<const Event*> all;
  for (const Event& event : events) {
    if (!of_blip(event)) all.push_back(&event);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Event* a, const Event* b) { return a->time < b->time; });
  Groups groups(all.size());
  // Where each service was last heard of, and until when its last event went.
  std::map<std::pair<std::string, std::string>, std::pair<size_t, Time>> last_of;
  std::vector<size_t> boots, restarts, symptoms;  // newest last
  const auto near = [&](const std::vector<size_t>& earlier, size_t i, Micros within) {
    for (size_t n = earlier.size(); n-- > 0;) {
      if (all[i]->time - all[earlier[n]]->time > within) return;
      if (same_host(*all[i], *all[earlier[n]])) groups.join(earlier[n], i);
    }
  };
  for (size_t i = 0; i < all.size(); ++i) {
    const Event& event = *all[i];
    if (lasting(event)) continue;
    const auto [last, first] = last_of.try_emplace({event.host, event.service}, i, end_of(event));
    if (!first) {
      // Events without a time stand together: nothing tells them apart.
      const bool joins =
          known(event.time) == known(all[last->second.first]->time) &&
          (!known(event.time) || event.time - last->second.second <= Micros(kSameServiceWithin));
      if (joins) groups.join(last->second.first, i);
      last->second = {i, joins ? std::max(last->second.second, end_of(event)) : end_of(event)};
    }
    if (!known(event.time)) continue;
    if (event.kind == EventKind::host_reboot) boots.push_back(i);
    if (event.kind == EventKind::restart) {
      near(boots, i, kAfterBootWithin);
      near(symptoms, i, kSymptomWithin);
      restarts.push_back(i);
    }
    if (event.kind == EventKind::symptom) {
      near(restarts, i, kSymptomWithin);
      symptoms.push_back(i);
    }
  }
  std::map<size_t, Incident> by_group;
  for (size_t i = 0; i < all.size(); ++i) by_group[groups.of(i)].events.push_back(all[i]);
  std::vector<Incident> incidents;
  for (auto& entry : by_group) {
    finish(entry.second);
    incidents.push_back(std::move(entry.second));
  }
  name_drivers(incidents);
  std::stable_sort(incidents.begin(), incidents.end(),
                   [](const Incident& a, const Incident& b) { return a.to > b.to; });
  return incidents;
}

}  // namespace blip
