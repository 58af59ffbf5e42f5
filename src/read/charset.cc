#include "read/charset.h"

#include <iconv.h>
#include <simdjson.h>
#include <uchardet/uchardet.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "read/text_normalizer.h"
#include "text/unicode.h"

namespace persea::read {
namespace {

constexpr std::string_view kReplacementBytes = "\xef\xbf\xbd";
constexpr size_t kSample = 1 << 16;
// What a text is taken for if nothing speaks for another encoding: what most old text of the West is in.
constexpr std::string_view kUsual = "WINDOWS-1252";

std::string upper(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c > ' ' && c < 127 && c != '"' && c != '\'' && c != ';' && out.size() < 40) {
      out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    }
  }
  return out;
}

bool is_utf8_name(std::string_view name) {
  return name.empty() || name == "UTF-8" || name == "UTF8" || name == "US-ASCII" || name == "ASCII";
}

// As browsers do: what is called Latin-1 is Windows' extension of it, and likewise elsewhere.
std::string iconv_name(std::string_view charset) {
  const std::string name = upper(charset);
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kWider{{{"ISO-8859-1", kUsual},
                                                                                         {"ISO8859-1", kUsual},
                                                                                         {"LATIN1", kUsual},
                                                                                         {"ISO-8859-9", "WINDOWS-1254"},
                                                                                         {"GB2312", "GB18030"},
                                                                                         {"GBK", "GB18030"},
                                                                                         {"SHIFT_JIS", "CP932"},
                                                                                         {"SHIFT-JIS", "CP932"},
                                                                                         {"KS_C_5601-1987", "CP949"},
                                                                                         {"EUC-KR", "CP949"},
                                                                                         {"MACINTOSH", "MACINTOSH"}}};
  for (const auto& [narrow, wide] : kWider) {
    if (name == narrow) return std::string(wide);
  }
  return name;
}

}  // namespace

std::string wide_charset(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.starts_with("\xff\xfe\0\0"sv)) return "UTF-32LE";
  if (head.starts_with("\0\0\xfe\xff"sv)) return "UTF-32BE";
  if (head.starts_with("\xff\xfe"sv)) return "UTF-16LE";
  if (head.starts_with("\xfe\xff"sv)) return "UTF-16BE";
  // Without a mark: spaces, line ends and digits of any script leave zeroes at the same place of each unit.
  head = head.substr(0, 4096);
  const size_t units = head.size() / 4;
  if (units < 4) return "";
  std::array<size_t, 4> zeroes{}, marks{};
  for (size_t i = 0; i < units * 4; ++i) {
    zeroes[i % 4] += head[i] == '\0' ? 1 : 0;
    marks[i % 4] += head[i] == ' ' || head[i] == '\n' || (head[i] >= 'a' && head[i] <= 'z') ? 1 : 0;
  }
  const auto most = [&](size_t i) { return zeroes[i] * 10 > units * 9; };
  const auto none = [&](size_t i) { return zeroes[i] * 50 < units; };
  if (most(2) && most(3) && none(0) && marks[0] > 0) return "UTF-32LE";
  if (most(0) && most(1) && none(3) && marks[3] > 0) return "UTF-32BE";
  const auto some = [&](size_t a, size_t b) { return (zeroes[a] + zeroes[b]) * 10 > units; };  // a twentieth: spaces
  if (none(0) && none(2) && some(1, 3) && marks[0] + marks[2] > 0) return "UTF-16LE";
  if (none(1) && none(3) && some(0, 2) && marks[1] + marks[3] > 0) return "UTF-16BE";
  return "";
}

std::string narrow_charset(std::string_view sample) {
  if (simdjson::validate_utf8(sample.data(), sample.size())) return "";
  // From where the first bytes that are no ASCII stand.
  size_t first = 0;
  while (first < sample.size() && static_cast<unsigned char>(sample[first]) < 0x80) ++first;
  sample.remove_prefix(first > kSample / 4 ? first - kSample / 4 : 0);
  sample = sample.substr(0, kSample);
  sample.remove_suffix(unicode::incomplete_suffix(sample));
  size_t good = 0, broken = 0;
  for (const char *at = sample.data(), *end = at + sample.size(); at < end;) {
    const unicode::Decoded character = unicode::decode_utf8(at, end);
    if (!character.valid) ++broken;
    if (character.valid && character.bytes > 1) ++good;
    at += character.bytes;
  }
  if (broken == 0 || good >= broken) return "";
  struct Free {
    void operator()(uchardet* detector) const { uchardet_delete(detector); }
  };
  const std::unique_ptr<uchardet, Free> detector(uchardet_new());
  std::string name;
  if (detector && uchardet_handle_data(detector.get(), sample.data(), sample.size()) == 0) {
    uchardet_data_end(detector.get());
    name = iconv_name(uchardet_get_charset(detector.get()));
  }
  if (is_utf8_name(name) || !Converter::from(name)) return std::string(kUsual);
  return name;
}

std::unique_ptr<Converter> Converter::from(std::string_view charset) {
  const std::string name = iconv_name(charset);
  // Names with a slash are iconv's own ways of saying "//IGNORE".
  if (name.empty() || name.find('/') != std::string::npos) return nullptr;
  const iconv_t made = iconv_open("UTF-8", name.c_str());
  if (made == reinterpret_cast<iconv_t>(-1)) return nullptr;
  return std::unique_ptr<Converter>(new Converter(made));
}

Converter::~Converter() { iconv_close(static_cast<iconv_t>(iconv_)); }

void Converter::add(std::string_view bytes, std::string& out) {
  std::string joined;
  if (!held_.empty()) {
    joined = std::exchange(held_, {}) + std::string(bytes);
    bytes = joined;
  }
  std::array<char, 1 << 14> block;
  char* in = const_cast<char*>(bytes.data());
  size_t left = bytes.size();
  while (left > 0) {
    char* to = block.data();
    size_t room = block.size();
    const size_t code = iconv(static_cast<iconv_t>(iconv_), &in, &left, &to, &room);
    const int error = errno;
    out.append(block.data(), block.size() - room);
    if (code != static_cast<size_t>(-1) || error == E2BIG) continue;
    if (error == EINVAL && left < 16) {  // the beginning of a character
      held_.assign(in, left);
      return;
    }
    out += kReplacementBytes;
    ++replaced_;
    ++in;
    --left;
  }
}

void Converter::finish(std::string& out) {
  if (!held_.empty()) {
    out += kReplacementBytes;
    replaced_ += static_cast<int64_t>(std::exchange(held_, {}).size());
  }
  iconv(static_cast<iconv_t>(iconv_), nullptr, nullptr, nullptr, nullptr);
}

namespace {

class ConvertedSource : public ByteSource {
 public:
  ConvertedSource(std::unique_ptr<Converter> converter, std::unique_ptr<ByteSource> source)
      : converter_(std::move(converter)), source_(std::move(source)), block_(1 << 16) {}
  size_t read(std::span<char> out) override {
    size_t done = 0;
    while (done < out.size()) {
      if (at_ == ready_.size()) {
        if (ended_) break;
        ready_.clear();
        at_ = 0;
        const size_t n = source_->read(block_);
        ended_ = n < block_.size();
        converter_->add({block_.data(), n}, ready_);
        if (ended_) converter_->finish(ready_);
        continue;
      }
      const size_t n = std::min(out.size() - done, ready_.size() - at_);
      ready_.copy(out.data() + done, n, at_);
      done += n;
      at_ += n;
    }
    return done;
  }
  const std::string& problem() const override { return source_->problem(); }

 private:
  std::unique_ptr<Converter> converter_;
  std::unique_ptr<ByteSource> source_;
  std::vector<char> block_;
  std::string ready_;
  size_t at_ = 0;
  bool ended_ = false;
};

// False where `charset` is not known.
bool convert(std::string_view bytes, std::string_view charset, std::string& out, int64_t& replaced) {
  const auto converter = Converter::from(charset);
  if (!converter) return false;
  std::string converted;
  converter->add(bytes, converted);
  converter->finish(converted);
  replaced = converter->replaced() + normalize(converted, out);
  return true;
}

}  // namespace

std::unique_ptr<ByteSource> converted_source(std::string_view charset, std::unique_ptr<ByteSource> source) {
  auto converter = Converter::from(charset);
  if (!converter) return source;
  return std::make_unique<ConvertedSource>(std::move(converter), std::move(source));
}

int64_t to_text(std::string_view bytes, std::string_view declared, std::string& out) {
  int64_t replaced = 0;
  const std::string wide = wide_charset(bytes);
  if (!wide.empty() && convert(bytes, wide, out, replaced)) return replaced;
  const std::string name = upper(declared);
  // ISO-2022 is ASCII to the eye: its declaration is the only sign of it.
  const bool shifted = name.starts_with("ISO-2022") || name.starts_with("UTF-7") || name.starts_with("HZ-GB");
  if (!shifted && simdjson::validate_utf8(bytes.data(), bytes.size())) return normalize(bytes, out);
  const size_t before = out.size();
  const bool wide_name = name.starts_with("UTF-16") || name.starts_with("UTF-32") || name.starts_with("UCS");
  if (!is_utf8_name(name) && !wide_name && convert(bytes, name, out, replaced)) {
    if (replaced * 100 <= static_cast<int64_t>(bytes.size())) return replaced;
    out.resize(before);  // it is something else
  }
  const std::string looks = narrow_charset(bytes);
  if (!looks.empty() && convert(bytes, looks, out, replaced)) return replaced;
  return normalize(bytes, out);
}

}  // namespace persea::read
