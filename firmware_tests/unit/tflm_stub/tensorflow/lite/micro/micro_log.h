/* Stub of TFLM's log: a function of the library, or nothing where its strings are stripped. */
#ifndef STUB_MICRO_LOG_H
#define STUB_MICRO_LOG_H

#if !defined(TF_LITE_STRIP_ERROR_STRINGS)
void MicroPrintf(const char *format, ...);
#else
#define MicroPrintf(...) ((void)0)
#endif

#endif
