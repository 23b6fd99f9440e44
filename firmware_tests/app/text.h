/* Lines of text on the line, and the numbers of a text command; no printf, which is large. */
#ifndef MENDLITE_TEXT_H
#define MENDLITE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void say(const char *text);
void say_unsigned(uint32_t value);

/* Three decimals, rounded half to even as printf's %0.3f. */
void say_thousandths(double value);

void say_hex(uint8_t byte);

/* The next word of a command, which ends at a blank or at the end. */
struct word {
  const char *text;
  size_t size;
};
struct word next_word(const char **at, const char *end);

bool word_is(struct word word, const char *text);

/* The number that a word is; false where it is none below 2^31. */
bool word_number(struct word word, uint32_t *number);

/* One of a word's bytes in hex; false where it is no two digits. */
bool word_byte(struct word word, size_t n, uint8_t *byte);

#endif
