#include "board.h"

void mendlite_board_forget_inputs(struct mendlite_board *board) {
  board->run.open = false;
  board->dut = (struct mendlite_dut){0};
}

void mendlite_board_forget_runs(struct mendlite_board *board) {
  mendlite_board_forget_inputs(board);
  board->run = (struct mendlite_run){0};
}
