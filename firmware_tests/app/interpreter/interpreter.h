/* The application's own inference behind the harness: what `mendlite validate --device` then runs
 * is what ships.
 *
 * The application defines mendlite_interpreter, and links app/interpreter in the place of
 * mendlite's engine.
 */
#ifndef MENDLITE_INTERPRETER_H
#define MENDLITE_INTERPRETER_H

#include <stddef.h>
#include <stdint.h>

#include "engine/profile.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mendlite_interpreter {
  /* How its kernels round; the host names the profile under which it computes the same bytes. */
  enum mendlite_profile profile;
  /* What each function is called with; the application's. */
  void *context;
  /* Prepares a model of size bytes, which stay where they are; the one that ships, or a copy of it
   * that the host uploaded. The arena, arena_size bytes from an address that is a multiple of 16,
   * may be used, or one of the application's own. Returns the bytes of arena that are used, or
   * MENDLITE_STATUS_NO_ROOM, or MENDLITE_STATUS_UNSUPPORTED. */
  int32_t (*open)(void *context, const uint8_t *model, uint32_t size, uint8_t *arena,
                  uint32_t arena_size);
  /* Where input n, from 0, is written before a run, and where output n lies after it: as many bytes
   * as the model's tensor has, or NULL, and the model is not run. */
  uint8_t *(*input)(void *context, uint32_t n);
  const uint8_t *(*output)(void *context, uint32_t n);
  /* One inference. Returns 0, or a negative status. */
  int (*run)(void *context);
};

/* Defined by the application: the interpreter, and a name of 1 ... 31 characters that the host
 * shows (any but mendlite's own engine's). */
extern const struct mendlite_interpreter mendlite_interpreter;
extern const char mendlite_engine_name[];

#ifdef __cplusplus
}
#endif

#endif
