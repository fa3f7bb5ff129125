/*
 * The wall clock of one server, off by what a file says: preloaded into the server (LD_PRELOAD), whose calls for the time it
 * answers. The file, named by REDIS_CHAOS_CLOCK, holds one number in the machine's own order: nanoseconds, 64 bits, signed. It is
 * mapped into memory, so that a change of it counts at once. Monotonic clocks, which measure durations, stay right.
 *
 * It needs no header, allocates nothing and asks the kernel itself: a server's allocator asks for the time while it is still being set
 * up, which libfaketime does not survive (wolfcw/libfaketime, issue 130).
 */
struct timespec {
  long tv_sec;
  long tv_nsec;
};

struct timeval {
  long tv_sec;
  long tv_usec;
};

extern long syscall(long number, ...);
extern int open(const char *path, int flags, ...);
extern int close(int fd);
extern void *mmap(void *address, unsigned long length, int protection, int flags, int fd, long offset);
extern char *getenv(const char *name);

/* The kernel's numbers: asm/unistd_64.h and asm-generic/unistd.h, time.h, fcntl.h, mman.h. */
#if defined(__x86_64__)
#define SYS_clock_gettime 228
#elif defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64)
#define SYS_clock_gettime 113
#else
#error "no number of clock_gettime is known for this processor"
#endif
#define CLOCK_REALTIME 0
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_TAI 11
#define O_RDONLY_CLOEXEC 02000000
#define PROT_READ 1
#define MAP_SHARED 1
#define MAP_FAILED ((void *)-1)
#define SECOND 1000000000L

static const volatile long none = 0;
static const volatile long *offset_ns = 0;

/* Several threads may come here at once: each finds the same. */
static void find_offset(void) {
  const char *path = getenv("REDIS_CHAOS_CLOCK");
  const int fd = path ? open(path, O_RDONLY_CLOEXEC) : -1;
  void *mapped = MAP_FAILED;
  if (fd >= 0) {
    mapped = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
  }
  offset_ns = mapped == MAP_FAILED ? &none : (const volatile long *)mapped;
}

int clock_gettime(int clock, struct timespec *now) {
  long failed = syscall(SYS_clock_gettime, (long)clock, now);
  long offset, rest;
  if (failed || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE && clock != CLOCK_TAI)) return (int)failed;
  if (!offset_ns) find_offset();
  offset = *offset_ns;
  rest = now->tv_nsec + offset % SECOND;
  now->tv_sec += offset / SECOND;
  if (rest < 0) {
    rest += SECOND;
    now->tv_sec -= 1;
  } else if (rest >= SECOND) {
    rest -= SECOND;
    now->tv_sec += 1;
  }
  now->tv_nsec = rest;
  return 0;
}

int gettimeofday(struct timeval *now, void *zone) {
  struct timespec exact;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
  if (now) {
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
  }
  return 0;
}

long time(long *now) {
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
  if (now) *now = exact.tv_sec;
  return exact.tv_sec;
}
