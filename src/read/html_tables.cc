#include <algorithm>

#include "read/html_blocks.h"

namespace persea::read {
namespace {

struct Table {
  int32_t node;
  int32_t rows = 0, cells = 0, widest = 0, in_row = 0, headings = 0, nested = 0, parts = 0;
  int64_t bytes = 0, longest = 0, in_cell = 0;
};

void end_cell(Table& table) {
  table.longest = std::max(table.longest, table.in_cell);
  table.in_cell = 0;
}

bool holds_data(const HtmlTree& tree, Table& table) {
  end_cell(table);
  table.widest = std::max(table.widest, table.in_row);
  const std::string_view role = tree.attribute(table.node, Attribute::role);
  if (role == "presentation" || role == "none") return false;
  if (table.nested > 0 || table.widest < 2 || table.cells < 3) return false;
  constexpr int64_t kLongCell = 800;  // bytes: more is a part of a page, not a value
  if (table.headings > 0) return table.longest < 4 * kLongCell;
  return table.rows > 1 && table.longest < kLongCell && table.bytes / table.cells < 160 && table.parts <= table.cells;
}

}  // namespace

std::vector<uint8_t> find_data_tables(const HtmlTree& tree, const GoneNodes& gone) {
  std::vector<uint8_t> data(tree.nodes().size(), 0);
  std::vector<Table> open;
  const auto close = [&](int32_t at) {
    while (!open.empty() && at >= tree[open.back().node].end) {
      data[static_cast<size_t>(open.back().node)] = holds_data(tree, open.back()) ? 1 : 0;
      open.pop_back();
    }
  };
  for (int32_t node = 0; node < tree.size();) {
    close(node);
    if (gone[static_cast<size_t>(node)] != 0) {
      node = tree[node].end;
      continue;
    }
    const Tag tag = tree[node].tag;
    if (tag == Tag::table) {
      if (!open.empty()) ++open.back().nested;
      open.push_back({});
      open.back().node = node;
    } else if (!open.empty()) {
      Table& table = open.back();
      if (tag == Tag::tr) {
        ++table.rows;
        table.widest = std::max(table.widest, table.in_row);
        table.in_row = 0;
      } else if (tag == Tag::td || tag == Tag::th) {
        end_cell(table);
        ++table.cells;
        ++table.in_row;
        table.headings += tag == Tag::th ? 1 : 0;
      } else if (tag == Tag::caption || tag == Tag::thead) {
        ++table.headings;
      } else if (tag == Tag::text) {
        table.bytes += static_cast<int64_t>(tree[node].text.size());
        table.in_cell += static_cast<int64_t>(tree[node].text.size());
      } else if (is_heading(tag) || tag == Tag::ul || tag == Tag::form || tag == Tag::hr) {
        table.parts += 2;
      }
    }
    ++node;
  }
  close(tree.size());
  return data;
}

}  // namespace persea::read
