// JSON values: the object's text is found by the name of its field. What has none at its top is looked through as a
// tree (json_tree.h). simdjson's tree, not its lazy reader: that one is fixed to the compiler's instruction set, this
// one picks the machine's, and whatever is broken in a value is seen.
#include <simdjson.h>

#include <array>
#include <string>

#include "read/charset.h"
#include "read/decode_forms.h"
#include "read/json_fields.h"
#include "read/json_mend.h"
#include "read/json_tree.h"
#include "read/text_normalizer.h"

namespace persea::read {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kUsual = 1 << 21;  // longer items get a parser that is thrown away

struct Fields {
  std::array<std::string_view, 7> values{};
  std::array<int, 7> ranks;
  Fields() { ranks.fill(1000); }
};

// False where the object's text is not simply a field of it.
bool read_fields(const dom::object& object, Fields& fields) {
  for (const dom::key_value_pair& field : object) {
    const FieldName name = field_name(field.key);
    if (name.field == Field::none) {
      if (is_conversation_key(field.key)) return false;
      continue;
    }
    const auto i = static_cast<size_t>(name.field);
    std::string_view value;
    if (name.rank >= fields.ranks[i] || field.value.get_string().get(value) != simdjson::SUCCESS || value.empty()) {
      continue;
    }
    fields.ranks[i] = name.rank;
    fields.values[i] = value;
  }
  return !fields.values[static_cast<size_t>(Field::text)].empty();
}

// The value in `bytes`, whose padding is there (decode_json): no copy is made, unless the parser refuses what others
// take (json_mend.h).
simdjson::error_code parse(std::string_view bytes, dom::parser& parser, DocumentSink& sink, std::string& mended,
                           dom::element& value) {
  const auto error = parser.parse(bytes.data(), bytes.size(), false).get(value);
  if (error != simdjson::STRING_ERROR && error != simdjson::NUMBER_ERROR) return error;
  const int64_t replaced = mend_json(bytes, mended);
  if (mended == bytes) return error;
  mended.reserve(mended.size() + simdjson::SIMDJSON_PADDING);
  const auto again = parser.parse(mended.data(), mended.size(), false).get(value);
  if (again == simdjson::SUCCESS) sink.out().replaced += replaced;
  return again;
}

void decode_value(std::string_view bytes, dom::parser& parser, DocumentSink& sink) {
  dom::element value;
  std::string mended;
  if (const auto error = parse(bytes, parser, sink, mended, value)) {
    return sink.skip("", fmt::format("is no JSON: {}", simdjson::error_message(error)));
  }
  dom::object object;
  Fields fields;
  if (value.get_object().get(object) != simdjson::SUCCESS || !read_fields(object, fields)) {
    return decode_json_tree(value, sink);
  }
  Document document;
  sink.out().replaced += normalize(fields.values[static_cast<size_t>(Field::text)], document.text);
  const auto told = [&](Field field) { return told_field(fields.values[static_cast<size_t>(field)]); };
  document.title = told(Field::title);
  document.address = told(Field::address);
  document.author = told(Field::author);
  document.date = told(Field::date);
  document.licence = told(Field::licence);
  if (!sink.add(std::move(document))) sink.skip("", "its text is blank");
}

void decode_padded(std::string_view bytes, DocumentSink& sink) {
  if (bytes.size() > kUsual) {
    dom::parser parser;
    return decode_value(bytes, parser, sink);
  }
  thread_local dom::parser parser;  // its room is kept from item to item; it holds nothing of them
  decode_value(bytes, parser, sink);
}

}  // namespace

std::string told_field(std::string_view value) {
  constexpr size_t kLongest = 2000;  // a longer title is none
  std::string out;
  if (value.size() <= kLongest) normalize(value, out);
  return out;
}

void decode_json(DocumentSink& sink) {
  const std::string& bytes = sink.item().bytes;
  if (!simdjson::validate_utf8(bytes.data(), bytes.size())) {  // the parser takes none of it
    Item mended = sink.item();
    mended.bytes.clear();
    sink.out().replaced += to_text(bytes, sink.item().charset, mended.bytes);
    mended.bytes.reserve(mended.bytes.size() + simdjson::SIMDJSON_PADDING);
    DocumentSink again(mended, sink.limits(), sink.out());
    return decode_padded(mended.bytes, again);
  }
  if (bytes.capacity() >= bytes.size() + simdjson::SIMDJSON_PADDING) return decode_padded(bytes, sink);
  std::string padded;
  padded.reserve(bytes.size() + simdjson::SIMDJSON_PADDING);
  padded = bytes;
  decode_padded(padded, sink);
}

}  // namespace persea::read
