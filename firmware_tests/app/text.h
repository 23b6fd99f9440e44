/* Lines of text on the line, and the numbers of a text command; no printf, which is large. */
#ifndef MENDLITE_TEXT_H
#define MENDLITE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sends a text, without the zero that ends it; nothing is added. */
void mendlite_say(const char *text);

/* Sends a number in decimal. */
void mendlite_say_unsigned(uint32_t value);

/* Sends a number with three decimals, rounded half to even as printf's %0.3f; beyond 4,000,000
 * either way that end. */
void mendlite_say_thousandths(double value);

/* Sends a byte as two digits, 0-9 and a-f. */
void mendlite_say_hex(uint8_t byte);

/* A word of a command: size characters of it, which no zero ends. */
struct mendlite_word {
  const char *text;
  size_t size;
};

/* The next word of the characters *at ... end, behind which *at lies then. Blanks and the ends of
 * lines lie between words; a word of size 0 stands for none. */
struct mendlite_word mendlite_next_word(const char **at, const char *end);

bool mendlite_word_is(struct mendlite_word word, const char *text);

/* Reads a word as a decimal number; false where it is none, or is 2^31 or more. */
bool mendlite_word_number(struct mendlite_word word, uint32_t *number);

/* Reads byte number n, from 0, of a word in hex, two digits each; false where they are none or the
 * word ends before them. */
bool mendlite_word_byte(struct mendlite_word word, size_t n, uint8_t *byte);

#ifdef __cplusplus
}
#endif

#endif
