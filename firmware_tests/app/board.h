/* What the framed and the text protocol work on: the store, and what each has of its own. */
#ifndef MENDLITE_BOARD_H
#define MENDLITE_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "run.h"
#include "store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The text protocol's input (dut.h). */
struct mendlite_dut {
  /* The samples' place in the store: as many bytes as `db load` announced, 0 where it did not. */
  struct mendlite_part input;
  /* Bytes of it that have come, at most its size. */
  uint32_t received;
  /* The input was run: there are results of it. */
  bool ran;
};

struct mendlite_board {
  struct mendlite_store store;
  struct mendlite_run run;
  struct mendlite_dut dut;
  /* Bytes of the largest payload that a frame may have here. */
  uint16_t payload;
  /* The host asked for a reset, which comes once it has its answer. */
  bool reset_wanted;
};

/* Ends the run and drops the text protocol's input, where other bytes come to lie where theirs
 * were.
 */
void mendlite_board_forget_inputs(struct mendlite_board *board);

/* The same, and no run goes on where the one before ended: the model's variables are other ones. */
void mendlite_board_forget_runs(struct mendlite_board *board);

#ifdef __cplusplus
}
#endif

#endif
