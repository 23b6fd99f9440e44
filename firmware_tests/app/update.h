/* Turns the model that lies in flash into another of the same size, in place and page by page, by
 * an update file (docs/SPEC.md, "The update file"). Whenever the power fails, the next call goes on
 * where it stood: it needs one page of flash beside the model, and no record of its own. */
#ifndef MENDLITE_UPDATE_H
#define MENDLITE_UPDATE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The flash around the model. Offsets are bytes from the model's first one, which begins a page;
 * the model's last page holds nothing else. The functions return 0, or a negative number, which
 * ends the update and is handed on; they get the context. */
struct mendlite_update_flash {
  void *context;
  /* Reads size bytes at an offset. */
  int (*read)(void *context, uint32_t offset, uint8_t *data, uint32_t size);
  /* Erases the page that begins at an offset. */
  int (*erase)(void *context, uint32_t offset);
  /* Writes size bytes, a whole page that was just erased, at an offset. */
  int (*write)(void *context, uint32_t offset, const uint8_t *data, uint32_t size);
  /* Bytes of a page, at least 1. */
  uint32_t page_size;
  /* Bytes from the model's first one that may be read and written: an update for a larger model is
   * refused. */
  uint32_t room;
  /* Offset of a page that nothing else uses; it may lie before the model, modulo 2^32. */
  uint32_t scratch;
};

/* Applies size bytes of an update; page has room for page_size bytes. Before the first page is
 * erased the update and the whole model are verified. Returns
 *   0                             the model is the new one, now or since before
 *   MENDLITE_STATUS_MALFORMED     the update is damaged or cut off
 *   MENDLITE_STATUS_BAD_REQUEST   it was made for pages of another size, or a larger flash
 *   MENDLITE_STATUS_CONFLICT      another model than the one that it was made for
 *   MENDLITE_STATUS_BAD_CHECKSUM  a page does not hold what was written to it
 * or what a function of the flash returned. Nothing has changed after the first three. */
int mendlite_update_apply(const struct mendlite_update_flash *flash, const uint8_t *update,
                          size_t size, uint8_t *page);

#ifdef __cplusplus
}
#endif

#endif
