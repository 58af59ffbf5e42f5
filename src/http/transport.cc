#include "http/transport.h"

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace persea::http {
namespace {

using asio::ip::tcp;

class Plain final : public Transport {
 public:
  explicit Plain(tcp::socket socket) : socket_(std::move(socket)) {}
  void handshake(Done done) override {
    asio::post(socket_.get_executor(), [done = std::move(done)] { done({}); });
  }
  void read_some(asio::mutable_buffer buffer, Moved done) override { socket_.async_read_some(buffer, std::move(done)); }
  void write_some(const Buffers& buffers, Moved done) override { socket_.async_write_some(buffers, std::move(done)); }
  void shutdown(Done done) override {
    error_code error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    asio::post(socket_.get_executor(), [done = std::move(done), error] { done(error); });
  }
  void discard_some(asio::mutable_buffer buffer, Moved done) override { read_some(buffer, std::move(done)); }
  tcp::socket& socket() override { return socket_; }

 private:
  tcp::socket socket_;
};

class Tls final : public Transport {
 public:
  Tls(tcp::socket socket, std::shared_ptr<asio::ssl::context> context)
      : context_(std::move(context)), stream_(std::move(socket), *context_) {}
  void handshake(Done done) override { stream_.async_handshake(asio::ssl::stream_base::server, std::move(done)); }
  void read_some(asio::mutable_buffer buffer, Moved done) override { stream_.async_read_some(buffer, std::move(done)); }
  void write_some(const Buffers& buffers, Moved done) override { stream_.async_write_some(buffers, std::move(done)); }
  void shutdown(Done done) override {
    // It is done when the client has answered, which many leave out: the caller keeps the time.
    stream_.async_shutdown([this, done = std::move(done)](error_code error) {
      error_code ignored;
      socket().shutdown(tcp::socket::shutdown_send, ignored);
      done(error);
    });
  }
  void discard_some(asio::mutable_buffer buffer, Moved done) override {
    socket().async_read_some(buffer, std::move(done));
  }
  tcp::socket& socket() override { return stream_.next_layer(); }

 private:
  std::shared_ptr<asio::ssl::context> context_;
  asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

void Transport::close() {
  error_code ignored;
  socket().close(ignored);
}

std::unique_ptr<Transport> plain_transport(tcp::socket socket) { return std::make_unique<Plain>(std::move(socket)); }

std::unique_ptr<Transport> tls_transport(tcp::socket socket, std::shared_ptr<asio::ssl::context> context) {
  return std::make_unique<Tls>(std::move(socket), std::move(context));
}

}  // namespace persea::http
