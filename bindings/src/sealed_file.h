// Files that end with the SHA-256 of all before it, so that one that was cut short or changed in any byte is
// refused before a library looks into it. netCDF does not mind the line at the end.
#pragma once

#include <string>

namespace landbc {

// Appends the seal to a finished file, forces it to the disk and gives it its name, in one instant. IO.
void seal_and_publish(const std::string &partial, const std::string &path);

// RESTART with the reason if the file is missing, cut short or changed.
void check_seal(const std::string &path);

// Of the whole file.
std::string file_sha256(const std::string &path);

}  // namespace landbc
