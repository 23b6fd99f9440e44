/* Stub of flatbuffers: as much as app/tflm names. */
#ifndef STUB_FLATBUFFERS_H
#define STUB_FLATBUFFERS_H

#include <cstddef>
#include <cstdint>

namespace flatbuffers {

using uoffset_t = uint32_t;

/* The real one checks what it is asked to; this one only remembers what there is to check. */
class Verifier {
 public:
  Verifier(const uint8_t *buf, size_t buf_len, uoffset_t max_depth = 64,
           uoffset_t max_tables = 1000000, bool check_alignment = true)
      : data(buf), size(buf_len) {
    (void)max_depth;
    (void)max_tables;
    (void)check_alignment;
  }

  const uint8_t *const data;
  const size_t size;
};

}  // namespace flatbuffers

#endif
