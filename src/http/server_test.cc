// Requests and whole replies: routes, keep-alive, pipelining, limits, deadlines, start and what is refused.
#include "http/server.h"

#include "http/server_for_test.h"
#include "http/static_files.h"

namespace persea::http {
namespace {

class HttpServer : public ServerTest {
 protected:
  HttpServer() {
    router_.get("/hello/{name}", [](const Request& request, const Reply& reply) {
      reply.send({.content_type = "text/plain", .body = "hello " + request.parameter("name")});
    });
    router_.post("/echo", [](const Request& request, const Reply& reply) {
      reply.send({.content_type = "application/octet-stream", .body = request.body});
    });
    router_.get("/throw", [](const Request&, const Reply&) { throw std::runtime_error("secret"); });
    router_.get("/drop", [](const Request&, const Reply&) {});
    router_.get("/nothing", [](const Request&, const Reply& reply) { reply.send({.status = 204}); });
    router_.get("/twice", [](const Request&, const Reply& reply) {
      reply.send({.body = "1"});
      reply.send({.body = "2"});
    });
  }
};

TEST_F(HttpServer, AnswersByMethodAndPath) {
  start();
  const TestReply hello = get("/hello/w%20x?y=1");
  EXPECT_EQ(hello.status, 200);
  EXPECT_EQ(hello.body, "hello w x");
  EXPECT_EQ(hello.headers.at("content-type"), "text/plain");
  EXPECT_EQ(hello.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(hello.headers.count("connection"), 0u);
  EXPECT_TRUE(hello.headers.at("x-request-id").starts_with("req_"));

  const TestReply missing = get("/no/such/thing");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(Json::parse(missing.body)["error"]["code"], "not_found");
  EXPECT_EQ(Json::parse(missing.body)["error"]["message"], "there is no /no/such/thing here");
  const TestReply wrong = get("/echo");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.at("allow"), "OPTIONS, POST");
  EXPECT_EQ(Json::parse(wrong.body)["error"]["type"], "invalid_request_error");
  const TestReply thrown = get("/throw");
  EXPECT_EQ(thrown.status, 500);
  EXPECT_EQ(thrown.body.find("secret"), std::string::npos);
  EXPECT_NE(thrown.body.find(thrown.headers.at("x-request-id")), std::string::npos);
  EXPECT_EQ(get("/drop").status, 500);
  EXPECT_EQ(get("/nothing").status, 204);
  EXPECT_EQ(get("/twice").body, "1");

  TestClient c = client();
  c.send(
      "HEAD /hello/x HTTP/1.1\r\nHost: localhost\r\n\r\nOPTIONS /hello/x HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\nOPTIONS /no HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const TestReply head = c.reply(true);
  EXPECT_EQ(head.headers.at("content-length"), "7");
  const TestReply options = c.reply();
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.at("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(c.reply().status, 204);
  EXPECT_EQ(c.reply().status, 404);
}

TEST_F(HttpServer, KeepsConnectionsAndTakesPipelines) {
  start();
  TestClient c = client();
  std::string requests, expected;
  for (int i = 0; i < 300; ++i) {
    const std::string body = std::string(static_cast<size_t>(i), 'x') + std::to_string(i);
    requests +=
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    requests += "GET /hello/" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  std::thread sender([&] { EXPECT_TRUE(c.send(requests)); });
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(c.reply().body, std::string(static_cast<size_t>(i), 'x') + std::to_string(i));
    ASSERT_EQ(c.reply().body, "hello " + std::to_string(i));
  }
  sender.join();
  EXPECT_EQ(server_->connections(), 1u);
  c.get("/hello/x", "Connection: close\r\n");
  EXPECT_EQ(c.reply().headers.at("connection"), "close");
  EXPECT_TRUE(c.at_end());
  c.close();
  EXPECT_TRUE(soon([&] { return server_->connections() == 0; }));

  const auto access = log_.wait_for(601);
  ASSERT_EQ(access.size(), 601u);
  EXPECT_EQ(access[1].method, "GET");
  EXPECT_EQ(access[1].path, "/hello/0");
  EXPECT_EQ(access[1].status, 200);
  EXPECT_EQ(access[1].remote, "127.0.0.1");
  EXPECT_GT(access[1].bytes, 100u);
  EXPECT_TRUE(access[1].whole);
}

TEST_F(HttpServer, ServesOldClientsToo) {
  start();
  TestClient c = client();
  c.send("GET /hello/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(c.reply().headers.at("connection"), "keep-alive");
  c.send("GET /hello/b HTTP/1.0\r\n\r\n");
  const TestReply last = c.reply();
  EXPECT_EQ(last.body, "hello b");
  EXPECT_EQ(last.headers.at("connection"), "close");
  EXPECT_TRUE(c.at_end());
}

TEST_F(HttpServer, AClientThatHasSaidAllIsAnsweredStill) {
  start();
  TestClient c = client();
  c.get("/hello/a");
  c.get("/hello/b");
  c.half_close();
  EXPECT_EQ(c.reply().body, "hello a");
  EXPECT_EQ(c.reply().body, "hello b");
  EXPECT_TRUE(c.at_end());
}

TEST_F(HttpServer, BodiesHaveLimits) {
  options_.body_bytes = 1000;
  router_.add(
      "POST", "/large",
      [](const Request& r, const Reply& reply) { reply.send({.body = std::to_string(r.body.size())}); }, 100000);
  start();
  TestClient c = client();
  EXPECT_TRUE(c.post("/echo", std::string(1000, 'x')));
  EXPECT_EQ(c.reply().body.size(), 1000u);
  EXPECT_TRUE(c.post("/large", std::string(100000, 'x')));
  EXPECT_EQ(c.reply().body, "100000");
  c.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(c.reply().body, "abcde");
  // The refusal arrives whole, though the client goes on sending for a while.
  c.post("/echo", std::string(3000000, 'x'));
  const TestReply refused = c.reply();
  EXPECT_EQ(refused.status, 413);
  EXPECT_TRUE(refused.whole);
  EXPECT_NE(refused.body.find("limit of 1000 bytes"), std::string::npos) << refused.body;
  EXPECT_EQ(refused.headers.at("connection"), "close");
  TestClient d = client();
  d.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n");
  EXPECT_EQ(d.reply().status, 413);
  EXPECT_TRUE(d.at_end());
  TestClient e = client();
  e.send("GET /" + std::string(100000, 'x') + " HTTP/1.1\r\n");
  EXPECT_EQ(e.reply().status, 431);
  EXPECT_TRUE(e.at_end());
  TestClient f = client();  // nobody reads a body that no route wants
  f.post("/nowhere", std::string(10, 'x'));
  EXPECT_EQ(f.reply().status, 404);
  EXPECT_TRUE(f.at_end());
}

TEST_F(HttpServer, AllBodiesTogetherHaveALimit) {
  options_.held_body_bytes = 150000;
  options_.body_bytes = 100000;
  start();
  TestClient one = client();
  one.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + std::string(99999, 'x'));
  TestClient two = client();
  EXPECT_TRUE(soon([&] { return server_->connections() == 2; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  two.post("/echo", std::string(100000, 'y'));
  const TestReply refused = two.reply();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  one.send("x");
  EXPECT_EQ(one.reply().body.size(), 100000u);
  one.post("/echo", std::string(100000, 'z'));  // and all is free again
  EXPECT_EQ(one.reply().status, 200);
}

TEST_F(HttpServer, SaysContinueWhereItIsExpected) {
  start();
  TestClient c = client();
  c.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(c.reply().status, 100);
  c.send("hello");
  EXPECT_EQ(c.reply().body, "hello");
  c.send("POST /no HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(c.reply().status, 404);
}

TEST_F(HttpServer, TheSlowAreCutOff) {
  options_.head_seconds = 0.15;
  options_.body_seconds = 0.3;
  options_.idle_seconds = 0.5;
  start();
  const auto begin = std::chrono::steady_clock::now();
  TestClient head = client(), body = client(), idle = client(), drip = client();
  head.send("GET /hello/a HTTP/1.1\r\nHost: ");
  body.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhel");
  std::thread dripping([&] {  // a byte now and then does not help
    const std::string request = "GET /hello/a HTTP/1.1\r\nHost: localhost\r\nA: " + std::string(200, 'a');
    for (const char c : request) {
      if (!drip.send({&c, 1})) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(1)) return;
    }
  });
  EXPECT_EQ(head.reply().status, 408);
  EXPECT_EQ(body.reply().status, 408);
  EXPECT_TRUE(idle.at_end());
  dripping.join();
  EXPECT_EQ(drip.reply().status, 408);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
  TestClient kept = client();
  kept.get("/hello/a");
  EXPECT_EQ(kept.reply().status, 200);
  EXPECT_TRUE(kept.at_end());  // idle after a reply
}

TEST_F(HttpServer, MalformedRequestsAreToldAndClosed) {
  start();
  for (const auto& [status, request] : std::vector<std::pair<int, std::string>>{
           {400, "garbage\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\n\r\n"},
           {400, "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n"},
           {400, "GET /../secret HTTP/1.1\r\nHost: localhost\r\n\r\n"},
           {400, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
           {400, std::string("\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", 11)},
           {501, "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n"},
           {505, "GET / HTTP/3.0\r\nHost: localhost\r\n\r\n"}}) {
    TestClient c = client();
    c.send(request);
    const TestReply reply = c.reply();
    EXPECT_EQ(reply.status, status) << request;
    EXPECT_TRUE(Json::parse(reply.body)["error"]["message"].is_string());
    EXPECT_TRUE(c.at_end()) << request;
  }
  EXPECT_EQ(get("/hello/x").status, 200);
  EXPECT_EQ(log_.wait_for(9).at(0).status, 400);
}

TEST_F(HttpServer, AnswersOnlyToThisMachinesNames) {
  options_.hosts = {"persea.example"};
  start();
  const auto status = [&](const std::string& host) {
    TestClient c = client();
    c.send("GET /hello/x HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return c.reply().status;
  };
  for (const char* own :
       {"localhost", "LOCALHOST:1234", "127.0.0.1:80", "127.1.2.3", "[::1]:80", "Persea.Example", "a.localhost"}) {
    EXPECT_EQ(status(own), 200) << own;
  }
  for (const char* other :
       {"evil.example", "127.0.0.1.evil.example", "10.0.0.1", "localhost.evil.example:80", "[::2]"}) {
    EXPECT_EQ(status(other), 421) << other;
  }
}

TEST_F(HttpServer, TakesNoMoreConnectionsThanItMay) {
  options_.connections = 4;
  start();
  std::vector<TestClient> all;
  for (int i = 0; i < 4; ++i) all.push_back(client());
  EXPECT_TRUE(soon([&] { return server_->connections() == 4; }));
  TestClient fifth = client();
  fifth.get("/hello/x");
  const TestReply refused = fifth.reply();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  fifth.close();
  for (int i = 0; i < 60; ++i) all.push_back(client());  // past those who are told, the rest wait unaccepted
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_LE(server_->connections(), 13u);
  all.clear();
  EXPECT_TRUE(soon([&] { return get("/hello/x").status == 200; }));
}

TEST_F(HttpServer, ServesFilesFromMemory) {
  static const std::string large(3000000, 'z');
  const StaticFile files[] = {{"/index.html", "<p>hi</p>"}, {"/app.js", "1;"}, {"/large.bin", large}};
  add_static_files(router_, files);
  start();
  const TestReply page = get("/");
  EXPECT_EQ(page.body, "<p>hi</p>");
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.headers.at("content-security-policy"), kStrictPolicy);
  EXPECT_EQ(page.headers.at("x-frame-options"), "DENY");
  const std::string tag = page.headers.at("etag");
  EXPECT_EQ(get("/index.html").headers.at("etag"), tag);
  EXPECT_NE(get("/app.js").headers.at("etag"), tag);
  EXPECT_EQ(get("/app.js").headers.at("content-type"), "text/javascript; charset=utf-8");
  for (const std::string& known : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    const TestReply same = get("/", "If-None-Match: " + known + "\r\n");
    EXPECT_EQ(same.status, 304) << known;
    EXPECT_EQ(same.headers.at("etag"), tag);
    EXPECT_EQ(same.headers.count("content-length"), 0u);
  }
  EXPECT_EQ(get("/", "If-None-Match: \"x\"\r\n").status, 200);
  EXPECT_EQ(get("/large.bin").body, large);
  EXPECT_EQ(get("/%2e%2e/etc/passwd").status, 400);
  EXPECT_EQ(get("/x%2f..%2fapp.js").status, 400);
  EXPECT_EQ(get("/etc/passwd").status, 404);
}

TEST_F(HttpServer, SaysInOneLineWhyItDoesNotStart) {
  start();
  const auto why = [](ServerOptions options) {
    const auto server = Server::start(std::move(options), {});
    return server.ok() ? "it did" : server.error().message;
  };
  EXPECT_EQ(
      why({.port = server_->port()}),
      fmt::format("127.0.0.1:{}: another program listens there: stop it, or choose another port (0 picks a free one)",
                  server_->port()));
  EXPECT_NE(why({.address = "192.0.2.1"}).find("192.0.2.1:0: not an address of this machine"), std::string::npos);
  EXPECT_NE(why({.address = "no such host"}).find("no address of this name is known"), std::string::npos);
  EXPECT_NE(why({.certificate = "/no/cert.pem", .key = "/no/key.pem"}).find("/no/cert.pem"), std::string::npos);
  EXPECT_NE(why({.certificate = "/no/cert.pem"}).find("name both or none"), std::string::npos);
  EXPECT_THROW((void)Server::start({.workers = 0}, {}), std::logic_error);
  EXPECT_THROW((void)Server::start({.connections = 0}, {}), std::logic_error);
  EXPECT_EQ(server_->url(), fmt::format("http://127.0.0.1:{}", server_->port()));
  EXPECT_TRUE(Server::start({.address = "localhost"}, {}).ok());
  if (const auto v6 = Server::start({.address = "::1"}, {}); v6.ok()) {  // where the machine has it
    EXPECT_EQ(v6->url(), fmt::format("http://[::1]:{}", v6->port()));
  }
}

}  // namespace
}  // namespace persea::http
