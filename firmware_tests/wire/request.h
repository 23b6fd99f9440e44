/* The requests of the framed protocol: a frame's type, what its payload holds, and what the
 * answer's holds behind its status (docs/SPEC.md). */
#ifndef MENDLITE_REQUEST_H
#define MENDLITE_REQUEST_H

#include <assert.h>

enum mendlite_request {
  /* version u8, session u8 -> version u8, fresh u8, and what the handler adds */
  MENDLITE_REQUEST_HELLO = 0x01,
  /* area u8, size u32, crc u32 -> frontier u32 */
  MENDLITE_REQUEST_BEGIN = 0x02,
  /* offset u32, bytes -> frontier u32 */
  MENDLITE_REQUEST_DATA = 0x03,
  /* source u8, profile u8, size u32, crc u32 -> status i8, failed_operator i32, arena u32, free
   * u32, input u32, output u32 */
  MENDLITE_REQUEST_LOAD = 0x04,
  /* run u16, count u16, crc u32, frames u16 or nothing, tensors i32[] -> done u16, micros u32, size
   * u32, crc u32 */
  MENDLITE_REQUEST_RUN = 0x05,
  /* area u8, run u16, offset u32, length u16 -> offset u32, bytes */
  MENDLITE_REQUEST_READ = 0x06,
  /* offset u32, length u8, old bytes, new bytes -> nothing */
  MENDLITE_REQUEST_PATCH = 0x07,
  /* nothing -> nothing; then the board starts anew */
  MENDLITE_REQUEST_RESET = 0x08,
  /* nothing -> nothing; ends the session */
  MENDLITE_REQUEST_BYE = 0x09,
  /* One more than the last. */
  MENDLITE_REQUEST_END
};

/* Requests have numbers up to this one: the receiver tells a frame from text by it. */
enum { MENDLITE_LARGEST_REQUEST = 0x09 };

static_assert(MENDLITE_LARGEST_REQUEST == MENDLITE_REQUEST_END - 1,
              "the receiver would take a request for text");
static_assert(MENDLITE_LARGEST_REQUEST < '\n', "a text command may have the end of a line there");

#endif
