// A clock of one's own for a program: the time of day that it is told is the machine's and so many
// milliseconds more, as a file says now and may say otherwise in a moment; time that only elapses
// (CLOCK_MONOTONIC) is left alone, as a wrong clock leaves it.
//
//   cc -O2 -shared -fPIC -o clock.so clock.c
//   CLOCK_FILE=FILE LD_PRELOAD=./clock.so PROGRAM...     (FILE: eight bytes, little endian)
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *aheadMs;

__attribute__((constructor)) static void open_clock(void) {
  const char *file = getenv("CLOCK_FILE");
  int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
  void *found = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *aheadMs, PROT_READ, MAP_SHARED, fd, 0);
  if (found != MAP_FAILED) aheadMs = found;
  if (fd >= 0) close(fd);
}

int clock_gettime(clockid_t id, struct timespec *t) {
  int failed = syscall(SYS_clock_gettime, id, t);
  if (!failed && aheadMs && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
    int64_t ns = t->tv_sec * 1000000000ll + t->tv_nsec + *aheadMs * 1000000ll;
    t->tv_sec = ns / 1000000000ll, t->tv_nsec = ns % 1000000000ll;
  }
  return failed;
}
int gettimeofday(struct timeval *restrict t, void *restrict zone) {
  struct timespec exact;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
  t->tv_sec = exact.tv_sec, t->tv_usec = exact.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *t) {
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
  if (t) *t = exact.tv_sec;
  return exact.tv_sec;
}
