/* Signatures of ESP-IDF's header of this name, as far as example/update_esp_idf.c calls them. */
#ifndef STUB_ESP_OTA_OPS_H
#define STUB_ESP_OTA_OPS_H

#include "esp_partition.h"

esp_err_t esp_ota_set_boot_partition(const esp_partition_t *partition);
const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *start_from);
esp_err_t esp_ota_mark_app_valid_cancel_rollback(void);
esp_err_t esp_ota_mark_app_invalid_rollback_and_reboot(void);

#endif
