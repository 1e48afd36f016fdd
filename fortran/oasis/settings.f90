!> What the namelist `landbc_oasis` says, checked before anything is started.
!!
!! Every field has three texts: its name in landbc (as in the model card), its unit, and its name in the namcouple.
!! An output of several columns (classes, say) becomes one coupling field for each: the namcouple's name followed by
!! two digits, from 01.
module landbc_oasis_settings
  use landbc, only: landbc_date, landbc_interpolation_ctsm, landbc_interpolation_mid_step, landbc_interpolation_none, &
                    landbc_missing_error, landbc_missing_hold, landbc_range_error, landbc_range_off, landbc_range_warn, &
                    landbc_record_steps, landbc_record_updates, landbc_scenario_error, landbc_scenario_hold
  use landbc_oasis_calendar, only: calendar_is_known, date_is_of
  implicit none
  private
  public :: settings, read_settings

  integer, parameter :: path_length = 4096, name_length = 128, most_fields = 64

  !> Columns of an output that are as many as the bundle says.
  integer, parameter, public :: as_bundle = -1

  type, public :: exchanged_field
    character(len=name_length) :: name = ""   !< in landbc
    character(len=name_length) :: unit = "1"  !< of the coupled model's values
    character(len=name_length) :: oasis = ""  !< in the namcouple; of several columns, what their names begin with
    integer :: columns = 0                    !< values a cell; 0: one, and no digits in the namcouple
  end type exchanged_field

  type :: settings
    character(len=path_length) :: bundle = "", recording = "", restart = "", checkpoint = "", log = ""
    character(len=path_length) :: from_bundle = ""
    character(len=name_length) :: calendar = "standard", device = "cpu"
    logical :: device_graphs = .false.
    character(len=4) :: grid = "lbc_"
    type(landbc_date) :: start
    integer :: interval = 0, intervals = 0, checkpoint_every = 0, threads = 0
    integer :: missing = landbc_missing_error, scenario = landbc_scenario_error, ranges = landbc_range_warn
    integer :: record = landbc_record_steps, interpolation = landbc_interpolation_mid_step
    type(exchanged_field), allocatable :: inputs(:), outputs(:)
  end type settings

contains

  !> Reads `path`; `problem` is empty when all is well.
  subroutine read_settings(path, chosen, problem)
    character(len=*), intent(in) :: path
    type(settings), intent(out) :: chosen
    character(len=:), allocatable, intent(out) :: problem
    character(len=path_length) :: bundle, recording, restart, checkpoint, log, from_bundle
    character(len=name_length) :: calendar, device, missing, scenario, ranges, record, interpolation
    character(len=name_length), dimension(most_fields) :: input_name, input_unit, input_field
    character(len=name_length), dimension(most_fields) :: output_name, output_unit, output_field
    character(len=4) :: grid
    integer :: start(4), interval, intervals, checkpoint_every, threads, output_columns(most_fields)
    integer :: unit, status
    character(len=512) :: message
    logical :: device_graphs
    namelist /landbc_oasis/ bundle, recording, restart, checkpoint, checkpoint_every, log, from_bundle, calendar, &
      device, device_graphs, threads, grid, start, interval, intervals, missing, scenario, ranges, record, interpolation, &
      input_name, input_unit, input_field, output_name, output_unit, output_field, output_columns

    bundle = ""
    recording = ""
    restart = ""
    checkpoint = ""
    checkpoint_every = 0
    log = ""
    from_bundle = ""
    calendar = chosen%calendar
    device = chosen%device
    device_graphs = .false.
    threads = 0
    grid = chosen%grid
    start = [0, 1, 1, 0]
    interval = 0
    intervals = 0
    missing = "error"
    scenario = "error"
    ranges = "warn"
    record = "steps"
    interpolation = "mid_step"
    input_name = ""
    input_unit = ""
    input_field = ""
    output_name = ""
    output_unit = "1"
    output_field = ""
    output_columns = as_bundle

    problem = ""
    open (newunit=unit, file=path, status="old", action="read", iostat=status, iomsg=message)
    if (status /= 0) then
      problem = "cannot open namelist file '"//path//"': "//trim(message)
      return
    end if
    read (unit, nml=landbc_oasis, iostat=status, iomsg=message)
    close (unit)
    if (status /= 0) then
      problem = "cannot read namelist &landbc_oasis in '"//path//"': "//trim(message)
      return
    end if

    chosen%bundle = bundle
    chosen%recording = recording
    chosen%restart = restart
    chosen%checkpoint = checkpoint
    chosen%checkpoint_every = checkpoint_every
    chosen%log = log
    chosen%from_bundle = from_bundle
    chosen%calendar = calendar
    chosen%device = device
    chosen%device_graphs = device_graphs
    chosen%threads = threads
    chosen%grid = grid
    chosen%start = landbc_date(start(1), start(2), start(3), start(4))
    chosen%interval = interval
    chosen%intervals = intervals
    chosen%inputs = fields(input_name, input_unit, input_field, spread(0, 1, most_fields))
    chosen%outputs = fields(output_name, output_unit, output_field, output_columns)
    call choose("missing", missing, ["error", "hold "], [landbc_missing_error, landbc_missing_hold], &
                chosen%missing, problem)
    call choose("scenario", scenario, ["error", "hold "], [landbc_scenario_error, landbc_scenario_hold], &
                chosen%scenario, problem)
    call choose("ranges", ranges, ["error", "warn ", "off  "], &
                [landbc_range_error, landbc_range_warn, landbc_range_off], chosen%ranges, problem)
    call choose("record", record, ["steps  ", "updates"], [landbc_record_steps, landbc_record_updates], &
                chosen%record, problem)
    call choose("interpolation", interpolation, ["mid_step", "none    ", "ctsm    "], &
                [landbc_interpolation_mid_step, landbc_interpolation_none, landbc_interpolation_ctsm], &
                chosen%interpolation, problem)
    if (problem == "") problem = what_is_wrong(chosen)
    if (problem /= "") problem = problem//" (&landbc_oasis in '"//path//"')"
  end subroutine read_settings

  !> The fields that have a name.
  pure function fields(name, unit, oasis, columns) result(list)
    character(len=*), dimension(:), intent(in) :: name, unit, oasis
    integer, intent(in) :: columns(:)
    type(exchanged_field), allocatable :: list(:)
    integer :: i

    allocate (list(0))
    do i = 1, size(name)
      if (name(i) == "") cycle
      list = [list, exchanged_field(name(i), unit(i), oasis(i), columns(i))]
    end do
  end function fields

  !> The value of `word`; where it is none of `words`, `problem` says so.
  pure subroutine choose(what, word, words, values, chosen, problem)
    character(len=*), intent(in) :: what, word, words(:)
    integer, intent(in) :: values(:)
    integer, intent(inout) :: chosen
    character(len=:), allocatable, intent(inout) :: problem
    integer :: i

    do i = 1, size(words)
      if (word == words(i)) then
        chosen = values(i)
        return
      end if
    end do
    problem = "'"//what//"' is '"//trim(word)//"'; choose '"//trim(words(1))
    do i = 2, size(words)
      problem = problem//"', '"//trim(words(i))
    end do
    problem = problem//"'"
  end subroutine choose

  pure function what_is_wrong(chosen) result(problem)
    type(settings), intent(in) :: chosen
    character(len=:), allocatable :: problem
    integer :: i

    problem = ""
    if (chosen%bundle == "") then
      problem = "'bundle' is not set; give the directory of a bundle"
    else if (.not. calendar_is_known(chosen%calendar)) then
      problem = "'calendar' is '"//trim(chosen%calendar)//"'; choose standard, proleptic_gregorian, noleap or 360_day"
    else if (.not. date_is_of(chosen%calendar, chosen%start)) then
      problem = "'start' is no moment of the calendar; give year, month, day, second of the day"
    else if (chosen%interval < 1 .or. chosen%intervals < 1) then
      problem = "'interval' (seconds) and 'intervals' (number) must both be given, 1 or more"
    else if (chosen%intervals > huge(chosen%intervals)/chosen%interval) then
      problem = "'interval' times 'intervals' exceeds the 2147483647 seconds that OASIS can count; run in parts, by restart"
    else if (chosen%checkpoint_every > 0 .and. chosen%checkpoint == "") then
      problem = "'checkpoint_every' is given, but 'checkpoint', the file to write, is not"
    else if (size(chosen%outputs) == 0) then
      problem = "'output_name' is not set; give land_use_fraction, say"
    end if
    do i = 1, size(chosen%inputs)
      associate (field => chosen%inputs(i))
        if (field%unit == "" .or. field%oasis == "") &
          problem = "input '"//trim(field%name)//"' has no 'input_unit' or no 'input_field'"
      end associate
    end do
    do i = 1, size(chosen%outputs)
      associate (field => chosen%outputs(i))
        if (field%oasis == "") problem = "output '"//trim(field%name)//"' has no 'output_field'"
        if (field%columns < as_bundle .or. field%columns > 99) &
          problem = "output '"//trim(field%name)//"' must have 0 to 99 'output_columns'"
      end associate
    end do
  end function what_is_wrong

end module landbc_oasis_settings
