// What the template miner does: how many lines a second it finds the template of, and whether it
// puts the lines together that belong together.
//
//   templates APP_LOG [FOLDER]
//
// Speed: TemplateTable::find() over the messages of a log of gen_logs (`app`), one core, in memory.
// Accuracy: group accuracy as in Zhu et al., "Tools and Benchmarks for Automated Log Parsing"
// (ICSE-SEIP 2019): a line counts as right when the lines of its template are exactly those of its
// true one. Over lines made here of templates that are known, and over
// FOLDER/*_2k.log_structured.csv (columns Content and EventId), which are not part of this tree. A
// template may widen while lines come, so that earlier lines would find another one now: all lines
// are learned first, and those of a second pass are what counts. With BLIP_SHOW_MISTAKES set, the
// templates that join lines of several, and those that one was split into, are printed too.

#include "rules/sense/templates.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.h"
#include "parsers/reader.h"

namespace blip {
namespace {

struct Sample {
  std::string name;
  std::vector<std::string> messages;
  std::vector<std::string> truths;  // of each, the name of its true template
};

std::string text_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  if (!in) {
    std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
    std::exit(1);
  }
  return std::move(out).str();
}

// ---- accuracy

struct Grouping {
  size_t right = 0, lines = 0, truths = 0, groups = 0;
  double accuracy() const {
    return lines == 0 ? 0 : static_cast<double>(right) / static_cast<double>(lines);
  }
};

Grouping group(const Sample& sample, bool show) {
  TemplateTable table;
  uint64_t ordinal = 0;
  for (const std::string& message : sample.messages) table.find(message, ++ordinal);
  std::map<uint64_t, std::vector<size_t>> found;
  std::map<uint64_t, std::string> texts;
  std::map<std::string, size_t> true_size;
  for (size_t i = 0; i < sample.messages.size(); ++i) {
    const Template& one = table.find(sample.messages[i], ++ordinal);
    found[one.id].push_back(i);
    texts[one.id] = one.text();
    ++true_size[sample.truths[i]];
  }
  Grouping out;
  out.lines = sample.messages.size();
  out.truths = true_size.size();
  out.groups = found.size();
  std::map<std::string, std::vector<uint64_t>> split;
  for (const auto& [id, lines] : found) {
    std::map<std::string, size_t> parts;
    for (const size_t line : lines) ++parts[sample.truths[line]];
    if (parts.size() == 1 && true_size[parts.begin()->first] == lines.size()) {
      out.right += lines.size();
    } else if (show && parts.size() > 1) {
      std::printf("  joined: %s\n", texts[id].c_str());
      std::map<std::string, bool> shown;
      for (const size_t line : lines) {
        if (std::exchange(shown[sample.truths[line]], true)) continue;
        std::printf("    %5zu %s: %s\n", parts[sample.truths[line]], sample.truths[line].c_str(),
                    sample.messages[line].c_str());
      }
    }
    for (const auto& [truth, count] : parts) {
      if (count < true_size[truth]) split[truth].push_back(id);
    }
  }
  for (const auto& [truth, ids] : split) {
    if (!show) break;
    std::printf("  split: %s, %zu lines\n", truth.c_str(), true_size[truth]);
    for (const uint64_t id : ids) {
      std::printf("    %5zu %s\n", found[id].size(), texts[id].c_str());
    }
  }
  return out;
}

// ---- lines of known templates

struct Random {
  uint64_t state;
  uint64_t next() {  // splitmix64
    uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  uint64_t below(uint64_t n) { return next() % n; }
};

// %n number  %f fraction  %x hex id  %u UUID  %i IPv4  %h host:port  %p path  %w one of 40 words
// %r one of 4 words  %l list of 1 to 6 numbers  %k list of 1 to 4 words  %t duration  %v version
constexpr const char* kKnown[] = {
    "handled request %r %p status=%n bytes=%n dur=%nms user=%w",
    "cache lookup key=%w:%x hit ttl=%n node=%w took %nus",
    "cache lookup key=%w:%x miss ttl=%n node=%w took %nus",
    "worker %n finished job %x queue=%w attempts=%n waited=%nms",
    "worker %n started job %x queue=%w",
    "connection from %h accepted, active=%n idle=%n",
    "connection from %h closed after %t",
    "connection to %h refused",
    "session opened for user %w by (uid=%n)",
    "session closed for user %w",
    "Failed password for %w from %i port %n ssh2",
    "Accepted publickey for %w from %i port %n ssh2: RSA %x",
    "Invalid user %w from %i",
    "Received block %x of size %n from %h",
    "Served block %x to %i",
    "PacketResponder %n for block %x terminating",
    "Deleting block %x file %p",
    "starting version %v on %h",
    "configuration read from %p",
    "listening on %h",
    "leader elected: node %w, term %n",
    "lost leadership, term %n",
    "replica %w is %n bytes behind",
    "snapshot %x written to %p in %t",
    "compaction of %n files to %n done, %f MB/s",
    "gc pause %f ms, heap %nM -> %nM",
    "METRICS: goroutines: %n, alloc: %n, totalAlloc: %n",
    "assigned partitions [%l] to consumer %w",
    "revoked partitions [%l]",
    "retrying in %t (attempt %n of %n)",
    "giving up after %n attempts",
    "slow query (%t): select * from %w where id = %n",
    "deadlock found on table %w, transaction %x rolled back",
    "user %w added item %n to cart %u",
    "user %w removed item %n from cart %u",
    "order %u paid: %f EUR",
    "order %u cancelled by %w",
    "mail to %w@example.com queued as %x",
    "mail %x delivered in %t",
    "mail %x bounced: mailbox full",
    "disk %p is %n% full",
    "fan %n speed %n rpm",
    "temperature of core %n is %f C",
    "link eth%n is up, %n Mbps",
    "link eth%n is down",
    "job %w scheduled for %t",
    "job %w skipped, still running",
    "token for %w expired %t ago",
    "certificate of %w.example.com expires in %n days",
    "features on: %k",
    "shutting down, %n requests in flight",
    "all requests drained",
    "unit entered %r state",
    "rule %n matched packet %i -> %i len %n",
    "loaded %n plugins from %p",
    "plugin %w loaded",
    "plugin %w failed: exit status %n",
    "upload %u: part %n of %n stored",
    "upload %u: complete, %n bytes",
    "clock skew of %f s against %h",
};
constexpr const char* kWords[] = {
    "alice",   "bob",     "carol",  "dave",    "erin",     "frank",  "grace",   "heidi",
    "ivan",    "judy",    "ledger", "invoice", "ticket",   "basket", "catalog", "search",
    "billing", "pricing", "stock",  "export",  "importer", "mailer", "gateway", "auth",
    "profile", "session", "digest", "report",  "archive",  "ingest", "router",  "relay",
    "broker",  "metrics", "tracer", "editor",  "viewer",   "signer", "crawler", "indexer"};
constexpr const char* kFew[] = {"GET", "POST", "PUT", "DELETE"};

std::string filled_in(const char* known, Random& random) {
  std::string out;
  const auto number = [&](uint64_t below) { out += std::to_string(random.below(below)); };
  const auto hex = [&](int digits) {
    for (int i = 0; i < digits; ++i) out += "0123456789abcdef"[random.below(16)];
  };
  const auto word = [&] { out += kWords[random.below(std::size(kWords))]; };
  const auto address = [&] {
    for (int i = 0; i < 4; ++i) {
      if (i > 0) out += '.';
      number(256);
    }
  };
  for (const char* at = known; *at != 0; ++at) {
    if (*at != '%' || std::string_view("nfxuihpwrlktv").find(at[1]) == std::string_view::npos ||
        at[1] == 0) {
      out += *at;
      continue;
    }
    switch (*++at) {
      case 'n':
        number(random.below(2) == 0 ? 100 : 100000);
        break;
      case 'f':
        number(1000), out += '.', number(100);
        break;
      case 'x':
        hex(12);
        break;
      case 'u':
        hex(8), out += '-', hex(4), out += '-', hex(4), out += '-', hex(4), out += '-', hex(12);
        break;
      case 'i':
        address();
        break;
      case 'h':
        address(), out += ':', number(60000);
        break;
      case 'p':
        out += "/srv";
        for (uint64_t parts = 1 + random.below(3); parts > 0; --parts) out += '/', word();
        break;
      case 'w':
        word();
        break;
      case 'r':
        out += kFew[random.below(std::size(kFew))];
        break;
      case 'l':
        for (uint64_t left = 1 + random.below(6); left > 0; --left)
          number(64), out += left > 1 ? ", " : "";
        break;
      case 'k':
        for (uint64_t left = 1 + random.below(4); left > 0; --left)
          word(), out += left > 1 ? ", " : "";
        break;
      case 't':
        number(900), out += random.below(2) == 0 ? "ms" : "s";
        break;
      default:
        out += 'v', number(9), out += '.', number(30), out += '.', number(10);
        break;
    }
  }
  return out;
}

Sample generated(size_t lines) {
  Sample out{"generated", {}, {}};
  Random random{1};
  for (size_t i = 0; i < lines; ++i) {
    // Few templates make most of the lines, as everywhere: the smaller of two draws.
    const size_t which = std::min(random.below(std::size(kKnown)), random.below(std::size(kKnown)));
    out.messages.push_back(filled_in(kKnown[which], random));
    out.truths.emplace_back(kKnown[which]);
  }
  return out;
}

// ---- samples of others

// One row of a CSV text: quoted fields may hold commas, newlines and doubled quotes.
std::vector<std::string> next_row(std::string_view& csv) {
  std::vector<std::string> row(1);
  bool quoted = false;
  while (!csv.empty()) {
    const char c = csv[0];
    csv.remove_prefix(1);
    if (c == '"') {
      if (quoted && csv.starts_with('"')) {
        row.back() += '"';
        csv.remove_prefix(1);
      } else {
        quoted = !quoted;
      }
    } else if (!quoted && c == ',') {
      row.emplace_back();
    } else if (!quoted && c == '\n') {
      break;
    } else if (quoted || c != '\r') {
      row.back() += c;
    }
  }
  return row;
}

std::vector<Sample> samples_of(const std::string& folder) {
  constexpr std::string_view kEnding = "_2k.log_structured.csv";
  std::vector<Sample> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(kEnding)) continue;
    const std::string text = text_of(entry.path().string());
    std::string_view left = text;
    const std::vector<std::string> columns = next_row(left);
    const auto column = [&](std::string_view wanted) {
      return static_cast<size_t>(std::find(columns.begin(), columns.end(), wanted) -
                                 columns.begin());
    };
    const size_t content = column("Content"), event = column("EventId");
    Sample sample{name.substr(0, name.size() - kEnding.size()), {}, {}};
    while (!left.empty()) {
      const std::vector<std::string> row = next_row(left);
      if (row.size() <= std::max(content, event)) continue;
      sample.messages.push_back(row[content]);
      sample.truths.push_back(row[event]);
    }
    out.push_back(std::move(sample));
  }
  std::sort(out.begin(), out.end(),
            [](const Sample& a, const Sample& b) { return a.name < b.name; });
  return out;
}

void print(const Sample& sample, const Grouping& grouping) {
  std::printf("%-12s %6zu %10zu %9zu   %.3f\n", sample.name.c_str(), grouping.lines,
              grouping.truths, grouping.groups, grouping.accuracy());
}

// ---- speed

class Messages : public RecordSink {
 public:
  void on_record(const Record& record) override {
    begins.push_back(bytes.size());
    bytes += record.message;
  }
  std::string_view at(size_t i) const {
    const size_t end = i + 1 < begins.size() ? begins[i + 1] : bytes.size();
    return std::string_view(bytes).substr(begins[i], end - begins[i]);
  }
  std::string bytes;
  std::vector<size_t> begins;
};

Messages messages_of(const std::string& file) {
  std::string text = text_of(file);
  const size_t size = text.size();
  text.append(kLinePadding, '\0');
  RecordReader reader{ReaderOptions{}};
  Messages out;
  uint64_t number = 0;
  for (size_t at = 0; at < size;) {
    const size_t end = std::min(text.find('\n', at), size);
    reader.read({std::string_view(text).substr(at, end - at), at, end + 1, ++number, end == size},
                out);
    at = end + 1;
  }
  reader.finish(out);
  return out;
}

void measure(const std::string& file) {
  const Messages messages = messages_of(file);
  const size_t lines = messages.begins.size();
  TemplateTable table;
  uint64_t ordinal = 0;
  constexpr int kPasses = 5;
  std::vector<double> seconds;
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto begin = std::chrono::steady_clock::now();
    for (size_t i = 0; i < lines; ++i) table.find(messages.at(i), ++ordinal);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  const double first = seconds[0];
  std::sort(seconds.begin() + 1, seconds.end());
  const double rest = seconds[1 + (kPasses - 1) / 2];
  const auto rate = [&](double s) { return static_cast<double>(lines) / s / 1e6; };
  std::printf("%zu lines of %s, %zu templates: %.1f M lines/s the first time, %.1f from then on\n",
              lines, std::filesystem::path(file).filename().c_str(), table.size(), rate(first),
              rate(rest));
}

}  // namespace
}  // namespace blip

int main(int argc, char** argv) {
  using namespace blip;
  if (argc < 2) {
    std::fprintf(stderr, "templates APP_LOG [FOLDER]\n");
    return 2;
  }
  measure(argv[1]);
  const bool show = std::getenv("BLIP_SHOW_MISTAKES") != nullptr;  // the mistakes too
  std::printf("\n%-12s %6s %10s %9s   %s\n", "sample", "lines", "templates", "found",
              "group accuracy");
  const Sample own = generated(20000);
  print(own, group(own, show));
  if (argc < 3) return 0;
  double sum = 0;
  const std::vector<Sample> samples = samples_of(argv[2]);
  for (const Sample& sample : samples) {
    const Grouping grouping = group(sample, show);
    print(sample, grouping);
    sum += grouping.accuracy();
  }
  if (!samples.empty()) {
    std::printf("mean of %zu samples: %.3f\n", samples.size(),
                sum / static_cast<double>(samples.size()));
  }
  return 0;
}
