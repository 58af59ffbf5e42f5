#include "curate/pii.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace persea::curate {
namespace {

// "kind:what was found", in order.
std::vector<std::string> finds(const std::string& text, const PiiOptions& options = {}) {
  std::vector<PiiFind> found;
  find_pii(text, options, found);
  std::vector<std::string> out;
  for (const auto& [kind, place] : found)
    out.push_back(std::string(kPiiNames[static_cast<size_t>(kind)]) + ":" +
                  text.substr(place.begin, place.end - place.begin));
  return out;
}

std::string only(const std::string& text) {
  const auto all = finds(text);
  return all.size() == 1 ? all[0] : std::to_string(all.size()) + " finds";
}

TEST(Pii, EmailAddresses) {
  EXPECT_EQ(only("write to jane.doe+news@mail.example-shop.co.uk."), "email:jane.doe+news@mail.example-shop.co.uk");
  EXPECT_EQ(only("<mailto:a_b@x.org>"), "email:a_b@x.org");
  EXPECT_EQ(only("mail=x1985@web.de&y=1"), "email:x1985@web.de");
  EXPECT_EQ(only("5551234567@carrier.com"), "email:5551234567@carrier.com");
  EXPECT_EQ(only("'o'hara@x.ie'"), "email:o'hara@x.ie");
  EXPECT_EQ(only("+12125550134@sms.example.com"), "email:12125550134@sms.example.com");  // no phone any more
  for (const char* none : {"@user", "a@b", "a@b.c1", "x..y@z.com", "x.@z.com", "me @ home.com", "a@-b.com", "a@.com"})
    EXPECT_TRUE(finds(none).empty()) << none;
}

TEST(Pii, IpAddresses) {
  EXPECT_EQ(only("from 8.8.4.4, they"), "ip:8.8.4.4");
  EXPECT_EQ(only("http://93.184.216.34:8080/"), "ip:93.184.216.34");
  EXPECT_EQ(only("[2606:2800:220:1:248:1893:25c8:1946]"), "ip:2606:2800:220:1:248:1893:25c8:1946");
  EXPECT_EQ(only("see 2001:4860:4860::8888."), "ip:2001:4860:4860::8888");
  for (const char* none : {"192.168.0.1", "127.0.0.1", "10.1.2.3", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4",
                           "version 4.3.2.1", "fe80::1", "12:34:56", "a::b", "std::dead::beef", "2001:db8::1"})
    EXPECT_TRUE(finds(none).empty()) << none;
  EXPECT_EQ(finds("192.168.0.1 ::1 fe80::1234", {.public_ips = false}),
            (std::vector<std::string>{"ip:192.168.0.1", "ip:fe80::1234"}));
}

TEST(Pii, CardsWhoseCheckDigitHolds) {
  for (const char* card : {"4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009", "3400 000000 00009",
                           "30000000000004", "6011000000000004", "4222222222222"})
    EXPECT_EQ(only(std::string("pay with ") + card + "."), std::string("card:") + card);
  for (const char* none :
       {"4111 1111 1111 1112", "1234567812345670", "41111111111111110", "4111 11111111 1111", "0.4111111111111111"})
    EXPECT_TRUE(finds(none).empty()) << none;
}

TEST(Pii, IbansWhoseCheckDigitsHold) {
  for (const char* iban : {"DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819",
                           "FR14 2004 1010 0505 0001 3M02 606", "NO9386011117947"})
    EXPECT_EQ(only(std::string("to ") + iban + ", please"), std::string("iban:") + iban);
  for (const char* none :
       {"DE89370400440532013001", "DE8937040044053201300", "XX89370400440532013000", "DE893704004405320130000"})
    EXPECT_TRUE(finds(none).empty()) << none;
}

TEST(Pii, PhoneNumbers) {
  for (const char* phone : {"+49 30 123456-78", "+1-581-896-0013", "(212) 555-0134", "212-555-0134", "212.555.0134",
                            "1-800-555-0199", "+33 1 23 45 67 89", "01 23 45 67 89", "030/1234567", "020 7946 0958",
                            "001-581-896-0013x3890", "(0171) 2345678", "+4915123456789", "+44 (0)20 7946 0958"})
    EXPECT_EQ(only(std::string("ring ") + phone + " now"), std::string("phone:") + phone);
  EXPECT_EQ(only("Tel.: 4711 0815"), "phone:4711 0815");
  EXPECT_EQ(only("phone 2125550134"), "phone:2125550134");
  for (const char* none : {"2023-01-05", "05.01.2023 12:30", "978-0-306-40615-7", "0-306-40615-2", "order 123-456-789",
                           "3.14159-555-123-4567", "1,234,567,890", "$212.555.0134", "12345678901234567890", "+1",
                           "2125550134", "1990-1995", "0.123 456 789"})
    EXPECT_TRUE(finds(none).empty()) << none << ": " << finds(none)[0];
}

TEST(Pii, KeysAndTokens) {
  const std::string chance = "Zk3vQ9xLm2Rt7Wy4Bn8Pc1Hd6Jf5Gs0";
  for (const std::string& token :
       {std::string("AKIAIOSFODNN7EXAMPLE"), "ghp_" + chance + "abcdef12", "hf_" + chance, "sk-proj-" + chance,
        std::string("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_"
                    "XgL0n3I9PlFUP0THsR8U")})
    EXPECT_EQ(only("x " + token + "\n"), "secret:" + token);
  EXPECT_EQ(only("api_key = \"" + chance + "\""), "secret:" + chance);
  EXPECT_EQ(only("PASSWORD: c0rrect-h0rse-battery\n"), "secret:c0rrect-h0rse-battery");
  const std::string key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----";
  EXPECT_EQ(only("a\n" + key + "\nb"), "secret:" + key);
  for (const char* none :
       {"sk-learn-is-a-library-for-everybody", "hf_hub", "password: the same as always",
        "token = identifier_of_the_class", "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----", "AKIA",
        "secretary: 0123456789"})
    EXPECT_TRUE(finds(none).empty()) << none;
}

TEST(Pii, KindsCanBeLeftOutAndAreMasked) {
  const std::string text = "Jane (jane@x.org, +49 30 1234567) from 8.8.8.8";
  std::vector<PiiFind> found;
  find_pii(text, {}, found);
  EXPECT_EQ(mask_pii(text, found), "Jane (<EMAIL>, <PHONE>) from <IP>");
  PiiOptions some;
  some.kinds[static_cast<size_t>(PiiKind::phone)] = false;
  EXPECT_EQ(finds(text, some), (std::vector<std::string>{"email:jane@x.org", "ip:8.8.8.8"}));
}

// What looks like the beginning of something at each byte must not be read again and again.
TEST(Pii, HostileTextsTakeTheTimeOfOthers) {
  for (const std::string piece : {"@", "a@", "a.a@", "0", "0 ", "+1", "(", "1.", "a:", "token=", "AKIA",
                                  "-----BEGIN PRIVATE KEY", "DE89", "::", "eyJ", "xn--.", "4111 "}) {
    std::string text;
    while (text.size() < 2'000'000) text += piece;
    const auto start = std::chrono::steady_clock::now();
    finds(text);
    EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 5) << piece;
  }
}

}  // namespace
}  // namespace persea::curate
