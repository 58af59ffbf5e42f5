#include "nn/gguf_write.h"

#include <cstdint>
#include <limits>
#include <stdexcept>

#include "base/file.h"

namespace persea {
namespace {

constexpr uint64_t kAlignment = 32;
enum ValueType : uint32_t { u32 = 4, i32 = 5, f32 = 6, boolean = 7, text = 8, array = 9, i64 = 11 };

uint64_t aligned(uint64_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

class Header {
 public:
  template <class T>
  void number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void string(std::string_view value) {
    number<uint64_t>(value.size());
    bytes_ += value;
  }

  void value(const std::string& key, const Json& json) {
    string(key);
    if (json.is_string()) {
      number<uint32_t>(text);
      string(json.get_ref<const std::string&>());
    } else if (json.is_boolean()) {
      number<uint32_t>(boolean);
      number<uint8_t>(json.get<bool>() ? 1 : 0);
    } else if (json.is_number_integer()) {
      const auto whole = json.get<int64_t>();
      if (whole >= 0 && whole <= std::numeric_limits<uint32_t>::max()) {
        number<uint32_t>(u32);
        number(static_cast<uint32_t>(whole));
      } else {
        number<uint32_t>(i64);
        number(whole);
      }
    } else if (json.is_number()) {
      number<uint32_t>(f32);
      number(json.get<float>());
    } else if (json.is_array()) {
      number<uint32_t>(array);
      const bool texts = json.empty() || json[0].is_string(), floats = !json.empty() && json[0].is_number_float();
      number<uint32_t>(texts ? text : floats ? f32 : i32);
      number<uint64_t>(json.size());
      for (const Json& item : json) {
        if (texts)
          string(item.get_ref<const std::string&>());
        else if (floats)
          number(item.get<float>());
        else
          number(item.get<int32_t>());
      }
    } else {
      throw std::logic_error("write_gguf: a value of no type at " + key);
    }
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// In pieces, so that no second copy of the model lies in memory.
Status write_values(const GgufTensor& tensor, FileWriter& file) {
  constexpr int64_t kPiece = 1 << 16;  // of elements; a multiple of every block
  const BlockLayout& layout = layout_of(tensor.type);
  std::vector<std::byte> blocks;
  for (int64_t i = 0; i < tensor.values.count(); i += kPiece) {
    const int64_t count = std::min(kPiece, tensor.values.count() - i);
    blocks.resize(static_cast<size_t>(count / layout.elements * layout.bytes));
    write_blocks(tensor.type, {tensor.values.data() + i, static_cast<size_t>(count)}, blocks);
    PERSEA_CHECK(file.write(std::span<const std::byte>(blocks)));
  }
  return {};
}

}  // namespace

Status write_gguf(const std::filesystem::path& path, const std::vector<std::pair<std::string, Json>>& metadata,
                  const std::vector<GgufTensor>& tensors) {
  Header header;
  header.number<uint32_t>(0x46554747);  // "GGUF"
  header.number<uint32_t>(3);
  header.number<uint64_t>(tensors.size());
  header.number<uint64_t>(metadata.size());
  for (const auto& [key, value] : metadata) header.value(key, value);
  uint64_t at = 0;
  for (const GgufTensor& tensor : tensors) {
    const BlockLayout& layout = layout_of(tensor.type);
    if (tensor.values.dtype() != DType::f32 || tensor.values.shape().back() % layout.elements != 0)
      throw std::logic_error("write_gguf: " + tensor.name + " cannot be " + std::string(layout.name));
    header.string(tensor.name);
    header.number(static_cast<uint32_t>(tensor.values.shape().size()));
    for (auto extent = tensor.values.shape().rbegin(); extent != tensor.values.shape().rend(); ++extent)
      header.number(static_cast<uint64_t>(*extent));
    header.number(layout.id);
    header.number(at);
    at = aligned(at + static_cast<uint64_t>(tensor.values.count() / layout.elements * layout.bytes));
  }

  const std::filesystem::path temporary = path.string() + ".part";
  PERSEA_TRY(FileWriter file, FileWriter::create(temporary));
  PERSEA_CHECK(file.write(header.bytes()));
  const auto pad = [&] { return file.write(std::string(aligned(file.size()) - file.size(), '\0')); };
  PERSEA_CHECK(pad());
  for (const GgufTensor& tensor : tensors) {
    PERSEA_CHECK(write_values(tensor, file));
    PERSEA_CHECK(pad());
  }
  PERSEA_CHECK(file.finish());
  return rename_file(temporary, path);
}

}  // namespace persea
