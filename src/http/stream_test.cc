// Replies in pieces: chunks, events, clients that go or do not read, and the server's end while one runs.
#include "http/server_for_test.h"

namespace persea::http {
namespace {

using namespace std::chrono_literals;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

class HttpStream : public ServerTest {
 protected:
  // GET /stream hands its stream to the test.
  HttpStream() {
    router_.get("/stream", [this](const Request&, const Reply& reply) {
      streams_.put(reply.stream({.content_type = "text/plain"}));
    });
    router_.get("/reply", [this](const Request&, const Reply& reply) { replies_.put(reply); });
  }
  Stream stream() {
    ++taken_;
    return streams_.wait_for(taken_).at(taken_ - 1);
  }

  Inbox<Stream> streams_;
  Inbox<Reply> replies_;
  size_t taken_ = 0;
};

TEST_F(HttpStream, ComesInChunksAsTheyAreWritten) {
  start();
  TestClient c = client();
  c.get("/stream");
  EXPECT_NE(c.read_until("\r\n\r\n").find("Transfer-Encoding: chunked"), std::string::npos);
  const Stream s = stream();
  EXPECT_EQ(s.try_write("hello"), Stream::Sent::ok);
  EXPECT_EQ(c.read_until("hello\r\n"), "5\r\nhello\r\n");
  EXPECT_TRUE(s.write(""));  // no end
  EXPECT_TRUE(s.write("world!"));
  EXPECT_EQ(c.read_until("!\r\n"), "6\r\nworld!\r\n");
  s.end();
  EXPECT_EQ(c.read_until("0\r\n\r\n"), "0\r\n\r\n");
  EXPECT_EQ(s.try_write("more"), Stream::Sent::gone);
  EXPECT_FALSE(s.write("more"));
  s.end();
  c.get("/stream");  // the connection goes on
  const Stream again = stream();
  again.write(std::string(1000000, 'x'));
  again.end();
  EXPECT_EQ(c.reply().body.size(), 1000000u);
}

TEST_F(HttpStream, EventsForABrowser) {
  router_.get("/events", [](const Request&, const Reply& reply) {
    const Stream events = reply.events();
    for (const char* text : {"{\"a\":1}", "two\nlines", "[DONE]"}) events.write(server_sent_event(text));
    events.end();
  });
  start();
  const TestReply events = get("/events");
  EXPECT_EQ(events.headers.at("content-type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(events.headers.at("cache-control"), "no-store");
  EXPECT_EQ(events.body, "data: {\"a\":1}\n\ndata: two\ndata: lines\n\ndata: [DONE]\n\n");
  EXPECT_TRUE(events.whole);
}

TEST_F(HttpStream, WithoutChunksForOldClientsAndWithoutBodyForHead) {
  start();
  TestClient old = client();
  old.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const Stream s = stream();
  s.write("abc");
  s.end();
  const TestReply reply = old.reply();
  EXPECT_EQ(reply.body, "abc");
  EXPECT_EQ(reply.headers.at("connection"), "close");
  TestClient c = client();
  c.send("HEAD /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(c.reply(true).status, 200);
  const Stream nobody = stream();
  EXPECT_TRUE(nobody.gone());
  EXPECT_FALSE(nobody.write("x"));
  nobody.end();
  c.get("/stream");
  stream().end();
  EXPECT_EQ(c.reply().body, "");
}

TEST_F(HttpStream, ADroppedOrAbortedStreamDoesNotLookWhole) {
  router_.get("/throw", [](const Request&, const Reply& reply) {
    reply.stream({}).write("part");
    throw std::runtime_error("broken");
  });
  router_.get("/drop", [](const Request&, const Reply& reply) { reply.stream({}).write("part"); });
  router_.get("/abort", [](const Request&, const Reply& reply) {
    const Stream s = reply.stream({});
    s.write("part");
    s.abort();
    s.end();
  });
  start();
  for (const char* target : {"/throw", "/drop", "/abort"}) {
    TestClient c = client();
    c.get(target);
    const TestReply reply = c.reply();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "part");
    EXPECT_FALSE(reply.whole) << target;
  }
  for (const Access& access : log_.wait_for(3)) EXPECT_FALSE(access.whole);
}

TEST_F(HttpStream, TheHandlerLearnsAtOnceThatTheClientHasGone) {
  start();
  for (const auto& leave : std::vector<std::function<void(TestClient&)>>{
           [](TestClient& c) { c.close(); }, [](TestClient& c) { c.reset(); }, [](TestClient& c) { c.half_close(); }}) {
    TestClient c = client();
    c.get("/stream");
    const Stream s = stream();
    Inbox<double> told;
    const auto begin = std::chrono::steady_clock::now();
    s.on_gone([&] { told.put(seconds_since(begin)); });
    EXPECT_FALSE(s.gone());
    std::this_thread::sleep_for(20ms);
    leave(c);
    ASSERT_EQ(told.wait_for(1).size(), 1u);
    EXPECT_LT(told.wait_for(1)[0], 2);
    EXPECT_TRUE(s.gone());
    EXPECT_EQ(s.try_write("x"), Stream::Sent::gone);
    EXPECT_FALSE(s.write("x"));
    s.on_gone([&] { told.put(0); });  // too late to wait for it
    EXPECT_EQ(told.wait_for(2).size(), 2u);
    s.end();
  }
  TestClient c = client();  // a whole reply is waited for in the same way
  c.get("/reply");
  const Reply reply = replies_.wait_for(1).at(0);
  Inbox<int> told;
  reply.on_gone([&] { told.put(1); });
  c.close();
  EXPECT_EQ(told.wait_for(1).size(), 1u);
  reply.send({.body = "to nobody"});
  EXPECT_TRUE(soon([&] { return server_->connections() == 0; }));
}

TEST_F(HttpStream, PipelinedRequestsDoNotHideThatTheClientHasGone) {
  start();
  TestClient c = client();
  c.get("/stream");
  const Stream s = stream();
  c.get("/stream");
  c.get("/stream");
  std::this_thread::sleep_for(20ms);
  c.close();
  EXPECT_TRUE(soon([&] { return s.gone(); }));
}

TEST_F(HttpStream, ASlowReaderHoldsTheWriterNotTheMemory) {
  options_.stream_bytes = 64 << 10;
  start();
  TestClient c = client(4096);
  c.get("/stream");
  const Stream s = stream();
  const std::string piece(4096, 'x');
  size_t taken = 0;
  // The kernel's buffers take some megabytes, then the stream's own bound is reached; and no room comes of itself.
  for (int quiet = 0; quiet < 40;) {
    if (s.try_write(piece) == Stream::Sent::ok) {
      taken += piece.size();
      quiet = 0;
    } else {
      std::this_thread::sleep_for(5ms);
      ++quiet;
    }
    ASSERT_LT(taken, size_t{64} << 20);
  }
  EXPECT_EQ(s.try_write(std::string(100000, 'x')), Stream::Sent::full);
  Inbox<bool> wrote;
  std::thread writer([&] {
    wrote.put(s.write(std::string(1 << 20, 'y')));  // far more than the bound: it waits for the reader
    s.end();
  });
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(s.gone());
  const TestReply reply = c.reply();
  EXPECT_EQ(reply.body.size(), taken + (1 << 20));
  EXPECT_TRUE(reply.whole);
  EXPECT_TRUE(wrote.wait_for(1).at(0));
  writer.join();
}

// However many of them: whoever is done is held by nobody, and all of it arrives.
TEST_F(HttpStream, ASlowReaderDoesNotHoldTheEnd) {
  options_.stream_bytes = 64 << 10;
  start();
  constexpr size_t kReaders = 3, kRest = size_t{8} << 20;  // more than the kernel takes
  std::vector<TestClient> clients;
  for (size_t i = 0; i < kReaders; ++i) {
    clients.push_back(client(4096));
    clients.back().get("/stream");
    const Stream s = stream();
    EXPECT_EQ(s.try_write("begun "), Stream::Sent::ok);
    const auto begin = std::chrono::steady_clock::now();
    s.end(std::string(kRest, static_cast<char>('a' + i)));
    EXPECT_LT(seconds_since(begin), 2);
    EXPECT_EQ(s.try_write("more"), Stream::Sent::gone);
  }
  for (size_t i = 0; i < kReaders; ++i) {
    const TestReply reply = clients[i].reply();
    EXPECT_TRUE(reply.whole);
    EXPECT_TRUE(reply.body == "begun " + std::string(kRest, static_cast<char>('a' + i)));
  }
  TestClient gone = client();  // nobody is left to read it
  gone.get("/stream");
  const Stream s = stream();
  gone.reset();
  EXPECT_TRUE(soon([&] { return s.gone(); }));
  s.end("the rest");
}

TEST_F(HttpStream, AReaderThatStopsIsCutOff) {
  options_.stall_seconds = 0.2;
  start();
  TestClient c = client(4096);
  c.get("/stream");
  const Stream s = stream();
  const auto begin = std::chrono::steady_clock::now();
  while (s.write(std::string(65536, 'x'))) {
  }
  EXPECT_TRUE(s.gone());
  EXPECT_GT(seconds_since(begin), 0.15);
  EXPECT_TRUE(soon([&] { return server_->connections() == 0; }));
}

TEST_F(HttpStream, ManyThreadsMayWriteAtOnce) {
  options_.stream_bytes = 1000;
  start();
  TestClient c = client();
  c.get("/stream");
  const Stream s = stream();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) EXPECT_TRUE(s.write(std::string(10, static_cast<char>('a' + t))));
    });
  }
  std::thread end([&] {
    for (std::thread& thread : threads) thread.join();
    s.end();
  });
  const std::string body = c.reply().body;
  end.join();
  ASSERT_EQ(body.size(), 20000u);
  for (size_t i = 0; i < body.size(); i += 10) ASSERT_EQ(body.substr(i, 10), std::string(10, body[i]));
}

TEST_F(HttpStream, TheServerStopsWhenTheLastReplyIsOut) {
  start();
  TestClient idle = client(), streaming = client(), whole = client();
  streaming.get("/stream");
  whole.get("/reply");
  const Stream s = stream();
  const Reply reply = replies_.wait_for(1).at(0);
  const uint16_t port = server_->port();
  std::thread stopping([&] { server_->stop(20); });
  EXPECT_TRUE(idle.at_end());
  EXPECT_TRUE(soon([&] { return !TestClient(port).connected(); }));
  EXPECT_FALSE(s.gone());
  s.write("to the end");
  s.end();
  reply.send({.body = "{}"});
  EXPECT_EQ(streaming.reply().body, "to the end");
  const TestReply last = whole.reply();
  EXPECT_EQ(last.body, "{}");
  EXPECT_EQ(last.headers.at("connection"), "close");
  EXPECT_TRUE(streaming.at_end());
  streaming.close();
  whole.close();
  stopping.join();
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(HttpStream, WhoDoesNotFinishInTimeIsCutOff) {
  router_.get("/stubborn", [](const Request&, const Reply& reply) {
    const Stream s = reply.stream({});
    while (s.write("again and again ")) std::this_thread::sleep_for(1ms);
  });
  start();
  TestClient c = client(), half = client(), stubborn = client();
  c.get("/stream");
  half.send("GET /str");
  stubborn.get("/stubborn");
  stubborn.read_until("again");
  const Stream s = stream();
  Inbox<int> told;
  s.on_gone([&] { told.put(1); });
  const auto begin = std::chrono::steady_clock::now();
  server_->stop(0.2);
  EXPECT_GT(seconds_since(begin), 0.15);
  EXPECT_LT(seconds_since(begin), 5);
  EXPECT_EQ(told.wait_for(1).size(), 1u);
  EXPECT_FALSE(s.write("x"));
  server_.reset();
  EXPECT_FALSE(s.write("x"));  // a stream may outlive its server
  EXPECT_FALSE(c.reply().whole);
  EXPECT_FALSE(stubborn.reply().whole);
}

}  // namespace
}  // namespace persea::http
