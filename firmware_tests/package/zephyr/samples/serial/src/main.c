/* mendlite's harness on Zephyr's console UART. */
#include <zephyr/device.h>
#include <zephyr/drivers/uart.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/reboot.h>
#include <zephyr/sys/ring_buffer.h>

#include "mendlite.h"

static const struct device *const uart = DEVICE_DT_GET(DT_CHOSEN(zephyr_console));

/* The host sends at most 4,096 bytes ahead. */
RING_BUF_DECLARE(received, 8192);
static K_SEM_DEFINE(arrived, 0, 1);

static struct mendlite_harness harness;
static uint8_t buffers[MENDLITE_HARNESS_BUFFERS(1024)];
static _Alignas(16) uint8_t memory[96 * 1024];

const char mendlite_port_board[] = CONFIG_BOARD;

struct mendlite_port_flash mendlite_port_flash(void) {
  struct mendlite_port_flash none = {NULL, 0};
  return none;
}

void mendlite_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    uart_poll_out(uart, data[i]);
  }
}

uint32_t mendlite_port_micros(void) { return k_cyc_to_us_floor32(k_cycle_get_32()); }

void mendlite_port_reset(void) { sys_reboot(SYS_REBOOT_COLD); }

static void on_uart(const struct device *device, void *context) {
  uint8_t bytes[64];
  (void)context;
  while (uart_irq_update(device) && uart_irq_rx_ready(device)) {
    int got = uart_fifo_read(device, bytes, sizeof bytes);
    if (got > 0) {
      ring_buf_put(&received, bytes, (uint32_t)got);
    }
  }
  k_sem_give(&arrived);
}

int main(void) {
  uint8_t bytes[128];
  const struct mendlite_harness_memory given = {buffers, sizeof buffers, memory, sizeof memory};
  if (mendlite_harness_start(&harness, &given) != MENDLITE_STATUS_OK) {
    return 1;
  }
  uart_irq_callback_user_data_set(uart, on_uart, NULL);
  uart_irq_rx_enable(uart);
  for (;;) {
    uint32_t got = ring_buf_get(&received, bytes, sizeof bytes);
    if (!mendlite_harness_serve(&harness, bytes, got) && got == 0) {
      k_sem_take(&arrived, K_FOREVER);
    }
  }
}
