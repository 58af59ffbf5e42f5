// What the connections of one server share. All of it belongs to the network's thread, but for what says otherwise.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <unordered_set>

#include "http/server.h"
#include "http/workers.h"

namespace persea::http {

class Connection;

struct Core {
  Core(ServerOptions o, Router r) : options(std::move(o)), router(std::move(r)), workers(options.workers) {}

  // To be called where `connections` has changed.
  void count_connections() {
    connection_count = connections.size();
    if (options.on_connections) options.on_connections(connections.size());
  }

  const ServerOptions options;  // read by any thread, as is the router
  const Router router;
  bool loopback = false;  // the server is for this machine alone
  bool stopping = false;
  size_t held_body_bytes = 0;
  std::unordered_set<std::shared_ptr<Connection>> connections;
  std::atomic<size_t> connection_count{0};  // for other threads
  std::function<void()> when_closed;        // a connection has gone from `connections`
  boost::asio::io_context io{1};
  Workers workers;
};

}  // namespace persea::http
