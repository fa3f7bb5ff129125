/*
 * What one server has written and not synced, so that it can be taken away as a power cut would: preloaded into the server
 * (LD_PRELOAD), whose calls that change its data it writes down before or as they happen, with what is needed to undo them. The calls
 * themselves are made as ever. Only files below the folder in REDIS_CHAOS_UNSYNCED, which is the server's working directory, are
 * watched. The log is `.unsynced/log` there, and undo-log.ts reads it. Each record is a line; one is followed by bytes:
 *
 *   C ino path           a file was created              O ino path      one that was there was opened for writing
 *   W ino size           from here on it is not synced   P ino at length (and the bytes) a synced part is about to be overwritten
 *   B id ino             a sync has begun                S id            it has succeeded
 *   M path               a folder was made               U ino keep path a file was removed; `keep` is another link to it
 *   R ino keep from > to a file was renamed; `keep`, or `-`, is another link to the one that was replaced
 *
 * A file is named by its inode. It needs no header and no memory of its own, as skewed-clock.c; a child that saves the data has the
 * same log. Files that are written through stdio are seen to be opened and synced: all between is taken for appended.
 */
typedef unsigned long size_t;
typedef unsigned long long u64;

struct iovec {
  const void *base;
  size_t length;
};

/* linux/stat.h */
struct statx {
  unsigned mask, blksize;
  u64 attributes;
  unsigned nlink, uid, gid;
  unsigned short mode, pad;
  u64 ino, size;
  u64 rest[28];
};

extern long syscall(long number, ...);
extern char *getenv(const char *name);
extern char *getcwd(char *buffer, size_t size);
extern int snprintf(char *to, size_t size, const char *format, ...);
extern size_t strlen(const char *text);
extern int strncmp(const char *a, const char *b, size_t length);
extern char *strchr(const char *text, int character);
extern void *memset(void *to, int byte, size_t length);
extern int pthread_mutex_lock(void *mutex);
extern int pthread_mutex_unlock(void *mutex);
extern void *fdopen(int fd, const char *mode);
extern int close(int fd);

/* The kernel's numbers: asm/unistd_64.h and asm-generic/unistd.h, fcntl.h, linux/stat.h. */
#if defined(__x86_64__)
#define SYS_write 1
#define SYS_lseek 8
#define SYS_pread64 17
#define SYS_writev 20
#define SYS_getpid 39
#define SYS_fsync 74
#define SYS_fdatasync 75
#define SYS_ftruncate 77
#define SYS_openat 257
#define SYS_mkdirat 258
#define SYS_unlinkat 263
#define SYS_linkat 265
#define SYS_renameat2 316
#define SYS_statx 332
#elif defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64)
#define SYS_write 64
#define SYS_lseek 62
#define SYS_pread64 67
#define SYS_writev 66
#define SYS_getpid 172
#define SYS_fsync 82
#define SYS_fdatasync 83
#define SYS_ftruncate 46
#define SYS_openat 56
#define SYS_mkdirat 34
#define SYS_unlinkat 35
#define SYS_linkat 37
#define SYS_renameat2 276
#define SYS_statx 291
#else
#error "no numbers of system calls are known for this processor"
#endif
#define AT_FDCWD (-100L)
#define AT_EMPTY_PATH 0x1000
#define STATX_INO_SIZE 0x300
#define O_WRONLY 01
#define O_RDWR 02
#define O_CREAT 0100
#define O_EXCL 0200
#define O_TRUNC 01000
#define O_APPEND 02000
#define O_CLOEXEC 02000000

#define FILES 64
#define KEEPS 64
#define PATH_BYTES 1024
#define CHUNK 16384

static struct file {
  int fd; /* 0: none; standard input is never watched */
  u64 ino;
  int unsynced, appends, stdio;
  u64 synced; /* with `unsynced`: what is below is as it was synced, or written down */
} files[FILES];
static unsigned char watched[1 << 20];
static unsigned long mutex[16]; /* larger than any pthread_mutex_t, and PTHREAD_MUTEX_INITIALIZER is zeros */
static long owner;
static int log_fd = -1;
static u64 serial;
static u64 keeps[KEEPS]; /* links that are needed until the next sync */
static int kept;
static char bytes[CHUNK];

/* A child has no other thread, and may have inherited the lock of one. */
static void lock(void) {
  const long pid = syscall(SYS_getpid);
  if (pid != owner) {
    memset(mutex, 0, sizeof mutex);
    kept = 0;
    owner = pid;
  }
  pthread_mutex_lock(mutex);
}

static void unlock(void) { pthread_mutex_unlock(mutex); }

static int look(int fd, const char *path, struct statx *seen) {
  return !syscall(SYS_statx, path ? AT_FDCWD : (long)fd, path ? path : "", path ? 0L : (long)AT_EMPTY_PATH, (long)STATX_INO_SIZE, seen);
}

/* Whether a path is of the data: relative, and the working directory is the folder of the data or one of its successors. */
static int is_data(const char *path) {
  static int here;
  static const char *folder;
  char now[PATH_BYTES];
  if (path[0] == '/' || path[0] == '.' || strlen(path) > PATH_BYTES / 4 || strchr(path, '\n')) return 0;
  if (here) return 1;
  if (!folder) folder = getenv("REDIS_CHAOS_UNSYNCED");
  if (!folder || !getcwd(now, sizeof now) || strncmp(now, folder, strlen(folder))) return 0;
  syscall(SYS_mkdirat, AT_FDCWD, ".unsynced", 0700L);
  log_fd = (int)syscall(SYS_openat, AT_FDCWD, ".unsynced/log", (long)(O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC), 0600L);
  return here = log_fd >= 0;
}

/* In one piece: several processes append to the log. */
static void note(const char *line, int length, size_t more) {
  struct iovec parts[3] = {{line, (size_t)length}, {bytes, more}, {"\n", 1}};
  syscall(SYS_writev, (long)log_fd, parts, more ? 3L : 1L);
}

static void watch(int fd, u64 ino, int appends, int stdio) {
  int i;
  for (i = 0; i < FILES; i += 1) {
    if (files[i].fd) continue;
    memset(&files[i], 0, sizeof files[i]);
    files[i].fd = fd;
    files[i].ino = ino;
    files[i].appends = appends;
    files[i].stdio = stdio;
    watched[fd] = 1;
    return;
  }
}

static void forget(int fd) {
  int i;
  if (fd < 0 || fd >= (int)sizeof watched || !watched[fd]) return;
  watched[fd] = 0;
  for (i = 0; i < FILES; i += 1) if (files[i].fd == fd) files[i].fd = 0;
}

/* The watched file of a descriptor, if it is still that file's: stdio closes descriptors unseen. */
static struct file *file_of(int fd, struct statx *seen) {
  int i;
  if (fd <= 0 || fd >= (int)sizeof watched || !watched[fd]) return 0;
  for (i = 0; i < FILES; i += 1) {
    if (files[i].fd != fd) continue;
    if (look(fd, 0, seen) && seen->ino == files[i].ino) return &files[i];
  }
  forget(fd);
  return 0;
}

static void begin_unsynced(struct file *file, u64 size) {
  char line[64];
  if (file->unsynced) return;
  note(line, snprintf(line, sizeof line, "W %llu %llu\n", file->ino, size), 0);
  file->unsynced = 1;
  file->synced = size;
}

/* Before a file is changed from `at` on: it has `size` bytes now. */
static void before_change(struct file *file, u64 at, u64 length, u64 size) {
  char line[96];
  u64 end = at + length;
  begin_unsynced(file, size);
  if (end > file->synced) end = file->synced;
  while (at < end) {
    const u64 want = end - at < CHUNK ? end - at : CHUNK;
    const long got = syscall(SYS_pread64, (long)file->fd, bytes, want, at);
    if (got <= 0) break;
    note(line, snprintf(line, sizeof line, "P %llu %llu %ld\n", file->ino, at, got), (size_t)got);
    at += (u64)got;
  }
}

int ftruncate(int fd, long length) {
  struct statx seen;
  struct file *file;
  long done;
  lock();
  file = file_of(fd, &seen);
  if (file && (u64)length < seen.size) {
    before_change(file, (u64)length, seen.size - (u64)length, seen.size);
    if ((u64)length < file->synced) file->synced = (u64)length;
  } else if (file) begin_unsynced(file, seen.size);
  done = syscall(SYS_ftruncate, (long)fd, length);
  unlock();
  return (int)done;
}

static long put(long call, int fd, const void *from, size_t count, size_t length) {
  struct statx seen;
  struct file *file;
  long done;
  if (fd <= 0 || fd >= (int)sizeof watched || !watched[fd]) return syscall(call, (long)fd, from, count);
  lock();
  file = file_of(fd, &seen);
  if (file) before_change(file, file->appends ? seen.size : (u64)syscall(SYS_lseek, (long)fd, 0L, 1L), length, seen.size);
  done = syscall(call, (long)fd, from, count);
  unlock();
  return done;
}

long write(int fd, const void *from, size_t length) { return put(SYS_write, fd, from, length, length); }

long writev(int fd, const struct iovec *parts, int count) {
  size_t length = 0;
  int i;
  if (fd > 0 && fd < (int)sizeof watched && watched[fd]) for (i = 0; i < count; i += 1) length += parts[i].length;
  return put(SYS_writev, fd, parts, (size_t)count, length);
}

static int open_file(const char *path, int flags, unsigned mode, int stdio) {
  struct statx before, seen;
  char line[PATH_BYTES];
  int fd, was_there, cuts;
  if (!(flags & (O_WRONLY | O_RDWR)) || !is_data(path)) {
    fd = (int)syscall(SYS_openat, AT_FDCWD, path, (long)flags, (long)mode);
    forget(fd);
    return fd;
  }
  lock();
  was_there = look(0, path, &before);
  cuts = was_there && (flags & O_TRUNC) && !(flags & O_EXCL);
  /* What is overwritten must be read first. */
  if (flags & O_WRONLY) flags = (flags & ~O_WRONLY) | O_RDWR;
  fd = (int)syscall(SYS_openat, AT_FDCWD, path, (long)(cuts ? flags & ~O_TRUNC : flags), (long)mode);
  forget(fd);
  if (fd > 0 && fd < (int)sizeof watched && look(fd, 0, &seen)) {
    note(line, snprintf(line, sizeof line, "%s %llu %s\n", was_there ? "O" : "C", seen.ino, path), 0);
    watch(fd, seen.ino, flags & O_APPEND, stdio);
  }
  unlock();
  if (fd > 0 && cuts) ftruncate(fd, 0);
  if (fd > 0 && stdio) {
    struct file *file;
    lock();
    file = file_of(fd, &seen);
    if (file) begin_unsynced(file, seen.size);
    unlock();
  }
  return fd;
}

/* Variadic as the C library has it: integers are passed alike in either. */
int open(const char *path, int flags, unsigned mode) { return open_file(path, flags, mode, 0); }

void *fopen(const char *path, const char *mode) {
  int flags = mode[0] == 'r' ? 0 : mode[0] == 'w' ? O_CREAT | O_TRUNC : O_CREAT | O_APPEND;
  int fd;
  flags |= strchr(mode, '+') ? O_RDWR : mode[0] == 'r' ? 0 : O_WRONLY;
  if (strchr(mode, 'e')) flags |= O_CLOEXEC;
  if (strchr(mode, 'x')) flags |= O_EXCL;
  fd = open_file(path, flags, 0666, 1);
  return fd < 0 ? (void *)0 : fdopen(fd, mode);
}

int truncate(const char *path, long length) {
  const int fd = open(path, O_RDWR | O_CLOEXEC, 0);
  int done;
  if (fd < 0) return -1;
  done = ftruncate(fd, length);
  forget(fd);
  close(fd);
  return done;
}

/* All that came before it is synced: of this file what it holds, and of every folder which files it has. */
static int sync_file(long call, int fd) {
  struct statx seen;
  struct file *file;
  char line[64];
  u64 id = 0;
  int held = 0, i;
  long failed;
  if (log_fd >= 0) {
    lock();
    file = file_of(fd, &seen);
    id = (u64)owner * 1000000000ull + ++serial;
    note(line, snprintf(line, sizeof line, "B %llu %llu\n", id, file ? file->ino : 0ull), 0);
    if (file) {
      file->unsynced = 0;
      if (file->stdio) begin_unsynced(file, seen.size);
    }
    held = kept;
    unlock();
  }
  failed = syscall(call, (long)fd);
  if (id && !failed) {
    lock();
    note(line, snprintf(line, sizeof line, "S %llu\n", id), 0);
    for (i = 0; i < held && i < kept; i += 1) {
      snprintf(line, sizeof line, ".unsynced/%ld-%llu", owner, keeps[i]);
      syscall(SYS_unlinkat, AT_FDCWD, line, 0L);
    }
    for (i = held; i < kept; i += 1) keeps[i - held] = keeps[i];
    kept = kept > held ? kept - held : 0;
    unlock();
  }
  return (int)failed;
}

int fsync(int fd) { return sync_file(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_file(SYS_fdatasync, fd); }

/* Another link to a file that is about to lose its name. */
static const char *keep(const char *path, char *name, size_t size) {
  snprintf(name, size, ".unsynced/%ld-%llu", owner, ++serial);
  if (syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, name, 0L)) return "-";
  if (kept < KEEPS) keeps[kept++] = serial;
  return name;
}

int rename(const char *from, const char *to) {
  struct statx moved, replaced;
  char line[PATH_BYTES], name[64] = "-";
  const char *link = name;
  long failed;
  if (!is_data(from) || !is_data(to)) return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0L);
  lock();
  if (look(0, to, &replaced)) link = keep(to, name, sizeof name);
  failed = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0L);
  if (!failed && look(0, to, &moved)) {
    note(line, snprintf(line, sizeof line, "R %llu %s %s > %s\n", moved.ino, link, from, to), 0);
  }
  unlock();
  return (int)failed;
}

int unlink(const char *path) {
  struct statx seen;
  char line[PATH_BYTES], name[64];
  const char *link;
  long failed;
  if (!is_data(path) || !look(0, path, &seen)) return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0L);
  lock();
  link = keep(path, name, sizeof name);
  failed = syscall(SYS_unlinkat, AT_FDCWD, path, 0L);
  if (!failed) note(line, snprintf(line, sizeof line, "U %llu %s %s\n", seen.ino, link, path), 0);
  unlock();
  return (int)failed;
}

int mkdir(const char *path, unsigned mode) {
  char line[PATH_BYTES];
  const long failed = syscall(SYS_mkdirat, AT_FDCWD, path, (long)mode);
  if (failed || !is_data(path)) return (int)failed;
  lock();
  note(line, snprintf(line, sizeof line, "M %s\n", path), 0);
  unlock();
  return 0;
}

/* The same, as programs for large files ask for them. */
int open64(const char *path, int flags, unsigned mode) { return open(path, flags, mode); }
void *fopen64(const char *path, const char *mode) { return fopen(path, mode); }
int ftruncate64(int fd, long length) { return ftruncate(fd, length); }
int truncate64(const char *path, long length) { return truncate(path, length); }
