/* The scripts that fuzz_receiver plays: action u8, detail u8, size u16, then so many bytes. */
#ifndef MENDLITE_SCRIPT_H
#define MENDLITE_SCRIPT_H

enum script {
  /* Bytes as they stand. */
  SCRIPT_RAW = 0,
  /* A frame of type detail. */
  SCRIPT_FRAME = 1,
  /* The bytes become area detail. */
  SCRIPT_UPLOAD = 2,
  /* What was uploaded, with profile detail. */
  SCRIPT_LOAD = 3,
  /* Number, count and tensors, a byte each. */
  SCRIPT_RUN = 4,
  SCRIPT_STEP = 5,
  /* A text command without its end. */
  SCRIPT_TEXT = 6
};

#endif
