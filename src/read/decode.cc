#include "read/decode.h"

#include <utility>

#include "read/charset.h"
#include "read/decode_forms.h"
#include "read/json_tree.h"
#include "read/text_normalizer.h"

namespace persea::read {
namespace {

void decode_text(DocumentSink& sink) {
  Document document;
  sink.out().replaced += to_text(sink.item().bytes, sink.item().charset, document.text);
  if (!sink.add(std::move(document))) sink.skip("", "is blank");
}

}  // namespace

std::string DocumentSink::within(std::string_view place) const {
  if (place.empty() || item_.place.empty()) return item_.place + std::string(place);
  return item_.place + ": " + std::string(place);
}

bool DocumentSink::add(Document document) {
  const auto limit = static_cast<size_t>(std::max<int64_t>(limits_.document_bytes, 1));
  if (blank(document.text)) return false;
  document.place = within(document.place);
  if (document.address.empty()) document.address = told_field(item_.address);
  ++added_;
  if (document.text.size() <= limit) {
    out_.documents.push_back(std::move(document));
    return true;
  }
  std::string_view left = document.text;
  for (int64_t part = 1; !left.empty(); ++part) {
    const size_t length = cut_point(left, limit);
    if (!blank(left.substr(0, length))) {
      Document piece = {std::string(left.substr(0, length)),
                        "",
                        document.title,
                        document.address,
                        document.author,
                        document.date,
                        document.licence};
      piece.place = fmt::format("{}{}part {}", document.place, document.place.empty() ? "" : ": ", part);
      out_.documents.push_back(std::move(piece));
    }
    left.remove_prefix(length);
  }
  return true;
}

void DocumentSink::skip(std::string_view place, std::string reason) {
  out_.skipped.push_back({within(place), std::move(reason)});
}

void decode(const Item& item, const ReadLimits& limits, Decoded& out) {
  DocumentSink sink(item, limits, out);
  switch (item.form) {
    case Form::text:
      return decode_text(sink);
    case Form::json:
    case Form::row:
      return decode_json(sink);
    case Form::html:
      return decode_html(sink);
    case Form::pdf:
      return decode_pdf(sink);
    case Form::wikitext:
      return decode_wikitext(sink);
    case Form::message:
      return decode_message(sink);
    case Form::chat:
      return decode_chat(sink);
    case Form::book:
      return decode_book(sink);
  }
}

}  // namespace persea::read
