# Target landbc_torch: the libtorch that belongs to the Python package torch of ${Python_EXECUTABLE}, inside it (pip) or in
# the prefix of the interpreter (conda). Torch's own package configuration is not used because with a CUDA build of torch it
# wants the CUDA toolkit, which the engine does not need: it speaks to devices through libtorch alone (but for
# LandbcCuda). Sets LANDBC_TORCH_VERSION, LANDBC_TORCH_CUDA (None without) and LANDBC_TORCH_LIBRARY_DIR.
execute_process(
  COMMAND ${Python_EXECUTABLE} -c
    "import pathlib, sys, torch; print(pathlib.Path(torch.__file__).parent, torch.__version__.split('+')[0], int(torch.compiled_with_cxx11_abi()), sys.prefix, torch.version.cuda, sep=';')"
  OUTPUT_VARIABLE landbc_torch OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_VARIABLE landbc_torch_error RESULT_VARIABLE landbc_torch_result)
if(NOT landbc_torch_result EQUAL 0)
  message(FATAL_ERROR "${Python_EXECUTABLE} cannot import torch; install it (pip install torch) or choose another interpreter with "
    "-D Python_EXECUTABLE=...\n${landbc_torch_error}")
endif()
list(GET landbc_torch 0 landbc_torch_dir)
list(GET landbc_torch 1 LANDBC_TORCH_VERSION)
list(GET landbc_torch 2 landbc_torch_abi)
list(GET landbc_torch 3 landbc_python_prefix)
list(GET landbc_torch 4 LANDBC_TORCH_CUDA)
find_path(landbc_torch_include torch/torch.h NO_DEFAULT_PATH NO_CACHE
  PATHS ${landbc_torch_dir}/include/torch/csrc/api/include ${landbc_python_prefix}/include/torch/csrc/api/include)
find_library(landbc_libtorch torch NO_DEFAULT_PATH NO_CACHE PATHS ${landbc_torch_dir}/lib ${landbc_python_prefix}/lib)
if(NOT landbc_torch_include OR NOT landbc_libtorch)
  message(FATAL_ERROR "torch ${LANDBC_TORCH_VERSION} in ${landbc_torch_dir} comes without its headers or libtorch.so; "
    "install one that has them (pip install torch)")
endif()
cmake_path(GET landbc_libtorch PARENT_PATH LANDBC_TORCH_LIBRARY_DIR)
message(STATUS "libtorch ${LANDBC_TORCH_VERSION} in ${LANDBC_TORCH_LIBRARY_DIR}")

add_library(landbc_torch INTERFACE)
cmake_path(SET landbc_torch_root NORMALIZE ${landbc_torch_include}/../../../..)
target_include_directories(landbc_torch SYSTEM INTERFACE ${landbc_torch_root} ${landbc_torch_include})
target_compile_definitions(landbc_torch INTERFACE _GLIBCXX_USE_CXX11_ABI=${landbc_torch_abi})
# libtorch.so draws in the libraries of the devices, although nothing refers to it by a symbol.
target_link_libraries(landbc_torch INTERFACE
  -Wl,--no-as-needed ${LANDBC_TORCH_LIBRARY_DIR}/libtorch.so -Wl,--as-needed
  ${LANDBC_TORCH_LIBRARY_DIR}/libtorch_cpu.so ${LANDBC_TORCH_LIBRARY_DIR}/libc10.so)
