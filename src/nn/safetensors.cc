#include "nn/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <set>

#include "base/json.h"
#include "tensor/half.h"

namespace persea {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied as they lie in the file");

constexpr uint64_t kMaxHeader = 100'000'000;  // the format's own limit
constexpr size_t kMaxAxes = 8, kMaxName = 512;

std::optional<uint64_t> element_bytes(std::string_view dtype) {
  for (const char* name : {"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3"})
    if (dtype == name) return 1;
  for (const char* name : {"I16", "U16", "F16", "BF16"})
    if (dtype == name) return 2;
  for (const char* name : {"I32", "U32", "F32"})
    if (dtype == name) return 4;
  for (const char* name : {"I64", "U64", "F64"})
    if (dtype == name) return 8;
  return std::nullopt;
}

// Finds a key that stands twice in one object: the parser keeps the last and says nothing, and then two programs could
// read two different models out of one file.
class DuplicateFinder : public nlohmann::json_sax<Json> {
 public:
  std::optional<std::string> duplicate;

  bool key(string_t& name) override {
    if (objects_.back().insert(name).second) return true;
    duplicate = name;
    return false;
  }
  bool start_object(size_t) override { return objects_.emplace_back(), true; }
  bool end_object() override { return objects_.pop_back(), true; }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  std::vector<std::set<std::string>> objects_;
};

bool is_control(char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }

// A name from the file as it may stand in a message: short and printable.
std::string shown(std::string_view name) {
  std::string text;
  for (const char c : name.substr(0, 80)) text += is_control(c) ? '?' : c;
  return name.size() > 80 ? text + "..." : text;
}

Result<Safetensors::Entry> read_entry(const Json& json, uint64_t data_bytes) {
  if (!json.is_object()) return fail("is no object");
  for (const auto& [key, value] : json.items()) {
    if (key != "dtype" && key != "shape" && key != "data_offsets") return fail("unknown key \"{}\"", shown(key));
  }
  if (!json.contains("dtype") || !json.contains("shape") || !json.contains("data_offsets")) {
    return fail("needs dtype, shape and data_offsets");
  }
  Safetensors::Entry entry;
  if (!json["dtype"].is_string()) return fail("dtype must be a text");
  entry.dtype = json["dtype"].get<std::string>();
  const std::optional<uint64_t> element = element_bytes(entry.dtype);
  if (!element) return fail("unknown dtype \"{}\"", shown(entry.dtype));

  const Json& shape = json["shape"];
  if (!shape.is_array() || shape.size() > kMaxAxes) return fail("shape must be a list of at most {} numbers", kMaxAxes);
  // Bounded by the file's size, so that no product overflows, nor one of the extents beside a 0.
  uint64_t count = 1;
  const bool empty = std::any_of(shape.begin(), shape.end(), [](const Json& e) { return e == 0; });
  const uint64_t most = empty ? uint64_t{1} << 40 : data_bytes;
  for (const Json& extent : shape) {
    if (!extent.is_number_unsigned()) return fail("shape must be a list of whole numbers");
    const uint64_t n = extent.get<uint64_t>();
    if (n > 0 && count > most / n) return fail("its shape has more elements than the file");
    if (n > 0) count *= n;
    entry.shape.push_back(static_cast<int64_t>(n));
  }
  if (empty) count = 0;

  const Json& offsets = json["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    return fail("data_offsets must be two whole numbers");
  }
  entry.begin = offsets[0].get<uint64_t>();
  entry.end = offsets[1].get<uint64_t>();
  if (entry.begin > entry.end || entry.end > data_bytes) {
    return fail("bytes {}..{} lie outside the file, which has {} bytes of elements: it is truncated or altered",
                entry.begin, entry.end, data_bytes);
  }
  if (entry.end - entry.begin != count * *element) {
    return fail("{} elements of {} do not take {} bytes", count, entry.dtype, entry.end - entry.begin);
  }
  return entry;
}

}  // namespace

Result<Safetensors> Safetensors::open(const std::filesystem::path& path) {
  PERSEA_TRY(MappedFile file, MappedFile::open(path));
  PERSEA_TRY(Safetensors tensors, parse(file.bytes(), path.string()));
  tensors.file_ = std::move(file);
  return tensors;
}

Result<Safetensors> Safetensors::parse(std::span<const std::byte> bytes, std::string_view where) {
  uint64_t header_bytes = 0;
  if (bytes.size() < sizeof header_bytes) return fail("{}: no safetensors file: it has {} bytes", where, bytes.size());
  std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
  const uint64_t rest = bytes.size() - sizeof header_bytes;
  if (header_bytes > kMaxHeader)
    return fail("{}: no safetensors file: its header would have {} bytes", where, header_bytes);
  if (header_bytes > rest)
    return fail("{}: truncated: the header has {} bytes, the file {}", where, header_bytes, rest);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + sizeof header_bytes, header_bytes);
  if (!text.starts_with('{')) return fail("{}: no safetensors file: its header does not begin with {{", where);
  PERSEA_TRY(const Json header, parse_json(text, fmt::format("{}: header", where)));
  DuplicateFinder duplicates;
  Json::sax_parse(text, &duplicates);
  if (duplicates.duplicate) return fail("{}: \"{}\" stands twice in the header", where, shown(*duplicates.duplicate));

  Safetensors tensors;
  tensors.where_ = where;
  tensors.data_ = bytes.subspan(sizeof header_bytes + header_bytes);
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") {
      if (!value.is_object()) return fail("{}: __metadata__ must be an object", where);
      for (const auto& [key, item] : value.items()) {
        if (!item.is_string()) return fail("{}: __metadata__: \"{}\" must be a text", where, shown(key));
        tensors.metadata_[key] = item.get<std::string>();
      }
      continue;
    }
    if (name.size() > kMaxName || std::any_of(name.begin(), name.end(), is_control)) {
      return fail("{}: tensor {}: no name, with control characters or more than {} bytes", where, shown(name),
                  kMaxName);
    }
    Result<Entry> entry = read_entry(value, tensors.data_.size());
    if (!entry) return fail("{}: tensor {}: {}", where, shown(name), entry.error().message);
    tensors.entries_.emplace(name, *std::move(entry));
  }

  std::vector<const std::pair<const std::string, Entry>*> order;
  for (const auto& entry : tensors.entries_) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  uint64_t end = 0;
  for (const auto* entry : order) {
    if (entry->second.begin != end) {
      return fail("{}: tensor {} {} what stands before it: it begins at {}, not at {}", where, shown(entry->first),
                  entry->second.begin < end ? "overlaps" : "leaves a hole behind", entry->second.begin, end);
    }
    end = entry->second.end;
  }
  if (end != tensors.data_.size()) {
    return fail("{}: {} bytes follow the last tensor: the file is altered", where, tensors.data_.size() - end);
  }
  return tensors;
}

Status Safetensors::read(const std::string& name, const Shape& shape, std::span<float> out) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return fail("{}: tensor {} is missing", where_, shown(name));
  const Entry& entry = found->second;
  if (entry.shape != shape) {
    return fail("{}: tensor {} is {}; the model needs {}", where_, shown(name), shape_string(entry.shape),
                shape_string(shape));
  }
  if (static_cast<int64_t>(out.size()) != element_count(shape))
    throw std::logic_error("Safetensors::read: sizes differ");
  const std::byte* from = data_.data() + entry.begin;
  const auto each_of_two_bytes = [&](auto convert) {
    for (size_t i = 0; i < out.size(); ++i) {
      uint16_t bits;
      std::memcpy(&bits, from + 2 * i, 2);  // tensors may lie at odd addresses
      out[i] = convert(bits);
    }
  };
  if (entry.dtype == "F32") {
    if (!out.empty()) std::memcpy(out.data(), from, out.size_bytes());
  } else if (entry.dtype == "BF16") {
    each_of_two_bytes(from_bf16);
  } else if (entry.dtype == "F16") {
    each_of_two_bytes(from_half);
  } else {
    return fail("{}: tensor {} is of type {}; F32, F16 and BF16 are supported", where_, shown(name), entry.dtype);
  }
  return {};
}

Status write_safetensors(const std::filesystem::path& path, std::vector<std::pair<std::string, Tensor>> tensors,
                         const std::map<std::string, std::string>& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t end = 0;
  for (const auto& [name, tensor] : tensors) {
    if (tensor.dtype() != DType::f32 || header.contains(name)) throw std::logic_error("write_safetensors: " + name);
    const uint64_t begin = end;
    end += static_cast<uint64_t>(tensor.bytes());
    header[name] = {{"dtype", dtype_name(tensor.dtype())}, {"shape", tensor.shape()}, {"data_offsets", {begin, end}}};
  }
  std::string text = canonical_json(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the elements are aligned
  const uint64_t size = text.size();

  const std::filesystem::path temporary = path.string() + ".part";
  PERSEA_TRY(FileWriter file, FileWriter::create(temporary));
  PERSEA_CHECK(file.write(std::string_view(reinterpret_cast<const char*>(&size), sizeof size)));
  PERSEA_CHECK(file.write(text));
  for (const auto& [name, tensor] : tensors) {
    PERSEA_CHECK(file.write(std::span<const std::byte>(tensor.raw(), static_cast<size_t>(tensor.bytes()))));
  }
  PERSEA_CHECK(file.finish());
  return rename_file(temporary, path);
}

}  // namespace persea
