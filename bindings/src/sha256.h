// SHA-256 (FIPS 180-4), for the integrity of bundles and the fingerprints of recorded maps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace landbc {

// Lower-case hexadecimal digest of `size` bytes.
std::string sha256(const void *data, std::size_t size);

}  // namespace landbc
