// Items that are documents by themselves: pages of the web and of wikis, PDF files, books, messages, chats.
#include <simdjson.h>

#include <array>

#include "read/charset.h"
#include "read/chat_lines.h"
#include "read/declared_charset.h"
#include "read/decode_forms.h"
#include "read/html.h"
#include "read/json_tree.h"
#include "read/mime.h"
#include "read/pdf_pages.h"
#include "read/pdf_text.h"
#include "read/text_normalizer.h"
#include "read/wikitext.h"

namespace persea::read {
namespace {

namespace dom = simdjson::dom;

// What a reader of this program wrote as JSON.
bool parse_own(DocumentSink& sink, dom::parser& parser, dom::object& object) {
  if (parser.parse(sink.item().bytes).get_object().get(object) == simdjson::SUCCESS) return true;
  sink.skip("", "cannot be taken apart");
  return false;
}

std::string_view string_at(const dom::object& object, std::string_view key) {
  std::string_view value;
  return object[key].get_string().get(value) == simdjson::SUCCESS ? value : std::string_view();
}

}  // namespace

void decode_html(DocumentSink& sink) {
  std::string utf8;
  const std::string& charset = sink.item().charset;
  sink.out().replaced +=
      to_text(sink.item().bytes, charset.empty() ? declared_charset(sink.item().bytes) : charset, utf8);
  HtmlPage page = read_html(utf8);
  std::string text;
  sink.out().replaced += normalize(page.text, text);
  if (page.address.starts_with('/')) page.address.clear();
  if (!sink.item().address.empty()) page.address.clear();  // where it was fetched from counts
  if (!sink.add({std::move(text), "", told_field(page.title), told_field(page.address), told_field(page.author),
                 told_field(page.date), ""})) {
    sink.skip("", "is a page without text");
  }
}

void decode_pdf(DocumentSink& sink) {
  const auto pdf = read_pdf(sink.item().bytes, {.text_bytes = sink.limits().item_bytes});
  if (!pdf) return sink.skip("", pdf.error().message);
  Document document;
  sink.out().replaced += normalize(join_pages(pdf->pages), document.text);
  document.title = told_field(pdf->title);
  document.author = told_field(pdf->author);
  document.date = told_field(pdf->date);
  if (!sink.add(std::move(document))) sink.skip("", "is a PDF without text: its pages are pictures, perhaps");
  if (!pdf->left_out.empty()) sink.skip("", pdf->left_out);
}

void decode_wikitext(DocumentSink& sink) {
  dom::parser parser;
  dom::object page;
  if (!parse_own(sink, parser, page)) return;
  Document document;
  std::string markup;
  sink.out().replaced += normalize(string_at(page, "text"), markup);
  document.text = wikitext_to_text(markup);
  document.title = told_field(string_at(page, "title"));
  document.date = told_field(string_at(page, "date"));
  if (!sink.add(std::move(document))) sink.skip("", "is a page without text");
}

void decode_message(DocumentSink& sink) {
  Mail mail = read_mail(sink.item().bytes);
  Document document;
  sink.out().replaced += mail.replaced + normalize(mail.text, document.text);
  if (!sink.limits().keep_quotes) document.text = without_quotes(document.text);
  document.title = told_field(mail.subject);
  document.author = told_field(mail.from);
  document.date = told_field(mail.date);
  if (!sink.add(std::move(document))) sink.skip("", "is a message without text");
}

void decode_chat(DocumentSink& sink) {
  std::string text;
  sink.out().replaced += to_text(sink.item().bytes, sink.item().charset, text);
  add_conversation(read_chat_lines(text), "", "", sink);
  if (sink.added() == 0) sink.skip("", "is a chat in which nobody says anything");
}

void decode_book(DocumentSink& sink) {
  dom::parser parser;
  dom::object book;
  if (!parse_own(sink, parser, book)) return;
  Document document;
  const auto limit = static_cast<size_t>(sink.limits().document_bytes);
  int64_t part = 0;
  const auto give = [&](bool last) {
    if (part > 0 || !last) document.place = fmt::format("part {}", ++part);
    document.title = told_field(string_at(book, "title"));
    document.author = told_field(string_at(book, "author"));
    document.date = told_field(string_at(book, "date"));
    sink.add(std::move(document));
    document = {};
  };
  // Whole chapters together, as many as fit.
  for (const std::string_view key : {"pages", "texts"}) {
    dom::array chapters;
    if (book[key].get_array().get(chapters) != simdjson::SUCCESS) continue;
    for (const dom::element& each : chapters) {
      std::string_view chapter;
      if (each.get_string().get(chapter) != simdjson::SUCCESS) continue;
      std::string text;
      sink.out().replaced += normalize(key == "pages" ? read_html(chapter).text : chapter, text);
      if (blank(text)) continue;
      while (text.ends_with('\n')) text.pop_back();
      if (!document.text.empty() && document.text.size() + text.size() + 3 > limit) give(false);
      if (!document.text.empty()) document.text += "\n\n";
      document.text += text;
    }
  }
  if (!document.text.empty()) {
    document.text += '\n';
    give(true);
  }
  if (sink.added() == 0) sink.skip("", "holds no text");
}

}  // namespace persea::read
