#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>

#include "base/file.h"

namespace persea::http {
namespace {

namespace ssl = boost::asio::ssl;

std::string reason(const boost::system::error_code& error) { return error.message(); }

// Of what the client offers, HTTP/1.1 is chosen; one that offers only others goes on without, and is told by our words.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                    void*) {
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int outcome = SSL_select_next_proto(&chosen, out_size, kProtocols, sizeof kProtocols - 1, in, in_size);
  if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<std::shared_ptr<ssl::context>> tls_context(const std::string& certificate, const std::string& key) {
  for (const std::string& path : {certificate, key}) {
    if (const auto readable = read_file(path); !readable) return readable.error();
  }
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  boost::system::error_code error;
  context->set_password_callback([](size_t, ssl::context::password_purpose) { return std::string(); }, error);
  context->use_certificate_chain_file(certificate, error);
  if (error) return fail("{}: no PEM certificate that can be used ({})", certificate, reason(error));
  context->use_private_key_file(key, ssl::context::pem, error);
  if (error) {
    return fail("{}: no PEM key, without a password, that fits {} ({})", key, certificate, reason(error));
  }
  if (SSL_CTX_check_private_key(native) != 1) return fail("{}: not the key of {}", key, certificate);
  return context;
}

}  // namespace persea::http
