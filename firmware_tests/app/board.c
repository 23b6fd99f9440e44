#include "board.h"

void board_forget_inputs(struct board *board) {
  board->run.open = false;
  board->dut = (struct dut){0};
}
