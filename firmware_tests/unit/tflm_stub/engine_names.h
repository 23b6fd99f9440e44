/* Other names for mendlite's own engine inside the stub's library: the firmware has an engine of
 * those names already, the adapter. */
#ifndef STUB_ENGINE_NAMES_H
#define STUB_ENGINE_NAMES_H

#define mendlite_engine_name stub_engine_name
#define mendlite_engine_shows_tensors stub_engine_shows_tensors
#define mendlite_engine_runs_int4 stub_engine_runs_int4
#define mendlite_engine_keeps_state stub_engine_keeps_state
#define mendlite_engine_open stub_engine_open
#define mendlite_engine_reset stub_engine_reset
#define mendlite_engine_arena_used stub_engine_arena_used
#define mendlite_engine_inputs stub_engine_inputs
#define mendlite_engine_outputs stub_engine_outputs
#define mendlite_engine_input stub_engine_input
#define mendlite_engine_output stub_engine_output
#define mendlite_engine_input_quantization stub_engine_input_quantization
#define mendlite_engine_output_quantization stub_engine_output_quantization
#define mendlite_engine_tensor_size stub_engine_tensor_size
#define mendlite_engine_run stub_engine_run

#endif
