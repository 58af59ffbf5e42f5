#include "read/warc_reader.h"

#include <algorithm>
#include <charconv>

#include "read/http_answer.h"
#include "read/recognise.h"
#include "read/text_normalizer.h"
#include "read/window.h"

namespace persea::read {
namespace {

constexpr size_t kLongestHead = 1 << 17;

class WarcReader : public FormatReader {
 public:
  WarcReader(std::unique_ptr<ByteSource> source, Part part) : window_(std::move(source)), part_(std::move(part)) {}

  bool next(Item& item) override {
    while (find_record()) {
      ++number_;
      if (read_record(item)) return true;
    }
    return false;
  }

 private:
  std::string place() const { return part_.within(fmt::format("record {}", number_)); }
  void skip(std::string reason) { part_.reading->skip(place(), std::move(reason)); }

  // To the first line of the next record; false at the end.
  bool find_record() {
    bool strange = false;
    for (;;) {
      window_.fill(8);
      const std::string_view view = window_.view();
      if (view.starts_with("WARC/")) break;
      if (view.empty()) return false;
      size_t end = window_.find('\n', 0, kLongestHead);
      if (end == std::string_view::npos) end = window_.view().size() - 1;
      if (!strange && !blank(window_.view().substr(0, end + 1))) {
        strange = true;
        part_.reading->skip(part_.within(fmt::format("behind record {}", number_)), "holds bytes that are no record");
      }
      window_.skip(end + 1);
    }
    return true;
  }

  bool read_record(Item& item) {
    window_.fill(kLongestHead);
    const std::string_view first = window_.view().substr(0, kLongestHead);
    const size_t end = end_of_headers(first);
    if (end == std::string_view::npos) {
      skip("is a record without a body");
      window_.skip(first.size());
      return false;
    }
    const HeaderLines headers(window_.view().substr(0, end));
    const std::string length = headers.get("Content-Length"), kind = headers.get("WARC-Type"),
                      content = headers.get("Content-Type");
    address_ = headers.get("WARC-Target-URI");
    if (address_.size() > 1 && address_.front() == '<') address_ = address_.substr(1, address_.size() - 2);
    uint64_t size = 0;
    const auto parsed = std::from_chars(length.data(), length.data() + length.size(), size);
    window_.skip(end);
    if (length.empty() || parsed.ec != std::errc() || size > (uint64_t{1} << 50)) {
      skip("is a record without a length");
      return false;
    }
    const bool wanted = kind == "response" || kind == "resource" || kind == "conversion";
    if (wanted && size > static_cast<uint64_t>(part_.reading->limits.item_bytes)) {
      skip(fmt::format("is larger than {} MiB", part_.reading->limits.item_bytes >> 20));
    } else if (wanted) {
      return read_body(kind, content, size, item);
    }
    while (size > 0 && (!window_.view().empty() || window_.more())) {
      const size_t n = std::min<size_t>(size, window_.view().size());
      window_.skip(n);
      size -= n;
    }
    return false;
  }

  bool read_body(std::string_view kind, std::string_view content, size_t size, Item& item) {
    if (!window_.fill(size)) skip("ends early: what is there of it is read");
    const std::string_view body = window_.view().substr(0, size);
    Part record{part_.reading, part_.name, place(), part_.depth};
    record.address = address_;
    std::string bytes, type = media_type(content);
    record.charset = media_parameter(content, "charset");
    if (kind == "response" && body.starts_with("HTTP/")) {
      auto answer = read_http_answer(body, part_.reading->limits.item_bytes);
      window_.skip(body.size());
      if (!answer) {
        record.skip(answer.error().message);
        return false;
      }
      if (answer->status < 200 || answer->status > 299) {
        record.skip(fmt::format("is an answer without success: status {}", answer->status));
        return false;
      }
      bytes = std::move(answer->body);
      type = answer->type;
      record.charset = answer->charset;
    } else {
      bytes.reserve(body.size() + kPadding);
      bytes = body;
      window_.skip(body.size());
    }
    return fetched_item(std::move(bytes), type, record, item);
  }

  Window window_;
  Part part_;
  int64_t number_ = 0;
  std::string address_;
};

}  // namespace

bool fetched_item(std::string bytes, std::string_view type, const Part& part, Item& item) {
  if (blank(bytes)) {
    part.skip("is blank");
    return false;
  }
  const bool text = type.empty() || type.starts_with("text/") || type == "application/xhtml+xml" ||
                    type == "application/xml" || type == "application/pdf" || type.ends_with("json") ||
                    type == "application/octet-stream";
  if (!text) {
    part.skip(fmt::format("is of a type that is not read: {}", type.substr(0, 60)));
    return false;
  }
  const Recognised seen = recognise(std::string_view(bytes).substr(0, kHead), part.address);
  if (seen.kind == Kind::none) {
    part.skip(seen.reason);
    return false;
  }
  item.form = Form::text;
  if (type == "text/html" || type == "application/xhtml+xml" || (type != "text/plain" && seen.kind == Kind::html)) {
    item.form = Form::html;
  } else if (seen.kind == Kind::pdf) {
    item.form = Form::pdf;
  } else if (type.ends_with("json")) {
    item.form = Form::json;
  } else if (type == "text/css" || type.ends_with("javascript") || type == "application/xml" || type == "text/xml") {
    part.skip(fmt::format("is of a type that is not read: {}", type));
    return false;
  }
  item.bytes = std::move(bytes);
  item.place = part.place;
  item.address = part.address;
  item.charset = part.charset;
  return true;
}

std::unique_ptr<FormatReader> warc_reader(std::unique_ptr<ByteSource> source, Part part) {
  return std::make_unique<WarcReader>(std::move(source), std::move(part));
}

}  // namespace persea::read
