/* MLPerf Tiny's text protocol (the EEMBC runner's "device under test"), on the same line. */
#ifndef MENDLITE_DUT_H
#define MENDLITE_DUT_H

#include "board.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opens a model that lies in flash, if there is one, and says that the board is ready. */
void mendlite_dut_start(struct mendlite_board *board);

/* Carries out one command of size characters, without its '%', and says what comes of it, errors
 * included, which begin with e-. */
void mendlite_dut_command(struct mendlite_board *board, const char *command, size_t size);

#ifdef __cplusplus
}
#endif

#endif
