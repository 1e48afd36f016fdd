// Names with commas between, as configurations and files give them.
#pragma once

#include <string>
#include <vector>

namespace landbc {

std::string join_names(const std::vector<std::string> &names, const std::string &between = ",");

// Blanks around a name do not count, nor do empty names.
std::vector<std::string> split_names(const std::string &list);

}  // namespace landbc
