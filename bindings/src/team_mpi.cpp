// The ranks of an MPI communicator, of which the library keeps a duplicate so that its messages never meet
// the host's.
#include <mpi.h>

#include <algorithm>
#include <climits>
#include <limits>

#include "error.h"
#include "guard.h"
#include "team.h"

namespace landbc {
namespace {

void check(int code, const char *what) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = {};
  int length = 0;
  MPI_Error_string(code, text, &length);
  fail(LANDBC_ERROR_INTERNAL, "MPI: ", what, " failed (", first_line(text), ")");
}

int count_of(size_t size) {
  if (size > static_cast<size_t>(INT_MAX)) {
    fail(LANDBC_ERROR_MEMORY, "a message of ", size, " bytes is longer than MPI takes; use more ranks");
  }
  return static_cast<int>(size);
}

std::vector<int> offsets(const std::vector<int> &counts) {
  std::vector<int> at(counts.size(), 0);
  int64_t total = 0;
  for (size_t r = 0; r < counts.size(); ++r) {
    at[r] = count_of(static_cast<size_t>(total));
    total += counts[r];
  }
  count_of(static_cast<size_t>(total));
  return at;
}

class MpiTeam : public Team {
 public:
  explicit MpiTeam(MPI_Comm host) {
    check(MPI_Comm_dup(host, &communicator_), "MPI_Comm_dup");
    MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN);
    check(MPI_Comm_rank(communicator_, &rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(communicator_, &size_), "MPI_Comm_size");
    MPI_Comm machine = MPI_COMM_NULL;
    check(MPI_Comm_split_type(communicator_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &machine),
          "MPI_Comm_split_type");
    check(MPI_Comm_rank(machine, &local_rank_), "MPI_Comm_rank");
    MPI_Comm_free(&machine);
  }
  ~MpiTeam() override {
    int over = 0;
    MPI_Finalized(&over);
    if (over == 0) MPI_Comm_free(&communicator_);
  }
  MpiTeam(const MpiTeam &) = delete;
  MpiTeam &operator=(const MpiTeam &) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int local_rank() const override { return local_rank_; }

  void together(c10::function_ref<void()> body) override {
    const Outcome mine = guarded(body);
    int failed = mine.status == LANDBC_OK ? size_ : rank_;
    int first = size_;
    check(MPI_Allreduce(&failed, &first, 1, MPI_INT, MPI_MIN, communicator_), "MPI_Allreduce");
    if (first == size_) return;
    int status = mine.status;
    Bytes sentence(mine.sentence.begin(), mine.sentence.end());
    check(MPI_Bcast(&status, 1, MPI_INT, first, communicator_), "MPI_Bcast");
    share_from(first, sentence);
    if (mine.status != LANDBC_OK) throw Error(mine.status, mine.sentence);
    fail(static_cast<landbc_status>(status), "rank ", first, ": ",
         std::string(sentence.begin(), sentence.end()));
  }

  std::vector<std::vector<int64_t>> all_to_all(const std::vector<std::vector<int64_t>> &items) override {
    const auto ranks = static_cast<size_t>(size_);
    std::vector<int> send(ranks);
    std::vector<int> receive(ranks);
    for (size_t r = 0; r < ranks; ++r) send[r] = count_of(items[r].size());
    check(MPI_Alltoall(send.data(), 1, MPI_INT, receive.data(), 1, MPI_INT, communicator_), "MPI_Alltoall");
    const std::vector<int> send_at = offsets(send);
    const std::vector<int> receive_at = offsets(receive);
    std::vector<int64_t> out;
    for (const auto &item : items) out.insert(out.end(), item.begin(), item.end());
    std::vector<int64_t> in(static_cast<size_t>(receive_at.back() + receive.back()));
    check(MPI_Alltoallv(out.data(), send.data(), send_at.data(), MPI_INT64_T, in.data(), receive.data(),
                        receive_at.data(), MPI_INT64_T, communicator_),
          "MPI_Alltoallv");
    std::vector<std::vector<int64_t>> result(ranks);
    for (size_t r = 0; r < ranks; ++r) {
      const auto begin = in.begin() + receive_at[r];
      result[r].assign(begin, begin + receive[r]);
    }
    return result;
  }

  void trade(const std::vector<Message> &out, std::vector<Message> &in) override {
    constexpr int kTag = 1;
    std::vector<MPI_Request> requests(in.size() + out.size(), MPI_REQUEST_NULL);
    size_t next = 0;
    for (Message &message : in) {
      check(MPI_Irecv(message.bytes.data(), count_of(message.bytes.size()), MPI_BYTE, message.rank, kTag,
                      communicator_, &requests[next++]),
            "MPI_Irecv");
    }
    for (const Message &message : out) {
      check(MPI_Isend(message.bytes.data(), count_of(message.bytes.size()), MPI_BYTE, message.rank, kTag,
                      communicator_, &requests[next++]),
            "MPI_Isend");
    }
    check(MPI_Waitall(count_of(requests.size()), requests.data(), MPI_STATUSES_IGNORE), "MPI_Waitall");
  }

  std::vector<Bytes> collect(const Bytes &mine) override {
    std::vector<int> sizes(static_cast<size_t>(size_), 0);
    const int size = count_of(mine.size());
    check(MPI_Gather(&size, 1, MPI_INT, sizes.data(), 1, MPI_INT, 0, communicator_), "MPI_Gather");
    std::vector<Bytes> all;
    if (rank_ == 0) {
      for (const int expected : sizes) all.emplace_back(static_cast<size_t>(expected));
      all.front() = mine;
      for (int r = 1; r < size_; ++r) {
        Bytes &from = all[static_cast<size_t>(r)];
        check(MPI_Recv(from.data(), count_of(from.size()), MPI_BYTE, r, 2, communicator_, MPI_STATUS_IGNORE),
              "MPI_Recv");
      }
    } else {
      check(MPI_Send(mine.data(), size, MPI_BYTE, 0, 2, communicator_), "MPI_Send");
    }
    return all;
  }

  void share(Bytes &bytes) override { share_from(0, bytes); }

 private:
  void share_from(int root, Bytes &bytes) {
    int size = rank_ == root ? count_of(bytes.size()) : 0;
    check(MPI_Bcast(&size, 1, MPI_INT, root, communicator_), "MPI_Bcast");
    bytes.resize(static_cast<size_t>(size));
    check(MPI_Bcast(bytes.data(), size, MPI_BYTE, root, communicator_), "MPI_Bcast");
  }

  MPI_Comm communicator_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1, local_rank_ = 0;
};

}  // namespace

bool built_with_mpi() noexcept { return true; }

std::unique_ptr<Team> join_team(bool parallel, int32_t communicator) {
  if (!parallel) return std::make_unique<Team>();
  int ready = 0;
  int over = 0;
  MPI_Initialized(&ready);
  MPI_Finalized(&over);
  if (ready == 0 || over != 0) {
    fail(LANDBC_ERROR_ARGUMENT, "configuration: 'parallel' is set, but MPI is ",
         over != 0 ? "finalized already" : "not initialised; call MPI_Init first");
  }
  const MPI_Comm host = MPI_Comm_f2c(communicator);
  if (host == MPI_COMM_NULL) {
    fail(LANDBC_ERROR_ARGUMENT, "configuration: 'communicator' ", communicator,
         " is no communicator; give the Fortran integer (in C: MPI_Comm_c2f)");
  }
  return std::make_unique<MpiTeam>(host);
}

}  // namespace landbc
