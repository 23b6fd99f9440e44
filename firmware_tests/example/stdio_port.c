#include "stdio_port.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "port.h"

/* 1: the name that `mendlite device info` shows. */
const char mendlite_port_board[] = "example";

/* 2: no model lies in flash. */
struct mendlite_port_flash mendlite_port_flash(void) {
  struct mendlite_port_flash none = {NULL, 0};
  return none;
}

/* 3: returns when all bytes are on their way. */
void mendlite_port_write(const uint8_t *data, size_t size) {
  while (size > 0) {
    ssize_t written = write(STDOUT_FILENO, data, size);
    if (written <= 0) {
      exit(EXIT_FAILURE);
    }
    data += written;
    size -= (size_t)written;
  }
}

/* 4: microseconds of a clock that runs on, modulo 2^32. */
uint32_t mendlite_port_micros(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint32_t)((uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u);
}

/* 5: a program cannot start itself anew: it ends. */
void mendlite_port_reset(void) { exit(EXIT_SUCCESS); }

size_t mendlite_stdio_wait(uint8_t *data, size_t room) {
  ssize_t got = read(STDIN_FILENO, data, room);
  return got > 0 ? (size_t)got : 0;
}

size_t mendlite_stdio_poll(uint8_t *data, size_t room) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&input, 1, 0) > 0 ? mendlite_stdio_wait(data, room) : 0;
}
