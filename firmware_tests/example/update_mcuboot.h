/* What update_mcuboot.c gives a program. */
#ifndef UPDATE_MCUBOOT_H
#define UPDATE_MCUBOOT_H

#include "update_files.h"

/* Applies the update; where model_works then returns false, the rollback. At every start until the
 * new model has run, before anything maps the model. Returns 0, or a negative number. */
int update_model(const struct model_files *files, bool (*model_works)(void));

/* After the new image was written to slot 1: the next start swaps to it, once. */
int try_new_firmware(void);

/* Once the model works: without it the start after swaps back. */
int keep_firmware(void);

#endif
