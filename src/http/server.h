// An HTTP/1.1 server: it listens, reads requests within limits, has the router's handlers answer them on threads of
// their own, and tells them when a client has gone. One thread moves all bytes. It knows no model, speaks no HTTP/2,
// follows no proxy's headers, and is no client.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/router.h"

namespace persea::http {

// What is written to the access log, on the network's thread: it must not wait.
struct Access {
  std::string request_id, remote;
  std::string method, path;  // as sent, the path without its query; empty where no such thing was understood
  int status = 0;            // 0: the client left before there was a reply
  uint64_t bytes = 0;        // sent, head and framing included
  double seconds = 0;        // from the request's first byte to the reply's last
  bool whole = false;        // the reply went out to its end
};

struct ServerOptions {
  std::string address = "127.0.0.1";       // an IP address or a name; "::" is every address
  uint16_t port = 0;                       // 0: any that is free
  std::string certificate = {}, key = {};  // PEM files: both for TLS, none for plain HTTP
  // A server on a loopback address answers only requests to a loopback name and to these, since any web page could have
  // a name of its own lead here. "*": any.
  std::vector<std::string> hosts = {};

  int workers = 8;  // handlers that run at once: one that takes long should keep its reply and return
  size_t connections = 2048;
  size_t header_bytes = 32 << 10;
  size_t body_bytes = 16 << 20;           // of one request
  size_t held_body_bytes = 512ull << 20;  // of all requests that are being read or answered
  size_t stream_bytes = 256 << 10;        // of one stream, waiting for its reader

  double head_seconds = 10;   // for a TLS handshake; from a request's first byte to the end of its header
  double body_seconds = 120;  // for the body
  double idle_seconds = 75;   // between requests
  double stall_seconds = 60;  // without a byte that the reader takes

  std::function<void(const Access&)> access_log = {};
  // Told each time that a connection comes or goes how many there are; as access_log is.
  std::function<void(size_t)> on_connections = {};
};

class Server {
 public:
  // Listens from now on. Fails, in one line, where the address cannot be had or the certificate is no good.
  static Result<Server> start(ServerOptions options, Router router);
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();  // as stop(0)

  uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:8080"
  size_t connections() const;

  // Listens no more, lets what was accepted be answered for up to `seconds`, then cuts off the rest; their handlers are
  // told, and this returns when those that still ran on a worker have returned. No handler may call it.
  void stop(double seconds);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace persea::http
