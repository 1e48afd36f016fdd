!> What the namelist `run` says, checked.
module configuration
  use calendar, only: calendar_is_known
  implicit none
  private
  public :: settings, read_settings

  integer, parameter :: path_length = 4096

  type :: settings
    character(len=path_length) :: bundle = ""    !< directory of the bundle (required)
    character(len=path_length) :: forcing = ""   !< climatology on the native cells (required)
    character(len=path_length) :: output = "esm_time_loop.nc"
    character(len=path_length) :: recording = "" !< blank: none
    character(len=path_length) :: restart = ""   !< continue from these files (without .landbc.nc, .host.nc); blank: begin
    character(len=path_length) :: checkpoint = "" !< written at the end of the run, named alike; blank: none
    character(len=path_length) :: from_bundle = "" !< inputs that the bundle supplies, with commas between; blank: none
    integer :: start_year = 0                    !< the run begins on 1 January (required)
    integer :: years = 1
    character(len=32) :: calendar = "standard"
    character(len=32) :: device = "cpu"
    integer :: threads = 0
    logical :: record_updates = .false.          !< of the steps only those in which an emulator ran
    logical :: hold_missing = .false.            !< NaN in the forcing: keep the last valid value
    logical :: hold_scenario = .false.           !< beyond the scenario: hold its last year
    logical :: freeze_on_failure = .false.       !< landbc fails: go on with the last land use, or stop
  end type settings

contains

  !> Reads `path`; `problem` is blank when all is well.
  subroutine read_settings(path, chosen, problem)
    character(len=*), intent(in) :: path
    type(settings), intent(out) :: chosen
    character(len=:), allocatable, intent(out) :: problem
    character(len=path_length) :: bundle, forcing, output, recording, restart, checkpoint, from_bundle
    character(len=32) :: calendar, device
    integer :: start_year, years, threads
    logical :: record_updates, hold_missing, hold_scenario, freeze_on_failure
    integer :: unit, status
    character(len=512) :: message
    namelist /run/ bundle, forcing, output, recording, restart, checkpoint, from_bundle, start_year, years, calendar, device, &
      threads, record_updates, hold_missing, hold_scenario, freeze_on_failure

    bundle = chosen%bundle
    forcing = chosen%forcing
    output = chosen%output
    recording = chosen%recording
    restart = chosen%restart
    checkpoint = chosen%checkpoint
    from_bundle = chosen%from_bundle
    start_year = chosen%start_year
    years = chosen%years
    calendar = chosen%calendar
    device = chosen%device
    threads = chosen%threads
    record_updates = chosen%record_updates
    hold_missing = chosen%hold_missing
    hold_scenario = chosen%hold_scenario
    freeze_on_failure = chosen%freeze_on_failure

    open (newunit=unit, file=path, status="old", action="read", iostat=status, iomsg=message)
    if (status /= 0) then
      problem = "cannot open namelist file '"//path//"': "//trim(message)
      return
    end if
    read (unit, nml=run, iostat=status, iomsg=message)
    close (unit)
    if (status /= 0) then
      problem = "cannot read namelist &run in '"//path//"': "//trim(message)
      return
    end if

    chosen = settings(bundle, forcing, output, recording, restart, checkpoint, from_bundle, start_year, years, calendar, &
                      device, threads, record_updates, hold_missing, hold_scenario, freeze_on_failure)
    if (bundle == "") then
      problem = "'bundle' is not set in &run of '"//path//"'"
    else if (forcing == "") then
      problem = "'forcing' is not set in &run of '"//path//"'"
    else if (.not. calendar_is_known(calendar)) then
      problem = "calendar '"//trim(calendar)//"' is none of standard, proleptic_gregorian, noleap, 360_day"
    else if (start_year < 1583) then
      problem = "'start_year' must be given, 1583 or later"
    else if (years < 1) then
      problem = "'years' must be 1 or more"
    else
      problem = ""
    end if
  end subroutine read_settings

end module configuration
