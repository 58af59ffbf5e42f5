#include "http/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <future>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "http/connection.h"
#include "http/core.h"
#include "http/tls.h"
#include "http/transport.h"

namespace persea::http {
namespace {

using asio::ip::tcp;

constexpr double kLongestSeconds = 1e8;

// More than this beyond ServerOptions::connections wait unaccepted: those in between are told that there is no room.
size_t surplus_of(size_t connections) { return connections / 16 + 8; }

// A connection is an open file, and the soft limit on these is often 1024 where the hard one is far above.
void raise_file_limit(size_t connections) {
  constexpr size_t kOthers = 256;  // files that the rest of the program has open
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = connections + surplus_of(connections) + kOthers;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(limit.rlim_max, wanted);
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void check(const ServerOptions& options) {
  const bool sizes = options.connections > 0 && options.header_bytes >= 64 && options.stream_bytes > 0;
  const auto is_time = [](double seconds) { return seconds > 0 && seconds <= kLongestSeconds; };
  const bool times = is_time(options.head_seconds) && is_time(options.body_seconds) && is_time(options.idle_seconds) &&
                     is_time(options.stall_seconds);
  if (!sizes || !times || options.workers < 1) throw std::logic_error("a server needs limits above zero");
}

std::chrono::nanoseconds nanoseconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions options, Router router)
      : core(std::move(options), std::move(router)), acceptor(core.io), pause(core.io), deadline(core.io) {
    core.when_closed = [this] {
      if (core.stopping && core.connections.empty()) return finish();
      if (paused && !core.stopping) {
        paused = false;
        accept();
      }
    };
  }
  ~Impl() { stop(0); }

  Status listen() {
    const ServerOptions& options = core.options;
    if (options.certificate.empty() != options.key.empty()) {
      return fail("TLS needs a certificate and its key: name both or none");
    }
    if (!options.certificate.empty()) {
      PERSEA_TRY(tls, tls_context(options.certificate, options.key));
    }
    PERSEA_TRY(const tcp::endpoint endpoint, resolve());
    const std::string place = fmt::format("{}:{}", options.address, options.port);
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (error) return fail("{}: cannot listen: {}", place, error.message());
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
    acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (!error) acceptor.non_blocking(true, error);
    if (error == asio::error::address_in_use) {
      return fail("{}: another program listens there: stop it, or choose another port (0 picks a free one)", place);
    }
    if (error == asio::error::access_denied) {
      return fail("{}: not allowed to listen there: choose a port from 1024 on", place);
    }
    if (error == boost::system::errc::address_not_available) {
      return fail("{}: not an address of this machine: 127.0.0.1 is for this machine alone, 0.0.0.0 for all", place);
    }
    if (error) return fail("{}: cannot listen: {}", place, error.message());
    port = acceptor.local_endpoint(error).port();
    core.loopback = endpoint.address().is_loopback();
    raise_file_limit(options.connections);
    return {};
  }

  Result<tcp::endpoint> resolve() {
    const std::string& name = core.options.address;
    error_code error;
    if (const auto address = asio::ip::make_address(name, error); !error)
      return tcp::endpoint(address, core.options.port);
    tcp::resolver resolver(core.io);
    const auto found = resolver.resolve(name, "", tcp::resolver::passive, error);
    if (error || found.empty()) return fail("{}: no address of this name is known: give an IP address", name);
    // A name that has both is reached by more clients at its IPv4 address.
    const auto v4 =
        std::find_if(found.begin(), found.end(), [](const auto& e) { return e.endpoint().address().is_v4(); });
    return tcp::endpoint((v4 == found.end() ? *found.begin() : *v4).endpoint().address(), core.options.port);
  }

  void run() {
    accept();
    thread = std::thread([this] {
      while (true) {
        try {
          core.io.run();
          return;
        } catch (const std::exception& error) {
          log_warning("http: {}", error.what());  // out of memory: the others go on
        }
      }
    });
  }

  void accept() {
    acceptor.async_accept([this](error_code error, tcp::socket socket) {
      if (core.stopping || error == asio::error::operation_aborted) return;
      if (error == asio::error::no_descriptors || error == boost::system::errc::too_many_files_open_in_system ||
          error == asio::error::no_memory || error == asio::error::no_buffer_space) {
        pause.expires_after(std::chrono::milliseconds(100));  // until some are closed
        pause.async_wait([this](error_code stopped) {
          if (!stopped && !core.stopping) accept();
        });
        return;
      }
      if (!error) take(std::move(socket));
      if (core.connections.size() >= core.options.connections + surplus_of(core.options.connections)) {
        paused = true;
      } else {
        accept();
      }
    });
  }

  void take(tcp::socket socket) {
    const bool surplus = core.connections.size() >= core.options.connections;
    auto transport = tls ? tls_transport(std::move(socket), tls) : plain_transport(std::move(socket));
    const auto connection = std::make_shared<Connection>(core, std::move(transport), surplus);
    core.connections.insert(connection);
    core.count_connections();
    connection->start();
  }

  void begin_to_stop(double seconds) {
    // Who was let in by the kernel already is served too.
    for (error_code error; !error;) {
      tcp::socket socket(core.io);
      acceptor.accept(socket, error);
      if (!error) take(std::move(socket));
    }
    core.stopping = true;
    error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
    for_each([](Connection& connection) { connection.end_soon(); });
    if (core.connections.empty()) return finish();
    deadline.expires_after(nanoseconds(std::clamp(seconds, 0.0, kLongestSeconds)));
    deadline.async_wait([this](error_code stopped) {
      if (!stopped) for_each([](Connection& connection) { connection.close(); });
    });
  }

  template <class Action>
  void for_each(Action action) {
    const std::vector<std::shared_ptr<Connection>> all(core.connections.begin(), core.connections.end());
    for (const auto& connection : all) action(*connection);
  }

  void finish() {
    deadline.cancel();
    if (!std::exchange(finished, true)) done.set_value();
  }

  void stop(double seconds) {
    if (!thread.joinable()) return;
    if (thread.get_id() == std::this_thread::get_id())
      throw std::logic_error("the network's thread cannot stop itself");
    asio::post(core.io, [this, seconds] { begin_to_stop(seconds); });
    done.get_future().wait();
    core.workers.stop();
    core.io.stop();
    thread.join();
  }

  Core core;
  tcp::acceptor acceptor;
  asio::steady_timer pause, deadline;
  std::shared_ptr<asio::ssl::context> tls;
  uint16_t port = 0;
  bool paused = false, finished = false;
  std::promise<void> done;  // no connection is left
  std::thread thread;
};

Result<Server> Server::start(ServerOptions options, Router router) {
  check(options);
  try {
    auto impl = std::make_unique<Impl>(std::move(options), std::move(router));
    PERSEA_CHECK(impl->listen());
    impl->run();
    return Server(std::move(impl));
  } catch (const std::system_error& error) {
    return fail("the server's threads cannot be started: {}: ask for fewer workers", error.what());
  }
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

uint16_t Server::port() const { return impl_->port; }

std::string Server::url() const {
  const std::string& address = impl_->core.options.address;
  const bool v6 = address.find(':') != address.npos;
  return fmt::format("{}://{}{}{}:{}", impl_->tls ? "https" : "http", v6 ? "[" : "", address, v6 ? "]" : "",
                     impl_->port);
}

size_t Server::connections() const { return impl_->core.connection_count; }

void Server::stop(double seconds) { impl_->stop(seconds); }

}  // namespace persea::http
