/* The flash behind both systems' stubs: a file, changed as flash is, and a boot loader that notes
 * its calls. Run as: program FLASH UPDATE ROLLBACK works|fails; prints the status, then the calls.
 */
#include <esp_ota_ops.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zephyr/dfu/mcuboot.h>
#include <zephyr/storage/flash_map.h>

#ifdef STUB_ZEPHYR
#include "update_mcuboot.h"
#else
#include "update_esp_idf.h"
#endif

enum { PAGE = 4096, MOST = 1 << 20 };

static uint8_t memory[MOST];
static size_t flash_size;
static bool works;

static int refused(size_t offset, size_t size) {
  return offset > flash_size || size > flash_size - offset ? -22 : 0;
}

static int read_flash(size_t offset, void *data, size_t size) {
  if (refused(offset, size) != 0) {
    return -22;
  }
  memcpy(data, memory + offset, size);
  return 0;
}

static int erase_flash(size_t offset, size_t size) {
  if (refused(offset, size) != 0 || offset % PAGE != 0 || size % PAGE != 0) {
    return -22;
  }
  memset(memory + offset, 0xff, size);
  return 0;
}

/* Bits only become 0: what was not erased is damaged. */
static int write_flash(size_t offset, const uint8_t *data, size_t size) {
  if (refused(offset, size) != 0) {
    return -22;
  }
  for (size_t i = 0; i < size; i++) {
    memory[offset + i] &= data[i];
  }
  return 0;
}

int flash_area_open(uint8_t id, const struct flash_area **fa) {
  static struct flash_area area;
  area = (struct flash_area){.fa_id = id, .fa_size = flash_size};
  *fa = &area;
  return id == FIXED_PARTITION_ID(model_partition) ? 0 : -2;
}

void flash_area_close(const struct flash_area *fa) { (void)fa; }

int flash_area_read(const struct flash_area *fa, off_t off, void *dst, size_t len) {
  (void)fa;
  return read_flash((size_t)off, dst, len);
}

int flash_area_write(const struct flash_area *fa, off_t off, const void *src, size_t len) {
  (void)fa;
  return write_flash((size_t)off, src, len);
}

int flash_area_erase(const struct flash_area *fa, off_t off, size_t len) {
  (void)fa;
  return erase_flash((size_t)off, len);
}

const esp_partition_t *esp_partition_find_first(esp_partition_type_t type,
                                                esp_partition_subtype_t subtype,
                                                const char *label) {
  static esp_partition_t model;
  model = (esp_partition_t){.type = type, .subtype = subtype, .size = (uint32_t)flash_size};
  return strcmp(label, "model") == 0 ? &model : NULL;
}

/* Errors of ESP-IDF are positive. */
esp_err_t esp_partition_read(const esp_partition_t *partition, size_t src_offset, void *dst,
                             size_t size) {
  (void)partition;
  return -read_flash(src_offset, dst, size);
}

esp_err_t esp_partition_write(const esp_partition_t *partition, size_t dst_offset, const void *src,
                              size_t size) {
  (void)partition;
  return -write_flash(dst_offset, src, size);
}

esp_err_t esp_partition_erase_range(const esp_partition_t *partition, size_t offset, size_t size) {
  (void)partition;
  return -erase_flash(offset, size);
}

bool boot_is_img_confirmed(void) { return false; }

int boot_write_img_confirmed(void) { return puts("confirmed") < 0; }

int boot_request_upgrade(int permanent) { return printf("upgrade %d\n", permanent) < 0; }

const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *start_from) {
  static const esp_partition_t next = {.label = "ota_1"};
  return start_from == NULL ? &next : NULL;
}

esp_err_t esp_ota_set_boot_partition(const esp_partition_t *partition) {
  return printf("boot %s\n", partition->label) < 0;
}

esp_err_t esp_ota_mark_app_valid_cancel_rollback(void) { return puts("confirmed") < 0; }

esp_err_t esp_ota_mark_app_invalid_rollback_and_reboot(void) { return puts("left") < 0; }

static size_t load(const char *path, uint8_t *data) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    exit(2);
  }
  size_t size = fread(data, 1, MOST, file);
  (void)fclose(file);
  return size;
}

static bool model_works(void) { return works; }

int main(int count, char **words) {
  static uint8_t update[MOST];
  static uint8_t rollback[MOST];
  if (count != 5) {
    return 2;
  }
  flash_size = load(words[1], memory);
  const struct model_files files = {update, load(words[2], update), rollback,
                                    load(words[3], rollback)};
  works = strcmp(words[4], "works") == 0;
  printf("%d\n", update_model(&files, model_works));
  (void)try_new_firmware();
  (void)keep_firmware();
#ifndef STUB_ZEPHYR
  (void)leave_firmware();
#endif
  FILE *file = fopen(words[1], "wb");
  if (file == NULL || fwrite(memory, 1, flash_size, file) != flash_size) {
    return 2;
  }
  return fclose(file);
}
