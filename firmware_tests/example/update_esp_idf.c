/* An update of the model in place under ESP-IDF. The model has a partition of its own, of type data
 * and labelled "model", its last page unused. */
#include "update_esp_idf.h"

#include <esp_ota_ops.h>
#include <esp_partition.h>

#include "update.h"

enum { PAGE = 4096, FAILED = -1000 };

static uint8_t page[PAGE];

/* Errors of ESP-IDF are positive. */
static int status_of(esp_err_t error) { return error == ESP_OK ? 0 : FAILED; }

static int read_model(void *context, uint32_t offset, uint8_t *data, uint32_t size) {
  return status_of(esp_partition_read(context, offset, data, size));
}

static int erase_page(void *context, uint32_t offset) {
  return status_of(esp_partition_erase_range(context, offset, PAGE));
}

static int write_page(void *context, uint32_t offset, const uint8_t *data, uint32_t size) {
  return status_of(esp_partition_write(context, offset, data, size));
}

int update_model(const struct model_files *files, bool (*model_works)(void)) {
  const esp_partition_t *model =
      esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, "model");
  if (model == NULL || model->size <= PAGE) {
    return FAILED;
  }
  const struct mendlite_update_flash flash = {.context = (void *)(uintptr_t)model,
                                              .read = read_model,
                                              .erase = erase_page,
                                              .write = write_page,
                                              .page_size = PAGE,
                                              .room = model->size - PAGE,
                                              .scratch = model->size - PAGE};
  int status = mendlite_update_apply(&flash, files->update, files->update_size, page);
  if (status == 0 && !model_works()) {
    status = mendlite_update_apply(&flash, files->rollback, files->rollback_size, page);
  }
  return status;
}

int try_new_firmware(void) {
  return status_of(esp_ota_set_boot_partition(esp_ota_get_next_update_partition(NULL)));
}

int keep_firmware(void) { return status_of(esp_ota_mark_app_valid_cancel_rollback()); }

int leave_firmware(void) { return status_of(esp_ota_mark_app_invalid_rollback_and_reboot()); }
