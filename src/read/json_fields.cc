#include "read/json_fields.h"

#include <array>
#include <string>
#include <unordered_map>

namespace persea::read {
namespace {

struct Entry {
  std::string_view name;
  FieldName meaning;
};

constexpr std::array kNames{
    Entry{"text", {Field::text, 0}},          Entry{"content", {Field::text, 1}},
    Entry{"body", {Field::text, 2}},          Entry{"raw_content", {Field::text, 3}},
    Entry{"markdown", {Field::text, 4}},      Entry{"full_text", {Field::text, 5}},
    Entry{"fulltext", {Field::text, 5}},      Entry{"article", {Field::text, 6}},
    Entry{"document", {Field::text, 7}},      Entry{"selftext", {Field::text, 8}},
    Entry{"message", {Field::text, 9}},       Entry{"story", {Field::text, 10}},
    Entry{"passage", {Field::text, 11}},      Entry{"context", {Field::text, 12}},
    Entry{"post", {Field::text, 13}},         Entry{"comment", {Field::text, 14}},
    Entry{"review", {Field::text, 15}},       Entry{"abstract", {Field::text, 16}},
    Entry{"transcript", {Field::text, 17}},   Entry{"sentence", {Field::text, 18}},
    Entry{"code", {Field::text, 19}},         Entry{"description", {Field::text, 30}},
    Entry{"summary", {Field::text, 31}},      Entry{"caption", {Field::text, 32}},
    Entry{"title", {Field::title, 0}},        Entry{"headline", {Field::title, 1}},
    Entry{"subject", {Field::title, 2}},      Entry{"name", {Field::title, 3}},
    Entry{"url", {Field::address, 0}},        Entry{"uri", {Field::address, 1}},
    Entry{"link", {Field::address, 2}},       Entry{"permalink", {Field::address, 3}},
    Entry{"source_url", {Field::address, 4}}, Entry{"author", {Field::author, 0}},
    Entry{"authors", {Field::author, 1}},     Entry{"creator", {Field::author, 2}},
    Entry{"byline", {Field::author, 3}},      Entry{"date", {Field::date, 0}},
    Entry{"published", {Field::date, 1}},     Entry{"published_at", {Field::date, 2}},
    Entry{"pub_date", {Field::date, 3}},      Entry{"date_published", {Field::date, 4}},
    Entry{"created_at", {Field::date, 5}},    Entry{"created", {Field::date, 6}},
    Entry{"timestamp", {Field::date, 7}},     Entry{"license", {Field::licence, 0}},
    Entry{"licence", {Field::licence, 1}},    Entry{"rights", {Field::licence, 2}},
};
constexpr size_t kLongest = 16;

}  // namespace

FieldName field_name(std::string_view name) {
  static const auto table = [] {
    std::unordered_map<std::string_view, FieldName> names;
    for (const Entry& entry : kNames) names.emplace(entry.name, entry.meaning);
    return names;
  }();
  if (name.empty() || name.size() > kLongest) return {};
  std::array<char, kLongest> lower;
  for (size_t i = 0; i < name.size(); ++i) {
    lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] + 32) : name[i];
  }
  const auto found = table.find({lower.data(), name.size()});
  return found == table.end() ? FieldName{} : found->second;
}

}  // namespace persea::read
