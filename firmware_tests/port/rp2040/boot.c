/* The first 256 bytes of an RP2040's flash. The chip's ROM copies them into RAM, compares their
 * last four with the CRC of the others, and runs them (manual, "Boot Sequence"): they make flash
 * readable where it lies, by the read command 03h that every flash chip has, and start the
 * firmware. */
#include <stdint.h>

/* CRC-32 (polynomial 0x04C11DB7, not reflected, first value 0xFFFFFFFF, last xor 0) of the 252
 * bytes before. tests/firmware/test_named_boards.py computes it from the firmware and says the
 * value. */
#define BOOT_CRC 0xD7952DC0u

/* Registers of the flash interface (SSI), from its base 0x18000000: CTRLR0 0x00, CTRLR1 0x04,
 * SSIENR 0x08, BAUDR 0x14, SPI_CTRLR0 0xF4. All in one function of assembly, whose bytes no
 * compiler changes and which may lie anywhere. */
__attribute__((naked, used, section(".boot"))) static void boot(void) {
  __asm volatile(
      "ldr  r3, =0x18000000   \n"
      "movs r0, #0            \n"
      "str  r0, [r3, #0x08]   \n" /* off while it is configured */
      "movs r0, #2            \n"
      "str  r0, [r3, #0x14]   \n" /* flash at half the core's clock */
      "ldr  r0, =0x001F0300   \n"
      "str  r0, [r3, #0x00]   \n" /* frames of 32 bits; command and address, then data */
      "movs r0, #0            \n"
      "str  r0, [r3, #0x04]   \n" /* one frame a read */
      "ldr  r0, =0x03000218   \n"
      "movs r1, #0xF4         \n"
      "str  r0, [r3, r1]      \n" /* command 03h, 8 bits of command, 24 of address, one line */
      "movs r0, #1            \n"
      "str  r0, [r3, #0x08]   \n"
      "ldr  r0, =0x10000100   \n" /* the firmware's vectors */
      "ldr  r1, =0xE000ED08   \n"
      "str  r0, [r1]          \n" /* VTOR */
      "ldm  r0!, {r1, r2}     \n"
      "msr  msp, r1           \n"
      "bx   r2                \n"
      ".pool                  \n"
      ".balign 4              \n"
      ".space 252 - (. - boot)\n");
}

__attribute__((used, section(".boot_crc"))) static const uint32_t boot_crc = BOOT_CRC;
