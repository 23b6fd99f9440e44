/* Signatures of Zephyr's header of this name, as far as example/update_mcuboot.c calls them. */
#ifndef STUB_MCUBOOT_H
#define STUB_MCUBOOT_H

#include <stdbool.h>

#define BOOT_UPGRADE_TEST 0

bool boot_is_img_confirmed(void);
int boot_write_img_confirmed(void);
int boot_request_upgrade(int permanent);

#endif
