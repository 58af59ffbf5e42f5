#include "nn/gguf.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

namespace persea {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie in the file");

constexpr std::string_view kMagic = "GGUF";
constexpr uint32_t kOldest = 2, kNewest = 3;
constexpr size_t kMostName = 512, kMostAxes = 4, kDeepest = 4, kMostItems = 1 << 24;
constexpr uint64_t kMostAlignment = 1 << 20, kAlignment = 32;
constexpr int64_t kMostParts = 10000;

enum ValueType : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

std::string shown(std::string_view name) {
  return canonical_json(Json(std::string(name.substr(0, 80)))) + (name.size() > 80 ? "..." : "");
}

// Walks the header; every read is checked against what is left.
class Cursor {
 public:
  Cursor(std::span<const std::byte> bytes, std::string_view where) : bytes_(bytes), where_(where) {}

  size_t at() const { return at_; }
  size_t left() const { return bytes_.size() - at_; }

  template <class T>
  Result<T> number() {
    if (left() < sizeof(T)) return truncated();
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  Result<std::string> string() {
    PERSEA_TRY(const uint64_t size, number<uint64_t>());
    if (size > left()) return truncated();
    std::string value(reinterpret_cast<const char*>(bytes_.data()) + at_, size);
    at_ += size;
    return value;
  }

  // A key or a tensor's name.
  Result<std::string> name() {
    PERSEA_TRY(std::string value, string());
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; };
    if (value.empty() || value.size() > kMostName || std::any_of(value.begin(), value.end(), control))
      return fail("{}: {} is no name: empty, of more than {} bytes or with control characters", where_, shown(value),
                  kMostName);
    return value;
  }

  Result<Json> value(uint32_t type, size_t depth = 0) {
    switch (type) {
      case u8:
        return plain<uint8_t>();
      case i8:
        return plain<int8_t>();
      case u16:
        return plain<uint16_t>();
      case i16:
        return plain<int16_t>();
      case u32:
        return plain<uint32_t>();
      case i32:
        return plain<int32_t>();
      case u64:
        return plain<uint64_t>();
      case i64:
        return plain<int64_t>();
      case f32:
        return plain<float>();
      case f64:
        return plain<double>();
      case boolean: {
        PERSEA_TRY(const uint8_t byte, number<uint8_t>());
        if (byte > 1) return fail("{}: a truth value of {} at byte {}", where_, byte, at_ - 1);
        return Json(byte == 1);
      }
      case text: {
        PERSEA_TRY(std::string content, string());
        return Json(std::move(content));
      }
      case array:
        return list(depth);
      default:
        return fail("{}: a value of the unknown type {} at byte {}", where_, type, at_);
    }
  }

  Error truncated() const { return fail("{}: truncated: its header goes on behind byte {}", where_, bytes_.size()); }

 private:
  template <class T>
  Result<Json> plain() {
    PERSEA_TRY(const T value, number<T>());
    return Json(value);
  }

  Result<Json> list(size_t depth) {
    if (depth == kDeepest) return fail("{}: lists nested more than {} deep", where_, kDeepest);
    PERSEA_TRY(const uint32_t type, number<uint32_t>());
    PERSEA_TRY(const uint64_t count, number<uint64_t>());
    if (count > left()) return truncated();  // no value takes less than a byte
    if ((items_ += count) > kMostItems) return fail("{}: its lists have more than {} values", where_, kMostItems);
    Json::array_t items;
    for (uint64_t i = 0; i < count; ++i) {
      PERSEA_TRY(Json item, value(type, depth + 1));
      items.push_back(std::move(item));
    }
    return Json(std::move(items));
  }

  std::span<const std::byte> bytes_;
  std::string where_;
  size_t at_ = 0;
  uint64_t items_ = 0;  // of all lists
};

// A tensor's line of the header, its place relative to the elements' begin.
Result<Gguf::Entry> read_entry(Cursor& cursor, std::string_view where, const std::string& name) {
  Gguf::Entry entry;
  PERSEA_TRY(const uint32_t axes, cursor.number<uint32_t>());
  if (axes > kMostAxes) return fail("{}: tensor {}: {} axes; there can be {}", where, shown(name), axes, kMostAxes);
  int64_t count = 1;
  constexpr int64_t kMost = int64_t{1} << 48;
  for (uint32_t axis = 0; axis < axes; ++axis) {
    PERSEA_TRY(const uint64_t extent, cursor.number<uint64_t>());
    if (extent == 0 || extent > static_cast<uint64_t>(kMost / count))
      return fail("{}: tensor {}: an impossible shape", where, shown(name));
    count *= static_cast<int64_t>(extent);
    entry.shape.insert(entry.shape.begin(), static_cast<int64_t>(extent));
  }
  PERSEA_TRY(const uint32_t id, cursor.number<uint32_t>());
  PERSEA_TRY(entry.begin, cursor.number<uint64_t>());
  const auto type = block_type_of(id);
  if (!type)
    return fail("{}: tensor {} is of GGUF's type {}; F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q5_K and Q6_K are supported",
                where, shown(name), id);
  entry.type = *type;
  const BlockLayout& layout = layout_of(*type);
  if (const int64_t row = entry.shape.empty() ? 1 : entry.shape.back(); row % layout.elements != 0)
    return fail("{}: tensor {}: rows of {} are not made of {}'s blocks of {}", where, shown(name), row, layout.name,
                layout.elements);
  entry.end = entry.begin + static_cast<uint64_t>(count / layout.elements * layout.bytes);
  if (entry.end < entry.begin) return fail("{}: tensor {}: an impossible place", where, shown(name));
  return entry;
}

}  // namespace

Result<Gguf> Gguf::open(const std::filesystem::path& path) {
  const auto open_one = [](const std::filesystem::path& one) -> Result<Gguf> {
    PERSEA_TRY(MappedFile file, MappedFile::open(one));
    PERSEA_TRY(Gguf gguf, parse(file.bytes(), one.string()));
    gguf.files_.push_back(std::move(file));
    gguf.paths_.push_back(one);
    return gguf;
  };
  PERSEA_TRY(Gguf whole, open_one(path));
  const int64_t parts = whole.number("split.count", 1);
  if (parts <= 1) return whole;
  const std::string name = path.filename().string(), ending = fmt::format("-00001-of-{:05}.gguf", parts);
  if (parts > kMostParts || whole.number("split.no", -1) != 0 || !name.ends_with(ending))
    return fail("{}: is a part of a file: name the first one, which ends in {}", path.string(), ending);
  const std::string stem = name.substr(0, name.size() - ending.size());
  for (int64_t i = 1; i < parts; ++i) {
    const auto next = path.parent_path() / fmt::format("{}-{:05}-of-{:05}.gguf", stem, i + 1, parts);
    PERSEA_TRY(Gguf part, open_one(next));
    if (part.number("split.no", -1) != i || part.number("split.count", -1) != parts)
      return fail("{}: is not part {} of {}", next.string(), i + 1, parts);
    for (auto& [tensor, entry] : part.entries_) {
      entry.part = static_cast<size_t>(i);
      if (!whole.entries_.emplace(tensor, std::move(entry)).second)
        return fail("{}: the tensor {} stands in another part too", next.string(), shown(tensor));
    }
    whole.data_.push_back(part.data_[0]);
    whole.files_.push_back(std::move(part.files_[0]));
    whole.paths_.push_back(next);
  }
  const auto total = static_cast<int64_t>(whole.entries_.size());
  if (const int64_t said = whole.number("split.tensors.count", total); said != total)
    return fail("{}: names {} tensors, its parts have {}", path.string(), said, total);
  return whole;
}

int64_t Gguf::number(const char* key, int64_t missing) const {
  const auto found = metadata_.find(key);
  return found != metadata_.end() && found->second.is_number_integer() ? found->second.get<int64_t>() : missing;
}

Result<Gguf> Gguf::parse(std::span<const std::byte> bytes, std::string_view where) {
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!all.starts_with(kMagic)) return fail("{}: no GGUF file", where);
  Cursor cursor(bytes, where);
  (void)cursor.number<uint32_t>().ok();
  PERSEA_TRY(const uint32_t version, cursor.number<uint32_t>());
  if (version < kOldest || version > kNewest)
    return fail("{}: GGUF of version {}; {} and {} are supported", where, version, kOldest, kNewest);
  PERSEA_TRY(const uint64_t tensors, cursor.number<uint64_t>());
  PERSEA_TRY(const uint64_t values, cursor.number<uint64_t>());

  Gguf gguf;
  gguf.where_ = where;
  for (uint64_t i = 0; i < values; ++i) {
    PERSEA_TRY(std::string key, cursor.name());
    PERSEA_TRY(const uint32_t type, cursor.number<uint32_t>());
    PERSEA_TRY(Json value, cursor.value(type));
    if (!gguf.metadata_.emplace(key, std::move(value)).second)
      return fail("{}: the key {} stands twice", where, shown(key));
  }
  for (uint64_t i = 0; i < tensors; ++i) {
    PERSEA_TRY(std::string name, cursor.name());
    PERSEA_TRY(Entry entry, read_entry(cursor, where, name));
    if (!gguf.entries_.emplace(name, std::move(entry)).second)
      return fail("{}: the tensor {} stands twice", where, shown(name));
  }

  uint64_t alignment = kAlignment;
  if (const auto set = gguf.metadata_.find("general.alignment"); set != gguf.metadata_.end()) {
    if (!set->second.is_number_unsigned()) return fail("{}: general.alignment must be a whole number", where);
    alignment = set->second.get<uint64_t>();
    if (!std::has_single_bit(alignment) || alignment > kMostAlignment)
      return fail("{}: general.alignment is {}, no power of two up to {}", where, alignment, kMostAlignment);
  }
  const uint64_t begin = (cursor.at() + alignment - 1) / alignment * alignment;
  const auto data = bytes.subspan(std::min<uint64_t>(begin, bytes.size()));
  gguf.data_ = {data};
  for (const auto& [name, entry] : gguf.entries_) {
    if (entry.begin % alignment != 0)
      return fail("{}: tensor {} begins at {}, no multiple of {}", where, shown(name), entry.begin, alignment);
    if (entry.end > data.size())
      return fail("{}: tensor {} ends at {}, but there are {} bytes of elements: the file is truncated", where,
                  shown(name), entry.end, data.size());
  }
  return gguf;
}

Status Gguf::read(const std::string& name, const Shape& shape, std::span<float> out) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return fail("{}: tensor {} is missing", where_, shown(name));
  const Entry& entry = found->second;
  if (entry.shape != shape)
    return fail("{}: tensor {} is {}; the model needs {}", where_, shown(name), shape_string(entry.shape),
                shape_string(shape));
  if (static_cast<int64_t>(out.size()) != element_count(shape)) throw std::logic_error("Gguf::read: sizes differ");
  read_blocks(entry.type, data_[entry.part].subspan(entry.begin, entry.end - entry.begin), out);
  return {};
}

}  // namespace persea
