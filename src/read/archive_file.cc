#include "read/archive_file.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <vector>

#include "read/charset.h"

namespace persea::read {
namespace {

constexpr size_t kBlock = 1 << 17;
constexpr int kRetries = 100;

struct Free {
  void operator()(archive* a) const { archive_read_free(a); }
};

std::string reason_of(archive* a) {
  const char* text = archive_error_string(a);
  return text != nullptr ? text : "it does not hold together";
}

// Names stand in messages: one line, no control characters.
std::string printable(const char* name) {
  std::string out;
  to_text(name, "", out);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return out;
}

class MemberSource : public ByteSource {
 public:
  explicit MemberSource(archive* a) : archive_(a) {}
  size_t read(std::span<char> out) override {
    size_t done = 0;
    while (done < out.size() && problem_.empty()) {
      const la_ssize_t n = archive_read_data(archive_, out.data() + done, out.size() - done);
      if (n == ARCHIVE_RETRY && ++retries_ < kRetries) continue;
      if (n < 0) problem_ = "is damaged: " + reason_of(archive_);
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }
  const std::string& problem() const override { return problem_; }

 private:
  archive* archive_;
  int retries_ = 0;
  std::string problem_;
};

}  // namespace

struct ArchiveFile::State {
  explicit State(std::unique_ptr<ByteSource> from) : source(std::move(from)), block(kBlock) {}
  static la_ssize_t read(archive*, void* self, const void** block) {
    auto* state = static_cast<State*>(self);
    const size_t n = state->source->read(state->block);
    state->at += static_cast<int64_t>(n);
    *block = state->block.data();
    return static_cast<la_ssize_t>(n);
  }
  static la_int64_t seek(archive*, void* self, la_int64_t offset, int whence) {
    auto* state = static_cast<State*>(self);
    const int64_t size = state->source->size();
    const int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? state->at : size;
    const int64_t to = std::clamp<int64_t>(base + offset, 0, size);
    if (!state->source->seek(to)) return ARCHIVE_FATAL;
    return state->at = to;
  }
  std::unique_ptr<ByteSource> source;
  std::vector<char> block;
  int64_t at = 0, count = 0;
  std::unique_ptr<archive, Free> handle{archive_read_new()};
  std::string problem;
};

ArchiveFile::ArchiveFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
ArchiveFile::~ArchiveFile() = default;

Result<std::unique_ptr<ArchiveFile>> ArchiveFile::open(std::unique_ptr<ByteSource> source) {
  auto state = std::make_unique<State>(std::move(source));
  archive* a = state->handle.get();
  if (a == nullptr) return fail("no memory to unpack it");
  archive_read_support_format_zip(a);
  archive_read_support_format_tar(a);
  archive_read_support_format_7zip(a);
  archive_read_set_read_callback(a, State::read);
  if (state->source->size() >= 0) archive_read_set_seek_callback(a, State::seek);
  archive_read_set_callback_data(a, state.get());
  if (archive_read_open1(a) != ARCHIVE_OK) return fail("is damaged: {}", reason_of(a));
  return std::unique_ptr<ArchiveFile>(new ArchiveFile(std::move(state)));
}

bool ArchiveFile::next(Member& member) {
  archive* a = state_->handle.get();
  for (int failed = 0; failed < kRetries;) {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(a, &entry);
    if (code == ARCHIVE_EOF) return false;
    if (code == ARCHIVE_FATAL) break;
    if (code == ARCHIVE_RETRY || code == ARCHIVE_FAILED) {
      ++failed;
      continue;
    }
    ++state_->count;
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr) continue;
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = archive_entry_pathname(entry);
    member.name = name != nullptr ? printable(name) : fmt::format("member {}", state_->count);
    member.refused = archive_entry_is_data_encrypted(entry) != 0 ? "is encrypted" : "";
    return true;
  }
  state_->problem = "is damaged: " + reason_of(a);
  return false;
}

std::unique_ptr<ByteSource> ArchiveFile::bytes() { return std::make_unique<MemberSource>(state_->handle.get()); }

bool ArchiveFile::packs() const {
  return (archive_format(state_->handle.get()) & ARCHIVE_FORMAT_BASE_MASK) != ARCHIVE_FORMAT_TAR;
}

const std::string& ArchiveFile::problem() const { return state_->problem; }

}  // namespace persea::read
