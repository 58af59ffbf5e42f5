// The forms of items, each with the function that makes documents of it; decode() chooses. Private to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "read/decode.h"

namespace persea::read {

// Adds documents to a Decoded: cuts what is too long, leaves out what is blank.
class DocumentSink {
 public:
  DocumentSink(const Item& item, const ReadLimits& limits, Decoded& out) : item_(item), limits_(limits), out_(out) {}

  // `document.text` may hold anything that is UTF-8 or nearly; its place is within the item ("" for all of it), the
  // other fields are taken as they are, the item's address where it has none. False where it was blank.
  bool add(Document document);
  void skip(std::string_view place, std::string reason);
  int64_t added() const { return added_; }
  const Item& item() const { return item_; }
  const ReadLimits& limits() const { return limits_; }
  Decoded& out() { return out_; }

 private:
  std::string within(std::string_view place) const;
  const Item& item_;
  const ReadLimits& limits_;
  Decoded& out_;
  int64_t added_ = 0;
};

void decode_json(DocumentSink& sink);
void decode_html(DocumentSink& sink);
void decode_pdf(DocumentSink& sink);
void decode_wikitext(DocumentSink& sink);
void decode_message(DocumentSink& sink);
void decode_chat(DocumentSink& sink);
void decode_book(DocumentSink& sink);

}  // namespace persea::read
