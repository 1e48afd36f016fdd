!> What the tests of module landbc share: the small bundle of tests/couple/small_bundle.py.
!!
!! It has 30 cells with ids 1000 + 7 k, the window (3950, 17950, 100, 150), eight classes, state year 2009 and
!! scenario years 2009 to 2013.
module fixture
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use landbc, only: landbc_coupler, landbc_date, landbc_init, landbc_ok
  use checks, only: check
  implicit none
  private
  public :: start, climate

  integer, parameter, public :: cells = 30, classes = 8, day = 86400
  character(len=4096), public :: bundle, folder
  character(len=:), allocatable, public :: said
  integer, public :: ierr
  integer, private :: k
  integer(int64), parameter, public :: ids(cells) = [(1000_int64 + 7_int64*k, k=0, cells - 1)]

contains

  subroutine start(coupler)
    type(landbc_coupler), intent(inout) :: coupler

    ! Graphs of devices are nothing to the CPU.
    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, device_graphs=.true.)
    if (ierr /= landbc_ok) call check("init", .false., said)
  end subroutine start

  subroutine climate(temperature, precipitation)
    real(real64), intent(out) :: temperature(:), precipitation(:)
    integer :: i

    temperature = [(284.0_real64 + 0.1_real64*i, i=1, size(temperature))]
    precipitation = 3.0e-5_real64
  end subroutine climate

end module fixture
