#include "train/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"

namespace persea {
namespace {

// MAGIC | header's length (8 bytes, little-endian) | header (JSON) | zeros up to a multiple of 64 | tensors | SHA-256
// (64 hex)
constexpr std::string_view kMagic = "PERSEA CHECKPOINT 1\n";
constexpr size_t kLength = 8, kHash = 64, kAlign = 64, kMostHeader = 64 << 20;
constexpr int64_t kMostElements = int64_t{1} << 40;
constexpr size_t kKept = 2;
constexpr std::string_view kPrefix = "checkpoint-";

size_t aligned(size_t size) { return (size + kAlign - 1) / kAlign * kAlign; }

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<CheckpointView> CheckpointView::parse(std::span<const std::byte> bytes, std::string_view where) {
  const std::string_view text = text_of(bytes);
  if (text.substr(0, kMagic.size()) != kMagic) return fail("{}: not a checkpoint of this version", where);
  const size_t start = kMagic.size() + kLength;
  if (text.size() < start + kHash) return fail("{}: truncated", where);
  uint64_t length = 0;
  for (size_t i = 0; i < kLength; ++i) length |= static_cast<uint64_t>(bytes[kMagic.size() + i]) << (8 * i);
  if (length > kMostHeader || length > text.size() - start - kHash) return fail("{}: truncated", where);

  CheckpointView view;
  view.covered = bytes.first(bytes.size() - kHash);
  view.hash = text.substr(text.size() - kHash);
  PERSEA_TRY(Json header, parse_json(text.substr(start, length), where));
  size_t offset = aligned(start + length);
  try {
    view.state = header.at("state");
    for (const Json& item : header.at("tensors")) {
      Entry entry;
      item.at("name").get_to(entry.name);
      item.at("shape").get_to(entry.shape);
      const auto dtype = dtype_from_name(item.at("dtype").get_ref<const std::string&>());
      if (!dtype) return fail("{}: {}: unknown type", where, entry.name);
      entry.dtype = *dtype;
      int64_t count = 1;
      for (const int64_t extent : entry.shape) {
        if (extent < 0 || extent > kMostElements / std::max<int64_t>(count, 1)) {
          return fail("{}: {}: impossible shape", where, entry.name);
        }
        count *= extent;
      }
      const auto size = static_cast<size_t>(count * dtype_bytes(*dtype));
      if (offset > view.covered.size() || size > view.covered.size() - offset) return fail("{}: truncated", where);
      entry.data = bytes.subspan(offset, size);
      offset += size;
      view.tensors.push_back(std::move(entry));
    }
  } catch (const Json::exception&) {
    return fail("{}: its header is damaged", where);
  }
  if (offset != view.covered.size()) return fail("{}: longer than its header says", where);
  return view;
}

Status write_checkpoint(const fs::path& path, const Json& state, const NamedTensors& tensors) {
  Json list = Json::array();
  for (const auto& [name, tensor] : tensors) {
    list.push_back({{"name", name}, {"dtype", dtype_name(tensor.dtype())}, {"shape", tensor.shape()}});
  }
  const std::string header = canonical_json({{"state", state}, {"tensors", list}});
  std::string head(kMagic);
  for (size_t i = 0; i < kLength; ++i) head += static_cast<char>(header.size() >> (8 * i) & 255);
  head += header;
  head.resize(aligned(head.size()));

  const fs::path temporary = path.string() + ".tmp";
  PERSEA_TRY(FileWriter file, FileWriter::create(temporary));
  Sha256 hash;
  hash.update(head);
  PERSEA_CHECK(file.write(head));
  for (const auto& [name, tensor] : tensors) {
    const std::span<const std::byte> bytes(tensor.raw(), static_cast<size_t>(tensor.bytes()));
    hash.update(bytes);
    PERSEA_CHECK(file.write(bytes));
  }
  PERSEA_CHECK(file.write(hash.hex()));
  PERSEA_CHECK(file.finish());
  return rename_file(temporary, path);
}

Result<Json> read_checkpoint(const fs::path& path, const NamedTensors& tensors) {
  PERSEA_TRY(const MappedFile file, MappedFile::open(path));
  PERSEA_TRY(CheckpointView view, CheckpointView::parse(file.bytes(), path.string()));
  Sha256 hash;
  hash.update(view.covered);
  if (hash.hex() != view.hash) return fail("{}: altered: its bytes do not have its SHA-256", path.string());
  if (view.tensors.size() != tensors.size()) return fail("{}: of another model", path.string());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, tensor] = tensors[i];
    const CheckpointView::Entry& entry = view.tensors[i];
    if (entry.name != name || entry.dtype != tensor.dtype() || entry.shape != tensor.shape()) {
      return fail("{}: of another model: holds {} {}, not {} {}", path.string(), entry.name, shape_string(entry.shape),
                  name, shape_string(tensor.shape()));
    }
  }
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (!view.tensors[i].data.empty())
      std::memcpy(tensors[i].second.raw(), view.tensors[i].data.data(), view.tensors[i].data.size());
  }
  return std::move(view.state);
}

fs::path CheckpointStore::file(int64_t step) const { return directory_ / fmt::format("{}{:08}", kPrefix, step); }

std::vector<int64_t> CheckpointStore::steps() const {
  std::vector<int64_t> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    int64_t step = 0;
    const char* end = name.data() + name.size();
    const auto [rest, status] = std::from_chars(name.data() + kPrefix.size(), end, step);
    if (status == std::errc() && rest == end) found.push_back(step);
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

Status CheckpointStore::save(int64_t step, const Json& state, const NamedTensors& tensors) {
  PERSEA_CHECK(write_checkpoint(file(step), state, tensors));
  size_t regulars = 0;
  for (const int64_t each : steps()) {
    if (each > step) continue;
    const bool keep = each == step || (regular_(each) && regulars < kKept);
    if (regular_(each)) ++regulars;
    std::error_code ignored;
    if (!keep) fs::remove(file(each), ignored);
  }
  return {};
}

Result<std::optional<CheckpointStore::Loaded>> CheckpointStore::load(const NamedTensors& tensors, bool regular_only) {
  std::string problem;
  for (const int64_t step : steps()) {
    if (regular_only && !regular_(step)) continue;
    auto state = read_checkpoint(file(step), tensors);
    if (state) return std::optional<Loaded>({step, std::move(*state)});
    problem = state.error().message;
    log_warning("passing over a checkpoint: {}", problem);
  }
  if (!problem.empty())
    return fail("{} (no whole checkpoint is left: remove {} to start afresh)", problem, directory_.string());
  return std::optional<Loaded>();
}

void CheckpointStore::drop_after(int64_t step) {
  std::error_code ignored;
  for (const int64_t each : steps()) {
    if (each > step) fs::remove(file(each), ignored);
  }
}

}  // namespace persea
