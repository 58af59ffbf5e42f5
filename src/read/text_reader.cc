#include "read/text_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "read/charset.h"
#include "read/text_normalizer.h"
#include "read/window.h"

namespace persea::read {
namespace {

constexpr size_t kFirst = 1 << 13, kBlock = 1 << 18;  // most members of archives are small

bool is_ascii(std::string_view bytes) {
  unsigned char all = 0;  // without a way out of the loop it becomes vectors
  for (const char c : bytes) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

class TextReader : public FormatReader {
 public:
  TextReader(std::unique_ptr<ByteSource> source, Part part)
      : source_(std::move(source)), part_(std::move(part)), block_(kFirst) {}

  bool next(Item& item) override {
    const auto limit = static_cast<size_t>(std::max<int64_t>(part_.reading->limits.document_bytes, 1));
    for (;;) {
      while (!ended_ && text_.size() - begin_ <= limit) read_more();
      const std::string_view left = std::string_view(text_).substr(begin_);
      if (left.empty()) {
        if (!any_) part_.skip("is blank");
        return false;
      }
      const size_t length = cut_point(left, limit);
      begin_ += length;
      const bool whole = number_ == 0 && length == left.size();
      ++number_;
      if (blank(left.substr(0, length))) continue;
      any_ = true;
      item.bytes.reserve(length + kPadding);
      item.bytes.assign(left.substr(0, length));
      item.form = Form::text;
      item.place = whole ? part_.place : part_.within(fmt::format("part {}", number_));
      item.address = part_.address;
      item.charset.clear();
      return true;
    }
  }

 private:
  void read_more() {
    text_.erase(0, begin_);
    begin_ = 0;
    const std::string_view bytes(block_.data(), source_->read(block_));
    ended_ = bytes.size() < block_.size();
    if (!decided_ && !is_ascii(bytes)) {
      decided_ = true;
      std::string charset = narrow_charset(bytes);
      if (!charset.empty() && !part_.charset.empty() && Converter::from(part_.charset)) charset = part_.charset;
      if (!charset.empty()) converter_ = Converter::from(charset);
    }
    if (converter_) {
      converted_.clear();
      converter_->add(bytes, converted_);
      if (ended_) converter_->finish(converted_);
      normalizer_.add(converted_, text_);
    } else {
      normalizer_.add(bytes, text_);
    }
    if (ended_) normalizer_.finish(text_);
    block_.resize(kBlock);
  }

  std::unique_ptr<ByteSource> source_;
  Part part_;
  std::vector<char> block_;
  std::unique_ptr<Converter> converter_;
  TextNormalizer normalizer_;
  std::string text_, converted_;
  size_t begin_ = 0;  // what of the text is not given yet
  int64_t number_ = 0;
  bool decided_ = false, ended_ = false, any_ = false;
};

class JsonLinesReader : public FormatReader {
 public:
  JsonLinesReader(std::unique_ptr<ByteSource> source, Part part)
      : lines_(std::move(source), static_cast<size_t>(part.reading->limits.item_bytes)), part_(std::move(part)) {}

  bool next(Item& item) override {
    std::string_view line;
    for (;;) {
      const LineReader::Got got = lines_.next(line);
      if (got == LineReader::Got::end) {
        if (!any_) part_.skip("is blank");
        return false;
      }
      if (lines_.number() == 1 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
      const std::string place = fmt::format("line {}", lines_.number());
      if (got == LineReader::Got::too_long) {
        any_ = true;
        part_.reading->skip(part_.within(place),
                            fmt::format("is a line of more than {} MiB", part_.reading->limits.item_bytes >> 20));
        continue;
      }
      if (blank(line)) continue;
      any_ = true;
      item.bytes.reserve(line.size() + kPadding);
      item.bytes.assign(line);
      item.form = Form::json;
      item.place = part_.within(place);
      item.address = part_.address;
      item.charset.clear();
      return true;
    }
  }

 private:
  LineReader lines_;
  Part part_;
  bool any_ = false;
};

}  // namespace

std::unique_ptr<FormatReader> text_reader(std::unique_ptr<ByteSource> source, Part part) {
  return std::make_unique<TextReader>(std::move(source), std::move(part));
}

std::unique_ptr<FormatReader> json_lines_reader(std::unique_ptr<ByteSource> source, Part part) {
  return std::make_unique<JsonLinesReader>(std::move(source), std::move(part));
}

}  // namespace persea::read
