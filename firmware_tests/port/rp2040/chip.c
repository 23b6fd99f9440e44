/* Clocks of an RP2040, and its UART0 on GPIO0 (out) and GPIO1 (in). */
#include "../cortex_m/cortex_m.h"
#include "../pl011/pl011.h"

/* The chip's manual: a write to a register's address + 0x3000 clears the bits that are set in it.
 */
#define RESETS_RESET_CLEAR MENDLITE_REG(0x4000C000u + 0x3000u)
#define RESETS_DONE MENDLITE_REG(0x4000C008u)
#define CLK_REF_CTRL MENDLITE_REG(0x40008030u)
#define CLK_REF_SELECTED MENDLITE_REG(0x40008038u)
#define CLK_SYS_CTRL MENDLITE_REG(0x4000803Cu)
#define CLK_SYS_SELECTED MENDLITE_REG(0x40008044u)
#define CLK_PERI_CTRL MENDLITE_REG(0x40008048u)
#define XOSC_CTRL MENDLITE_REG(0x40024000u)
#define XOSC_STATUS MENDLITE_REG(0x40024004u)
#define XOSC_STARTUP MENDLITE_REG(0x4002400Cu)
#define GPIO0_CTRL MENDLITE_REG(0x40014004u)
#define GPIO1_CTRL MENDLITE_REG(0x4001400Cu)

#define RESET_IO_BANK0 (1u << 5)
#define RESET_PADS_BANK0 (1u << 8)
#define RESET_UART0 (1u << 22)
#define USED (RESET_IO_BANK0 | RESET_PADS_BANK0 | RESET_UART0)
#define XOSC_1_TO_15_MHZ 0xAA0u
#define XOSC_ENABLE (0xFABu << 12)
#define XOSC_STABLE (1u << 31)
/* A millisecond, in units of 256 cycles of 12 MHz. */
#define XOSC_DELAY 47u
#define CLK_REF_XOSC 2u
#define CLK_SYS_REF 0u
#define CLK_PERI_ENABLE (1u << 11)
#define CLK_PERI_XOSC (4u << 5)
#define FUNCTION_UART 2u

static void start_crystal(void) {
  XOSC_CTRL = XOSC_1_TO_15_MHZ;
  XOSC_STARTUP = XOSC_DELAY;
  XOSC_CTRL = XOSC_1_TO_15_MHZ | XOSC_ENABLE;
  while ((XOSC_STATUS & XOSC_STABLE) == 0u) {
  }
}

/* SELECTED has a bit for each source: one is set once the clock runs from it. */
static void clock_all_by_crystal(void) {
  CLK_SYS_CTRL = CLK_SYS_REF;
  while ((CLK_SYS_SELECTED & (1u << CLK_SYS_REF)) == 0u) {
  }
  CLK_REF_CTRL = CLK_REF_XOSC;
  while ((CLK_REF_SELECTED & (1u << CLK_REF_XOSC)) == 0u) {
  }
  CLK_PERI_CTRL = CLK_PERI_XOSC;
  CLK_PERI_CTRL = CLK_PERI_XOSC | CLK_PERI_ENABLE;
}

void mendlite_pl011_route(void) {
  start_crystal();
  clock_all_by_crystal();
  RESETS_RESET_CLEAR = USED;
  while ((RESETS_DONE & USED) != USED) {
  }
  GPIO0_CTRL = FUNCTION_UART;
  GPIO1_CTRL = FUNCTION_UART;
}
