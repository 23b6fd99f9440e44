/* The line of the examples: standard input and output. */
#ifndef MENDLITE_STDIO_PORT_H
#define MENDLITE_STDIO_PORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Waits for bytes and copies at most room of them; returns how many, 0 at the end of the input. */
size_t mendlite_stdio_wait(uint8_t *data, size_t room);

/* Copies at most room bytes that wait already; 0 where none do. */
size_t mendlite_stdio_poll(uint8_t *data, size_t room);

#ifdef __cplusplus
}
#endif

#endif
