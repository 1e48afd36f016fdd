!> A small land model that gets its land use and leaf area from landbc while it runs: `esm_time_loop NAMELIST`.
!!
!! What an Earth-system model needs is marked (1) to (3): initialise, step once per coupling interval,
!! finalize. The rest is a land model like any other: forcing, water balance, output. The host decides what a failure
!! means: here it stops with a message and exit status 1, or goes on with the land use it has.
program esm_time_loop
  use, intrinsic :: iso_fortran_env, only: error_unit, output_unit, real64
  use landbc
  use calendar, only: month_length, next_day, year_length
  use configuration, only: read_settings, settings
  use forcing, only: climatology, daily_forcing, read_climatology
  use history, only: close_history, create_history, history_file, write_land_use, write_month
  use host_state, only: read_host_state, write_host_state
  use land_bucket, only: land_classes, land_state, land_step, new_land, set_fractions, snow_amount, &
                         soil_water, storage
  implicit none

  integer, parameter :: seconds_per_day = 86400
  real(real64), parameter :: two_pi = 2*acos(-1.0_real64)
  real(real64), parameter :: closure_limit = 1.0e-9_real64 ! kg m-2 and year, of about 1000 that pass through

  type(settings) :: run
  type(climatology) :: climate
  type(landbc_coupler) :: coupler
  type(landbc_field) :: inputs(2)
  type(landbc_field), allocatable :: outputs(:)
  type(land_state) :: state
  type(history_file) :: output
  real(real64), allocatable, target :: temperature(:), precipitation(:), fraction(:, :), coverage(:), leaf_area(:)
  real(real64), allocatable :: evaporation(:), runoff(:), shed(:), begin_storage(:), gain(:)
  real(real64), allocatable :: month_soil(:), month_snow(:), month_evaporation(:), month_runoff(:), month_leaf_area(:)
  real(real64) :: year_evaporation, year_runoff, closure
  character(len=:), allocatable :: problem
  character(len=4096) :: namelist_file
  character(len=4112) :: landbc_state = ""
  integer :: year, month, day, day_of_year, elapsed, length, month_begin, changed, ierr
  logical :: coupled, with_leaf_area

  if (command_argument_count() /= 1) call stop_with("usage: esm_time_loop NAMELIST")
  call get_command_argument(1, namelist_file)
  call read_settings(trim(namelist_file), run, problem)
  if (problem /= "") call stop_with(problem)
  call read_climatology(trim(run%forcing), climate, problem)
  if (problem /= "") call stop_with(problem)
  call allocate_fields(size(climate%cell_id))
  if (run%restart /= "") then
    call read_host_state(trim(run%restart)//".host.nc", climate%cell_id, state, problem)
    if (problem /= "") call stop_with("reading '"//trim(run%restart)//".host.nc': "//problem)
    landbc_state = trim(run%restart)//".landbc.nc"
  end if

  ! (1) Initialise. The cells are whatever the host has, in its own order. A run that goes on names its checkpoint.
  call landbc_init(coupler, run%bundle, climate%cell_id, landbc_date(run%start_year), ierr, problem, &
                   calendar=run%calendar, device=run%device, recording=run%recording, threads=run%threads, &
                   restart=landbc_state, from_bundle=run%from_bundle, &
                   record=merge(landbc_record_updates, landbc_record_steps, run%record_updates), &
                   missing=merge(landbc_missing_hold, landbc_missing_error, run%hold_missing), &
                   scenario=merge(landbc_scenario_hold, landbc_scenario_error, run%hold_scenario))
  if (ierr /= landbc_ok) call stop_with("landbc_init: "//landbc_status_name(ierr)//": "//problem)
  coupled = .true.

  ! Fields are described once: the library reads and writes the host's own arrays.
  inputs = [landbc_field("air_temperature", "K", temperature), &
            landbc_field("precipitation_flux", "kg m-2 s-1", precipitation)]
  outputs = [landbc_field("land_use_fraction", "1", fraction), &
             landbc_field("coverage", "1", coverage)]
  ! What a bundle offers beyond land use depends on its emulators.
  with_leaf_area = offers("leaf_area_index")
  if (with_leaf_area) outputs = [outputs, landbc_field("leaf_area_index", "m2 m-2", leaf_area)]
  call open_output()

  elapsed = 0
  month = 1
  day = 1
  year = run%start_year
  do while (year < run%start_year + run%years)
    if (month == 1 .and. day == 1) call begin_year()
    if (day == 1) call begin_month()
    call daily_forcing(climate, run%calendar, year, day_of_year, temperature, precipitation)

    ! (2) Step: the interval's means go in; the land use and leaf area that hold at its beginning come out.
    if (coupled) then
      call landbc_step(coupler, landbc_date(year, month, day), seconds_per_day, inputs, outputs, ierr, problem, changed)
      if (ierr /= landbc_ok) call decide(ierr, problem)
      if (iand(changed, landbc_changed_land_use) /= 0 .or. .not. state%started) call take_land_use()
    end if
    if (day_of_year == 1) then
      call write_land_use(output, elapsed, elapsed + year_length(run%calendar, year), fraction, coverage, problem)
      if (problem /= "") call stop_with("writing '"//trim(run%output)//"': "//problem)
    end if

    call land_step(state, temperature, precipitation, climate%lat, two_pi*day_of_year/365.0_real64, evaporation, runoff)
    runoff = runoff + shed
    shed = 0.0_real64
    gain = gain + state%land*precipitation*seconds_per_day - evaporation - runoff
    month_soil = month_soil + soil_water(state)
    month_snow = month_snow + snow_amount(state)
    month_evaporation = month_evaporation + evaporation
    month_runoff = month_runoff + runoff
    month_leaf_area = month_leaf_area + leaf_area

    elapsed = elapsed + 1
    if (day == month_length(run%calendar, year, month)) call end_month()
    if (day_of_year == year_length(run%calendar, year)) call end_year()
    day_of_year = day_of_year + 1
    call next_day(run%calendar, year, month, day)
  end do

  ! A checkpoint, where one is wanted: both halves belong to the same moment.
  if (run%checkpoint /= "" .and. coupled) then
    call landbc_checkpoint(coupler, trim(run%checkpoint)//".landbc.nc", ierr, problem)
    if (ierr /= landbc_ok) call stop_with("landbc_checkpoint: "//landbc_status_name(ierr)//": "//problem)
    call write_host_state(trim(run%checkpoint)//".host.nc", climate%cell_id, state, problem)
    if (problem /= "") call stop_with("writing '"//trim(run%checkpoint)//".host.nc': "//problem)
  end if

  ! (3) Finalize: the recording is closed here.
  if (coupled) then
    call landbc_finalize(coupler, ierr, problem)
    if (ierr /= landbc_ok) call stop_with("landbc_finalize: "//landbc_status_name(ierr)//": "//problem)
  end if
  call close_history(output, problem)
  if (problem /= "") call stop_with("closing '"//trim(run%output)//"': "//problem)

contains

  subroutine allocate_fields(cells)
    integer, intent(in) :: cells

    allocate (temperature(cells), precipitation(cells), fraction(cells, land_classes), coverage(cells), &
              leaf_area(cells))
    allocate (evaporation(cells), runoff(cells), shed(cells), begin_storage(cells), gain(cells))
    allocate (month_soil(cells), month_snow(cells), month_evaporation(cells), month_runoff(cells), &
              month_leaf_area(cells))
    leaf_area = 0.0_real64
    shed = 0.0_real64
    call new_land(cells, state)
  end subroutine allocate_fields

  !> Whether the coupler offers an output.
  logical function offers(name)
    character(len=*), intent(in) :: name
    type(landbc_variable) :: variable
    integer :: count, number

    offers = .false.
    call landbc_output_count(coupler, count, ierr, problem)
    do number = 1, count
      call landbc_output(coupler, number, variable, ierr, problem)
      if (ierr /= landbc_ok) call stop_with("landbc_output: "//problem)
      if (variable%name == name) offers = .true.
    end do
  end function offers

  !> Names of the classes come from the emulator; the land model has parameters for eight of them.
  subroutine open_output()
    character(len=32) :: names(land_classes)
    character(len=:), allocatable :: name
    character(len=10) :: since
    integer :: count, code

    call landbc_class_count(coupler, count, ierr, problem)
    if (ierr /= landbc_ok) call stop_with("landbc_class_count: "//problem)
    if (count /= land_classes) call stop_with("the emulator has other land-use classes than this land model")
    do code = 0, count - 1
      call landbc_class_name(coupler, code, name, ierr, problem)
      if (ierr /= landbc_ok) call stop_with("landbc_class_name: "//problem)
      names(code + 1) = name
    end do
    write (since, "(i4.4, a)") run%start_year, "-01-01"
    call create_history(trim(run%output), climate, names, since, trim(run%calendar), &
                        "esm_time_loop with landbc "//landbc_version()//", libtorch "//landbc_torch_version(), with_leaf_area, &
                        output, problem)
    if (problem /= "") call stop_with(problem)
  end subroutine open_output

  !> The host's decision on a step that failed. Such a step has changed nothing, but the next would leave a gap:
  !! going on means going on without landbc.
  subroutine decide(status, sentence)
    integer, intent(in) :: status
    character(len=*), intent(in) :: sentence
    character(len=64) :: place

    write (place, "(a, i4.4, 2('-', i2.2), a)") "landbc_step on ", year, month, day, ": "
    if (.not. run%freeze_on_failure .or. .not. state%started) then
      call stop_with(trim(place)//" "//landbc_status_name(status)//": "//sentence)
    end if
    write (error_unit, "(5a)") "esm_time_loop: ", trim(place)//" ", landbc_status_name(status), ": ", sentence
    write (error_unit, "(a)") "esm_time_loop: land use stays as it is from here on"
    coupled = .false.
    call landbc_finalize(coupler, ierr, problem)
  end subroutine decide

  !> New fractions on the tiles; the water moves with the area.
  subroutine take_land_use()
    real(real64) :: known(size(coverage), land_classes)
    integer :: class
    logical :: first

    known = 0.0_real64
    do class = 1, land_classes
      where (coverage > 0.0_real64) known(:, class) = fraction(:, class)
    end do
    first = .not. state%started
    call set_fractions(state, known, shed)
    if (first) begin_storage = storage(state)
  end subroutine take_land_use

  subroutine begin_year()
    day_of_year = 1
    year_evaporation = 0.0_real64
    year_runoff = 0.0_real64
    gain = 0.0_real64
    if (state%started) begin_storage = storage(state)
  end subroutine begin_year

  subroutine begin_month()
    month_begin = elapsed
    month_soil = 0.0_real64
    month_snow = 0.0_real64
    month_evaporation = 0.0_real64
    month_runoff = 0.0_real64
    month_leaf_area = 0.0_real64
  end subroutine begin_month

  subroutine end_month()
    length = elapsed - month_begin
    year_evaporation = year_evaporation + land_mean(month_evaporation)
    year_runoff = year_runoff + land_mean(month_runoff)
    call write_month(output, month_begin, elapsed, state%land, month_soil/length, month_snow/length, &
                     month_evaporation/length/seconds_per_day, month_runoff/length/seconds_per_day, &
                     month_leaf_area/length, problem)
    if (problem /= "") call stop_with("writing '"//trim(run%output)//"': "//problem)
  end subroutine end_month

  !> Checks that the year's water balance closes, and reports the year.
  subroutine end_year()
    real(real64) :: seconds

    closure = maxval(abs(storage(state) - begin_storage - gain))
    if (.not. closure <= closure_limit) call stop_with("the water balance does not close: a fault in this land model")
    seconds = 0.0_real64
    if (coupled) seconds = update_seconds()
    write (output_unit, "(i4.4, 3(a, f7.1), a, es7.1, a, f6.2, a)") year, &
      "  soil water ", land_mean(month_soil/length), "  evapotranspiration ", year_evaporation, &
      "  runoff ", year_runoff, " kg m-2   water balance closes to ", closure, "   land-use update ", seconds, " s"
    flush (output_unit)
  end subroutine end_year

  real(real64) function update_seconds()
    type(landbc_timings) :: timings

    call landbc_get_timings(coupler, timings, ierr, problem)
    update_seconds = timings%gather + timings%features + timings%forward + timings%state + timings%scatter
    if (ierr /= landbc_ok) update_seconds = 0.0_real64
  end function update_seconds

  !> Mean over the land of all cells of an amount per known area.
  real(real64) function land_mean(amount)
    real(real64), intent(in) :: amount(:)
    real(real64) :: weight(size(amount))

    weight = climate%cell_area*coverage
    land_mean = sum(weight*amount)/max(sum(weight*state%land), tiny(1.0_real64))
  end function land_mean

  !> Ends the run with a message and exit status 1; what has been recorded so far is closed and can be read.
  subroutine stop_with(message)
    character(len=*), intent(in) :: message

    write (error_unit, "(2a)") "esm_time_loop: ", message
    if (landbc_is_live(coupler)) call landbc_finalize(coupler, ierr)
    stop 1
  end subroutine stop_with

end program esm_time_loop
