/* What the harness asks of a board. One folder of port/ per family implements it.
 *
 * A program with a main of its own gives five of these, with any names behind them: board, flash,
 * write, micros and reset (docs/firmware/porting.md). The others are main.c's alone.
 */
#ifndef MENDLITE_PORT_H
#define MENDLITE_PORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The board's name, as in targets/boards. */
extern const char mendlite_port_board[];

/* A stretch of RAM; size 0 where there is none. */
struct mendlite_port_memory {
  uint8_t *data;
  size_t size;
};

/* A stretch of flash; size 0 where there is none. */
struct mendlite_port_flash {
  const uint8_t *data;
  size_t size;
};

/* Starts clock and UART. Bytes that come before it may be lost. */
void mendlite_port_init(void);

/* Copies at most room received bytes and returns how many; 0 where none wait. Never blocks. */
size_t mendlite_port_read(uint8_t *data, size_t room);

/* Sends size bytes; returns when the UART has them all. There is no error: what is sent to nobody
 * is lost. */
void mendlite_port_write(const uint8_t *data, size_t size);

/* Sleeps until bytes may be waiting; returns at once where some are. */
void mendlite_port_wait(void);

/* Microseconds since mendlite_port_init, modulo 2^32. Under QEMU this is not real time. */
uint32_t mendlite_port_micros(void);

/* Starts the firmware anew, as the reset button does; does not return. */
void mendlite_port_reset(void);

/* RAM that nothing else uses, from an address that is a multiple of 16: model, arena and samples
 * live there. */
struct mendlite_port_memory mendlite_port_memory(void);

/* Where a model lies that is executed in place: from its address to the end of that flash. */
struct mendlite_port_flash mendlite_port_flash(void);

#ifdef __cplusplus
}
#endif

#endif
