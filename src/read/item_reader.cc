#include "read/item_reader.h"

#include <utility>

#include "read/archive_reader.h"
#include "read/book_reader.h"
#include "read/charset.h"
#include "read/chat_lines.h"
#include "read/counted_source.h"
#include "read/json_reader.h"
#include "read/mail_reader.h"
#include "read/reading.h"
#include "read/recognise.h"
#include "read/table_reader.h"
#include "read/text_normalizer.h"
#include "read/text_reader.h"
#include "read/unpack.h"
#include "read/warc_reader.h"
#include "read/wiki_dump_reader.h"

namespace persea::read {
namespace {

constexpr size_t kFirst = 1 << 13;
constexpr size_t kLongestPlace = 500;
constexpr size_t kListed = 1 << 16;  // what was skipped, kept until it is taken

// Tells where reading a part ended early.
class NotedSource : public ByteSource {
 public:
  NotedSource(std::unique_ptr<ByteSource> source, const Part& part)
      : source_(std::move(source)), reading_(*part.reading), place_(part.place), whole_file_(part.depth == 0) {}
  size_t read(std::span<char> out) override {
    const size_t n = source_->read(out);
    if (n < out.size() && !noted_ && !problem().empty()) {
      noted_ = true;
      if (whole_file_) {
        reading_.problem = problem();
      } else {
        reading_.skip(place_, problem());
      }
    }
    return n;
  }
  const std::string& problem() const override { return source_->problem(); }
  int64_t size() const override { return source_->size(); }
  bool seek(int64_t at) override { return source_->seek(at); }

 private:
  std::unique_ptr<ByteSource> source_;
  Reading& reading_;
  std::string place_;
  bool whole_file_, noted_ = false;
};

}  // namespace

void Reading::skip(std::string place, std::string reason) {
  if (skipped.size() >= kListed) {
    ++not_listed;
  } else {
    // Names within files may be of any length.
    skipped.push_back(
        {place.substr(0, cut_point(place, kLongestPlace)), reason.substr(0, cut_point(reason, kLongestPlace))});
  }
}

std::unique_ptr<FormatReader> open_part(std::unique_ptr<ByteSource> source, Part part) {
  std::string head;
  const auto look = [&] {
    head.clear();
    for (const size_t size : {kFirst, kHead}) {  // most members of archives are small
      const size_t before = head.size();
      head.resize(size);
      head.resize(before + source->read(std::span(head).subspan(before)));
      if (head.size() < size) break;
    }
  };
  look();
  for (int layers = 0;; ++layers) {
    const Packing packing = packing_of(head);
    if (packing == Packing::none) break;
    if (layers == kNesting) {
      part.skip(fmt::format("is packed more than {} times", kNesting));
      return nullptr;
    }
    auto unpacked = unpack(packing, joined_source(std::move(head), std::move(source)));
    if (!unpacked) {
      part.skip(unpacked.error().message);
      return nullptr;
    }
    source = std::make_unique<CountedSource>(std::move(*unpacked), *part.reading, &Reading::unpacked);
    look();
  }
  if (head.empty() && !source->problem().empty()) {
    part.skip(source->problem());
    return nullptr;
  }
  if (const std::string wide = wide_charset(head); !wide.empty()) {
    source = converted_source(wide, joined_source(std::move(head), std::move(source)));
    look();
  }
  const Recognised recognised = recognise(head, part.name);
  if (recognised.kind == Kind::none) {
    part.skip(recognised.reason);
    return nullptr;
  }
  const std::string beginning = head.substr(0, kFirst);
  source = std::make_unique<NotedSource>(joined_source(std::move(head), std::move(source)), part);
  // Texts of lines and columns in an encoding of one byte are all in that, as their beginning is.
  switch (recognised.kind) {
    case Kind::json_lines:
    case Kind::table:
    case Kind::chat:
      if (const std::string charset = narrow_charset(beginning); !charset.empty()) {
        source = converted_source(charset, std::move(source));
      }
      break;
    default:
      break;
  }
  switch (recognised.kind) {
    case Kind::none:
      return nullptr;
    case Kind::text:
      return text_reader(std::move(source), std::move(part));
    case Kind::json_lines:
      return json_lines_reader(std::move(source), std::move(part));
    case Kind::json:
      return json_reader(std::move(source), std::move(part));
    case Kind::table:
      return table_reader(std::move(source), std::move(part));
    case Kind::html:
      return whole_reader(Form::html, std::move(source), std::move(part));
    case Kind::pdf:
      return whole_reader(Form::pdf, std::move(source), std::move(part));
    case Kind::message:
      return whole_reader(Form::message, std::move(source), std::move(part));
    case Kind::warc:
      return warc_reader(std::move(source), std::move(part));
    case Kind::mbox:
      return mbox_reader(std::move(source), std::move(part));
    case Kind::wiki_dump:
      return wiki_dump_reader(std::move(source), std::move(part));
    case Kind::chat:
      return chat_reader(std::move(source), std::move(part));
    case Kind::archive:
      return archive_reader(std::move(source), std::move(part));
    case Kind::indexed:
    case Kind::book:
      break;
  }
  if ((source = seekable(std::move(source), part)) == nullptr) return nullptr;
  if (recognised.kind == Kind::book) return book_reader(std::move(source), std::move(part));
  return archive_reader(std::move(source), std::move(part));
}

struct ItemReader::State {
  Reading reading;
  std::unique_ptr<FormatReader> reader;
};

ItemReader::ItemReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ItemReader::ItemReader(ItemReader&&) noexcept = default;
ItemReader& ItemReader::operator=(ItemReader&&) noexcept = default;
ItemReader::~ItemReader() = default;

Result<ItemReader> ItemReader::open(const fs::path& path, std::string_view name, const ReadLimits& limits) {
  PERSEA_TRY(std::unique_ptr<ByteSource> file, open_file_source(path));
  return over(std::move(file), name, limits);
}

ItemReader ItemReader::over(std::unique_ptr<ByteSource> source, std::string_view name, const ReadLimits& limits) {
  auto state = std::make_unique<State>();
  state->reading.limits = limits;
  Reading& reading = state->reading;
  state->reader = open_part(std::make_unique<CountedSource>(std::move(source), reading, &Reading::packed),
                            {&reading, std::string(name), "", 0});
  return ItemReader(std::move(state));
}

bool ItemReader::next(Item& item) {
  if (!state_->reader) return false;
  if (state_->reader->next(item)) return true;
  state_->reader.reset();
  return false;
}

std::vector<Skipped> ItemReader::take_skipped() {
  Reading& reading = state_->reading;
  if (const int64_t more = std::exchange(reading.not_listed, 0); more > 0) {
    reading.skipped.push_back({"", fmt::format("and {} more places, not listed", more)});
  }
  return std::exchange(reading.skipped, {});
}

const std::string& ItemReader::problem() const { return state_->reading.problem; }

}  // namespace persea::read
