!> The host's history file: CF-1.10 netCDF on the native cells.
!!
!! Monthly means of the water balance (per unit of the cell's land area) and of leaf area index, and once a year the land-use
!! fractions and the part of each cell that they cover. Every number goes to disk as soon as it is known.
module history
  use, intrinsic :: iso_fortran_env, only: real64
  use netcdf
  use forcing, only: climatology
  implicit none
  private
  public :: history_file, create_history, write_month, write_land_use, close_history

  real(real64), parameter :: missing_value = 1.0e20_real64

  type :: history_file
    private
    integer :: file = -1
    integer :: time = -1, time_bnds = -1, land_use_time = -1, land_use_time_bnds = -1
    integer :: soil = -1, snow = -1, evaporation = -1, runoff = -1, fraction = -1, coverage = -1, leaf_area = -1
    integer :: months = 0, years = 0
  end type history_file

contains

  !> Creates `path`; `since` is the CF time unit, `with_leaf_area` whether there is a leaf area index. `problem` is blank when
  !! all is well, here and below.
  subroutine create_history(path, fields, class_names, since, calendar_name, origin, with_leaf_area, history, &
                            problem)
    character(len=*), intent(in) :: path
    type(climatology), intent(in) :: fields
    character(len=*), intent(in) :: class_names(:)
    character(len=*), intent(in) :: since, calendar_name, origin
    logical, intent(in) :: with_leaf_area
    type(history_file), intent(out) :: history
    character(len=:), allocatable, intent(out) :: problem
    integer :: cell, corner, class, letters, month, year, two, f
    integer :: id, lon, lat, lon_bnds, lat_bnds, area, names
    logical :: has_corners

    problem = ""
    has_corners = allocated(fields%lon_bnds)
    call check(nf90_create(path, ior(nf90_netcdf4, nf90_clobber), f), problem)
    if (problem /= "") then
      problem = "cannot create '"//path//"': "//problem
      return
    end if
    history%file = f
    call check(nf90_def_dim(f, "cell", size(fields%cell_id), cell), problem)
    call check(nf90_def_dim(f, "land_use_class", size(class_names), class), problem)
    call check(nf90_def_dim(f, "name_length", len(class_names), letters), problem)
    call check(nf90_def_dim(f, "bnds", 2, two), problem)
    call check(nf90_def_dim(f, "time", nf90_unlimited, month), problem)
    call check(nf90_def_dim(f, "land_use_time", nf90_unlimited, year), problem)

    call check(nf90_def_var(f, "cell_id", nf90_int64, [cell], id), problem)
    call text(id, "long_name", "global id of the native cell")
    call check(nf90_def_var(f, "lon", nf90_double, [cell], lon), problem)
    call describe(lon, "longitude", "longitude of the cell centre", "degrees_east")
    call check(nf90_def_var(f, "lat", nf90_double, [cell], lat), problem)
    call describe(lat, "latitude", "latitude of the cell centre", "degrees_north")
    call check(nf90_def_var(f, "cell_area", nf90_double, [cell], area), problem)
    call describe(area, "cell_area", "area of the native cell", "m2")
    if (has_corners) then
      call check(nf90_def_dim(f, "corner", size(fields%lon_bnds, 1), corner), problem)
      call check(nf90_def_var(f, "lon_bnds", nf90_double, [corner, cell], lon_bnds), problem)
      call check(nf90_def_var(f, "lat_bnds", nf90_double, [corner, cell], lat_bnds), problem)
      call text(lon, "bounds", "lon_bnds")
      call text(lat, "bounds", "lat_bnds")
    end if
    call check(nf90_def_var(f, "land_use_class_name", nf90_char, [letters, class], names), problem)
    call text(names, "long_name", "name of the land-use class")

    call time_axis("time", month, history%time, history%time_bnds)
    call time_axis("land_use_time", year, history%land_use_time, history%land_use_time_bnds)
    call monthly("mrso", "mass_content_of_water_in_soil", "soil water", "kg m-2", history%soil)
    call monthly("snw", "surface_snow_amount", "snow", "kg m-2", history%snow)
    call monthly("evspsbl", "water_evapotranspiration_flux", "evapotranspiration", "kg m-2 s-1", history%evaporation)
    call monthly("mrro", "runoff_flux", "runoff", "kg m-2 s-1", history%runoff)

    if (with_leaf_area) call monthly("lai", "leaf_area_index", "leaf area index", "1", history%leaf_area)

    call check(nf90_def_var(f, "land_use_fraction", nf90_double, [cell, class, year], history%fraction, &
                            deflate_level=1), problem)
    call describe(history%fraction, "area_fraction", "part of the cell's known area in each land-use class", "1")
    call text(history%fraction, "coordinates", "lon lat land_use_class_name")
    call text(history%fraction, "cell_methods", "area: mean land_use_time: mean")
    call check(nf90_def_var(f, "coverage", nf90_double, [cell, year], history%coverage, deflate_level=1), problem)
    call text(history%coverage, "long_name", "part of the cell's area whose land use is known")
    call text(history%coverage, "units", "1")
    call text(history%coverage, "coordinates", "lon lat")

    call text(nf90_global, "Conventions", "CF-1.10")
    call text(nf90_global, "title", "Example land model with evolving land use from landbc")
    call text(nf90_global, "source", origin)
    call check(nf90_enddef(f), problem)

    call check(nf90_put_var(f, id, fields%cell_id), problem)
    call check(nf90_put_var(f, lon, fields%lon), problem)
    call check(nf90_put_var(f, lat, fields%lat), problem)
    call check(nf90_put_var(f, area, fields%cell_area), problem)
    if (has_corners) call check(nf90_put_var(f, lon_bnds, fields%lon_bnds), problem)
    if (has_corners) call check(nf90_put_var(f, lat_bnds, fields%lat_bnds), problem)
    call check(nf90_put_var(f, names, class_names), problem)
    if (problem /= "") problem = "writing '"//path//"': "//problem

  contains

    subroutine time_axis(name, dimension, variable, bounds)
      character(len=*), intent(in) :: name
      integer, intent(in) :: dimension
      integer, intent(out) :: variable, bounds

      call check(nf90_def_var(f, name, nf90_double, [dimension], variable), problem)
      call describe(variable, "time", "middle of the interval", "days since "//since)
      call text(variable, "axis", "T")
      call text(variable, "calendar", calendar_name)
      call text(variable, "bounds", name//"_bnds")
      call check(nf90_def_var(f, name//"_bnds", nf90_double, [two, dimension], bounds), problem)
    end subroutine time_axis

    subroutine monthly(name, standard_name, long_name, units, variable)
      character(len=*), intent(in) :: name, standard_name, long_name, units
      integer, intent(out) :: variable

      call check(nf90_def_var(f, name, nf90_float, [cell, month], variable, deflate_level=1), problem)
      call describe(variable, standard_name, long_name//", per land area", units)
      call text(variable, "coordinates", "lon lat")
      call text(variable, "cell_methods", "area: mean where land time: mean")
      call check(nf90_put_att(f, variable, "_FillValue", real(missing_value)), problem)
    end subroutine monthly

    subroutine describe(variable, standard_name, long_name, units)
      integer, intent(in) :: variable
      character(len=*), intent(in) :: standard_name, long_name, units

      call text(variable, "standard_name", standard_name)
      call text(variable, "long_name", long_name)
      call text(variable, "units", units)
    end subroutine describe

    subroutine text(variable, name, value)
      integer, intent(in) :: variable
      character(len=*), intent(in) :: name, value

      call check(nf90_put_att(f, variable, name, value), problem)
    end subroutine text

  end subroutine create_history

  !> One month, days `begin` to `end` of the run; amounts and fluxes (cell) per cell area, `land` the land part;
  !! leaf area index per land area.
  subroutine write_month(history, begin, end, land, soil, snow, evaporation, runoff, leaf_area, problem)
    type(history_file), intent(inout) :: history
    integer, intent(in) :: begin, end
    real(real64), intent(in) :: land(:), soil(:), snow(:), evaporation(:), runoff(:), leaf_area(:)
    character(len=:), allocatable, intent(out) :: problem
    integer :: n

    problem = ""
    history%months = history%months + 1
    n = history%months
    call check(nf90_put_var(history%file, history%time, 0.5d0*(begin + end), [n]), problem)
    call check(nf90_put_var(history%file, history%time_bnds, dble([begin, end]), [1, n]), problem)
    call put(history%soil, soil)
    call put(history%snow, snow)
    call put(history%evaporation, evaporation)
    call put(history%runoff, runoff)
    if (history%leaf_area >= 0) call put(history%leaf_area, leaf_area*land)
    call check(nf90_sync(history%file), problem)

  contains

    subroutine put(variable, amount)
      integer, intent(in) :: variable
      real(real64), intent(in) :: amount(:)
      real(real64) :: per_land(size(amount))

      per_land = missing_value
      where (land > 0.0_real64) per_land = amount/land
      call check(nf90_put_var(history%file, variable, real(per_land), [1, n]), problem)
    end subroutine put

  end subroutine write_month

  !> Fractions (cell, class) and coverage (cell) that hold from day `begin` to day `end` of the run.
  subroutine write_land_use(history, begin, end, fraction, coverage, problem)
    type(history_file), intent(inout) :: history
    integer, intent(in) :: begin, end
    real(real64), intent(in) :: fraction(:, :), coverage(:)
    character(len=:), allocatable, intent(out) :: problem
    integer :: n

    problem = ""
    history%years = history%years + 1
    n = history%years
    call check(nf90_put_var(history%file, history%land_use_time, 0.5d0*(begin + end), [n]), problem)
    call check(nf90_put_var(history%file, history%land_use_time_bnds, dble([begin, end]), [1, n]), problem)
    call check(nf90_put_var(history%file, history%fraction, fraction, [1, 1, n]), problem)
    call check(nf90_put_var(history%file, history%coverage, coverage, [1, n]), problem)
    call check(nf90_sync(history%file), problem)
  end subroutine write_land_use

  subroutine close_history(history, problem)
    type(history_file), intent(inout) :: history
    character(len=:), allocatable, intent(out) :: problem

    problem = ""
    if (history%file >= 0) call check(nf90_close(history%file), problem)
    history%file = -1
  end subroutine close_history

  !> Keeps the first failure's text in `problem`.
  subroutine check(status, problem)
    integer, intent(in) :: status
    character(len=:), allocatable, intent(inout) :: problem

    if (status /= nf90_noerr .and. problem == "") problem = trim(nf90_strerror(status))
  end subroutine check

end module history
