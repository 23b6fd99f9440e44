/* An update of the model in place under Zephyr with MCUboot. The model has a partition of its own,
 * outside the signed slots: model_partition in the devicetree, its last page unused. */
#include "update_mcuboot.h"

#include <zephyr/dfu/mcuboot.h>
#include <zephyr/storage/flash_map.h>

#include "update.h"

enum { PAGE = 4096 };

static uint8_t page[PAGE];

static int read_model(void *context, uint32_t offset, uint8_t *data, uint32_t size) {
  return flash_area_read(context, (off_t)offset, data, size);
}

static int erase_page(void *context, uint32_t offset) {
  return flash_area_erase(context, (off_t)offset, PAGE);
}

static int write_page(void *context, uint32_t offset, const uint8_t *data, uint32_t size) {
  return flash_area_write(context, (off_t)offset, data, size);
}

int update_model(const struct model_files *files, bool (*model_works)(void)) {
  const struct flash_area *area;
  int status = flash_area_open(FIXED_PARTITION_ID(model_partition), &area);
  if (status != 0) {
    return status;
  }
  const uint32_t room = (uint32_t)area->fa_size - PAGE;
  const struct mendlite_update_flash flash = {.context = (void *)(uintptr_t)area,
                                              .read = read_model,
                                              .erase = erase_page,
                                              .write = write_page,
                                              .page_size = PAGE,
                                              .room = room,
                                              .scratch = room};
  status = mendlite_update_apply(&flash, files->update, files->update_size, page);
  if (status == 0 && !model_works()) {
    status = mendlite_update_apply(&flash, files->rollback, files->rollback_size, page);
  }
  flash_area_close(area);
  return status;
}

int try_new_firmware(void) { return boot_request_upgrade(BOOT_UPGRADE_TEST); }

int keep_firmware(void) { return boot_is_img_confirmed() ? 0 : boot_write_img_confirmed(); }
