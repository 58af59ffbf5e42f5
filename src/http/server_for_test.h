// What the tests of the server share: one that runs, on a free port, with short deadlines.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "http/client_for_test.h"
#include "http/server.h"

namespace persea::http {

// Waits for `condition` a while; whether it came true.
inline bool soon(const std::function<bool()>& condition) {
  for (int i = 0; i < 4000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

// What several threads say to one that waits.
template <class T>
class Inbox {
 public:
  void put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  // All so far, once there are `n`; fewer where they do not come.
  std::vector<T> wait_for(size_t n) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return values_.size() >= n; });
    return values_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> values_;
};

class ServerTest : public ::testing::Test {
 protected:
  void start() {
    options_.access_log = [this](const Access& access) { log_.put(access); };
    auto server = Server::start(options_, router_);
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_.emplace(std::move(*server));
  }
  TestClient client(int receive_buffer = 0) {
    TestClient made(server_->port(), receive_buffer);
    EXPECT_TRUE(made.connected());
    return made;
  }
  TestReply get(std::string_view target, std::string_view headers = "") {
    TestClient c = client();
    c.get(target, headers);
    return c.reply();
  }

  ServerOptions options_;
  Router router_;
  Inbox<Access> log_;
  std::optional<Server> server_;
};

}  // namespace persea::http
