#include "read/table_reader.h"

#include <algorithm>
#include <set>

#include "read/json_fields.h"
#include "read/json_tree.h"
#include "read/json_write.h"
#include "read/table_rows.h"
#include "read/text_normalizer.h"
#include "read/window.h"

namespace persea::read {
namespace {

constexpr size_t kSample = 1 << 18;
constexpr size_t kSampleRows = 200;
constexpr int kUnclosed = 100;  // each costs a look at a whole window
constexpr size_t kWordy = 30;   // bytes that an entry of a column of text has on average, at least

bool looks_numeric(std::string_view text) {
  return text.find_first_not_of("0123456789.,+-eE %:/") == std::string_view::npos;
}

class TableReader : public FormatReader {
 public:
  TableReader(std::unique_ptr<ByteSource> source, Part part) : window_(std::move(source)), part_(std::move(part)) {}

  // False where there is no text in it.
  bool open() {
    window_.fill(kSample);
    if (window_.view().starts_with("\xef\xbb\xbf")) window_.skip(3);
    if (window_.view().starts_with("sep=") && window_.view().size() > 6) {  // what Excel writes
      delimiter_ = window_.view()[4];
      window_.skip(std::min(window_.view().find('\n'), window_.view().size() - 1) + 1);
    } else {
      delimiter_ = sniff_delimiter(window_.view());
    }
    std::vector<std::vector<std::string>> rows;
    std::string_view left = window_.view();
    std::vector<std::string> fields;
    const bool last = !window_.fill(left.size() + 1);
    left = window_.view();
    size_t length = 0, first = 0;
    while (rows.size() < kSampleRows && !left.empty() &&
           read_row(left, delimiter_, last, fields, length) == RowEnd::complete) {
      if (rows.empty()) first = length;
      rows.push_back(fields);
      left.remove_prefix(length);
    }
    if (rows.empty()) {
      part_.skip("has no row that ends");
      return false;
    }
    name_columns(rows);
    if (header_) window_.skip(first);
    if (!has_text_) {
      std::string names;
      for (size_t i = 0; i < std::min<size_t>(columns_.size(), 12); ++i) names += (i > 0 ? ", " : "") + columns_[i];
      part_.skip("has no column of text: call one \"text\" (columns: " + names.substr(0, 200) + ")");
    }
    return has_text_;
  }

  bool next(Item& item) override {
    const auto limit = static_cast<size_t>(part_.reading->limits.item_bytes);
    for (;;) {
      size_t length = 0;
      const RowEnd end = take_row(limit, length);
      if (length == 0) return false;
      ++number_;
      const std::string place = part_.within(fmt::format("row {}", number_));
      if (end != RowEnd::complete) {
        if (++unclosed_ > kUnclosed) {
          part_.reading->skip(place, "is the last that is read: too many rows do not hold together");
          return false;
        }
        part_.reading->skip(place, end == RowEnd::too_wide
                                       ? fmt::format("has more than {} columns: it is left out", kMostFields)
                                       : "its quotes do not end: its first line is left out");
        continue;
      }
      if (std::all_of(fields_.begin(), fields_.end(), [](const std::string& f) { return blank(f); })) continue;
      item.bytes.clear();
      item.bytes += '{';
      for (size_t i = 0; i < fields_.size(); ++i) {
        if (fields_[i].empty()) continue;
        if (item.bytes.size() > 1) item.bytes += ',';
        append_json_string(i < columns_.size() ? columns_[i] : fmt::format("column {}", i + 1), item.bytes);
        item.bytes += ':';
        append_json_string(fields_[i], item.bytes);
      }
      item.bytes += '}';
      item.bytes.reserve(item.bytes.size() + kPadding);
      item.form = Form::row;
      item.place = place;
      item.address = part_.address;
      item.charset.clear();
      return true;
    }
  }

 private:
  // The next row into fields_; `length` 0 at the end. Where its quotes do not end, its first line is passed over.
  RowEnd take_row(size_t limit, size_t& length) {
    for (size_t wanted = 1;;) {
      const bool last = !window_.fill(wanted);
      if (window_.view().empty()) return RowEnd::complete;
      const bool full = window_.view().size() > limit;
      const RowEnd end = read_row(window_.view(), delimiter_, last || full, fields_, length);
      if (end == RowEnd::complete) {
        window_.skip(length);
        return end;
      }
      if (end != RowEnd::needs_more || full) {
        const size_t line = window_.find('\n', 0, limit);
        length = line == std::string_view::npos ? window_.view().size() : line + 1;
        window_.skip(length);
        return end == RowEnd::too_wide ? end : RowEnd::unclosed;
      }
      wanted = std::max(2 * window_.view().size(), kSample);
    }
  }

  void name_columns(const std::vector<std::vector<std::string>>& rows) {
    const std::vector<std::string>& top = rows[0];
    size_t known = 0, numeric = 0, lengthy = 0;
    for (const std::string& name : top) {
      known += field_name(name).field != Field::none ? 1 : 0;
      numeric += looks_numeric(name) ? 1 : 0;
      lengthy += name.size() > 60 ? 1 : 0;
    }
    const bool distinct = std::set<std::string>(top.begin(), top.end()).size() == top.size();
    header_ = known > 0 || (numeric == 0 && lengthy == 0 && distinct && rows.size() > 1);
    columns_ = top;
    for (size_t i = 0; i < columns_.size() && !header_; ++i) columns_[i] = fmt::format("column {}", i + 1);
    for (std::string& name : columns_) {
      const size_t from = name.find_first_not_of(" \t");
      name = from == std::string::npos ? "" : name.substr(from, name.find_last_not_of(" \t") - from + 1);
      has_text_ = has_text_ || field_name(name).field == Field::text;
    }
    has_text_ = has_text_ || is_pair(columns_);
    if (has_text_) return;
    size_t best = 0, most = 0;
    for (size_t i = 0; i < columns_.size(); ++i) {
      size_t bytes = 0;
      for (size_t r = header_ ? 1 : 0; r < rows.size(); ++r) {
        if (i < rows[r].size() && !looks_numeric(rows[r][i])) bytes += rows[r][i].size();
      }
      if (bytes > most) {
        most = bytes;
        best = i;
      }
    }
    const size_t texts = rows.size() - (header_ ? 1 : 0);
    if (texts > 0 && most >= kWordy * texts) {
      columns_[best] = "text";
      has_text_ = true;
    }
  }

  Window window_;
  Part part_;
  char delimiter_ = ',';
  bool header_ = false, has_text_ = false;
  std::vector<std::string> columns_, fields_;
  int64_t number_ = 0;
  int unclosed_ = 0;
};

}  // namespace

std::unique_ptr<FormatReader> table_reader(std::unique_ptr<ByteSource> source, Part part) {
  auto reader = std::make_unique<TableReader>(std::move(source), std::move(part));
  return reader->open() ? std::move(reader) : nullptr;
}

}  // namespace persea::read
