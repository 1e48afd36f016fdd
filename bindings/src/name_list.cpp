#include "name_list.h"

#include <algorithm>

namespace landbc {

std::string join_names(const std::vector<std::string> &names, const std::string &between) {
  std::string list;
  for (const std::string &name : names) list += (list.empty() ? "" : between) + name;
  return list;
}

std::vector<std::string> split_names(const std::string &list) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin < list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    const size_t first = list.find_first_not_of(' ', begin);
    if (first < end) names.push_back(list.substr(first, list.find_last_not_of(' ', end - 1) + 1 - first));
    begin = end + 1;
  }
  return names;
}

}  // namespace landbc
