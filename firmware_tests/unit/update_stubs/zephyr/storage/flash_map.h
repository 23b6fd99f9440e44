/* Signatures of Zephyr's header of this name, as far as example/update_mcuboot.c calls them. */
#ifndef STUB_FLASH_MAP_H
#define STUB_FLASH_MAP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct device;

struct flash_area {
  uint8_t fa_id;
  uint8_t fa_device_id;
  uint16_t pad16;
  off_t fa_off;
  size_t fa_size;
  const struct device *fa_dev;
};

#define FIXED_PARTITION_ID(label) STUB_ID_##label
#define STUB_ID_model_partition 3

int flash_area_open(uint8_t id, const struct flash_area **fa);
void flash_area_close(const struct flash_area *fa);
int flash_area_read(const struct flash_area *fa, off_t off, void *dst, size_t len);
int flash_area_write(const struct flash_area *fa, off_t off, const void *src, size_t len);
int flash_area_erase(const struct flash_area *fa, off_t off, size_t len);

#endif
