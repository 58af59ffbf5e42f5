#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "http/server_for_test.h"

namespace persea::http {
namespace {

template <class T, void (*free)(T*)>
struct Freer {
  void operator()(T* object) const { free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509, X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freer<SSL_CTX, SSL_CTX_free>>;

class HttpTls : public ServerTest {
 protected:
  HttpTls() : dir_(std::move(*TempDir::create(fs::temp_directory_path(), "persea-tls"))) {
    make("own");
    router_.get("/hello",
                [](const Request& r, const Reply& reply) { reply.send({.body = r.secure ? "safe" : "open"}); });
    router_.post("/echo", [](const Request& r, const Reply& reply) { reply.send({.body = r.body}); });
    router_.get("/stream", [this](const Request&, const Reply& reply) { streams_.put(reply.events()); });
    options_.certificate = path("own.cert");
    options_.key = path("own.key");
  }
  std::string path(const std::string& name) const { return (dir_.path() / name).string(); }

  // A key and a certificate that it signs itself.
  void make(const std::string& name) {
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1,
                               0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    FILE* file = std::fopen(path(name + ".key").c_str(), "w");
    PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    file = std::fopen(path(name + ".cert").c_str(), "w");
    PEM_write_X509(file, certificate.get());
    std::fclose(file);
  }
  TestClient tls_client() {
    TestClient c = client();
    EXPECT_TRUE(c.start_tls(context_.get()));
    return c;
  }

  TempDir dir_;
  Context context_{SSL_CTX_new(TLS_client_method())};
  Inbox<Stream> streams_;
};

TEST_F(HttpTls, ServesOverTls) {
  start();
  EXPECT_TRUE(server_->url().starts_with("https://"));
  TestClient c = tls_client();
  for (int i = 0; i < 3; ++i) {
    c.get("/hello");
    EXPECT_EQ(c.reply().body, "safe");
  }
  const std::string large(3000000, 'x');
  c.post("/echo", large);
  EXPECT_TRUE(c.reply().body == large);
  c.get("/hello", "Connection: close\r\n");
  EXPECT_EQ(c.reply().body, "safe");
  EXPECT_FALSE(c.receive());
  EXPECT_EQ(SSL_get_shutdown(c.tls()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);  // a proper end
}

TEST_F(HttpTls, StreamsAndNoticesWhoGoes) {
  start();
  TestClient c = tls_client();
  c.get("/stream");
  const Stream s = streams_.wait_for(1).at(0);
  EXPECT_TRUE(s.write("data: 1\n\n"));
  EXPECT_NE(c.read_until("data: 1\n\n").find("data: 1"), std::string::npos);
  c.close();
  EXPECT_TRUE(soon([&] { return s.gone(); }));
  TestClient d = tls_client();
  d.get("/stream");
  const Stream t = streams_.wait_for(2).at(1);
  SSL_shutdown(d.tls());
  EXPECT_TRUE(soon([&] { return t.gone(); }));
  t.end();
}

TEST_F(HttpTls, RefusesOldVersionsAndPlainWords) {
  options_.head_seconds = 0.3;
  start();
  const Context old(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_max_proto_version(old.get(), TLS1_1_VERSION);
  TestClient late = client();
  EXPECT_FALSE(late.start_tls(old.get()));
  TestClient plain = client();
  plain.get("/hello");
  EXPECT_EQ(plain.reply().status, 0);
  TestClient silent = client();
  EXPECT_TRUE(silent.at_end());
  EXPECT_TRUE(soon([&] { return server_->connections() == 0; }));
}

TEST_F(HttpTls, StopsWithAStreamRunning) {
  start();
  TestClient c = tls_client();
  TestClient idle = tls_client();
  c.get("/stream");
  const Stream s = streams_.wait_for(1).at(0);
  std::thread stopping([&] { server_->stop(20); });
  EXPECT_FALSE(idle.receive());
  EXPECT_TRUE(s.write("data: 1\n\n"));
  s.end();
  EXPECT_EQ(c.reply().body, "data: 1\n\n");
  c.close();
  stopping.join();
}

TEST_F(HttpTls, SaysWhatIsWrongWithTheFiles) {
  make("other");
  ASSERT_TRUE(write_file(path("no.pem"), "no certificate").ok());
  const auto why = [](const std::string& certificate, const std::string& key) {
    const auto server = Server::start({.certificate = certificate, .key = key}, {});
    return server.ok() ? "it did" : server.error().message;
  };
  EXPECT_NE(why(path("no.pem"), path("own.key")).find("no.pem: no PEM certificate"), std::string::npos);
  EXPECT_NE(why(path("own.cert"), path("no.pem")).find("no.pem: no PEM key"), std::string::npos);
  const std::string mixed = why(path("own.cert"), path("other.key"));
  EXPECT_NE(mixed.find("other.key: no"), std::string::npos) << mixed;
  EXPECT_EQ(mixed.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace persea::http
