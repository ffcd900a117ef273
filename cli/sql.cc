// blip sql "SELECT service, count(*) FROM v_restarts GROUP BY 1" -o csv
//
// What the store lets a question do, and when it ends it, is store/query.h's; here answers are
// printed. CSV keeps the line breaks of a value, within quotes; JSON replaces what is no UTF-8.

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <set>

#include "cli/print.h"
#include "cli/query_json.h"
#include "cli/render/escape.h"
#include "cli/render/table.h"
#include "cli/render/units.h"
#include "cli/store_path.h"
#include "cli/view.h"
#include "cli/when.h"
#include "store/query.h"

namespace blip {
namespace {
constexpr size_t kMostQueryBytes = 1 << 20;
constexpr auto kLongest = std::chrono::hours(24);
constexpr unsigned kGrace = 3;  // seconds beyond the limit, for a single step that hangs

Result<std::string> query_text(const Arguments& arguments) {
  if (!arguments.operands.empty()) return arguments.operands.front();
  if (isatty(STDIN_FILENO) != 0) {
    return Error{
        "give a query, or one on standard input:\n"
        "blip sql \"SELECT service, count(*) FROM v_restarts GROUP BY 1\"\n"
        "views: v_events v_restarts v_runs v_samples v_sources; their columns: "
        "blip sql \"PRAGMA table_info(v_events)\""};
  }
  std::string text(kMostQueryBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stdin));
  if (text.size() > kMostQueryBytes) return Error{"the query on standard input is too long"};
  return text;
}

Result<std::chrono::milliseconds> time_limit(const std::string& text) {
  const auto span = parse_span(text);
  if (!span || *span <= std::chrono::seconds(0) || *span > kLongest) {
    return Error{"--max-time is '" + visible(text) + "'; give a time like 10s, 5m or 1h"};
  }
  return std::chrono::milliseconds(*span);
}

std::string text_of(const SqlValue& value, std::string_view null) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* real = std::get_if<double>(&value)) {
    char out[40];
    std::snprintf(out, sizeof out, "%.15g", *real);
    return out;
  }
  return std::string(null);
}

std::string csv_of(const SqlValue& value) {
  const auto* text = std::get_if<std::string_view>(&value);
  return text == nullptr ? text_of(value, "") : csv_lines_cell(*text);
}

std::string json_of(const SqlValue& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return json_string(*text);
  if (const auto* real = std::get_if<double>(&value)) return json_number(*real);
  return text_of(value, "null");
}

// Prints as rows come; tables for people need all of them first.
class Answer {
 public:
  explicit Answer(const View& view) : view_(view) {}

  void columns(const std::vector<std::string>& names) {
    std::set<std::string> taken;
    for (const std::string& name : names) {
      std::string key = name;
      for (size_t n = 2; !taken.insert(key).second; ++n) key = name + "_" + std::to_string(n);
      keys_.push_back(json_string(key));
    }
    if (view_.output == Output::csv) {
      for (size_t i = 0; i < names.size(); ++i) print((i == 0 ? "" : ",") + csv_cell(names[i]));
      print("\r\n");
    } else if (view_.output == Output::json) {
      print("{\"schema\":1,\"columns\":[");
      for (size_t i = 0; i < keys_.size(); ++i) print((i == 0 ? "" : ",") + keys_[i]);
      print("],\"rows\":[");
    } else if (view_.output != Output::ndjson) {
      std::vector<Column> titles;
      for (const std::string& name : names) titles.push_back({visible(name), Align::left, true});
      table_.emplace(std::move(titles));
    }
  }

  void row(const std::vector<SqlValue>& values) {
    std::string out;
    if (view_.output == Output::csv) {
      for (size_t i = 0; i < values.size(); ++i) out += (i == 0 ? "" : ",") + csv_of(values[i]);
      print(out + "\r\n");
    } else if (table_) {
      std::vector<Cell> cells;
      for (const SqlValue& value : values) cells.emplace_back(text_of(value, "-"));
      table_->add(std::move(cells));
    } else {
      for (size_t i = 0; i < values.size(); ++i) {
        out += (i == 0 ? "{" : ",") + keys_[i] + ":" + json_of(values[i]);
      }
      const bool lines = view_.output == Output::ndjson;
      print((lines ? "" : rows_ == 0 ? "\n" : ",\n") + out + (lines ? "}\n" : "}"));
    }
    ++rows_;
  }

  // `whole`: no error came between.
  void end() {
    if (view_.output == Output::json) print("\n]}\n");
    if (!table_) return;
    if (view_.output == Output::md) return print(table_->markdown());
    print(rows_ == 0 ? "no rows\n" : table_->text(view_.style));
  }

 private:
  const View& view_;
  std::vector<std::string> keys_;
  std::optional<Table> table_;
  size_t rows_ = 0;
};

// A single step of a query can hang where SQLite asks nobody (a LIKE over megabytes).
void hung(int) {
  static constexpr std::string_view kText = "blip: the query hung and was ended; narrow it\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kText.data(), kText.size());
  _exit(kUsage);
}

int run(const Arguments& arguments) {
  Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  const Result<std::chrono::milliseconds> time = time_limit(arguments.max_time);
  if (!time) return fail(kUsage, time.error());
  const Result<std::string> sql = query_text(arguments);
  if (!sql) return fail(kUsage, sql.error());
  const Result<StorePath> path = existing_store(arguments);
  if (!path) return fail(kBadStore, path.error());
  const Result<StoreQuery> query = StoreQuery::open(path->path);
  if (!query) return fail(kBadStore, query.error());
  QueryLimits limits;
  limits.time = *time;
  if (arguments.limit != 0) limits.rows = arguments.limit;
  std::signal(SIGALRM, hung);
  alarm(static_cast<unsigned>(time->count() / 1000) + kGrace);

  Answer answer(*view);
  const Result<QueryEnd> end = query->ask(
      *sql, limits, [&](const std::vector<std::string>& names) { answer.columns(names); },
      [&](const std::vector<SqlValue>& values) { answer.row(values); });
  alarm(0);
  if (!end) return fail(kUsage, end.error());
  answer.end();
  if (end->cut && !arguments.quiet) {
    note("these are the first " + count_text(end->rows) + " rows; more with -n N");
  }
  return kDone;
}

constexpr Flag kFlags[] = {
    {"--max-time", "TIME", "end the query after that: 10s (if not given), 5m",
     &Arguments::max_time},
};

constexpr std::string_view kHelp =
    R"help(Asks the store in SQL. QUERY may also come on standard input. It can only read: writing, ATTACH,
extensions and temporary tables are refused. It ends after --max-time and, unless -n says
otherwise, after 10,000 rows.

views, whose columns are only ever added to (docs/store.md):
  v_events  v_restarts  v_runs  v_samples  v_sources

  blip sql "SELECT service, count(*) FROM v_restarts WHERE silent GROUP BY 1 ORDER BY 2 DESC"
  blip sql "SELECT time, value FROM v_samples WHERE metric = 'rss'" -o csv > rss.csv
  blip sql "PRAGMA table_info(v_events)"
)help";
}  // namespace

extern const Command sql_command = {
    .name = "sql",
    .operands = "[QUERY]",
    .most = 1,
    .summary = "ask the store in SQL, read-only",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
