!> A toy Earth-system model that gets its land use over OASIS3-MCT: `toy_esm`, settings in toy_esm.nml.
!!
!! One process, on the cells of the bundle. Each interval it makes a climate, puts its means, gets the land-use fractions
!! that held at the interval's beginning, and takes their mean albedo into its next one. Nothing here knows of landbc: all
!! it shares with it are the names in the namcouple. What went out and came in is kept in toy_esm.nc.
program toy_esm
  use, intrinsic :: iso_fortran_env, only: error_unit, real64
  use mod_oasis, only: oasis_def_partition, oasis_def_var, oasis_double, oasis_enddef, oasis_get, oasis_in, oasis_init_comp, &
                       oasis_out, oasis_put, oasis_terminate, oasis_var_uncpl
  use mpi, only: mpi_abort, mpi_comm_world
  use netcdf, only: nf90_clobber, nf90_close, nf90_create, nf90_def_dim, nf90_def_var, nf90_double, nf90_enddef, &
                    nf90_get_var, nf90_inq_dimid, nf90_inq_varid, nf90_inquire_dimension, nf90_netcdf4, nf90_noerr, &
                    nf90_nowrite, nf90_open, nf90_put_att, nf90_put_var, nf90_strerror, nf90_unlimited
  implicit none

  real(real64), parameter :: two_pi = 2*acos(-1.0_real64), seconds_per_year = 365*86400.0_real64
  character(len=*), parameter :: output = "toy_esm.nc"

  !> Albedo of ocean, urban, cropland, pasture, forest, grass and shrub, other land, water: of the order of MODIS means
  !! without snow, for show only.
  real(real64), parameter :: class_albedo(8) = &
    [0.06_real64, 0.15_real64, 0.18_real64, 0.19_real64, 0.13_real64, 0.19_real64, 0.25_real64, 0.07_real64]

  character(len=4096) :: mesh = ""
  integer :: interval = 86400, intervals = 365
  namelist /toy_esm_run/ mesh, interval, intervals

  real(real64), allocatable :: lat(:), temperature(:), precipitation(:), fraction(:, :), coverage(:), albedo(:)
  integer :: component, partition, put_temperature, put_precipitation, get_coverage, get_fraction(size(class_albedo))
  integer :: file, variables(5), cells, step, seconds, c, ierr

  call oasis_init_comp(component, "toyesm", ierr)
  call read_settings_and_mesh()
  allocate (temperature(cells), precipitation(cells), fraction(cells, size(class_albedo)), coverage(cells))
  allocate (albedo(cells), source=0.15_real64)

  call oasis_def_partition(partition, [0, 0, cells], ierr)  ! 0: all of it in one process
  put_temperature = variable("TOY_T2M", oasis_out)
  put_precipitation = variable("TOY_PREC", oasis_out)
  ! In the namcouple's order: OASIS matches the fields of one line by the order in which each model defines them.
  do c = 1, size(class_albedo)
    get_fraction(c) = variable("TOY_LU"//achar(iachar("0") + c), oasis_in)
  end do
  get_coverage = variable("TOY_COV", oasis_in)
  call oasis_enddef(ierr)
  call create_output()

  do step = 0, intervals - 1
    seconds = step*interval
    call climate(seconds + 0.5_real64*interval)
    call oasis_put(put_temperature, seconds, temperature, ierr)
    call oasis_put(put_precipitation, seconds, precipitation, ierr)

    do c = 1, size(class_albedo)
      call oasis_get(get_fraction(c), seconds, fraction(:, c), ierr)
    end do
    call oasis_get(get_coverage, seconds, coverage, ierr)
    where (coverage > 0) albedo = matmul(fraction, class_albedo)
    call write_step()
  end do

  call demand(nf90_close(file))
  call oasis_terminate(ierr)

contains

  !> A season of the northern hemisphere; what the land reflects does not warm it.
  subroutine climate(seconds)
    real(real64), intent(in) :: seconds
    real(real64) :: season

    season = -cos(two_pi*seconds/seconds_per_year)
    temperature = 300 - 0.4_real64*abs(lat) + 10*season - 20*(albedo - 0.15_real64)
    precipitation = (2.5_real64 - season)/86400
  end subroutine climate

  integer function variable(name, direction)
    character(len=*), intent(in) :: name
    integer, intent(in) :: direction
    integer :: extent(2)

    extent = [1, cells]
    call oasis_def_var(variable, name, partition, [1, 1], direction, extent, oasis_double, ierr)
    if (variable == oasis_var_uncpl) call give_up(name//" is not in the namcouple")
  end function variable

  subroutine read_settings_and_mesh()
    integer :: unit, status, mesh_file, dimension, latitude

    open (newunit=unit, file="toy_esm.nml", status="old", action="read", iostat=status)
    if (status == 0) read (unit, nml=toy_esm_run, iostat=status)
    if (status /= 0) call give_up("toy_esm.nml cannot be read")
    close (unit)
    call demand(nf90_open(trim(mesh), nf90_nowrite, mesh_file))
    call demand(nf90_inq_dimid(mesh_file, "cell", dimension))
    call demand(nf90_inquire_dimension(mesh_file, dimension, len=cells))
    allocate (lat(cells))
    call demand(nf90_inq_varid(mesh_file, "cell_lat", latitude))
    call demand(nf90_get_var(mesh_file, latitude, lat))
    call demand(nf90_close(mesh_file))
  end subroutine read_settings_and_mesh

  subroutine create_output()
    integer :: dimensions(3), i
    character(len=17), parameter :: names(5) = &
      [character(len=17) :: "air_temperature", "precipitation", "coverage", "albedo", "land_use_fraction"]
    character(len=10), parameter :: units(5) = [character(len=10) :: "K", "kg m-2 s-1", "1", "1", "1"]

    call demand(nf90_create(output, ior(nf90_clobber, nf90_netcdf4), file))
    call demand(nf90_def_dim(file, "cell", cells, dimensions(1)))
    call demand(nf90_def_dim(file, "land_use_class", size(class_albedo), dimensions(2)))
    call demand(nf90_def_dim(file, "step", nf90_unlimited, dimensions(3)))
    do i = 1, size(names)
      if (names(i) == "land_use_fraction") then
        call demand(nf90_def_var(file, names(i), nf90_double, dimensions, variables(i)))
      else
        call demand(nf90_def_var(file, names(i), nf90_double, dimensions([1, 3]), variables(i)))
      end if
      call demand(nf90_put_att(file, variables(i), "units", trim(units(i))))
    end do
    call demand(nf90_enddef(file))
  end subroutine create_output

  subroutine write_step()
    call demand(nf90_put_var(file, variables(1), temperature, [1, step + 1]))
    call demand(nf90_put_var(file, variables(2), precipitation, [1, step + 1]))
    call demand(nf90_put_var(file, variables(3), coverage, [1, step + 1]))
    call demand(nf90_put_var(file, variables(4), albedo, [1, step + 1]))
    call demand(nf90_put_var(file, variables(5), fraction, [1, 1, step + 1]))
  end subroutine write_step

  subroutine demand(status)
    integer, intent(in) :: status

    if (status /= nf90_noerr) call give_up(trim(nf90_strerror(status)))
  end subroutine demand

  subroutine give_up(sentence)
    character(len=*), intent(in) :: sentence

    write (error_unit, "(2a)") "toy_esm: ", sentence
    call mpi_abort(mpi_comm_world, 1, ierr)
  end subroutine give_up

end program toy_esm
