// What a file is taken apart into before any of it is understood. Reading goes front to back and is cheap; decode()
// (decode.h) makes text of each item by itself, so that all threads can.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace persea::read {

// What the bytes of an item are.
enum class Form : uint8_t {
  text,      // plain text, Markdown, source code: as it stands, in any encoding
  json,      // one JSON value that holds a text: a line of .jsonl, an element of an array
  row,       // one row of a table: a JSON object of its columns
  html,      // a page, of which the main content is wanted
  pdf,       // a whole PDF file
  wikitext,  // a page of a wiki: {"title", "text", ...} as JSON, the text in wiki markup
  message,   // one e-mail message (RFC 5322), with its headers
  chat,      // a stretch of a WhatsApp chat, its lines as they stand
  book,      // a book or office document: {"title", "author", "date", "pages": [XHTML] or "texts": [text]} as JSON
};

struct Item {
  std::string bytes;
  Form form = Form::text;
  std::string place;    // inside the file: "" for the whole of it, "line 7", "a/b.html", "a.mbox: message 3"
  std::string address;  // where it was fetched from, if the file says so
  std::string charset;  // the encoding that something outside of the bytes declares (an HTTP header)
};

// One text as it came out of an item: UTF-8 without broken characters, line ends \n, no byte-order mark and no NUL.
struct Document {
  std::string text;
  std::string place;                                  // as the item's, with what the item was taken apart into
  std::string title, address, author, date, licence;  // "" where not said
};

// What was not read, and why: "is an image", "line is no JSON".
struct Skipped {
  std::string place, reason;
};

}  // namespace persea::read
