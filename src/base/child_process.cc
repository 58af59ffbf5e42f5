#include "base/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/clock.h"

extern char** environ;

namespace persea {
namespace {

// The reading end of a pipe whose writing end a child takes.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(0);
    close(1);
  }
  bool ok() const { return ends_[1] >= 0; }
  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  void close(size_t end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

// What posix_spawn is told; freed in the end.
class SpawnOrders {
 public:
  SpawnOrders() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnOrders(const SpawnOrders&) = delete;
  SpawnOrders& operator=(const SpawnOrders&) = delete;
  ~SpawnOrders() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

// Takes what has come; false where nothing will come any more.
bool take(int fd, std::string& text, size_t most) {
  char buffer[16384];
  const ssize_t n = ::read(fd, buffer, sizeof buffer);
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  text.append(buffer, std::min(static_cast<size_t>(n), most - std::min(most, text.size())));
  return n > 0;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<ChildOutput> run_child(const std::vector<std::string>& words, ChildLimits limits) {
  if (words.empty()) throw std::logic_error("run_child: no program is named");
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  Pipe out, err;
  if (!out.ok() || !err.ok()) return fail("{}: cannot be started: {}", words[0], std::strerror(errno));
  SpawnOrders orders;
  posix_spawn_file_actions_addopen(&orders.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&orders.actions, out.writing(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&orders.actions, err.writing(), STDERR_FILENO);
  posix_spawnattr_setflags(&orders.attributes, POSIX_SPAWN_SETPGROUP);  // a group of its own: Ctrl-C is ours
  pid_t pid = 0;
  const int failed =
      posix_spawnp(&pid, words[0].c_str(), &orders.actions, &orders.attributes, arguments.data(), environ);
  if (failed == ENOENT) return fail("{}: is not found", words[0]);
  if (failed != 0) return fail("{}: cannot be started: {}", words[0], std::strerror(failed));
  out.close(1);
  err.close(1);

  ChildOutput output;
  const double end = wall_seconds() + limits.seconds;
  std::array<pollfd, 2> waiting = {pollfd{out.reading(), POLLIN, 0}, pollfd{err.reading(), POLLIN, 0}};
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    const double left = end - wall_seconds();
    if (left <= 0) {
      ::kill(-pid, SIGKILL);
      (void)wait_for(pid);
      return fail("{}: does not answer within {:.0f} s", words[0], limits.seconds);
    }
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(std::min(left, 1.0) * 1000) + 1) <= 0) continue;
    if (waiting[0].revents != 0 && !take(waiting[0].fd, output.out, limits.bytes)) waiting[0].fd = -1;
    if (waiting[1].revents != 0 && !take(waiting[1].fd, output.err, limits.bytes)) waiting[1].fd = -1;
  }
  output.status = wait_for(pid);
  return output;
}

}  // namespace persea
