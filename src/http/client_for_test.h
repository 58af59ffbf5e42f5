// A blocking client over a raw socket for tests, so that they can say what no decent client would say. Every wait ends
// after some seconds, as an empty read.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace persea::http {

struct TestReply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  bool whole = false;  // the body came to its end as the head announced it
};

class TestClient {
 public:
  explicit TestClient(uint16_t port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval patience{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  TestClient(TestClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        connected_(other.connected_),
        ssl_(std::move(other.ssl_)),
        received_(std::move(other.received_)) {}
  TestClient(const TestClient&) = delete;
  ~TestClient() { close(); }

  bool connected() const { return connected_; }

  // From now on through TLS, trusting anybody.
  bool start_tls(SSL_CTX* context) {
    ssl_ = {SSL_new(context), SSL_free};
    SSL_set_fd(ssl_.get(), socket_);
    return SSL_connect(ssl_.get()) == 1;
  }
  SSL* tls() const { return ssl_.get(); }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                          : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  bool get(std::string_view target, std::string_view headers = "") {
    return send(std::string("GET ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n").append(headers) + "\r\n");
  }
  bool post(std::string_view target, std::string_view body) {
    return send(std::string("POST ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\nContent-Length: ") +
                std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  }

  // More bytes into received(); false at the end, and where nothing comes.
  bool receive() {
    char block[65536];
    const auto n = ssl_ ? SSL_read(ssl_.get(), block, sizeof block) : ::recv(socket_, block, sizeof block, 0);
    if (n > 0) received_.append(block, static_cast<size_t>(n));
    return n > 0;
  }
  // What came up to and with `mark`, taken off received(); what came at all where it does not come.
  std::string read_until(std::string_view mark) {
    size_t at;
    while ((at = received_.find(mark)) == received_.npos) {
      if (!receive()) return std::exchange(received_, {});
    }
    std::string text = received_.substr(0, at + mark.size());
    received_.erase(0, text.size());
    return text;
  }
  std::string read_bytes(size_t n) {
    while (received_.size() < n && receive()) {
    }
    std::string text = received_.substr(0, n);
    received_.erase(0, text.size());
    return text;
  }
  bool at_end() {  // the server has closed and nothing is left
    while (receive()) {
    }
    return received_.empty() && !readable_later();
  }
  const std::string& received() const { return received_; }

  // The next reply; status 0 where none comes. `head_only` as after HEAD.
  TestReply reply(bool head_only = false) {
    TestReply reply;
    const std::string head = read_until("\r\n\r\n");
    if (!head.starts_with("HTTP/1.1 ") || !head.ends_with("\r\n\r\n")) return reply;
    reply.status = std::atoi(head.c_str() + 9);
    for (size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
      const size_t end = head.find("\r\n", at), colon = head.find(": ", at);
      std::string name = head.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      reply.headers[name] = head.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
    reply.whole = head_only || reply.status == 304 || reply.status == 204 || reply.status == 100 || read_body(reply);
    return reply;
  }

  void half_close() { shutdown(socket_, SHUT_WR); }
  void reset() {  // as a crashed client
    const linger now{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  void close() {
    ssl_.reset();
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  bool readable_later() {
    pollfd wait{socket_, POLLIN, 0};
    return ::poll(&wait, 1, 0) == 0;  // 0: open still, receive() had given up
  }
  bool read_body(TestReply& reply) {
    if (const auto length = reply.headers.find("content-length"); length != reply.headers.end()) {
      const auto size = static_cast<size_t>(std::atoll(length->second.c_str()));
      reply.body = read_bytes(size);
      return reply.body.size() == size;
    }
    if (!reply.headers.contains("transfer-encoding")) {
      while (receive()) {
      }
      reply.body = std::exchange(received_, {});
      return true;
    }
    while (true) {
      const std::string line = read_until("\r\n");
      if (!line.ends_with("\r\n")) return false;
      const size_t size = std::stoul(line, nullptr, 16);
      const std::string chunk = read_bytes(size + 2);
      if (chunk.size() != size + 2) return false;
      if (size == 0) return true;
      reply.body += chunk.substr(0, size);
    }
  }

  int socket_;
  bool connected_ = false;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  std::string received_;
};

}  // namespace persea::http
