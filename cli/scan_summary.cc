//   SERVICE  LIVES  RESTARTS  SILENT  CRASHES  LEAK                         FIRST           LAST
//   app         15        14      14       12  goroutines +130/min  MASKED  06-21 19:50:53  ...
//
// ● app restarted 14 times in 3 days and never said so.
//   ...
// read 2,914,332 lines, 3 formats; 0 bytes lost; 12 lines not understood
//
// or, when there is nothing:
//
// no restarts, crashes or leaks in 412 MiB (2,914,332 lines, 06-21 … 06-24)

#include "cli/scan_summary.h"

#include <algorithm>
#include <map>

#include "cli/render/escape.h"
#include "cli/render/table.h"
#include "cli/render/units.h"

namespace blip {
namespace {
constexpr size_t kQuietServices = 20;  // rows of services with nothing to tell
constexpr size_t kNamesShown = 3;

struct Row {
  size_t lives = 0, restarts = 0, silent = 0, crashes = 0, events = 0;
  std::string leak;
  double leak_confidence = 0;
  Time first = kNoTime, last = kNoTime;

  void cover(Time time) {
    if (!known(time)) return;
    first = known(first) ? std::min(first, time) : time;
    last = known(last) ? std::max(last, time) : time;
  }
};

std::map<std::string, Row> count(const ScanReport& report, const std::vector<Event>& events,
                                 const std::vector<Run>& lives) {
  std::map<std::string, Row> rows;
  for (const std::string& service : report.services) rows[service];
  for (const Run& life : lives) {
    Row& row = rows[life.service];
    ++row.lives;
    row.cover(life.begin.from);
    row.cover(life.end.from);
    row.cover(life.end.to);
  }
  for (const Event& event : events) {
    if (event.service.empty()) continue;
    Row& row = rows[event.service];
    ++row.events;
    row.cover(event.time);
    row.restarts += event.kind == EventKind::restart ? 1 : 0;
    row.silent += event.silent ? 1 : 0;
    row.crashes += event.kind == EventKind::crash ? 1 : 0;
    const bool leads = text_attribute(event, "follows").empty();
    if (event.kind == EventKind::leak && leads && event.confidence > row.leak_confidence) {
      row.leak = leak_text(event);
      row.leak_confidence = event.confidence;
    }
  }
  return rows;
}

std::string number(size_t count) { return count == 0 ? "-" : count_text(count); }

std::string service_table(const std::map<std::string, Row>& rows, const View& view) {
  Table table({{"SERVICE", Align::left, true},
               {"LIVES", Align::right},
               {"RESTARTS", Align::right},
               {"SILENT", Align::right},
               {"CRASHES", Align::right},
               {"LEAK", Align::left, true},
               {"FIRST"},
               {"LAST"}});
  size_t quiet = 0;
  for (const auto& entry : rows) {
    const Row& row = entry.second;
    if (row.events == 0 && ++quiet > kQuietServices) continue;
    table.add({entry.first, number(row.lives), number(row.restarts),
               Cell(number(row.silent), row.silent == 0 ? Tint::plain : Tint::red),
               number(row.crashes), row.leak.empty() ? "-" : row.leak, view.clock.text(row.first),
               view.clock.text(row.last)});
  }
  std::string out = table.text(view.style, 2);
  if (quiet > kQuietServices) {
    out += "  ... and " + counted(quiet - kQuietServices, "other service", "other services") +
           " with nothing to tell\n";
  }
  return out;
}

std::string timeless_text(const ScanReport& report) {
  if (report.timeless.empty()) return "";
  FileNames names;
  for (const std::string& path : report.timeless) names.add(path);
  std::string out = counted(report.timeless.size(), "file", "files") + " had no times: ";
  for (size_t i = 0; i < report.timeless.size() && i < kNamesShown; ++i) {
    const std::string& path = report.timeless[i];
    out += i == 0 ? "" : ", ";
    out += path == "-" ? "standard input" : visible(names.of(path));
  }
  return report.timeless.size() > kNamesShown ? out + ", ..." : out;
}

std::string nothing_text(const ScanReport& report, const View& view) {
  if (report.lines == 0) {
    return "no lines in " + counted(report.files, "file", "files") + "\n";
  }
  std::string out = "no restarts, crashes or leaks in " + bytes_text(report.bytes) + " (" +
                    counted(report.lines, "line", "lines");
  if (known(report.first)) {
    out += ", " + view.clock.text(report.first) + " " + std::string(view.style.dash()) + " " +
           view.clock.text(report.last);
  }
  out += ")";
  if (const std::string timeless = timeless_text(report); !timeless.empty()) out += "; " + timeless;
  return out + "\n";
}

std::string read_text(const ScanReport& report, bool show_unparsed) {
  std::string out = "read " + counted(report.lines, "line", "lines") + ", " +
                    counted(report.formats.size(), "format", "formats") + "; " +
                    counted(report.lost_bytes, "byte", "bytes") + " lost";
  if (report.unparsed != 0) {
    out += "; " + counted(report.unparsed, "line", "lines") + " not understood";
    if (!show_unparsed) out += " (blip scan --show-unparsed)";
  }
  if (report.stopped) out += "; stopped before the end";
  return out + "\n";
}
}  // namespace

std::string scan_summary(const ScanReport& report, const std::vector<Event>& events,
                         const std::vector<Run>& lives, View& view, const ShortId& id, bool kept,
                         bool show_unparsed) {
  const std::map<std::string, Row> rows = count(report, events, lives);
  view.clock.cover(report.first);
  view.clock.cover(report.last);
  for (const auto& entry : rows) {
    view.clock.cover(entry.second.first);
    view.clock.cover(entry.second.last);
  }
  std::string out;
  if (events.empty()) {
    out = nothing_text(report, view);
  } else {
    out = service_table(rows, view) + "\n" + findings_text(events, {view, id, kept}) + "\n";
    if (const std::string timeless = timeless_text(report); !timeless.empty()) {
      out += timeless + "\n";
    }
  }
  out += read_text(report, show_unparsed);
  if (show_unparsed) {
    for (const std::string& line : report.unparsed_samples) out += "  " + visible(line) + "\n";
  }
  const std::string note = view.clock.note();
  return note.empty() ? out : out + view.style.paint(Tint::dim, note) + "\n";
}

}  // namespace blip
