#include "data/text_source.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/json.h"
#include "read/input_stream.h"
#include "read/recognise.h"
#include "text/unicode.h"

namespace persea {
namespace {

constexpr size_t kBlock = 1 << 18;

using read::blank;

// Why the beginning of a file looks like no text; "" where it does not.
std::string no_text(std::string_view head) {
  if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff")) return "is UTF-16: convert it to UTF-8";
  if (head.starts_with("%PDF-")) return "is a PDF: convert it to text";
  if (head.find('\0') != std::string_view::npos) return "is binary";
  size_t odd = 0;
  head.remove_suffix(unicode::incomplete_suffix(head));
  for (const char *at = head.data(), *end = at + head.size(); at < end;) {
    const unicode::Decoded character = unicode::decode_utf8(at, end);
    const bool control =
        character.codepoint < 0x20 && std::string_view("\t\n\r\f\v\x1b").find(*at) == std::string_view::npos;
    if (!character.valid || control) odd += character.bytes;
    at += character.bytes;
  }
  return odd * 10 > head.size() ? "is binary, or text that is not UTF-8" : "";
}

// Cuts what is too long, leaves out what is blank, counts.
class Documents {
 public:
  Documents(const SourceLimits& limits, const std::function<Status(std::string_view)>& sink, SourceReport& report)
      : limit_(static_cast<size_t>(limits.document_bytes)), sink_(sink), report_(report) {}

  // Takes from the front of `text` what can be cut off for good while more may come; with `last`, all.
  Status take(std::string& text, bool last) {
    size_t begin = 0;
    while (text.size() - begin > limit_) {
      const size_t length = cut_point(std::string_view(text).substr(begin), limit_);
      PERSEA_CHECK(put(std::string_view(text).substr(begin, length), true));
      begin += length;
      cutting_ = true;
    }
    if (last) {
      PERSEA_CHECK(put(std::string_view(text).substr(begin), std::exchange(cutting_, false)));
      begin = text.size();
    }
    text.erase(0, begin);
    return {};
  }

 private:
  Status put(std::string_view document, bool cut) {
    if (blank(document)) return {};
    ++report_.documents;
    report_.cut += cut ? 1 : 0;
    report_.bytes += static_cast<int64_t>(document.size());
    return sink_(document);
  }
  size_t limit_;
  const std::function<Status(std::string_view)>& sink_;
  SourceReport& report_;
  bool cutting_ = false;  // the document's beginning is gone already
};

// One line of .jsonl: {"text": ..., "title": ...}. "" where it holds no text.
std::string text_of_line(std::string_view line) {
  const auto parsed = parse_json(line, "");
  if (!parsed || !parsed->is_object()) return "";
  const auto text = parsed->find("text"), title = parsed->find("title");
  if (text == parsed->end() || !text->is_string()) return "";
  std::string document;
  if (title != parsed->end() && title->is_string() && !title->get_ref<const std::string&>().empty()) {
    document = title->get<std::string>() + "\n\n";
  }
  document += text->get_ref<const std::string&>();
  TextNormalizer normalizer;  // escapes may hold line ends of other kinds
  std::string out;
  normalizer.add(document, out);
  normalizer.finish(out);
  return out;
}

// Takes whole lines from the front of `text`; with `last`, all.
class Lines {
 public:
  Lines(Documents& documents, const SourceLimits& limits, SourceReport& report)
      : documents_(documents), limit_(static_cast<size_t>(limits.line_bytes)), report_(report) {}
  Status take(std::string& text, bool last) {
    size_t begin = 0;
    for (size_t end = 0; (end = text.find('\n', std::max(begin, searched_))) != std::string::npos; begin = end + 1) {
      PERSEA_CHECK(line(std::string_view(text).substr(begin, end - begin)));
      searched_ = 0;
    }
    if (last) {
      PERSEA_CHECK(line(std::string_view(text).substr(begin)));
      begin = text.size();
    }
    text.erase(0, begin);
    if (text.size() > limit_) {
      too_long_ = true;
      text.clear();
    }
    searched_ = text.size();
    return {};
  }

 private:
  Status line(std::string_view line) {
    if (std::exchange(too_long_, false)) {
      ++report_.bad_lines;
      return {};
    }
    if (blank(line)) return {};
    std::string text = text_of_line(line);
    if (blank(text)) {
      ++report_.bad_lines;
      return {};
    }
    return documents_.take(text, true);
  }
  Documents& documents_;
  size_t limit_;
  SourceReport& report_;
  size_t searched_ = 0;    // the text's first so many bytes hold no line end
  bool too_long_ = false;  // what comes up to the next line end is the rest of a line that was left out
};

bool is_json_lines(std::string_view name) {
  const std::string plain = read::plain_name(name);
  return plain.ends_with(".jsonl") || plain.ends_with(".ndjson");
}

}  // namespace

Result<SourceReport> read_source(const fs::path& path, std::string_view name, const SourceLimits& limits,
                                 const std::function<Status(std::string_view)>& sink) {
  SourceReport report;
  report.path = name;
  auto stream = InputStream::open(path);
  if (!stream) {
    report.skipped = stream.error().message;
    return report;
  }
  TextNormalizer normalizer;
  Documents documents(limits, sink, report);
  Lines lines(documents, limits, report);
  const bool json_lines = is_json_lines(name);
  std::vector<char> block(kBlock);
  std::string text;
  for (bool begin = true, more = true; more; begin = false) {
    const std::string_view bytes(block.data(), stream->read(block));
    report.problem = stream->problem();
    more = bytes.size() == block.size();
    if (begin) {
      report.skipped = !bytes.empty() ? no_text(bytes) : report.problem.empty() ? "is empty" : report.problem;
      if (!report.skipped.empty()) {
        report.problem.clear();
        return report;
      }
    }
    normalizer.add(bytes, text);
    if (!more) normalizer.finish(text);
    PERSEA_CHECK(json_lines ? lines.take(text, !more) : documents.take(text, !more));
  }
  report.replaced = normalizer.replaced();
  if (report.documents == 0) {
    report.skipped = report.bad_lines > 0 ? "has no line with a \"text\"" : "is blank";
  }
  return report;
}

}  // namespace persea
