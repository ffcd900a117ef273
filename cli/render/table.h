// Rows under headings, for people (text), spreadsheets (CSV) and tickets (Markdown).
//
// Cells hold raw text: the table escapes them for where it is drawn, so no caller can forget to.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "cli/render/style.h"

namespace blip {

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
  bool shrinks = false;  // may be cut when the lines are wider than the terminal
};

struct Cell {
  Cell(std::string content, Tint colour = Tint::plain) : text(std::move(content)), tint(colour) {}
  Cell(std::string_view content) : text(content) {}
  Cell(const char* content) : text(content) {}
  std::string text;
  Tint tint = Tint::plain;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<Cell> row);  // a cell for each column
  bool empty() const { return cells_.empty(); }

  // Without a heading when no column has a title.
  std::string text(const Style& style, size_t indent = 0) const;
  std::string csv() const;
  std::string markdown() const;

 private:
  size_t rows() const { return cells_.size() / columns_.size(); }
  const Cell& cell(size_t row, size_t column) const {
    return cells_[row * columns_.size() + column];
  }

  std::vector<Column> columns_;
  std::deque<Cell> cells_;  // row by row: thousands of them, none of which is moved
};

}  // namespace blip
