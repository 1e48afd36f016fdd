// Versions of the library and of the libtorch beside it.
#pragma once

#include <string>

namespace landbc {

const char *library_version() noexcept;

// Of the libtorch that runs, not of the one built with.
const std::string &torch_version();

}  // namespace landbc
