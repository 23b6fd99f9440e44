/* A process under Linux as a board: the link is standard input and output, and it ends with 0 where
 * its input ends. MENDLITE_FLASH in the environment names the file that lies in
 * mendlite_port_flash. */
#define _POSIX_C_SOURCE 200809L

#include "../port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_SIZE (4u << 20)

const char mendlite_port_board[] = MENDLITE_PORT_BOARD;

static _Alignas(16) uint8_t memory[MEMORY_SIZE];
static struct mendlite_port_flash flash;
static struct timespec start;

static void map_flash(void) {
  const char *path = getenv("MENDLITE_FLASH");
  if (path == NULL || path[0] == '\0') {
    return;
  }
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) {
    /* A board whose model went missing would only look like one that has none. */
    _exit(2);
  }
  if (status.st_size > 0) {
    size_t size = (size_t)status.st_size;
    void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (data == MAP_FAILED) {
      _exit(2);
    }
    flash = (struct mendlite_port_flash){data, size};
  }
  (void)close(file);
}

void mendlite_port_init(void) {
  (void)clock_gettime(CLOCK_MONOTONIC, &start);
  map_flash();
}

/* True where a read would not block; waits for that at most timeout milliseconds, -1 for ever. */
static int readable(int timeout) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&input, 1, timeout) > 0;
}

size_t mendlite_port_read(uint8_t *data, size_t room) {
  /* poll, because O_NONBLOCK would stay on a descriptor that other processes share. */
  if (room == 0 || !readable(0)) {
    return 0;
  }
  ssize_t count = read(STDIN_FILENO, data, room);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
    return 0;
  }
  if (count <= 0) {
    exit(count == 0 ? 0 : 1);
  }
  return (size_t)count;
}

void mendlite_port_write(const uint8_t *data, size_t size) {
  while (size > 0) {
    ssize_t count = write(STDOUT_FILENO, data, size);
    if (count > 0) {
      data += count;
      size -= (size_t)count;
    } else if (count < 0 && errno == EAGAIN) {
      struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
      (void)poll(&output, 1, -1);
    } else if (count == 0 || errno != EINTR) {
      exit(1);
    }
  }
}

void mendlite_port_wait(void) { (void)readable(-1); }

uint32_t mendlite_port_micros(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t seconds = (int64_t)now.tv_sec - (int64_t)start.tv_sec;
  int64_t nanos = (int64_t)now.tv_nsec - (int64_t)start.tv_nsec;
  return (uint32_t)(seconds * 1000000 + nanos / 1000);
}

_Noreturn void mendlite_port_reset(void) {
  static char path[] = "/proc/self/exe";
  char *const arguments[] = {path, NULL};
  (void)execv(path, arguments);
  _exit(3);
}

struct mendlite_port_memory mendlite_port_memory(void) {
  return (struct mendlite_port_memory){memory, sizeof memory};
}

struct mendlite_port_flash mendlite_port_flash(void) {
  return flash;
}
