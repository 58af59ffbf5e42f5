#include "read/mail_reader.h"

#include "read/text_normalizer.h"
#include "read/window.h"

namespace persea::read {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

class MboxReader : public FormatReader {
 public:
  MboxReader(std::unique_ptr<ByteSource> source, Part part)
      : lines_(std::move(source), static_cast<size_t>(part.reading->limits.item_bytes)), part_(std::move(part)) {}

  bool next(Item& item) override {
    const auto limit = static_cast<size_t>(part_.reading->limits.item_bytes);
    while (!ended_) {
      item.bytes.clear();
      bool too_long = false, after_blank = true;
      for (;;) {
        std::string_view line;
        const LineReader::Got got = lines_.next(line);
        ended_ = got == LineReader::Got::end;
        if (ended_) break;
        if (got == LineReader::Got::too_long) {
          too_long = true;
          continue;
        }
        if (after_blank && is_from_line(line)) {
          if (std::exchange(begun_, true)) break;
          continue;
        }
        after_blank = line.empty();
        if (!begun_ || too_long) continue;
        std::string_view quoted = line;
        while (quoted.starts_with('>')) quoted.remove_prefix(1);
        if (quoted.size() < line.size() && quoted.starts_with("From ")) line.remove_prefix(1);  // how mbox writes it
        if (item.bytes.size() + line.size() + 1 > limit) {
          too_long = true;
          item.bytes.clear();
          continue;
        }
        item.bytes += line;
        item.bytes += '\n';
      }
      if (item.bytes.ends_with("\n\n")) item.bytes.pop_back();  // the line before "From "
      const std::string place = part_.within(fmt::format("message {}", ++number_));
      if (too_long) {
        part_.reading->skip(place, fmt::format("is larger than {} MiB", limit >> 20));
      } else if (!blank(item.bytes)) {
        item.form = Form::message;
        item.place = place;
        item.address = part_.address;
        item.charset.clear();
        return true;
      }
    }
    return false;
  }

 private:
  LineReader lines_;
  Part part_;
  int64_t number_ = 0;
  bool begun_ = false, ended_ = false;
};

class WholeReader : public FormatReader {
 public:
  WholeReader(Form form, std::string bytes, Part part)
      : form_(form), bytes_(std::move(bytes)), part_(std::move(part)) {}
  bool next(Item& item) override {
    if (std::exchange(given_, true)) return false;
    item.bytes = std::move(bytes_);
    item.form = form_;
    item.place = part_.place;
    item.address = part_.address;
    item.charset = part_.charset;
    return true;
  }

 private:
  Form form_;
  std::string bytes_;
  Part part_;
  bool given_ = false;
};

}  // namespace

bool is_from_line(std::string_view line) {
  if (!line.starts_with("From ") || line.size() > 500) return false;
  bool time = false, year = false;  // 01:05, 1996
  size_t digits = 0;
  for (size_t i = 5; i <= line.size(); ++i) {
    const bool more = i < line.size() && digit(line[i]);
    year = year || (!more && digits == 4);
    digits = more ? digits + 1 : 0;
    time = time ||
           (i + 2 < line.size() && line[i] == ':' && digit(line[i - 1]) && digit(line[i + 1]) && digit(line[i + 2]));
  }
  return time && year;
}

std::unique_ptr<FormatReader> mbox_reader(std::unique_ptr<ByteSource> source, Part part) {
  return std::make_unique<MboxReader>(std::move(source), std::move(part));
}

std::unique_ptr<FormatReader> whole_reader(Form form, std::unique_ptr<ByteSource> source, Part part) {
  auto bytes = read_all(*source, part.reading->limits.item_bytes);
  if (!bytes) {
    part.skip(bytes.error().message);
    return nullptr;
  }
  return std::make_unique<WholeReader>(form, std::move(*bytes), std::move(part));
}

}  // namespace persea::read
