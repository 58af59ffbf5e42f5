#include "read/chat_lines.h"

#include "read/text_normalizer.h"
#include "read/window.h"

namespace persea::read {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

// Left-to-right marks and the narrow spaces that iOS writes.
std::string_view without_marks(std::string_view line) {
  for (const std::string_view mark : {"\xef\xbb\xbf", "\xe2\x80\x8e", "\xe2\x80\x8f"}) {
    if (line.starts_with(mark)) line.remove_prefix(mark.size());
  }
  return line;
}

// Takes one to `most` digits.
bool number(std::string_view& text, size_t most) {
  size_t n = 0;
  while (n < text.size() && n < most && digit(text[n])) ++n;
  text.remove_prefix(n);
  return n > 0;
}

bool one_of(std::string_view& text, std::string_view marks) {
  if (text.empty() || marks.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

void space(std::string_view& text) {
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view each : {" ", "\xe2\x80\xaf", "\xc2\xa0"}) {
      while (text.starts_with(each)) {
        text.remove_prefix(each.size());
        again = true;
      }
    }
  }
}

}  // namespace

bool is_chat_line(std::string_view line, std::string& date, std::string_view& rest) {
  line = without_marks(line);
  const bool bracket = one_of(line, "[");
  const std::string_view whole = line;
  if (!number(line, 4) || !one_of(line, "./-") || !number(line, 2) || !one_of(line, "./-") || !number(line, 4))
    return false;
  one_of(line, ".");
  one_of(line, ",");
  space(line);
  if (!number(line, 2) || !one_of(line, ":.") || !number(line, 2)) return false;
  if (one_of(line, ":.") && !number(line, 2)) return false;
  space(line);
  for (const std::string_view half : {"AM", "PM", "am", "pm", "a.m.", "p.m.", "a. m.", "p. m.", "Uhr"}) {
    if (line.starts_with(half)) {
      line.remove_prefix(half.size());
      break;
    }
  }
  date = whole.substr(0, whole.size() - line.size());
  while (date.ends_with(' ')) date.pop_back();
  space(line);
  if (bracket ? !one_of(line, "]") : !one_of(line, "-")) return false;
  space(line);
  rest = line;
  return true;
}

bool is_chat(std::string_view head) {
  int lines = 0, first = 0;
  std::string date;
  for (size_t at = 0; at < head.size() && lines < 30;) {
    const size_t end = std::min(head.find('\n', at), head.size());
    std::string_view line = head.substr(at, end - at), rest;
    at = end + 1;
    if (blank(line)) continue;
    const bool begins = is_chat_line(line, date, rest);
    if (lines == 0 && !begins) return false;
    ++lines;
    first += begins ? 1 : 0;
  }
  return first >= 2 && first * 3 >= lines;
}

std::vector<ChatMessage> read_chat_lines(std::string_view text) {
  std::vector<ChatMessage> messages;
  bool dropped = true;  // lines that go on with what is left out are so too
  std::string date;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at), rest;
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    if (!is_chat_line(line, date, rest)) {
      if (!dropped) messages.back().text += "\n" + std::string(line);
      continue;
    }
    const size_t colon = rest.find(": ");
    // Without a name the program speaks; what is hidden behind a mark or in angle brackets is "image omitted".
    dropped = colon == std::string_view::npos || colon > 100;
    if (dropped) continue;
    std::string_view said = rest.substr(colon + 2);
    dropped = said.starts_with("\xe2\x80\x8e") || (said.starts_with('<') && said.ends_with('>'));
    if (!dropped) messages.push_back({std::string(rest.substr(0, colon)), date, std::string(said)});
  }
  return messages;
}

namespace {

class ChatReader : public FormatReader {
 public:
  ChatReader(std::unique_ptr<ByteSource> source, Part part)
      : lines_(std::move(source), static_cast<size_t>(part.reading->limits.item_bytes)), part_(std::move(part)) {}

  bool next(Item& item) override {
    const auto limit = static_cast<size_t>(part_.reading->limits.document_bytes);
    item.bytes = std::exchange(held_, {});
    const int64_t first = item.bytes.empty() ? lines_.number() + 1 : lines_.number();
    std::string date;
    std::string_view line, rest;
    LineReader::Got got{};
    while ((got = lines_.next(line)) != LineReader::Got::end) {
      if (got == LineReader::Got::too_long) {
        part_.reading->skip(part_.within(fmt::format("line {}", lines_.number())),
                            fmt::format("is a line of more than {} MiB", part_.reading->limits.item_bytes >> 20));
        continue;
      }
      // A message longer than four items is cut between lines.
      if (item.bytes.size() + line.size() > limit && !item.bytes.empty() &&
          (is_chat_line(line, date, rest) || item.bytes.size() > 4 * limit)) {
        held_ = std::string(line) + "\n";
        break;
      }
      item.bytes += line;
      item.bytes += '\n';
    }
    if (item.bytes.empty()) return false;
    item.form = Form::chat;
    item.place = first == 1 && got == LineReader::Got::end ? part_.place : part_.within(fmt::format("line {}", first));
    item.address = part_.address;
    item.charset.clear();
    return true;
  }

 private:
  LineReader lines_;
  Part part_;
  std::string held_;
};

}  // namespace

std::unique_ptr<FormatReader> chat_reader(std::unique_ptr<ByteSource> source, Part part) {
  return std::make_unique<ChatReader>(std::move(source), std::move(part));
}

}  // namespace persea::read
