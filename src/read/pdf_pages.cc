#include "read/pdf_pages.h"

#include <fcntl.h>
#include <poll.h>
#include <poppler-document.h>
#include <poppler-global.h>
#include <poppler-page.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace persea::read {
namespace {

// What the child says, as records: a letter, a length of 8 bytes, and so many bytes.
enum : char { kPage = 'p', kTitle = 't', kAuthor = 'a', kDate = 'd', kError = 'e', kDone = '.' };

void send(int fd, char kind, std::string_view bytes) {
  char head[9] = {kind};
  const uint64_t size = bytes.size();
  std::memcpy(head + 1, &size, sizeof size);
  for (std::string_view part : {std::string_view(head, sizeof head), bytes}) {
    while (!part.empty()) {
      const ssize_t n = ::write(fd, part.data(), part.size());
      if (n <= 0 && errno != EINTR) _exit(1);
      if (n > 0) part.remove_prefix(static_cast<size_t>(n));
    }
  }
}

std::string utf8(const poppler::ustring& text) {
  const poppler::byte_array bytes = text.to_utf8();
  return {bytes.begin(), bytes.end()};
}

// In the child: all that touches poppler.
void read_pages(int fd, std::string_view bytes, const PdfLimits& limits) {
  poppler::set_debug_error_function([](const std::string&, void*) {}, nullptr);
  const std::unique_ptr<poppler::document> document(
      poppler::document::load_from_raw_data(bytes.data(), static_cast<int>(bytes.size())));
  if (!document) return send(fd, kError, "is a broken PDF");
  if (document->is_locked()) return send(fd, kError, "is encrypted");
  send(fd, kTitle, utf8(document->get_title()));
  send(fd, kAuthor, utf8(document->get_author()));
  const auto date = static_cast<time_t>(document->get_creation_date_t());
  tm parts{};
  if (date > 0 && gmtime_r(&date, &parts) != nullptr) {
    send(fd, kDate, fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday));
  }
  for (int i = 0; i < std::min(document->pages(), limits.pages); ++i) {
    const std::unique_ptr<poppler::page> page(document->create_page(i));
    send(fd, kPage, page ? utf8(page->text(poppler::rectf(), poppler::page::non_raw_non_physical_layout)) : "");
  }
  if (document->pages() > limits.pages)
    send(fd, kError, fmt::format("is a PDF of too many pages: {} were read", limits.pages));
  send(fd, kDone, "");
}

class Child {
 public:
  Child(pid_t pid, int fd) : pid_(pid), fd_(fd) {}
  ~Child() {
    ::close(fd_);
    if (ended_) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  // Fills `out`; false where the child has ended or taken too long.
  bool read(void* out, size_t size, std::chrono::steady_clock::time_point until) {
    auto* at = static_cast<char*>(out);
    while (size > 0) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
      if (left <= 0) return false;
      pollfd ready{fd_, POLLIN, 0};
      const int polled = ::poll(&ready, 1, static_cast<int>(std::min<long>(left, 1000)));
      if (polled < 0 && errno == EINTR) continue;
      if (polled == 0) {
        // The pipe's end is not seen while a child that another thread made holds it too.
        if (ended_) return false;
        ended_ = ::waitpid(pid_, nullptr, WNOHANG) == pid_;
        continue;
      }
      const ssize_t n = ::read(fd_, at, size);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      at += n;
      size -= static_cast<size_t>(n);
    }
    return true;
  }

 private:
  pid_t pid_;
  int fd_;
  bool ended_ = false;  // and was waited for
};

void limit(int what, rlim_t soft) {
  rlimit both{soft, soft};
  ::setrlimit(what, &both);
}

// What this process takes of the address space, in bytes; 0 where the system does not say.
uint64_t own_memory() {
  char text[64] = {};
  const int fd = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t n = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  return n > 0 ? std::strtoull(text, nullptr, 10) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

Result<PdfPages> read_pdf(std::string_view bytes, const PdfLimits& limits) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail("cannot be read: no pipe: {}", std::strerror(errno));
  const uint64_t own = own_memory();
  const pid_t pid = ::fork();
  if (pid < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    return fail("cannot be read: no process for it: {}", std::strerror(errno));
  }
  if (pid == 0) {
    // A broken file's crash is nobody's concern: no core, no handlers of ours, no word on the terminal.
    for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGTERM, SIGINT}) ::signal(signal, SIG_DFL);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, static_cast<rlim_t>(limits.seconds));
    if (own > 0) limit(RLIMIT_AS, own + static_cast<uint64_t>(limits.memory_bytes));
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    read_pages(ends[1], bytes, limits);
    _exit(0);
  }
  ::close(ends[1]);
  Child child(pid, ends[0]);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10 * limits.seconds);
  PdfPages out;
  int64_t total = 0;
  bool begun = false;
  for (;;) {
    char head[9];
    uint64_t size = 0;
    std::string text;
    bool whole = child.read(head, sizeof head, until);
    if (whole) {
      std::memcpy(&size, head + 1, sizeof size);
      total += static_cast<int64_t>(std::min<uint64_t>(size, uint64_t{1} << 40));
      if (total > limits.text_bytes) {
        out.left_out = fmt::format("is a PDF of too much text: {} MiB were read", limits.text_bytes >> 20);
        return out;
      }
      text.resize(size);
      whole = child.read(text.data(), size, until);
    }
    if (!whole) {
      if (!begun) return fail("is a PDF that cannot be read: poppler broke on it, or took too long");
      out.left_out = fmt::format("is a PDF that cannot be read to its end: {} pages were", out.pages.size());
      return out;
    }
    switch (head[0]) {
      case kPage:
        out.pages.push_back(std::move(text));
        break;
      case kTitle:
        out.title = std::move(text);
        break;
      case kAuthor:
        out.author = std::move(text);
        break;
      case kDate:
        out.date = std::move(text);
        break;
      case kError:
        if (!begun) return Error{text};
        out.left_out = std::move(text);
        break;
      default:
        return out;
    }
    begun = true;
  }
}

}  // namespace persea::read
