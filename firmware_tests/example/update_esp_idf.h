/* What update_esp_idf.c gives a program. */
#ifndef UPDATE_ESP_IDF_H
#define UPDATE_ESP_IDF_H

#include "update_files.h"

/* Applies the update; where model_works then returns false, the rollback. At every start until the
 * new model has run, before anything maps the model. Returns 0, or a negative number. */
int update_model(const struct model_files *files, bool (*model_works)(void));

/* After esp_ota_end: the next start runs the new image. */
int try_new_firmware(void);

/* Once the model works. */
int keep_firmware(void);

/* Where it does not: starts the image from before. Returns where there is none. */
int leave_firmware(void);

#endif
