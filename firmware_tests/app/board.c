#include "board.h"

void mendlite_board_forget_inputs(struct mendlite_board *board) {
  board->run.open = false;
  board->dut = (struct mendlite_dut){0};
}
