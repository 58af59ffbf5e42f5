#include "read/wiki_dump_reader.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "read/json_write.h"
#include "read/xml.h"

namespace persea::read {
namespace {

constexpr size_t kBlock = 1 << 16;
constexpr int kBreaks = 1000;  // each costs at most a block

class WikiDumpReader : public FormatReader {
 public:
  WikiDumpReader(std::unique_ptr<ByteSource> source, Part part)
      : source_(std::move(source)), part_(std::move(part)), block_(kBlock) {
    restart();
  }

  bool next(Item& item) override {
    while (ready_.empty() && !ended_) more();
    if (ready_.empty()) return false;
    item = std::move(ready_.front());
    ready_.pop_front();
    return true;
  }

 private:
  void restart() {
    XmlEvents events;
    events.start = [this](std::string_view name, const XmlEvents::Attributes& attribute) { start(name, attribute); };
    events.end = [this](std::string_view name) { end(name); };
    events.text = [this](std::string_view text) {
      if (into_ == nullptr) return;
      if (into_->size() + text.size() > static_cast<size_t>(part_.reading->limits.item_bytes)) {
        too_long_ = true;
      } else {
        *into_ += text;
      }
    };
    parser_ = std::make_unique<XmlParser>(std::move(events));
    into_ = nullptr;
  }

  void more() {
    std::string_view left(block_.data(), source_->read(block_));
    ended_ = left.size() < block_.size();
    std::string joined;
    while (!lost_ || find_page(left, joined)) {
      const size_t before = fed_;
      fed_ += left.size();
      const Status status = parser_->add(left, ended_);
      if (status) return;
      part_.reading->skip(part_.within(fmt::format("behind page {}", number_)), status.error().message);
      if (++breaks_ == kBreaks) {
        part_.reading->skip(part_.within(fmt::format("behind page {}", number_)),
                            "is broken in too many places: the rest is left out");
        ended_ = true;
        return;
      }
      left.remove_prefix(std::clamp(parser_->good_bytes(), before, fed_) - before);
      lost_ = true;
      tail_.clear();
    }
  }

  // From a broken place to the next page, which a new parser reads on from; false where there is none in `left`.
  bool find_page(std::string_view& left, std::string& joined) {
    constexpr std::string_view kPage = "<page>", kRoot = "<mediawiki>";
    std::string both = tail_ + std::string(left);
    const size_t at = both.find(kPage);
    if (at == std::string::npos) {
      tail_ = both.substr(both.size() - std::min(both.size(), kPage.size() - 1));
      return false;
    }
    joined = both.substr(at);
    left = joined;
    lost_ = false;
    restart();
    fed_ = kRoot.size();
    (void)parser_->add(kRoot, false);
    return true;
  }

  void start(std::string_view name, const XmlEvents::Attributes& attribute) {
    into_ = nullptr;
    if (name == "page") {
      title_.clear(), space_.clear(), text_.clear(), date_.clear(), redirect_.clear();
      too_long_ = false;
    } else if (name == "title") {
      into_ = &title_;
    } else if (name == "ns") {
      into_ = &space_;
    } else if (name == "redirect") {
      redirect_ = attribute("title");
      if (redirect_.empty()) redirect_ = "it does not say which";
    } else if (name == "text") {
      text_.clear();  // of several revisions the last counts
      into_ = &text_;
    } else if (name == "timestamp") {
      date_.clear();
      into_ = &date_;
    } else if (name == "base") {
      base_.clear();
      into_ = &base_;
    }
  }

  void end(std::string_view name) {
    into_ = nullptr;
    if (name != "page") return;
    ++number_;
    const std::string place =
        part_.within(title_.empty() || title_.size() > 300 ? fmt::format("page {}", number_) : title_);
    if (too_long_) {
      part_.reading->skip(place, fmt::format("is larger than {} MiB", part_.reading->limits.item_bytes >> 20));
    } else if (!redirect_.empty()) {
      part_.reading->skip(place, "only leads to another page: " + redirect_.substr(0, 300));
    } else if (!space_.empty() && space_ != "0") {
      part_.reading->skip(place, "is no article: namespace " + space_.substr(0, 10));
    } else {
      Item item;
      item.form = Form::wikitext;
      item.place = place;
      item.bytes.reserve(text_.size() + text_.size() / 16 + 256);
      item.bytes = "{\"title\":";
      append_json_string(title_, item.bytes);
      item.bytes += ",\"date\":";
      append_json_string(date_, item.bytes);
      item.bytes += ",\"text\":";
      append_json_string(text_, item.bytes);
      item.bytes += '}';
      item.bytes.reserve(item.bytes.size() + kPadding);
      if (const size_t slash = base_.rfind('/'); slash != std::string::npos) {
        item.address = base_.substr(0, slash + 1) + title_;
        std::replace(item.address.begin(), item.address.end(), ' ', '_');
      }
      ready_.push_back(std::move(item));
    }
    text_.clear();
  }

  std::unique_ptr<ByteSource> source_;
  Part part_;
  std::vector<char> block_;
  std::unique_ptr<XmlParser> parser_;
  std::deque<Item> ready_;
  std::string title_, space_, text_, date_, redirect_, base_, tail_;
  std::string* into_ = nullptr;
  size_t fed_ = 0;
  int64_t number_ = 0;
  int breaks_ = 0;
  bool ended_ = false, too_long_ = false, lost_ = false;
};

}  // namespace

std::unique_ptr<FormatReader> wiki_dump_reader(std::unique_ptr<ByteSource> source, Part part) {
  return std::make_unique<WikiDumpReader>(std::move(source), std::move(part));
}

}  // namespace persea::read
