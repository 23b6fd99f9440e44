/* The framed protocol's requests, as the board does them (docs/SPEC.md, "The link"). */
#ifndef MENDLITE_REQUESTS_H
#define MENDLITE_REQUESTS_H

#include "session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The handler of a mendlite_session whose context is a struct mendlite_board. Returns what SPEC.md
 * lists for each request; MENDLITE_STATUS_BAD_REQUEST for another type or a payload that is too
 * short or too long. */
int mendlite_answer_request(void *context, uint8_t type, struct mendlite_reader *request,
                            struct mendlite_writer *answer);

#ifdef __cplusplus
}
#endif

#endif
