// The bytes of one connection, plain or through TLS, as the connection sees them. It knows no HTTP and keeps no time.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>

namespace persea::http {

namespace asio = boost::asio;
using boost::system::error_code;

class Transport {
 public:
  using Done = std::function<void(error_code error)>;
  using Moved = std::function<void(error_code error, size_t bytes)>;
  using Buffers = std::array<asio::const_buffer, 4>;

  virtual ~Transport() = default;
  // One read and one write may be under way at a time. Nothing is called after close() but with an error.
  virtual void handshake(Done done) = 0;
  virtual void read_some(asio::mutable_buffer buffer, Moved done) = 0;
  virtual void write_some(const Buffers& buffers, Moved done) = 0;
  // Says that nothing more will come from here. What the client still sends can be thrown away by discard_some.
  virtual void shutdown(Done done) = 0;
  virtual void discard_some(asio::mutable_buffer buffer, Moved done) = 0;  // reads the socket, below TLS
  virtual asio::ip::tcp::socket& socket() = 0;
  void close();
};

std::unique_ptr<Transport> plain_transport(asio::ip::tcp::socket socket);
std::unique_ptr<Transport> tls_transport(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> context);

}  // namespace persea::http
