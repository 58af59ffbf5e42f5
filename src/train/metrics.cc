#include "train/metrics.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace persea {

Result<std::vector<Json>> read_metrics(const std::filesystem::path& path) {
  PERSEA_TRY(const std::string text, read_file(path));
  std::vector<Json> lines;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    auto line = parse_json(std::string_view(text).substr(begin, end - begin), path.string());
    if (line && line->is_object() && line->contains("step") && (*line)["step"].is_number_integer())
      lines.push_back(std::move(*line));
  }
  return lines;
}

Result<MetricsWriter> MetricsWriter::open(const std::filesystem::path& path, int64_t last_tokens) {
  std::string kept;
  if (std::filesystem::exists(path)) {
    PERSEA_TRY(const std::vector<Json> lines, read_metrics(path));
    for (const Json& line : lines) {
      const auto tokens = line.find("tokens");
      if (tokens != line.end() && tokens->is_number_integer() && tokens->get<int64_t>() <= last_tokens)
        kept += canonical_json(line) + '\n';
    }
  }
  PERSEA_CHECK(write_file(path, kept));
  MetricsWriter writer;
  writer.path_ = path;
  writer.file_.reset(std::fopen(path.c_str(), "ae"));
  if (!writer.file_) return fail("{}: cannot write: {}", path.string(), std::strerror(errno));
  return writer;
}

Status MetricsWriter::append(const Json& line) {
  const std::string text = canonical_json(line) + '\n';
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() || std::fflush(file_.get()) != 0) {
    return fail("{}: cannot write: {}", path_.string(), std::strerror(errno));
  }
  return {};
}

Status MetricsWriter::sync() {
  if (fsync(fileno(file_.get())) != 0) return fail("{}: cannot make durable: {}", path_.string(), std::strerror(errno));
  return {};
}

}  // namespace persea
