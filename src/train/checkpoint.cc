#include "train/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "train/gather_tensor.h"

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

// What rank 0 writes: the file under its temporary name, and the hash of it. The first error stays, and nothing more is
// written then.
class Writer {
 public:
  explicit Writer(const fs::path& path) : path_(path), temporary_(path.string() + ".tmp") {
    auto file = FileWriter::create(temporary_);
    if (file)
      file_.emplace(std::move(*file));
    else
      status_ = file.error();
  }
  void write(std::span<const std::byte> bytes) {
    if (!status_) return;
    hash_.update(bytes);
    status_ = file_->write(bytes);
  }
  Status finish() {
    if (!status_) return status_;
    PERSEA_CHECK(file_->write(hash_.hex()));
    PERSEA_CHECK(file_->finish());
    return rename_file(temporary_, path_);
  }

 private:
  const fs::path path_, temporary_;
  std::optional<FileWriter> file_;
  Sha256 hash_;
  Status status_;
};

// A part's elements, from the bytes of the whole.
void fill(const ShardedTensor::Part& part, const ShardedTensor& tensor, std::span<const std::byte> whole) {
  const int64_t size = dtype_bytes(tensor.dtype), width = tensor.shape.size() == 2 ? tensor.shape[1] : 1;
  const bool boxed = part.box.count() > 0;
  for (int64_t i = part.begin; i < part.end;) {  // as much as lies together
    const int64_t column = boxed ? i % part.box.columns : 0;
    const int64_t some = std::min(part.end - i, boxed ? part.box.columns - column : part.end);
    const int64_t at = boxed ? (part.box.row + i / part.box.columns) * width + part.box.column + column : i;
    std::memcpy(part.local.raw() + (i - part.begin) * size, whole.data() + at * size, static_cast<size_t>(some * size));
    i += some;
  }
}

std::string head_of(const Json& state, const ShardedTensors& tensors) {
  Json list = Json::array();
  for (const ShardedTensor& tensor : tensors) {
    list.push_back({{"name", tensor.name}, {"dtype", dtype_name(tensor.dtype)}, {"shape", tensor.shape}});
  }
  const std::string header = canonical_json({{"state", state}, {"tensors", list}});
  std::string head(kMagic);
  for (size_t i = 0; i < kLength; ++i) head += static_cast<char>(header.size() >> (8 * i) & 255);
  head += header;
  head.resize(aligned(head.size()));
  return head;
}

}  // namespace

ShardedTensors whole_tensors(const NamedTensors& tensors) {
  ShardedTensors all;
  for (const auto& [name, tensor] : tensors) all.push_back(ShardedTensor::whole(name, tensor));
  return all;
}

ShardedTensors weights_of(Model& model, int slice) {
  ShardedTensors all;
  const std::vector<Parameter*> parameters = model.parameters();
  for (size_t i = 0; i < parameters.size(); ++i) {
    const ParameterSlices& slices = model.slices()[i];
    const Tensor& value = parameters[i]->value;
    all.push_back(ShardedTensor::whole(parameters[i]->name, value));
    if (slices.common) continue;
    all.back().shape = slices.whole;
    all.back().parts.clear();
    for (int rank = 0; rank < static_cast<int>(slices.boxes.size()); ++rank) {
      int64_t row = 0;  // in the slice
      for (const Box& box : slices.boxes[static_cast<size_t>(rank)]) {
        const Tensor here = rank == slice ? value.slice(row, row + box.rows) : Tensor();
        all.back().parts.push_back({0, box.count(), rank, here, box});
        row += box.rows;
      }
    }
  }
  return all;
}

ShardedTensors training_state(Model& model, const Optimizer& optimizer, int slice) {
  ShardedTensors all = weights_of(model, slice);
  for (ShardedTensor& tensor : optimizer.state()) all.push_back(std::move(tensor));
  return all;
}

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
  return write_checkpoint(path, state, whole_tensors(tensors), *Ranks::alone());
}

Status write_checkpoint(const fs::path& path, const Json& state, const ShardedTensors& tensors, Ranks& ranks) {
  const bool writes = ranks.rank() == 0;
  std::optional<Writer> writer;
  if (writes) {
    const std::string head = head_of(state, tensors);
    writer.emplace(path);
    writer->write(std::as_bytes(std::span(head)));
  }
  for (const ShardedTensor& tensor : tensors) {  // after an error of the writer too: the others must not wait
    PERSEA_CHECK(gather_tensor(tensor, ranks, [&](std::span<const std::byte> bytes) { writer->write(bytes); }));
  }
  return ranks.agree(writes ? writer->finish() : Status());
}

Result<Json> read_checkpoint(const fs::path& path, const NamedTensors& tensors) {
  return read_checkpoint(path, whole_tensors(tensors));
}

Result<Json> read_checkpoint(const fs::path& path, const ShardedTensors& tensors, bool known) {
  PERSEA_TRY(const MappedFile file, MappedFile::open(path));
  PERSEA_TRY(CheckpointView view, CheckpointView::parse(file.bytes(), path.string()));
  if (!known) {
    Sha256 hash;
    hash.update(view.covered);
    if (hash.hex() != view.hash) return fail("{}: altered: its bytes do not have its SHA-256", path.string());
  }
  if (view.tensors.size() != tensors.size()) return fail("{}: of another model", path.string());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const ShardedTensor& tensor = tensors[i];
    const CheckpointView::Entry& entry = view.tensors[i];
    if (entry.name != tensor.name || entry.dtype != tensor.dtype || entry.shape != tensor.shape) {
      return fail("{}: of another model: holds {} {}, not {} {}", path.string(), entry.name, shape_string(entry.shape),
                  tensor.name, shape_string(tensor.shape));
    }
  }
  for (size_t i = 0; i < tensors.size(); ++i) {
    for (const ShardedTensor::Part& part : tensors[i].parts) {
      if (part.local.defined() && part.begin < part.end) fill(part, tensors[i], view.tensors[i].data);
    }
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

Status CheckpointStore::save(int64_t step, const Json& state, const ShardedTensors& tensors) {
  PERSEA_CHECK(write_checkpoint(file(step), state, tensors, ranks_));
  if (ranks_.rank() > 0) return {};
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

Result<std::optional<CheckpointStore::Loaded>> CheckpointStore::load(const ShardedTensors& tensors, bool regular_only) {
  if (ranks_.size() == 1) return newest(tensors, regular_only);
  // Rank 0 looks which one is whole, and the others take theirs from the same.
  Result<std::optional<Loaded>> found = std::optional<Loaded>();
  if (ranks_.rank() == 0) found = newest(tensors, regular_only);
  PERSEA_CHECK(ranks_.agree(found ? Status() : found.error()));
  const bool tells = ranks_.rank() == 0 && found->has_value();
  PERSEA_TRY(const std::string told, ranks_.broadcast(tells ? Json({(*found)->step, (*found)->state}).dump() : ""));
  if (told.empty()) return std::optional<Loaded>();
  Status status;
  if (ranks_.rank() > 0) {
    PERSEA_TRY(const Json json, parse_json(told, "rank 0"));
    found = std::optional<Loaded>({json.at(0).get<int64_t>(), json.at(1)});
    if (const auto read = read_checkpoint(file((*found)->step), tensors, true); !read) status = read.error();
  }
  PERSEA_CHECK(ranks_.agree(status));
  return found;
}

Result<std::optional<CheckpointStore::Loaded>> CheckpointStore::newest(const ShardedTensors& tensors,
                                                                       bool regular_only) {
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
  if (ranks_.rank() > 0) return;
  std::error_code ignored;
  for (const int64_t each : steps()) {
    if (each > step) fs::remove(file(each), ignored);
  }
}

}  // namespace persea
