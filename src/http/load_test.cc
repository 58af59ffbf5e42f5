// Many clients at once.
#include <sys/resource.h>

#include <atomic>

#include "base/random.h"
#include "http/server_for_test.h"

namespace persea::http {
namespace {

class HttpLoad : public ServerTest {
 protected:
  static bool allow_files(rlim_t wanted) {  // both ends of each connection are this process's
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, wanted));
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur >= wanted;
  }
};

TEST_F(HttpLoad, AThousandStreamsAtOnce) {
  constexpr size_t kClients = 1000;
  if (!allow_files(4000)) GTEST_SKIP() << "this machine allows too few open files";
  Inbox<Stream> streams;
  router_.get("/stream", [&](const Request&, const Reply& reply) { streams.put(reply.events()); });
  start();
  std::vector<TestClient> clients;
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(client());
    ASSERT_TRUE(clients.back().get("/stream"));
  }
  const std::vector<Stream> all = streams.wait_for(kClients);
  ASSERT_EQ(all.size(), kClients);
  EXPECT_EQ(server_->connections(), kClients);
  for (int token = 0; token < 5; ++token) {
    for (const Stream& s : all) ASSERT_EQ(s.try_write(server_sent_event(std::to_string(token))), Stream::Sent::ok);
  }
  for (const Stream& s : all) s.end();
  for (TestClient& c : clients) {
    ASSERT_EQ(c.reply().body, "data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n");
  }
  server_->stop(5);
}

// Clients that do the wrong thing in the wrong moment, while others are served.
TEST_F(HttpLoad, HostileClientsHurtNobody) {
  options_.head_seconds = options_.body_seconds = options_.idle_seconds = options_.stall_seconds = 0.3;
  router_.post("/echo", [](const Request& request, const Reply& reply) { reply.send({.body = request.body}); });
  router_.get("/stream", [](const Request&, const Reply& reply) {
    const Stream s = reply.events();
    for (int i = 0; i < 50 && s.write(std::string(1000, 'x')); ++i) {
    }
    s.end();
  });
  start();
  std::atomic<int> ended{0};
  std::vector<std::thread> hostile;
  for (uint64_t t = 0; t < 4; ++t) {
    hostile.emplace_back([&, t] {
      Random random(t, "hostile");
      const std::string inputs[] = {
          "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc",
          "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
          "\r\n\r\n\r\n",
          "GET",
          std::string(5000, '\0')};
      for (int i = 0; i < 100; ++i) {
        TestClient c(server_->port());
        for (uint64_t n = random.below(4); n > 0; --n) {
          std::string input = inputs[random.below(std::size(inputs))];
          if (random.chance(0.3)) input[random.below(input.size())] = static_cast<char>(random.below(256));
          c.send(std::string_view(input).substr(0, 1 + random.below(input.size())));
        }
        if (random.chance(0.5)) c.reset();
      }
      ++ended;
    });
  }
  for (int i = 0; i < 20 || ended < 4; ++i) {
    TestClient c = client();
    ASSERT_TRUE(c.post("/echo", "hello"));
    ASSERT_EQ(c.reply().body, "hello");
  }
  for (std::thread& thread : hostile) thread.join();
  EXPECT_TRUE(soon([&] { return server_->connections() == 0; }));
}

}  // namespace
}  // namespace persea::http
