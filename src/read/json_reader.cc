#include "read/json_reader.h"

#include <algorithm>
#include <vector>

#include "read/json_fields.h"
#include "read/json_span.h"
#include "read/json_tree.h"
#include "read/text_normalizer.h"
#include "read/window.h"

namespace persea::read {
namespace {

constexpr size_t kDeepest = 32;      // containers that are opened up within each other
constexpr size_t kWhole = 1 << 24;   // a larger object or array is opened up
constexpr size_t kHeader = 1 << 16;  // what is kept of an opened object's own fields
constexpr size_t kBatch = 1 << 18;   // messages that make an item
constexpr size_t kLongestKey = 1 << 12;

struct Level {
  bool array;
  std::string key;     // of the object that it stands in
  std::string place;   // "data[3].items"
  std::string header;  // object: its plain fields so far, as JSON
  int64_t index = 0;   // array: of the next element
  bool messages = false;
  std::string batch;  // messages that wait for an item
  int64_t first = 0;  // the index of the first of them
};

class JsonReader : public FormatReader {
 public:
  JsonReader(std::unique_ptr<ByteSource> source, Part part) : window_(std::move(source)), part_(std::move(part)) {}

  bool next(Item& item) override {
    if (std::exchange(begin_, false) && !start()) return false;
    while (!levels_.empty()) {
      if (step(item)) return true;
    }
    return false;
  }

 private:
  // The next character that is no white space; 0 at the end.
  char peek() {
    for (;;) {
      const std::string_view view = window_.view();
      const size_t at = view.find_first_not_of(" \t\r\n");
      if (at != std::string_view::npos) {
        window_.skip(at);
        return window_.view()[0];
      }
      window_.skip(view.size());
      if (!window_.more()) return 0;
    }
  }

  // To the file's value. Scripts that assign one ("window.YTD.tweets.part0 = [") are taken for it.
  bool start() {
    window_.fill(kHead);
    if (window_.view().starts_with("\xef\xbb\xbf")) window_.skip(3);
    if (peek() != '{' && peek() != '[') {
      const size_t at = window_.view().substr(0, 1000).find_first_of("[{");
      if (at == std::string_view::npos) {
        part_.skip("is no JSON");
        return false;
      }
      window_.skip(at);
    }
    levels_.push_back({true, "", "", "", 0, false, "", 0});  // a file may hold several values, one behind the other
    return true;
  }

  std::string place(const Level& level, std::string_view key) const {
    if (levels_.size() == 1) return level.index == 0 ? "" : fmt::format("value {}", level.index + 1);
    if (level.array) return fmt::format("{}[{}]", level.place, level.index);
    return level.place.empty() ? std::string(key) : level.place + "." + std::string(key);
  }

  // The value's length where it ends within `limit` bytes, else 0.
  size_t span(size_t limit) {
    JsonSpan span;
    for (;;) {
      const std::string_view view = window_.view();
      const bool all = view.size() >= limit || !window_.fill(view.size() + 1);
      const size_t length = span.length(window_.view(), all && window_.view().size() < limit);
      if (length != 0) return length <= limit ? length : 0;
      if (all) return 0;
    }
  }

  void give(std::string bytes, std::string place, Item& item) {
    item.bytes = std::move(bytes);
    item.bytes.reserve(item.bytes.size() + kPadding);
    item.form = Form::json;
    item.place = place.empty() ? part_.place : part_.within(place);
    item.address = part_.address;
    item.charset.clear();
  }

  // What is broken ends the reading of the file: brackets do not tell any more what belongs where.
  bool broken(std::string reason) {
    const std::string at = levels_.back().array ? place(levels_.back(), "") : levels_.back().place;
    part_.reading->skip(at.empty() ? part_.place : part_.within(at), std::move(reason));
    while (!levels_.empty() && levels_.back().batch.empty()) levels_.pop_back();
    broken_ = true;
    return false;
  }

  bool flush(Level& level, Item& item) {
    if (level.batch.empty()) return false;
    std::string bytes = "{";
    if (levels_.size() > 1 && !levels_[levels_.size() - 2].array) bytes += levels_[levels_.size() - 2].header;
    bytes += "\"messages\":[" + std::exchange(level.batch, {}) + "]}";
    give(std::move(bytes), fmt::format("{}[{}]", level.place, level.first), item);
    return true;
  }

  bool step(Item& item) {
    Level& level = levels_.back();
    if (broken_) {  // give what waits
      if (flush(level, item)) return true;
      levels_.pop_back();
      return false;
    }
    char c = peek();
    while (c == ',') {
      window_.skip(1);
      c = peek();
    }
    const bool root = levels_.size() == 1;
    if (c == 0) {
      if (root) {
        levels_.pop_back();
        return false;
      }
      return broken("ends within a value");
    }
    if (!root && c == (level.array ? ']' : '}')) {
      if (flush(level, item)) return true;
      window_.skip(1);
      levels_.pop_back();
      if (!levels_.empty()) ++levels_.back().index;
      return false;
    }
    std::string key;
    if (!level.array) {
      const size_t length = c == '"' ? span(kLongestKey) : 0;
      if (length < 2) return broken("has no key where one should be");
      key = window_.view().substr(1, length - 2);
      window_.skip(length);
      if (peek() != ':') return broken("has no colon behind a key");
      window_.skip(1);
      c = peek();
    }
    if (c == '{' || c == '[') return container(key, item);
    return scalar(key, item);
  }

  bool container(const std::string& key, Item& item) {
    Level& level = levels_.back();
    const bool root = levels_.size() == 1, array = window_.view()[0] == '[';
    const std::string here = place(level, key);
    // The file's array is always opened: its elements are what the file is a list of.
    const size_t length = root && array ? 0 : span(kWhole);
    if (length == 0) {
      if (levels_.size() >= kDeepest) return broken("is nested too deep");
      window_.skip(1);
      Level inner{array, key, here, "", 0, false, "", 0};
      inner.messages = array && is_conversation_key(key);
      levels_.push_back(std::move(inner));
      return false;
    }
    std::string bytes(window_.view().substr(0, length));
    window_.skip(length);
    if (level.array && level.index == 0 && !root && !array && level.key.empty() && is_lone_message(bytes)) {
      level.messages = true;  // a file that is a list of messages
    }
    const int64_t index = level.index++;
    if (level.messages) {
      if (level.batch.empty()) level.first = index;
      if (!level.batch.empty()) level.batch += ',';
      level.batch += bytes;
      return level.batch.size() >= kBatch && flush(level, item);
    }
    if (!level.array) bytes = "{\"" + key + "\":" + bytes + "}";
    give(std::move(bytes), here, item);
    return true;
  }

  bool scalar(const std::string& key, Item& item) {
    Level& level = levels_.back();
    const auto limit = static_cast<size_t>(part_.reading->limits.item_bytes);
    const size_t length = span(limit);
    if (length == 0) return broken(window_.view().size() < limit ? "ends within a value" : "has too long a value");
    const std::string_view bytes = window_.view().substr(0, length);
    const std::string here = place(level, key);
    const bool string = bytes.starts_with('"');
    bool given = false;
    if (level.array) {
      // Strings of a list are texts where the list is the file, or is called so.
      if (string && (level.key.empty() || field_name(level.key).field == Field::text)) {
        give("{\"text\":" + std::string(bytes) + "}", here, item);
        given = true;
      }
    } else if (string && field_name(key).field == Field::text) {
      give("{" + level.header + "\"" + key + "\":" + std::string(bytes) + "}", here, item);
      given = true;
    } else if (level.header.size() + key.size() + bytes.size() < kHeader) {
      level.header += "\"" + key + "\":" + std::string(bytes) + ",";
    }
    ++level.index;
    window_.skip(length);
    return given;
  }

  Window window_;
  Part part_;
  std::vector<Level> levels_;
  bool begin_ = true, broken_ = false;
};

}  // namespace

std::unique_ptr<FormatReader> json_reader(std::unique_ptr<ByteSource> source, Part part) {
  return std::make_unique<JsonReader>(std::move(source), std::move(part));
}

}  // namespace persea::read
