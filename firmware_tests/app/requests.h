/* The framed protocol's requests, as the board does them (docs/SPEC.md, "The link"). */
#ifndef MENDLITE_REQUESTS_H
#define MENDLITE_REQUESTS_H

#include "session.h"

/* A session's handler; context is the struct mendlite_board. */
int mendlite_answer_request(void *context, uint8_t type, struct mendlite_reader *request,
                            struct mendlite_writer *answer);

#endif
