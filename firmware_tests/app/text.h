/* Lines of text on the line, and the numbers of a text command; no printf, which is large. */
#ifndef MENDLITE_TEXT_H
#define MENDLITE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void mendlite_say(const char *text);
void mendlite_say_unsigned(uint32_t value);

/* Three decimals, rounded half to even as printf's %0.3f. */
void mendlite_say_thousandths(double value);

void mendlite_say_hex(uint8_t byte);

/* The next word of a command, which ends at a blank or at the end. */
struct mendlite_word {
  const char *text;
  size_t size;
};
struct mendlite_word mendlite_next_word(const char **at, const char *end);

bool mendlite_word_is(struct mendlite_word word, const char *text);

/* The number that a word is; false where it is none below 2^31. */
bool mendlite_word_number(struct mendlite_word word, uint32_t *number);

/* One of a word's bytes in hex; false where it is no two digits. */
bool mendlite_word_byte(struct mendlite_word word, size_t n, uint8_t *byte);

#endif
