!> The emulators of a bundle as a component of an OASIS3-MCT coupled model: `landbc_oasis [NAMELIST]`, with
!! `landbc_oasis.nml` by default and `landbc` as its name in the namcouple.
!!
!! Each coupling interval it gets the climate of the interval, calls landbc_step, and puts what held at the interval's
!! beginning, both with the interval's beginning as the date: a host puts its means and gets the answer at the end of its
!! own interval, and uses it from the next one on (docs/oasis.md).
!!
!! A failure ends the coupled run with exit status 1 and the sentence on standard error.
program landbc_oasis
  use, intrinsic :: iso_fortran_env, only: error_unit, real64
  use landbc
  use landbc_oasis_calendar, only: later
  use landbc_oasis_log, only: open_log
  use landbc_oasis_mesh, only: block, read_block, write_grid
  use landbc_oasis_settings, only: as_bundle, exchanged_field, read_settings, settings
  use mod_oasis, only: oasis_def_partition, oasis_def_var, oasis_double, oasis_enddef, oasis_fromrest, &
                       oasis_fromrestout, oasis_get, oasis_get_localcomm, oasis_in, oasis_init_comp, oasis_input, &
                       oasis_out, oasis_put, oasis_recvd, oasis_recvout, oasis_terminate, oasis_var_uncpl
  use mpi, only: mpi_abort, mpi_comm_rank, mpi_comm_size, mpi_comm_world
  implicit none

  !> The arrays of a field and the number that OASIS gave to each of its columns.
  type :: coupled_field
    type(exchanged_field) :: about
    real(real64), allocatable :: values(:, :)
    integer, allocatable :: oasis(:)
  end type coupled_field

  type(settings) :: run
  type(block) :: mine
  type(landbc_coupler) :: coupler
  type(landbc_date) :: begin
  type(coupled_field), allocatable, target :: inputs(:), outputs(:)
  type(landbc_field), allocatable :: given(:), wanted(:)
  character(len=4096) :: namelist_file
  character(len=:), allocatable :: problem
  integer :: component, communicator, rank, ranks, step, ierr

  call oasis_init_comp(component, "landbc", ierr)
  call oasis_get_localcomm(communicator, ierr)
  call mpi_comm_rank(communicator, rank, ierr)
  call mpi_comm_size(communicator, ranks, ierr)

  namelist_file = "landbc_oasis.nml"
  if (command_argument_count() > 0) call get_command_argument(1, namelist_file)
  call read_settings(trim(namelist_file), run, problem)
  if (problem /= "") call give_up(problem)
  call read_block(trim(run%bundle), rank, ranks, mine, problem)
  if (problem /= "") call give_up(problem)
  if (run%log /= "" .and. rank == 0) call open_log(trim(run%log), problem)
  if (problem /= "") call give_up(problem)

  call landbc_init(coupler, run%bundle, mine%id, run%start, ierr, problem, calendar=run%calendar, device=run%device, &
                   recording=run%recording, record=run%record, threads=run%threads, missing=run%missing, scenario=run%scenario, &
                   interpolation=run%interpolation, ranges=run%ranges, restart=run%restart, from_bundle=run%from_bundle, &
                   communicator=communicator, device_graphs=run%device_graphs)
  call demand("landbc_init")
  call define_fields()

  begin = run%start
  do step = 0, run%intervals - 1
    call receive(step*run%interval)
    call landbc_step(coupler, begin, run%interval, given, wanted, ierr, problem)
    call demand("landbc_step")
    call send(step*run%interval)
    begin = later(run%calendar, begin, run%interval)
    if (checkpoint_is_due(step + 1)) then
      call landbc_checkpoint(coupler, run%checkpoint, ierr, problem)
      call demand("landbc_checkpoint")
    end if
  end do

  call landbc_finalize(coupler, ierr, problem)
  call demand("landbc_finalize")
  call oasis_terminate(ierr)

contains

  !> Tells OASIS the partition, the grid and the fields of the namelist.
  subroutine define_fields()
    integer :: partition, i

    call oasis_def_partition(partition, [1, mine%first, size(mine%id)], ierr, mine%cells)  ! 1: one block a rank
    if (rank == 0) then
      call write_grid(trim(run%bundle), run%grid, problem)
      if (problem /= "") call give_up(problem)
    end if
    allocate (inputs(size(run%inputs)), outputs(size(run%outputs)))
    do i = 1, size(inputs)
      call define(run%inputs(i), partition, oasis_in, inputs(i))
      if (inputs(i)%oasis(1) == oasis_var_uncpl) &
        call give_up("input '"//trim(run%inputs(i)%name)//"': its 'input_field' "//trim(run%inputs(i)%oasis) &
                     //" is not in the namcouple")
    end do
    do i = 1, size(outputs)
      call define(run%outputs(i), partition, oasis_out, outputs(i))
      if (all(outputs(i)%oasis == oasis_var_uncpl)) &
        call give_up("output '"//trim(run%outputs(i)%name)//"': its 'output_field' "//trim(run%outputs(i)%oasis) &
                     //" (of several columns with two digits behind it) is not in the namcouple")
    end do
    call oasis_enddef(ierr)

    allocate (given(size(inputs)), wanted(size(outputs)))
    do i = 1, size(inputs)
      given(i) = described(inputs(i))
    end do
    do i = 1, size(outputs)
      wanted(i) = described(outputs(i))
    end do
  end subroutine define_fields

  subroutine define(about, partition, direction, field)
    type(exchanged_field), intent(in) :: about
    integer, intent(in) :: partition, direction
    type(coupled_field), intent(out) :: field
    character(len=:), allocatable :: name
    character(len=2) :: digits
    integer :: extent(2), c

    field%about = about
    if (about%columns == as_bundle) field%about%columns = columns_of(trim(about%name))
    allocate (field%values(size(mine%id), max(field%about%columns, 1)), source=0.0_real64)
    allocate (field%oasis(size(field%values, 2)))
    extent = [1, size(mine%id)]
    do c = 1, size(field%oasis)
      name = trim(about%oasis)
      if (field%about%columns > 0) then
        write (digits, "(i2.2)") c
        name = name//digits
      end if
      call oasis_def_var(field%oasis(c), name, partition, [1, 1], direction, extent, oasis_double, ierr)
    end do
  end subroutine define

  !> Classes of an output of the bundle; 0 for one value a cell, and for a name that landbc_step will refuse.
  integer function columns_of(name)
    character(len=*), intent(in) :: name
    type(landbc_variable) :: output
    integer :: count, i

    columns_of = 0
    call landbc_output_count(coupler, count, ierr, problem)
    call demand("landbc_output_count")
    do i = 1, count
      call landbc_output(coupler, i, output, ierr, problem)
      call demand("landbc_output")
      if (output%name == name) columns_of = output%class_count
    end do
  end function columns_of

  function described(field) result(description)
    type(coupled_field), intent(in), target :: field
    type(landbc_field) :: description

    if (field%about%columns > 0) then
      description = landbc_field(trim(field%about%name), trim(field%about%unit), field%values)
    else
      description = landbc_field(trim(field%about%name), trim(field%about%unit), field%values(:, 1))
    end if
  end function described

  subroutine receive(seconds)
    integer, intent(in) :: seconds
    integer :: i

    do i = 1, size(inputs)
      call oasis_get(inputs(i)%oasis(1), seconds, inputs(i)%values(:, 1), ierr)
      if (all(ierr /= [oasis_recvd, oasis_recvout, oasis_fromrest, oasis_fromrestout, oasis_input])) &
        call give_up("input '"//trim(run%inputs(i)%name)//"': the namcouple's period for " &
                     //trim(run%inputs(i)%oasis)//" is not 'interval', for nothing comes at every step")
    end do
  end subroutine receive

  subroutine send(seconds)
    integer, intent(in) :: seconds
    integer :: i, c

    do i = 1, size(outputs)
      do c = 1, size(outputs(i)%oasis)
        if (outputs(i)%oasis(c) == oasis_var_uncpl) cycle
        call oasis_put(outputs(i)%oasis(c), seconds, outputs(i)%values(:, c), ierr)
      end do
    end do
  end subroutine send

  !> After `steps` intervals: at the end, and every `checkpoint_every` of them.
  logical function checkpoint_is_due(steps)
    integer, intent(in) :: steps

    checkpoint_is_due = steps == run%intervals
    if (run%checkpoint_every > 0) checkpoint_is_due = checkpoint_is_due .or. modulo(steps, run%checkpoint_every) == 0
    checkpoint_is_due = checkpoint_is_due .and. run%checkpoint /= ""
  end function checkpoint_is_due

  !> The last call of landbc must have succeeded.
  subroutine demand(call_name)
    character(len=*), intent(in) :: call_name

    if (ierr /= landbc_ok) call give_up(call_name//": "//landbc_status_name(ierr)//": "//problem)
  end subroutine demand

  !> Ends the coupled run with the sentence on standard error. Not by oasis_abort, whose exit status is 0 in the
  !! OASIS3-MCT that Debian has: a batch system would take that for success.
  subroutine give_up(sentence)
    character(len=*), intent(in) :: sentence

    write (error_unit, "(2a)") "landbc_oasis: ", sentence
    flush (error_unit)
    call mpi_abort(mpi_comm_world, 1, ierr)
  end subroutine give_up

end program landbc_oasis
