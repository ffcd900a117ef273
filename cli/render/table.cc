// Draws tables:
//
//   TIME            SERVICE  LIVED      CAUSE            ID         lines as wide as they need,
//   06-24 19:50:53  app      5 h 12 m   panic store.g…   e7f3a1     columns that may shrink do so
//                                                                   only on a terminal
// The last column is not padded, so no line ends in blanks. What a time or a span looks like is
// for clock.cc and units.cc.

#include "cli/render/table.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <unordered_map>

#include "cli/render/escape.h"
#include "cli/render/utf8.h"
#include "core/check.h"

namespace blip {
namespace {
constexpr size_t kBetween = 2;    // blanks between columns
constexpr size_t kNarrowest = 8;  // what a shrunken column keeps

// Takes columns away from the widest of those that may shrink, until the row fits or none is left.
void shrink(std::vector<size_t>& widths, const std::vector<Column>& columns, size_t room) {
  size_t total = std::accumulate(widths.begin(), widths.end(), kBetween * (widths.size() - 1));
  while (total > room) {
    size_t widest = columns.size();
    for (size_t i = 0; i < columns.size(); ++i) {
      if (!columns[i].shrinks || widths[i] <= kNarrowest) continue;
      if (widest == columns.size() || widths[i] > widths[widest]) widest = i;
    }
    if (widest == columns.size()) return;
    --widths[widest];
    --total;
  }
}

}  // namespace

void Table::add(std::vector<Cell> row) {
  BLIP_CHECK(row.size() == columns_.size(), "a row has a cell for each column");
  std::move(row.begin(), row.end(), std::back_inserter(cells_));
}

std::string Table::text(const Style& style, size_t indent) const {
  // A list has thousands of rows: what needs no escaping, which is nearly all, is not copied.
  std::unordered_map<const Cell*, std::string> escaped;
  std::vector<size_t> widths;
  for (const Column& column : columns_) widths.push_back(display_width(column.title));
  for (size_t i = 0; i < cells_.size(); ++i) {
    const bool plain = plain_ascii(cells_[i].text);
    const size_t width = plain ? cells_[i].text.size()
                               : display_width(escaped[&cells_[i]] = visible(cells_[i].text));
    size_t& widest = widths[i % columns_.size()];
    widest = std::max(widest, width);
  }
  if (style.width != 0) shrink(widths, columns_, style.width - std::min(style.width, indent));

  std::string out;
  const size_t columns = std::accumulate(widths.begin(), widths.end(), indent);
  out.reserve((rows() + 2) * (columns + kBetween * widths.size()));
  const auto add = [&](size_t c, std::string_view text, Tint tint) {
    std::string cut;
    size_t width = display_width(text);
    if (width > widths[c]) {
      text = cut = cut_to(text, widths[c], style.ellipsis());
      width = display_width(text);
    }
    const size_t begin = out.size(), blanks = widths[c] - std::min(widths[c], width);
    const bool left = columns_[c].align == Align::left, last = c + 1 == columns_.size();
    if (!left) out.append(blanks, ' ');
    out += text;
    if (left && !last) out.append(blanks, ' ');
    if (style.colour) out.replace(begin, out.npos, style.paint(tint, out.substr(begin)));
    if (!last) out.append(kBetween, ' ');
  };
  const auto line = [&](const auto& text_of, const auto& tint_of) {
    const size_t begin = out.size();
    out.append(indent, ' ');
    for (size_t c = 0; c < columns_.size(); ++c) add(c, text_of(c), tint_of(c));
    while (out.size() > begin && out.back() == ' ') out.pop_back();  // an empty last cell
    out += '\n';
  };
  if (std::any_of(columns_.begin(), columns_.end(),
                  [](const Column& column) { return !column.title.empty(); })) {
    line([&](size_t c) -> std::string_view { return columns_[c].title; },
         [](size_t) { return Tint::bold; });
  }
  const auto shown = [&escaped](const Cell& cell) -> std::string_view {
    const auto found = escaped.empty() ? escaped.end() : escaped.find(&cell);
    return found == escaped.end() ? cell.text : found->second;
  };
  for (size_t r = 0; r < rows(); ++r) {
    line([&](size_t c) { return shown(cell(r, c)); }, [&](size_t c) { return cell(r, c).tint; });
  }
  return out;
}

std::string Table::csv() const {
  std::string out;
  for (size_t c = 0; c < columns_.size(); ++c) {
    out.append(c == 0 ? "" : ",").append(csv_cell(columns_[c].title));
  }
  out += "\r\n";
  for (size_t r = 0; r < rows(); ++r) {
    for (size_t c = 0; c < columns_.size(); ++c) {
      out.append(c == 0 ? "" : ",").append(csv_cell(cell(r, c).text));
    }
    out += "\r\n";
  }
  return out;
}

std::string Table::markdown() const {
  std::string out = "|", rule = "|";
  for (const Column& column : columns_) {
    out.append(" ").append(markdown_cell(column.title)).append(" |");
    rule += column.align == Align::left ? " --- |" : " ---: |";
  }
  out.append("\n").append(rule).append("\n");
  for (size_t r = 0; r < rows(); ++r) {
    out += '|';
    for (size_t c = 0; c < columns_.size(); ++c) {
      out.append(" ").append(markdown_cell(cell(r, c).text)).append(" |");
    }
    out += '\n';
  }
  return out;
}

}  // namespace blip
