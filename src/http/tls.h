// The certificate and key of a server that speaks TLS (1.2 and later), checked when it starts. It makes no
// certificates.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "base/result.h"

namespace persea::http {

// From PEM files: the server's certificate with those that lead to its issuer, and its private key.
Result<std::shared_ptr<boost::asio::ssl::context>> tls_context(const std::string& certificate, const std::string& key);

}  // namespace persea::http
