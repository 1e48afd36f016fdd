// The examples of FIPS 180-4 and lengths around the padding's edges.
#include <string>

#include "expect.h"
#include "sha256.h"

int main() {
  const auto digest = [](const std::string &text) { return landbc::sha256(text.data(), text.size()); };
  expect_equal(digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect_equal(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect_equal(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  expect_equal(digest(std::string(1000000, 'a')),
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  // Computed with coreutils' sha256sum.
  expect_equal(digest(std::string(55, 'x')),
               "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072");
  expect_equal(digest(std::string(56, 'x')),
               "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e");
  expect_equal(digest(std::string(63, 'x')),
               "75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2");
  expect_equal(digest(std::string(64, 'x')),
               "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c");
  return failures;
}
