#include "data/corpus_stage.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <unordered_set>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/threads.h"
#include "data/corpus.h"
#include "data/smallworld.h"

namespace persea {
namespace {

// Raised whenever the same settings would give another corpus; smallworld's golden test says when.
constexpr int kVersion = 1;
constexpr size_t kListed = 20;  // skipped files that a fact names; skipped.jsonl names all

struct IdHash {
  size_t operator()(const DocumentId& id) const {
    size_t value = 0;
    std::memcpy(&value, id.data(), sizeof value);
    return value;
  }
};

// "3 files were skipped: 2 is binary, 1 is empty"
std::string summary(const std::map<std::string, int64_t>& reasons) {
  std::string text;
  for (const auto& [reason, count] : reasons) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, reason);
  return text;
}

class FolderReader {
 public:
  FolderReader(const CorpusSettings& settings, std::vector<FoundFile> files, StageContext& context, bool quiet)
      : settings_(settings), files_(std::move(files)), context_(context), quiet_(quiet) {}

  Status read();

 private:
  Status read_file(const FoundFile& file);
  Status skip(std::string_view name, std::string_view reason);

  const CorpusSettings& settings_;
  std::vector<FoundFile> files_;
  StageContext& context_;
  bool quiet_;
  std::optional<CorpusWriter> writer_;
  std::optional<FileWriter> skipped_;
  std::unordered_set<DocumentId, IdHash> seen_;
  std::map<std::string, int64_t> reasons_;
  Json listed_ = Json::array();
  int64_t files_read_ = 0, files_skipped_ = 0, duplicates_ = 0, cut_ = 0, replaced_ = 0, repaired_files_ = 0,
          bad_lines_ = 0;
  int64_t damaged_files_ = 0;
  bool one_text_ = true;  // no file but one of plain text gave documents
};

Status FolderReader::skip(std::string_view name, std::string_view reason) {
  ++files_skipped_;
  // Reasons as they are counted leave out what is particular, which follows a colon.
  ++reasons_[std::string(reason.substr(0, reason.find(':')))];
  const Json entry = {{"path", std::string(name)}, {"reason", std::string(reason)}};
  if (listed_.size() < kListed) listed_.push_back(entry);
  return skipped_->write(canonical_json(entry) + '\n');
}

Status FolderReader::read_file(const FoundFile& file) {
  if (!file.unreadable.empty()) return skip(file.name, file.unreadable);
  bool named = false;
  auto sink = [&](std::string_view text) -> Status {
    const DocumentId id = document_id(text);
    if (settings_.drop_duplicates && !seen_.insert(id).second) {
      ++duplicates_;
      return {};
    }
    if (!std::exchange(named, true)) PERSEA_CHECK(writer_->source(file.name));
    return writer_->add(text, id);
  };
  const fs::path path = fs::is_directory(settings_.path) ? settings_.path / file.name : settings_.path;
  PERSEA_TRY(const SourceReport report, read_source(path, file.name, settings_.limits, sink));
  if (!report.skipped.empty()) return skip(file.name, report.skipped);
  one_text_ = one_text_ && files_read_ == 0 && (report.documents == 1 || report.cut == report.documents);
  ++files_read_;
  cut_ += report.cut;
  replaced_ += report.replaced;
  repaired_files_ += report.replaced > 0 ? 1 : 0;
  bad_lines_ += report.bad_lines;
  context_.add_bytes(report.bytes);
  if (!report.problem.empty()) {
    ++damaged_files_;
    log_warning("{} {}: the {} documents before that were read", path.string(), report.problem, report.documents);
  }
  return {};
}

Status FolderReader::read() {
  PERSEA_TRY(CorpusWriter writer, CorpusWriter::create(context_.out(), false));
  PERSEA_TRY(FileWriter skipped, FileWriter::create(context_.out() / "skipped.jsonl"));
  writer_ = std::move(writer);
  skipped_ = std::move(skipped);
  double total = 0, done = 0;
  for (const FoundFile& file : files_) total += static_cast<double>(file.bytes);
  Progress progress("reading", total, quiet_);
  for (const FoundFile& file : files_) {
    PERSEA_CHECK(read_file(file));
    done += static_cast<double>(file.bytes);
    progress.update(done, fmt::format("{} documents", format_count(static_cast<double>(writer_->documents()))));
  }
  progress.finish();
  if (writer_->documents() == 0) {
    return fail("{}: holds no text ({}): give .txt, .md or .jsonl files in UTF-8", settings_.path.string(),
                summary(reasons_));
  }
  if (files_skipped_ > 0) log_info("{} of {} files were skipped: {}", files_skipped_, files_.size(), summary(reasons_));
  if (replaced_ > 0) log_info("{} bytes in {} files were no UTF-8 and became U+FFFD", replaced_, repaired_files_);
  PERSEA_CHECK(skipped_->finish());
  PERSEA_CHECK(writer_->finish({one_text_ ? SplitBy::tail : SplitBy::hash, settings_.valid_fraction}));
  context_.fact("files_read", files_read_);
  context_.fact("files_skipped", files_skipped_);
  context_.fact("files_damaged", damaged_files_);
  context_.fact("skipped", listed_);
  context_.fact("skipped_for", reasons_);
  context_.fact("duplicates", duplicates_);
  context_.fact("pieces_of_long_documents", cut_);
  context_.fact("bytes_replaced", replaced_);
  context_.fact("bad_lines", bad_lines_);
  return {};
}

Status write_smallworld(const CorpusSettings& settings, StageContext& context, bool quiet) {
  PERSEA_TRY(CorpusWriter writer, CorpusWriter::create(context.out(), true));
  PERSEA_CHECK(writer.source(fmt::format("smallworld, seed {}", settings.seed)));
  constexpr int64_t kBlock = 4096;
  Progress progress("writing smallworld", static_cast<double>(settings.documents), quiet);
  std::vector<std::string> block;
  std::vector<DocumentId> ids;
  for (int64_t first = 0; first < settings.documents; first += kBlock) {
    const int64_t count = std::min(kBlock, settings.documents - first);
    block.resize(count);
    ids.resize(count);
    pool().parallel_for(count, [&](int64_t i) {
      block[i] = smallworld_document(settings.seed, first + i);
      ids[i] = document_id(block[i]);
    });
    for (int64_t i = 0; i < count; ++i) PERSEA_CHECK(writer.add(block[i], ids[i]));
    progress.update(static_cast<double>(first + count));
  }
  context.add_bytes(writer.bytes());
  return writer.finish({SplitBy::hash, settings.valid_fraction});
}

// Why what lies in a folder is no file that can be read; "" where it is one, or a folder that is looked into.
std::string no_file(const fs::directory_entry& entry) {
  std::error_code error;
  const fs::file_status status = entry.status(error);  // of what a link leads to
  if (fs::is_regular_file(status)) return "";
  if (fs::is_directory(status)) {
    if (entry.is_symlink(error)) return "is a link to a folder, which is not followed: name that folder itself";
    const bool open = ::access(entry.path().c_str(), R_OK | X_OK) == 0;
    return open ? "" : fmt::format("cannot be read: {}", std::strerror(errno));
  }
  return entry.is_symlink(error) ? "is a link that leads nowhere" : "is no file";
}

}  // namespace

Result<std::vector<FoundFile>> list_files(const fs::path& path) {
  std::error_code error;
  std::vector<FoundFile> files;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return fail("{}: there is no such file or folder", path.string());
  if (fs::is_directory(status)) {
    fs::recursive_directory_iterator entry(path, fs::directory_options::skip_permission_denied, error), end;
    if (error) return fail("{}: {}", path.string(), error.message());
    while (entry != end) {
      const bool hidden = entry->path().filename().native().starts_with('.');
      std::error_code ignored;
      const std::string name = entry->path().lexically_relative(path).string();
      if (hidden) {
        entry.disable_recursion_pending();
      } else if (entry->is_regular_file(ignored)) {
        files.push_back({name, "", "", static_cast<int64_t>(entry->file_size(ignored))});
      } else if (std::string reason = no_file(*entry); !reason.empty()) {
        files.push_back({name, "", std::move(reason), 0});
      }
      entry.increment(error);
      if (error) return fail("{}: {}", path.string(), error.message());
    }
    std::sort(files.begin(), files.end(), [](const FoundFile& a, const FoundFile& b) { return a.name < b.name; });
    if (files.empty()) return fail("{}: the folder holds no files: put text there (.txt, .md, .jsonl)", path.string());
  } else {
    files.push_back({path.filename().string(), "", "", static_cast<int64_t>(fs::file_size(path, error))});
  }
  return files;
}

Result<std::vector<FoundFile>> find_files(const fs::path& path) {
  PERSEA_TRY(std::vector<FoundFile> files, list_files(path));
  const bool folder = fs::is_directory(path);
  pool().parallel_for(static_cast<int64_t>(files.size()), [&](int64_t i) {
    if (!files[i].unreadable.empty()) return;
    const auto digest = sha256_file(folder ? path / files[i].name : path);
    if (digest) {
      files[i].digest = *digest;
    } else {
      files[i].unreadable = "cannot be read: " + digest.error().message;
    }
  });
  return files;
}

Status count_parts(StageContext& context) {
  PERSEA_TRY(const CorpusReader corpus, CorpusReader::open(context.out()));
  int64_t documents[2] = {0, 0}, bytes[2] = {0, 0};
  for (int64_t i = 0; i < corpus.documents(); ++i) {
    const CorpusReader::Document document = corpus[i];
    ++documents[document.valid ? 1 : 0];
    bytes[document.valid ? 1 : 0] += static_cast<int64_t>(document.text.size());
  }
  context.fact("documents", corpus.documents());
  context.fact("bytes", corpus.bytes());
  context.fact("train_documents", documents[0]);
  context.fact("train_bytes", bytes[0]);
  context.fact("valid_documents", documents[1]);
  context.fact("valid_bytes", bytes[1]);
  return {};
}

Result<StageResult> run_corpus_stage(Lab& lab, const CorpusSettings& settings, bool quiet) {
  StageSpec spec;
  spec.kind = "corpus";
  spec.version = kVersion;
  spec.settings = {{"source", settings.source}, {"valid_fraction", settings.valid_fraction}};
  if (settings.source == "smallworld") {
    spec.settings["documents"] = settings.documents;
    spec.settings["seed"] = settings.seed;
    return lab.run(spec, [&](StageContext& context) -> Status {
      PERSEA_CHECK(write_smallworld(settings, context, quiet));
      return count_parts(context);
    });
  }
  if (settings.source != "files")
    return fail("corpus.source = \"{}\": is neither \"files\" nor \"smallworld\"", settings.source);
  PERSEA_TRY(std::vector<FoundFile> files, find_files(settings.path));
  Sha256 digest;
  for (const FoundFile& file : files) digest.update(canonical_json({file.name, file.digest}));
  spec.settings["text"] = digest.hex();
  spec.settings["document_bytes"] = settings.limits.document_bytes;
  spec.settings["line_bytes"] = settings.limits.line_bytes;
  spec.settings["drop_duplicates"] = settings.drop_duplicates;
  return lab.run(spec, [&](StageContext& context) -> Status {
    context.fact("path", settings.path.string());
    FolderReader reader(settings, files, context, quiet);
    PERSEA_CHECK(reader.read());
    return count_parts(context);
  });
}

}  // namespace persea
