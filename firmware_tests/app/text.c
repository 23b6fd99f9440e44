#include "text.h"

#include <string.h>

#include "port.h"

void mendlite_say(const char *text) { mendlite_port_write((const uint8_t *)text, strlen(text)); }

void mendlite_say_unsigned(uint32_t value) {
  char digits[11];
  size_t at = sizeof digits;
  digits[--at] = '\0';
  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  mendlite_say(digits + at);
}

void mendlite_say_thousandths(double value) {
  if (value < 0) {
    mendlite_say("-");
    value = -value;
  }
  const double most = 4000000.0;
  double scaled = (value < most ? value : most) * 1000.0;
  uint32_t whole = (uint32_t)scaled;
  double rest = scaled - whole;
  whole += rest > 0.5 || (rest >= 0.5 && whole % 2 == 1) ? 1 : 0;
  mendlite_say_unsigned(whole / 1000);
  char decimals[] = {'.', (char)('0' + whole / 100 % 10), (char)('0' + whole / 10 % 10),
                     (char)('0' + whole % 10), '\0'};
  mendlite_say(decimals);
}

void mendlite_say_hex(uint8_t byte) {
  static const char digits[] = "0123456789abcdef";
  char text[] = {digits[byte >> 4], digits[byte & 15], '\0'};
  mendlite_say(text);
}

struct mendlite_word mendlite_next_word(const char **at, const char *end) {
  while (*at < end && (**at == ' ' || **at == '\r' || **at == '\n')) {
    (*at)++;
  }
  struct mendlite_word word = {.text = *at, .size = 0};
  while (*at < end && **at != ' ' && **at != '\r' && **at != '\n') {
    (*at)++;
    word.size++;
  }
  return word;
}

bool mendlite_word_is(struct mendlite_word word, const char *text) {
  return word.size == strlen(text) && memcmp(word.text, text, word.size) == 0;
}

bool mendlite_word_number(struct mendlite_word word, uint32_t *number) {
  *number = 0;
  for (size_t i = 0; i < word.size; i++) {
    if (word.text[i] < '0' || word.text[i] > '9') {
      return false;
    }
    uint32_t digit = (uint32_t)(word.text[i] - '0');
    if (*number > (INT32_MAX - digit) / 10) {
      return false;
    }
    *number = *number * 10 + digit;
  }
  return word.size > 0;
}

static int32_t hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') {
    return letter - '0';
  }
  if (letter >= 'a' && letter <= 'f') {
    return letter - 'a' + 10;
  }
  return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

bool mendlite_word_byte(struct mendlite_word word, size_t n, uint8_t *byte) {
  if (2 * n + 1 >= word.size) {
    return false;
  }
  int32_t high = hex_digit(word.text[2 * n]);
  int32_t low = hex_digit(word.text[2 * n + 1]);
  *byte = (uint8_t)(high * 16 + low);
  return high >= 0 && low >= 0;
}
