# SPDX-License-Identifier: Apache-2.0
"""Spack package of pylandbc; packaging/README.md says how to use it."""

from spack.package import *
from spack_repo.builtin.build_systems.python import PythonPackage


class PyPylandbc(PythonPackage):
    """Realistic, evolving land boundary conditions at 1 km for Earth-system models: emulators, and liblandbc
    with its C and Fortran interfaces."""

    license("Apache-2.0")

    version("0.1.0")

    variant("mpi", default=True, description="Serve hosts of several MPI ranks")
    variant("train", default=False, description="Training of emulators")
    variant("report", default=True, description="Figures and reports")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.24:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("py-scikit-build-core@0.10:", type="build")
    depends_on("py-pybind11@2.12:", type="build")
    depends_on("nlohmann-json@3.9:", type="build")
    depends_on("netcdf-c", type=("build", "link"))
    depends_on("mpi", when="+mpi", type=("build", "link"))
    # The library runs with the torch that it was built with.
    depends_on("py-torch@2.6:2", type=("build", "link", "run"))

    depends_on("python@3.11:", type=("build", "run"))
    depends_on("py-cffi@1.16:", type=("build", "run"))
    depends_on("py-netcdf4@1.6.5:", type=("build", "run"))
    depends_on("py-numpy@1.26:", type=("build", "run"))
    depends_on("py-pydantic@2.7:", type=("build", "run"))
    depends_on("py-pyyaml@6:", type=("build", "run"))
    depends_on("py-rasterio@1.3:", type=("build", "run"))
    depends_on("py-rich@13:", type=("build", "run"))
    depends_on("py-scipy@1.11:", type=("build", "run"))
    depends_on("py-typer@0.12:", type=("build", "run"))
    depends_on("py-xarray@2024.1:", type=("build", "run"))
    depends_on("py-zarr@3:", type=("build", "run"))
    depends_on("py-lightning@2.2:", when="+train", type="run")
    depends_on("py-matplotlib@3.8:", when="+report", type="run")
    depends_on("py-jinja2@3.1:", when="+report", type="run")

    def config_settings(self, spec, prefix):
        """torch has a prefix of its own here, not a neighbour's place in site-packages."""
        torch = join_path(self.site_packages(spec["py-torch"]), "torch", "lib")
        return {
            "cmake.define.LANDBC_MPI": "ON" if spec.satisfies("+mpi") else "OFF",
            "cmake.define.LANDBC_TORCH_RPATH": torch,
        }

    def setup_dependent_build_environment(self, env, dependent_spec):
        """Hosts find the library with find_package(landbc) and pkg-config, without asking pylandbc."""
        root = join_path(self.site_packages(self.spec), "pylandbc")
        env.prepend_path("CMAKE_PREFIX_PATH", root)
        env.prepend_path("PKG_CONFIG_PATH", join_path(root, "lib", "pkgconfig"))

    def site_packages(self, spec):
        return join_path(spec.prefix, self.spec["python"].package.platlib)
