// Draws tables:
//
//   TIME            SERVICE  LIVED      CAUSE            ID         lines as wide as they need,
//   06-24 19:50:53  app      5 h 12 m   panic store.g…   e7f3a1     columns that may shrink do so
//                                                                   only on a terminal
// The last column is not padded, so no line ends in blanks. What a time or a span looks like is
// for clock.cc and units.cc.

#include "cli/render/table.h"

#include <algorithm>
#include <numeric>

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

std::string padded(std::string text, size_t columns, Align align) {
  const size_t width = display_width(text);
  if (width >= columns) return text;
  const std::string blanks(columns - width, ' ');
  return align == Align::left ? text + blanks : blanks + text;
}
}  // namespace

void Table::add(std::vector<Cell> row) {
  BLIP_CHECK(row.size() == columns_.size(), "a row has a cell for each column");
  rows_.push_back(std::move(row));
}

std::string Table::text(const Style& style, size_t indent) const {
  std::vector<std::vector<std::string>> shown(rows_.size());
  std::vector<size_t> widths;
  for (const Column& column : columns_) widths.push_back(display_width(column.title));
  for (size_t r = 0; r < rows_.size(); ++r) {
    for (size_t c = 0; c < columns_.size(); ++c) {
      shown[r].push_back(visible(rows_[r][c].text));
      widths[c] = std::max(widths[c], display_width(shown[r][c]));
    }
  }
  if (style.width != 0) shrink(widths, columns_, style.width - std::min(style.width, indent));

  const auto line = [&](const auto& text_of, const auto& tint_of) {
    std::string out(indent, ' ');
    for (size_t c = 0; c < columns_.size(); ++c) {
      const bool last = c + 1 == columns_.size();
      std::string cell = cut_to(text_of(c), widths[c], style.ellipsis());
      if (!last || columns_[c].align == Align::right) {
        cell = padded(std::move(cell), widths[c], columns_[c].align);
      }
      out += style.paint(tint_of(c), cell);
      if (!last) out.append(kBetween, ' ');
    }
    out.erase(out.find_last_not_of(' ') + 1);  // an empty last cell
    return out += '\n';
  };
  const bool titled = std::any_of(columns_.begin(), columns_.end(),
                                  [](const Column& column) { return !column.title.empty(); });
  std::string out;
  if (titled) {
    out = line([&](size_t c) { return columns_[c].title; }, [](size_t) { return Tint::bold; });
  }
  for (size_t r = 0; r < rows_.size(); ++r) {
    out += line([&](size_t c) { return shown[r][c]; }, [&](size_t c) { return rows_[r][c].tint; });
  }
  return out;
}

std::string Table::csv() const {
  std::string out;
  for (size_t c = 0; c < columns_.size(); ++c) {
    out.append(c == 0 ? "" : ",").append(csv_cell(columns_[c].title));
  }
  out += "\r\n";
  for (const std::vector<Cell>& row : rows_) {
    for (size_t c = 0; c < row.size(); ++c) {
      out.append(c == 0 ? "" : ",").append(csv_cell(row[c].text));
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
  for (const std::vector<Cell>& row : rows_) {
    out += '|';
    for (const Cell& cell : row) out.append(" ").append(markdown_cell(cell.text)).append(" |");
    out += '\n';
  }
  return out;
}

}  // namespace blip
