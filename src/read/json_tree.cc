#include "read/json_tree.h"

#include <algorithm>
#include <array>
#include <map>

#include "read/chat_text.h"
#include "read/json_fields.h"
#include "read/text_normalizer.h"

namespace persea::read {
namespace {

namespace dom = simdjson::dom;

constexpr int kDeepest = 24;

// Fields that make one text together, in their order; the first and the last must be there.
constexpr std::array<std::array<std::string_view, 3>, 6> kPairs{{{"instruction", "input", "output"},
                                                                 {"instruction", "context", "response"},
                                                                 {"prompt", "", "completion"},
                                                                 {"prompt", "", "response"},
                                                                 {"question", "", "answer"},
                                                                 {"question", "", "response"}}};

class Tree {
 public:
  explicit Tree(DocumentSink& sink) : sink_(sink) {}

  void walk(const dom::element& value, const std::string& place, std::string_view key, int depth) {
    if (depth > kDeepest) return;
    dom::object object;
    dom::array array;
    std::string_view string;
    if (value.get_object().get(object) == simdjson::SUCCESS) {
      walk_object(object, place, depth);
    } else if (value.get_array().get(array) == simdjson::SUCCESS) {
      int64_t i = 0;
      for (const dom::element& each : array) walk(each, fmt::format("{}[{}]", place, i++), key, depth + 1);
    } else if (value.get_string().get(string) == simdjson::SUCCESS && field_name(key).field == Field::text) {
      add({std::string(string), place, "", "", "", "", ""});  // a list of texts
    }
  }

 private:
  void add(Document document) {
    std::string text;
    sink_.out().replaced += normalize(social_ ? mend_latin(document.text) : document.text, text);
    document.text = std::move(text);
    sink_.add(std::move(document));
  }

  void walk_object(const dom::object& object, const std::string& place, int depth) {
    std::map<std::string_view, std::string_view> strings;
    std::array<std::string_view, 7> told{};
    std::array<int, 7> ranks;
    ranks.fill(1000);
    bool conversation = false, notebook = false;
    const bool outer = social_;
    for (const dom::key_value_pair& field : object) {
      conversation =
          conversation || (is_conversation_key(field.key) && (field.value.is_array() || field.value.is_object()));
      notebook = notebook || (field.key == "cells" && field.value.is_array());
      social_ = social_ || field.key == "creation_timestamp" || field.key == "media_map_data" ||
                (field.key == "timestamp" && field.value.is_number());
      std::string_view value;
      if (field.value.get_string().get(value) != simdjson::SUCCESS || value.empty()) continue;
      strings.emplace(field.key, value);
      const FieldName name = field_name(field.key);
      const auto i = static_cast<size_t>(name.field);
      if (name.field == Field::none || name.rank >= ranks[i]) continue;
      ranks[i] = name.rank;
      told[i] = value;
    }
    const auto of = [&](Field field) { return told_field(told[static_cast<size_t>(field)]); };
    const std::string title = social_ ? mend_latin(of(Field::title)) : of(Field::title);
    if (conversation) {
      const std::vector<ChatMessage> messages = read_conversation(object);
      if (std::any_of(messages.begin(), messages.end(), [](const ChatMessage& m) { return !blank(m.text); })) {
        add_conversation(messages, place, title, sink_);
        social_ = outer;
        return;
      }
    }
    if (notebook && add_notebook(object, place, title)) {
      social_ = outer;
      return;
    }
    Document document{pair(strings),     place, title, of(Field::address), of(Field::author), of(Field::date),
                      of(Field::licence)};
    if (document.text.empty()) document.text = told[static_cast<size_t>(Field::text)];
    // Captions of pictures stand in their titles.
    if (document.text.empty() && strings.contains("uri") && strings.contains("title")) {
      document.text = strings["title"];
      document.title.clear();
    }
    if (strings.contains("full_text")) document.text = plain_entities(document.text);
    if (!document.text.empty()) {
      add(std::move(document));
    } else {
      for (const dom::key_value_pair& field : object) {
        walk(field.value, place.empty() ? std::string(field.key) : place + "." + std::string(field.key), field.key,
             depth + 1);
      }
    }
    social_ = outer;
  }

  static std::string pair(const std::map<std::string_view, std::string_view>& strings) {
    for (const auto& names : kPairs) {
      if (!strings.contains(names.front()) || !strings.contains(names.back())) continue;
      std::string text;
      for (const std::string_view name : names) {
        const auto found = strings.find(name);
        if (found == strings.end() || blank(found->second)) continue;
        if (!text.empty()) text += "\n\n";
        text += found->second;
      }
      return text;
    }
    return "";
  }

  // Jupyter's: what people wrote and the code, not its output.
  bool add_notebook(const dom::object& object, const std::string& place, const std::string& title) {
    dom::array cells;
    std::string text;
    if (object["cells"].get_array().get(cells) != simdjson::SUCCESS) return false;
    for (const dom::element& cell : cells) {
      std::string source;
      dom::array lines;
      std::string_view line;
      if (cell["source"].get_string().get(line) == simdjson::SUCCESS) source = line;
      if (cell["source"].get_array().get(lines) == simdjson::SUCCESS) {
        for (const dom::element& each : lines) {
          if (each.get_string().get(line) == simdjson::SUCCESS) source += line;
        }
      }
      if (blank(source)) continue;
      if (!text.empty()) text += "\n\n";
      text += source;
    }
    if (text.empty()) return false;
    add({text, place, title, "", "", "", ""});
    return true;
  }

  DocumentSink& sink_;
  bool social_ = false;  // within what Facebook and Instagram write
};

}  // namespace

bool is_pair(const std::vector<std::string>& names) {
  const auto has = [&](std::string_view name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  return std::any_of(kPairs.begin(), kPairs.end(),
                     [&](const auto& pair) { return has(pair.front()) && has(pair.back()); });
}

void decode_json_tree(const dom::element& value, DocumentSink& sink) {
  std::string_view string;
  if (value.get_string().get(string) == simdjson::SUCCESS) {  // a line that is nothing but a text
    Document document;
    sink.out().replaced += normalize(string, document.text);
    sink.add(std::move(document));
  } else {
    Tree(sink).walk(value, "", "", 0);
  }
  if (sink.added() == 0) sink.skip("", "has no text");
}

}  // namespace persea::read
