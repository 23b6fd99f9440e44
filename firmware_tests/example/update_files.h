/* The two files of an update, as `mendlite emit --formats update` writes them. */
#ifndef UPDATE_FILES_H
#define UPDATE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model_files {
  const uint8_t *update;
  size_t update_size;
  const uint8_t *rollback;
  size_t rollback_size;
};

#endif
