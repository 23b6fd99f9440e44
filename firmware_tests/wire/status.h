/* What a call or a request ended with; the same numbers travel on the wire (docs/SPEC.md). */
#ifndef MENDLITE_STATUS_H
#define MENDLITE_STATUS_H

#include <assert.h>

/* Sums and products here are int where their factors are smaller: none of it was written for 16
 * bits. */
static_assert(sizeof(int) >= 4, "mendlite needs an int of at least 32 bits");

enum mendlite_status {
  MENDLITE_STATUS_OK = 0,
  /* A run is under way: ask again. */
  MENDLITE_STATUS_BUSY = 1,
  /* The frame's bytes are damaged or not a frame. */
  MENDLITE_STATUS_DAMAGED = -1,
  /* The request does not belong to the open session: the board was reset, or another host came. */
  MENDLITE_STATUS_NO_SESSION = -2,
  /* No such request, or one whose payload has the wrong length. */
  MENDLITE_STATUS_BAD_REQUEST = -3,
  /* The request does not fit what came before it: no model, no samples, another run. */
  MENDLITE_STATUS_WRONG_STATE = -4,
  /* Not enough memory. */
  MENDLITE_STATUS_NO_ROOM = -5,
  /* What was received has another CRC than what was announced. */
  MENDLITE_STATUS_BAD_CHECKSUM = -6,
  /* The model breaks the format of a .tflite. */
  MENDLITE_STATUS_MALFORMED = -7,
  /* An operator, a type or an option that this engine does not run. */
  MENDLITE_STATUS_UNSUPPORTED = -8,
  /* An edit's old byte is not what the model holds. */
  MENDLITE_STATUS_CONFLICT = -9,
  /* A HELLO of another version of the protocol; the board's own version, a u8, follows. */
  MENDLITE_STATUS_OTHER_VERSION = -10
};

#endif
