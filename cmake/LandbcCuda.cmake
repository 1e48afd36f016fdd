# LANDBC_CUDA_INCLUDE: folder of the headers of CUDA for the one source that wants them (CUDA graphs); empty where libtorch is
# without CUDA or no headers of its CUDA are found. Those that come with the torch of pip lack crt/, a package by itself.
set(LANDBC_CUDA_INCLUDE "")
if(EXISTS ${LANDBC_TORCH_LIBRARY_DIR}/libtorch_cuda.so)
  string(REGEX MATCH "^[0-9]+" landbc_cuda_major "${LANDBC_TORCH_CUDA}")
  cmake_path(GET landbc_torch_dir PARENT_PATH landbc_site)
  find_path(landbc_cuda_include crt/host_config.h NO_CACHE
    HINTS ${landbc_site}/nvidia/cu${landbc_cuda_major}/include
      ${landbc_python_prefix}/targets/${CMAKE_SYSTEM_PROCESSOR}-linux/include ENV CUDA_HOME ENV CUDA_PATH
    PATHS /usr/local/cuda PATH_SUFFIXES include)
  if(EXISTS ${landbc_cuda_include}/cuda_runtime_api.h)
    file(STRINGS ${landbc_cuda_include}/cuda_runtime_api.h landbc_cuda_version REGEX "define +CUDART_VERSION +[0-9]+")
    if(landbc_cuda_version MATCHES " ${landbc_cuda_major}0[0-9]0$")
      set(LANDBC_CUDA_INCLUDE ${landbc_cuda_include})
    endif()
  endif()
  if(LANDBC_CUDA_INCLUDE)
    message(STATUS "CUDA ${LANDBC_TORCH_CUDA}: ${LANDBC_CUDA_INCLUDE}")
  else()
    message(STATUS "No headers of CUDA ${landbc_cuda_major}: emulators run on a GPU, but not as CUDA graphs (set CUDA_HOME, or "
      "pip install \"cuda-toolkit[cudart,crt]==${LANDBC_TORCH_CUDA}.*\")")
  endif()
endif()
