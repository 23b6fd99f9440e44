#include "update.h"

#include <stdbool.h>
#include <string.h>

#include "bytes.h"
#include "crc32.h"
#include "status.h"

enum { MAGIC = 0x31554c4d /* "MLU1" */, HEADER = 18, TRAILER = 4 };

/* How a page of the model was found. */
enum page_state { PAGE_OLD, PAGE_NEW, PAGE_TORN };

struct update {
  const struct mendlite_update_flash *flash;
  uint8_t *page;
  /* What is left of the records. */
  struct mendlite_reader reader;
  uint32_t size;
  uint32_t new_crc;
  uint16_t records;
};

/* One page's record; the edits follow it in the update. */
struct record {
  uint16_t number;
  uint16_t edits;
  uint32_t old_crc;
  uint32_t new_crc;
};

static uint32_t length_of(const struct update *update, uint32_t number) {
  uint32_t begin = number * update->flash->page_size;
  uint32_t left = update->size - begin;
  return left < update->flash->page_size ? left : update->flash->page_size;
}

static uint32_t pages_of(const struct update *update) {
  uint32_t page_size = update->flash->page_size;
  return update->size / page_size + (update->size % page_size != 0);
}

static int read_header(struct update *update, const uint8_t *data, size_t size) {
  if (size < HEADER + TRAILER) {
    return MENDLITE_STATUS_MALFORMED;
  }
  struct mendlite_reader trailer = {.data = data + size - TRAILER, .size = TRAILER};
  if (mendlite_read_u32(&trailer) != mendlite_crc32(0, data, size - TRAILER)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  update->reader = (struct mendlite_reader){.data = data, .size = size - TRAILER};
  bool is_update = mendlite_read_u32(&update->reader) == MAGIC;
  uint32_t page_size = mendlite_read_u32(&update->reader);
  update->size = mendlite_read_u32(&update->reader);
  update->new_crc = mendlite_read_u32(&update->reader);
  update->records = mendlite_read_u16(&update->reader);
  if (!is_update) {
    return MENDLITE_STATUS_MALFORMED;
  }
  bool fits = page_size == update->flash->page_size && update->size <= update->flash->room;
  return fits ? MENDLITE_STATUS_OK : MENDLITE_STATUS_BAD_REQUEST;
}

static struct record read_record(struct update *update) {
  struct record record;
  record.number = mendlite_read_u16(&update->reader);
  record.edits = mendlite_read_u16(&update->reader);
  record.old_crc = mendlite_read_u32(&update->reader);
  record.new_crc = mendlite_read_u32(&update->reader);
  return record;
}

/* Reads past a record's edits, and makes them in the page where it is still the old one. */
static int edit(struct update *update, const struct record *record, bool make) {
  uint32_t at = 0;
  uint32_t room = length_of(update, record->number);
  for (uint16_t i = 0; i < record->edits; i++) {
    at += mendlite_read_u16(&update->reader);
    uint8_t count = mendlite_read_u8(&update->reader);
    const uint8_t *bytes = mendlite_read_bytes(&update->reader, count);
    if (bytes == NULL || at > room || count > room - at) {
      return MENDLITE_STATUS_MALFORMED;
    }
    if (make) {
      memcpy(update->page + at, bytes, count);
    }
    at += count;
  }
  return MENDLITE_STATUS_OK;
}

/* Reads a whole page and finds the CRC of so many of its bytes. */
static int read_page(const struct update *update, uint32_t offset, uint32_t length, uint32_t *crc) {
  const struct mendlite_update_flash *flash = update->flash;
  int status = flash->read(flash->context, offset, update->page, flash->page_size);
  *crc = status < 0 ? 0 : mendlite_crc32(0, update->page, length);
  return status;
}

/* Brings the new bytes of a record's page into the buffer: edited, as they are, or, where the power
 * failed while the page was written, from the scratch page, which was verified before. */
static int make_page(struct update *update, const struct record *record, enum page_state *state) {
  uint32_t crc = 0;
  uint32_t length = length_of(update, record->number);
  uint32_t offset = record->number * update->flash->page_size;
  int status = read_page(update, offset, length, &crc);
  if (status < 0) {
    return status;
  }
  *state = crc == record->new_crc ? PAGE_NEW : crc == record->old_crc ? PAGE_OLD : PAGE_TORN;
  status = edit(update, record, *state == PAGE_OLD);
  if (status < 0) {
    return status;
  }
  if (*state == PAGE_OLD) {
    crc = mendlite_crc32(0, update->page, length);
    return crc == record->new_crc ? MENDLITE_STATUS_OK : MENDLITE_STATUS_MALFORMED;
  }
  if (*state == PAGE_TORN) {
    status = read_page(update, update->flash->scratch, length, &crc);
    if (status < 0) {
      return status;
    }
    return crc == record->new_crc ? MENDLITE_STATUS_OK : MENDLITE_STATUS_CONFLICT;
  }
  return MENDLITE_STATUS_OK;
}

/* Writes the buffer over a page, and reads it back. */
static int write_page(const struct update *update, const struct record *record, uint32_t offset) {
  const struct mendlite_update_flash *flash = update->flash;
  uint32_t crc = 0;
  int status = flash->erase(flash->context, offset);
  if (status >= 0) {
    status = flash->write(flash->context, offset, update->page, flash->page_size);
  }
  if (status >= 0) {
    status = read_page(update, offset, length_of(update, record->number), &crc);
  }
  if (status < 0) {
    return status;
  }
  return crc == record->new_crc ? MENDLITE_STATUS_OK : MENDLITE_STATUS_BAD_CHECKSUM;
}

/* Whether the model with every record made is the new one; changes nothing. */
static int verify(struct update update) {
  uint32_t total = 0;
  uint32_t pages = pages_of(&update);
  struct record next = {0};
  uint16_t left = update.records;
  if (left > 0) {
    next = read_record(&update);
  }
  for (uint32_t number = 0; number < pages; number++) {
    int status;
    uint32_t crc = 0;
    uint32_t length = length_of(&update, number);
    if (left > 0 && next.number == number) {
      enum page_state state;
      status = make_page(&update, &next, &state);
      left--;
      next = left > 0 ? read_record(&update) : (struct record){0};
    } else {
      status = read_page(&update, number * update.flash->page_size, length, &crc);
    }
    if (status < 0) {
      return status;
    }
    total = mendlite_crc32(total, update.page, length);
  }
  /* Records out of order, or of pages that the model does not have, are left over. */
  if (left > 0 || !mendlite_read_all(&update.reader)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  return total == update.new_crc ? MENDLITE_STATUS_OK : MENDLITE_STATUS_CONFLICT;
}

int mendlite_update_apply(const struct mendlite_update_flash *flash, const uint8_t *update,
                          size_t size, uint8_t *page) {
  struct update all = {.flash = flash, .page = page};
  int status = read_header(&all, update, size);
  if (status >= 0) {
    status = verify(all);
  }
  for (uint16_t i = 0; status >= 0 && i < all.records; i++) {
    enum page_state state;
    struct record record = read_record(&all);
    status = make_page(&all, &record, &state);
    if (status >= 0 && state == PAGE_OLD) {
      /* From here on the scratch page stands for this one. */
      status = write_page(&all, &record, flash->scratch);
    }
    if (status >= 0 && state != PAGE_NEW) {
      status = write_page(&all, &record, record.number * flash->page_size);
    }
  }
  return status < 0 ? status : MENDLITE_STATUS_OK;
}
