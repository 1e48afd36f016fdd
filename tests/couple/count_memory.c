/* Stands in for the C library's allocator in a process of its own (LD_PRELOAD) and counts the bytes held. */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_long held, most, large_made;

long counted_held(void) { return held; }
/* The most since the last call. */
long counted_most(void) { return atomic_exchange(&most, held); }

/* Blocks of a megabyte and more that were ever asked for. */
long counted_large(void) { return large_made; }

/* Large blocks by what was asked for: with an alignment of huge pages a block's usable size is up to another
 * huge page, as chance has it. */
enum { LARGE = 1 << 20, BLOCKS = 4096 };
static struct {
  void *memory;
  long size;
} large[BLOCKS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Puts `with` in the place of `memory`; 0 if there is none. */
static long replace_large(void *memory, void *with, long size) {
  long before = 0;
  int i;
  pthread_mutex_lock(&lock);
  for (i = 0; i < BLOCKS && large[i].memory != memory; ++i) continue;
  if (i < BLOCKS) {
    before = large[i].size;
    large[i].memory = with;
    large[i].size = size;
  }
  pthread_mutex_unlock(&lock);
  return before;
}

static void *took(void *memory, size_t asked) {
  if (memory != NULL) {
    const int is_large = asked >= LARGE;
    const long size = is_large ? (long)asked : (long)malloc_usable_size(memory);
    const long now = atomic_fetch_add(&held, size) + size;
    long before = most;
    if (is_large) {
      ++large_made;
      replace_large(NULL, memory, size);
    }
    while (before < now && !atomic_compare_exchange_weak(&most, &before, now)) {
    }
  }
  return memory;
}

static void gave(void *memory) {
  long size;
  if (memory == NULL) return;
  size = (long)malloc_usable_size(memory);
  if (size >= LARGE) {
    const long asked = replace_large(memory, NULL, 0);
    if (asked > 0) size = asked;
  }
  atomic_fetch_sub(&held, size);
}

void *malloc(size_t size) { return took(__libc_malloc(size), size); }
void *calloc(size_t number, size_t size) { return took(__libc_calloc(number, size), number * size); }

void *realloc(void *old, size_t size) {
  void *memory;
  gave(old);
  memory = __libc_realloc(old, size);
  return took(memory != NULL || size == 0 ? memory : old, size);
}

void *memalign(size_t alignment, size_t size) { return took(__libc_memalign(alignment, size), size); }
void *aligned_alloc(size_t alignment, size_t size) { return took(__libc_memalign(alignment, size), size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  *memory = took(__libc_memalign(alignment, size), size);
  return *memory == NULL ? ENOMEM : 0;
}

void free(void *memory) {
  gave(memory);
  __libc_free(memory);
}
