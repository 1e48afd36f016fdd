#include <stdio.h>

#include "landbc.h"

int main(void) {
  printf("%d %s %s\n", landbc_abi_version(), landbc_version(), landbc_torch_version());
  return landbc_abi_version() == LANDBC_ABI_VERSION ? 0 : 1;
}
