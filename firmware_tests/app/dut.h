/* MLPerf Tiny's text protocol (the EEMBC runner's "device under test"), on the same line. */
#ifndef MENDLITE_DUT_H
#define MENDLITE_DUT_H

#include "board.h"

/* Says that the board is ready; opens a model that lies in flash, if there is one. */
void mendlite_dut_start(struct mendlite_board *board);

/* Does one command, without its '%'. */
void mendlite_dut_command(struct mendlite_board *board, const char *command, size_t size);

#endif
